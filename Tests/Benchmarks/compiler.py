#!/usr/bin/env python3
"""The compiler's own cost: each MLPerf Tiny model to C, and a 500 MB model of 30 dense layers.

    .venv/bin/python Tests/Benchmarks/compiler.py [--skip-large]

Limits: 0.5 s for each MLPerf Tiny model; for the large model, pruned locally and globally and written as a blob, 10 s and 2.5
times the file in peak memory; kept as external data and not pruned, 1.3 times."""
import argparse, multiprocessing, os, resource, subprocess, sys, tempfile, time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import COPPICE, MODELS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--skip-large", action="store_true")


def measure(*command):
    """-> seconds, peak bytes"""
    start = time.perf_counter()
    process = subprocess.Popen([COPPICE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"coppice {' '.join(command)}\n{message.decode()}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


def large(path, external):
    n, layers = 2080, 30
    random = np.random.default_rng(3)
    nodes, weights = [], []
    for i in range(layers):
        w = random.standard_normal((n, n), dtype=np.float32)
        weights.append(numpy_helper.from_array(w, f"w{i}"))
        nodes += [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"m{i}"], name=f"dense{i}"),
                  helper.make_node("Relu", [f"m{i}"], [f"x{i + 1}"], name=f"relu{i}")]
    value = lambda v: helper.make_tensor_value_info(v, TensorProto.FLOAT, [1, n])
    graph = helper.make_graph(nodes, "large", [value("x0")], [value(f"x{layers}")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path, save_as_external_data=external, location=os.path.basename(path) + ".data")


if __name__ == "__main__":
    arguments = parser.parse_args()
    failures = 0
    names = ["ad01", "kws", "vww", "resnet8", "sww"] if os.path.isdir(MODELS) else []
    if not names:
        print("skipped: the MLPerf Tiny models are not beside the project", flush=True)
    for name in names:
        with tempfile.TemporaryDirectory() as work:
            seconds = min(measure("compile", f"{MODELS}/{name}_f32.onnx", "-o", work, "--name", name)[0] for _ in range(3))
            print(f"{name}_f32 to C: {seconds:.2f} s (limit 0.5)", flush=True)
            failures += seconds > 0.5
    if not arguments.skip_large:
        with tempfile.TemporaryDirectory() as work:
            for external in (False, True):
                path = f"{work}/{'external' if external else 'inline'}.onnx"
                # In a process of its own: a child inherits its parent's peak memory.
                writer = multiprocessing.get_context("spawn").Process(target=large, args=(path, external))
                writer.start()
                writer.join()
                size = os.path.getsize(path) + (os.path.getsize(path + ".data") if external else 0)
                runs = [("@default", 1.3)] if external else [
                    ("@default,prune-magnitude{sparsity=0.8}", 2.5), ("@default,prune-magnitude{sparsity=0.8,scope=global}", 2.5)]
                for passes, limit in runs:
                    seconds, peak = measure("compile", path, "-o", f"{work}/out", "--name", "large", "--weights", "blob", "--passes", passes)
                    kind = "external data" if external else "one file"
                    print(f"{size / 1e6:.0f} MB, {kind}, {passes}: {seconds:.1f} s (limit 10), peak {peak / size:.2f} x the file (limit {limit})", flush=True)
                    failures += seconds > 10 or peak > limit * size
                os.remove(path)
    sys.exit(1 if failures else 0)
