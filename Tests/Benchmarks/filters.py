#!/usr/bin/env python3
"""How long prune-filters takes on a convolutional network of 25 million weights, with its peak memory.

    .venv/bin/python Tests/Benchmarks/filters.py [--coppice BINARY]
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 5.0


def bottlenecks(path):
    """ResNet-50's stages: residual blocks of 1x1, 3x3, 1x1 convolutions, then 1000 classes."""
    rng = np.random.default_rng(0)
    nodes, weights, count = [], [], 0

    def conv(x, c_in, c_out, kernel, stride=1, relu=True):
        nonlocal count
        count += 1
        shape = (c_out, c_in, kernel, kernel)
        scale = np.float32((2 / (c_in * kernel * kernel)) ** 0.5)
        weights.append(numpy_helper.from_array(rng.standard_normal(shape, np.float32) * scale, f"w{count}"))
        weights.append(numpy_helper.from_array(rng.standard_normal(c_out, np.float32), f"b{count}"))
        nodes.append(helper.make_node("Conv", [x, f"w{count}", f"b{count}"], [f"y{count}"], name=f"conv{count}",
                                      strides=[stride] * 2, pads=[kernel // 2] * 4))
        if not relu:
            return f"y{count}"
        nodes.append(helper.make_node("Relu", [f"y{count}"], [f"r{count}"]))
        return f"r{count}"

    x, channels = conv("x", 3, 64, 7, 2), 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = conv(conv(x, channels, width, 1), width, width, 3, stride)
            y = conv(y, width, 4 * width, 1, relu=False)
            short = x if block else conv(x, channels, 4 * width, 1, stride, relu=False)
            nodes.append(helper.make_node("Add", [y, short], [f"s{count}"]))
            nodes.append(helper.make_node("Relu", [f"s{count}"], [f"t{count}"]))
            x, channels = f"t{count}", 4 * width
    nodes.append(helper.make_node("GlobalAveragePool", [x], ["mean"]))
    nodes.append(helper.make_node("Flatten", ["mean"], ["flat"]))
    weights.append(numpy_helper.from_array(rng.standard_normal((1000, channels), np.float32), "fc"))
    nodes.append(helper.make_node("Gemm", ["flat", "fc"], ["y"], transB=1))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "net", [value("x", [1, 3, 224, 224])], [value("y", [1, 1000])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return sum(int(np.prod(w.dims)) for w in weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", default=ROOT / ".build/release/coppice")
    arguments = parser.parse_args()
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        model, pruned = Path(folder, "model.onnx"), Path(folder, "pruned.onnx")
        count = bottlenecks(model)
        print(f"{count / 1e6:.1f} million weights, {model.stat().st_size / 1e6:.0f} MB")
        for options in ("sparsity=0.3", "sparsity=0.3,scope=global,normalise=layer-l2",
                        "sparsity=0.3,criterion=random,round-to=8", "sparsity=0.3,criterion=fpgm"):
            start = time.monotonic()
            process = subprocess.Popen([arguments.coppice, "prune", model, "-o", pruned, "--passes",
                                        f"prune-filters{{{options}}}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            elapsed = time.monotonic() - start
            if status:
                sys.exit(f"status {status}")
            print(f"  {options:48} {elapsed:5.2f} s, {usage.ru_maxrss / 1024:.0f} MB,"
                  f" {pruned.stat().st_size / 1e6:.0f} MB left", flush=True)
            slow |= "fpgm" not in options and elapsed > LIMIT
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
