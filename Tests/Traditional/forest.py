#!/usr/bin/env python3
"""A forest of scikit-learn, converted by skl2onnx, through the compiler: labels, probabilities, bytes and time.

    .venv/bin/python Tests/Traditional/forest.py [--coppice .build/release/coppice]

100 trees on scikit-learn's breast-cancer data; all 569 rows go in in one call. Labels must equal onnxruntime's, probabilities
be within 1e-6 of its, constants take at most 8 bytes for each node of the trees, and a call take no longer than
onnxruntime with one thread (the best of several, taken in turns)."""
import argparse, ctypes, json, os, subprocess, sys, tempfile, time

import numpy as np
import onnx, onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

HERE = os.path.dirname(os.path.abspath(__file__))
TURNS = 30
FLAGS = ["-std=c99", "-O3", "-march=native", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]


def model(path):
    x, y = load_breast_cancer(return_X_y=True)
    x = x.astype(np.float32)
    forest = RandomForestClassifier(100, random_state=0).fit(x, y)
    converted = to_onnx(forest, x, options={"zipmap": False})
    converted.graph.input[0].type.tensor_type.shape.dim[0].dim_value = len(x)
    onnx.save(converted, path)
    return x, sum(tree.tree_.node_count for tree in forest.estimators_)


def built(tool, path, folder):
    subprocess.run([tool, "compile", path, "-o", folder, "--name", "forest", "--target", "x86-64"], check=True,
                   stdout=subprocess.DEVNULL)
    library = os.path.join(folder, "forest.so")
    subprocess.run(["gcc", *FLAGS, "-o", library, os.path.join(folder, "forest.c"), "-lm"], check=True)
    with open(os.path.join(folder, "forest.json")) as file:
        return ctypes.CDLL(library), json.load(file)


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", default=os.path.join(HERE, "..", "..", ".build", "release", "coppice"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "forest.onnx")
        x, nodes = model(path)
        library, manifest = built(os.path.abspath(arguments.coppice), path, folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        labels, probabilities = session.run(None, {"X": x})
        ours = np.zeros(len(x), np.int64), np.zeros((len(x), 2), np.float32)
        arena = np.zeros(manifest["arena_bytes"] + 128, np.uint8)
        place = -(-arena.ctypes.data // 128) * 128
        pointers = [ctypes.c_void_p(p) for p in (place, x.ctypes.data, *(a.ctypes.data for a in ours))]
        assert library.forest_run(*pointers) == 0
        times = [(timed(lambda: library.forest_run(*pointers)), timed(lambda: session.run(None, {"X": x})))
                 for _ in range(TURNS)]
    mine, theirs = (min(column) for column in zip(*times))
    per_node = manifest["weights_bytes"] / nodes
    apart = np.abs(ours[1] - probabilities).max()
    wrong = int((ours[0] != labels).sum())
    print(f"forest: {wrong} labels differ, probabilities by {apart:.1e}; {per_node:.2f} bytes a node; "
          f"{mine * 1e3:.2f} ms, onnxruntime {theirs * 1e3:.2f} ms")
    return wrong > 0 or apart > 1e-6 or per_node > 8 or mine > theirs


if __name__ == "__main__":
    sys.exit(main())
