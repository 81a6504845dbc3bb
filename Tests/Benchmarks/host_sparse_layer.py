#!/usr/bin/env python3
"""A pruned 1x1 convolution, 128 -> 128 channels at 14 x 14, against onnxruntime's dense one.

    .venv/bin/python Tests/Benchmarks/host_sparse_layer.py [--sparsity 0.9] [--least 2]

The time of a layer is the difference between a chain of ten layers and one of two, over eight, on both sides, so that the
cost of a call cancels. Fails when the generated layer is less than LEAST times as fast."""
import argparse, statistics, sys, tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import Compiled, median_time, session

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--sparsity", default="0.9")
parser.add_argument("--least", type=float, default=2.0)
parser.add_argument("--channels", type=int, default=128)
parser.add_argument("--extent", type=int, default=14)
arguments = parser.parse_args()


def chain(length, path):
    random = np.random.default_rng(7)
    c, e = arguments.channels, arguments.extent
    nodes, weights = [], []
    for i in range(length):
        w = (random.standard_normal((c, c, 1, 1)) / np.sqrt(c)).astype(np.float32)
        weights.append(numpy_helper.from_array(w, f"w{i}"))
        nodes.append(helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"], name=f"layer{i}"))
    value = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, c, e, e])
    graph = helper.make_graph(nodes, "chain", [value("x0")], [value(f"x{length}")], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


with tempfile.TemporaryDirectory() as work:
    x = np.random.default_rng(1).standard_normal((1, arguments.channels, arguments.extent, arguments.extent)).astype(np.float32)
    calls = {}
    for length in (2, 10):
        model = f"{work}/chain{length}.onnx"
        chain(length, model)
        passes = f"@default,prune-magnitude{{sparsity={arguments.sparsity}}},sparsify"
        compiled = Compiled(model, f"{work}/{length}", f"chain{length}", "--passes", passes, "--target", "x86-64")
        reference = session(model)
        calls["ours", length] = compiled.bind([x])
        calls["theirs", length] = lambda r=reference: r.run(None, {"x0": x})
    for call in calls.values():
        for _ in range(20):
            call()
    rounds = []
    for _ in range(15):
        times = {key: median_time(call, 20) for key, call in calls.items()}
        ours = (times["ours", 10] - times["ours", 2]) / 8
        theirs = (times["theirs", 10] - times["theirs", 2]) / 8
        rounds.append((theirs / ours, ours, theirs))
    speed = statistics.median(r[0] for r in rounds)
    ours, theirs = statistics.median(r[1] for r in rounds), statistics.median(r[2] for r in rounds)
    print(f"sparse {arguments.sparsity}: {ours * 1e6:.1f} us a layer; onnxruntime dense: {theirs * 1e6:.1f} us; {speed:.2f}x as fast")
sys.exit(0 if speed >= arguments.least else 1)
