#!/usr/bin/env python3
"""What pruning costs on a residual network of 25 million weights at 224 x 224, with random weights.

    .venv/bin/python Tests/Benchmarks/large_pruning.py [--samples 32] [--skip-obs]

Limits on two cores: global magnitude 2 s beyond what reading and writing the model takes, prune-filters 5 s, prune-obs with 32 samples 10 minutes; peak
memory of prune-obs under three times the weights and one layer's Hessian."""
import argparse, multiprocessing, os, sys, tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from compiler import measure

STAGES = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]


class Builder:
    """Bottleneck blocks as in ResNet-50, normalisation folded into the convolutions."""

    def __init__(self):
        self.random = np.random.default_rng(1)
        self.nodes, self.weights, self.count = [], [], 0

    def tensor(self, shape, scale):
        name = f"w{len(self.weights)}"
        values = self.random.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, op, inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(op, inputs, [f"v{self.count}"], name=f"{op}{self.count}", **attributes))
        return f"v{self.count}"

    def conv(self, x, inputs, outputs, kernel, stride=1, scale=1.0):
        weight = self.tensor([outputs, inputs, kernel, kernel], scale * (2 / (inputs * kernel * kernel)) ** 0.5)
        bias = self.tensor([outputs], 0.1)
        pad = kernel // 2
        return self.node("Conv", [x, weight, bias], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def block(self, x, inputs, width, stride):
        y = self.node("Relu", [self.conv(x, inputs, width, 1)])
        y = self.node("Relu", [self.conv(y, width, width, 3, stride)])
        y = self.conv(y, width, 4 * width, 1, scale=0.3)
        if stride != 1 or inputs != 4 * width:
            x = self.conv(x, inputs, 4 * width, 1, stride)
        return self.node("Relu", [self.node("Add", [y, x])])


def build(path, size):
    b = Builder()
    x = b.node("Relu", [b.conv("image", 3, 64, 7, 2)])
    x = b.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for width, blocks, stride in STAGES:
        for index in range(blocks):
            x = b.block(x, channels, width, stride if index == 0 else 1)
            channels = 4 * width
    x = b.node("Flatten", [b.node("GlobalAveragePool", [x])])
    x = b.node("Gemm", [x, b.tensor([1000, channels], channels ** -0.5), b.tensor([1000], 0.1)], transB=1)
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(b.nodes, "residual", [value("image", [1, 3, size, size])], [value(x, [1, 1000])], b.weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--skip-obs", action="store_true")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        model, out, data = f"{work}/model.onnx", f"{work}/out.onnx", f"{work}/data"
        # In a process of its own: a child inherits its parent's peak memory.
        writer = multiprocessing.get_context("spawn").Process(target=build, args=(model, arguments.size))
        writer.start()
        writer.join()
        weights = os.path.getsize(model)
        print(f"{weights / 4e6:.1f} million weights", flush=True)
        copy = min(measure("prune", model, "-o", out, "--passes", "remove-dead")[0] for _ in range(3))
        for passes, limit in [("prune-magnitude{sparsity=0.7,scope=global}", 2.0),
                              ("prune-filters{sparsity=0.3,criterion=l1,scope=global}", 5.0)]:
            seconds, memory = min(measure("prune", model, "-o", out, "--passes", passes) for _ in range(3))
            failures += seconds > limit
            print(f"{passes}: {seconds:.2f} s (limit {limit:.0f}; {copy:.2f} s of it to read and write), "
                  f"{memory / weights:.2f} x the weights", flush=True)
        if not arguments.skip_obs:
            os.mkdir(data)
            shape = [arguments.samples, 1, 3, arguments.size, arguments.size]
            np.save(f"{data}/input_0.npy", np.random.default_rng(0).standard_normal(shape, dtype=np.float32))
            passes = f"prune-obs{{data={data},sparsity=0.7}}"
            seconds, memory = measure("prune", model, "-o", out, "--passes", passes)
            limit = 3 * weights + (512 * 9) ** 2 * 8
            failures += seconds > 600 or memory > limit
            print(f"prune-obs, {arguments.samples} samples: {seconds:.0f} s (limit 600), {memory / 1e6:.0f} MB (limit {limit / 1e6:.0f})")
    sys.exit(1 if failures else 0)
