#!/usr/bin/env python3
"""A network of the onnx package with random weights in the place of its equal ones, to be timed with `coppice bench`.

    .venv/bin/python Tests/Benchmarks/light.py resnet50|squeezenet|shufflenet|densenet121|... FILE.onnx"""
import os, sys

import numpy as np
import onnx
from onnx import numpy_helper


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "light")
    known = sorted(name[len("light_"):-len(".onnx")] for name in os.listdir(folder) if name.endswith(".onnx"))
    if sys.argv[1] not in known:
        sys.exit(f"no network '{sys.argv[1]}'; there are {', '.join(known)}")
    model, random = onnx.load(f"{folder}/light_{sys.argv[1]}.onnx"), np.random.default_rng(1)
    shapes = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    for node in [node for node in model.graph.node if node.op_type == "ConstantOfShape"]:
        shape = tuple(int(size) for size in shapes[node.input[0]])
        normal = random.standard_normal(shape)
        # Weights that keep the size of what they are applied to; parameters of a channel are positive.
        weight = normal * (2 / np.prod(shape[1:])) ** 0.5 if len(shape) > 1 else np.abs(normal) * 0.2 + 0.5
        model.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), node.output[0]))
        model.graph.node.remove(node)
    onnx.save(model, sys.argv[2])


if __name__ == "__main__":
    main()
