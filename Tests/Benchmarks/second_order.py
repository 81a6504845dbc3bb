#!/usr/bin/env python3
"""prune-obs and prune-wanda beside prune-magnitude at 70 %, without fine-tuning.

    .venv/bin/python Tests/Benchmarks/second_order.py [--sparsity 0.7]

The digits model is calibrated on 256 of its held-out digits and judged by its accuracy on the other 104, the mean of eight splits; the
MLPerf Tiny models are calibrated on 256 inputs of a standard normal (seed 0) and judged on 64 others by the mean squared error
against their dense answers. Bar: prune-obs{method=obs} is better than magnitude on each. All prune each tensor to the same share."""
import argparse, os, subprocess, sys, tempfile

import numpy as np
import onnx

from common import COPPICE, MODELS, ROOT, session

DIGITS = os.path.join(ROOT, "examples", "digits")
SPLITS = 8
PASSES = {
    "magnitude": "prune-magnitude{{sparsity={s}}}",
    "wanda": "prune-wanda{{data={data},sparsity={s}}}",
    "obs, method=sparsegpt": "prune-obs{{data={data},sparsity={s}}}",
    "obs, method=sparsegpt, inputs=dense": "prune-obs{{data={data},sparsity={s},inputs=dense}}",
    "obs, method=obs": "prune-obs{{data={data},sparsity={s},method=obs}}",
}


def digits():
    """-> pixels as the network reads them, and the digits"""
    rows = np.fromfile(os.path.join(DIGITS, "heldout.bin"), np.uint8).reshape(-1, 66)
    return rows[:, :64].astype(np.float32) / 16, rows[:, 64].astype(np.int64)


def run(model, inputs):
    """The outputs for each input, row by row."""
    ort = session(model)
    name = ort.get_inputs()[0].name
    return np.stack([ort.run(None, {name: x})[0].ravel() for x in inputs]).astype(np.float64)


def shape_of(model):
    value = onnx.load(model).graph.input[0]
    return [max(d.dim_value, 1) for d in value.type.tensor_type.shape.dim]


def prune(model, out, passes):
    done = subprocess.run([COPPICE, "prune", model, "-o", out, "--passes", "@default," + passes],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{model}: {passes}\n{done.stderr}")


def variants(model, samples, sparsity, work):
    """The model pruned in each way, calibrated on samples."""
    data = os.path.join(work, "data")
    os.makedirs(data, exist_ok=True)
    np.save(os.path.join(data, "input_0.npy"), samples)
    for name, text in PASSES.items():
        out = os.path.join(work, "pruned.onnx")
        prune(model, out, text.format(s=sparsity, data=data))
        yield name, out


def digits_rows(sparsity):
    """Accuracy on the digits that a split did not calibrate on, the mean of some splits."""
    model = os.path.join(DIGITS, "digits.onnx")
    shape = shape_of(model)
    pixels, labels = digits()
    inputs = pixels.reshape([-1, *shape])
    found = {name: [] for name in PASSES}
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(inputs))
        seen, unseen = order[:256], order[256:]
        with tempfile.TemporaryDirectory() as work:
            for name, path in variants(model, inputs[seen], sparsity, work):
                found[name].append(np.mean(run(path, inputs[unseen]).argmax(1) == labels[unseen]))
    return [(name, f"{100 * np.mean(found[name]):.2f} %", np.mean(found[name])) for name in PASSES]


def tiny_rows(name, sparsity):
    """Mean squared error against the dense model's answers, on inputs that were not calibrated on."""
    model = f"{MODELS}/{name}_f32.onnx"
    draws = np.random.default_rng(0).standard_normal([320, *shape_of(model)], dtype=np.float32)
    dense = run(model, draws[256:])
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for kind, path in variants(model, draws[:256], sparsity, work):
            error = np.mean((run(path, draws[256:]) - dense) ** 2)
            rows.append((kind, f"{error:.3g}", error))
    return rows


def report(model, rows, better):
    """Prints a model's rows and says which methods of prune-obs are better than magnitude."""
    for name, text, _ in rows:
        print(f"| {model} | {name} | {text} |", flush=True)
    values = {name: value for name, _, value in rows}
    return [name for name in values if name.startswith("obs") and better(values[name], values["magnitude"])]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sparsity", type=float, default=0.7)
    arguments = parser.parse_args()
    kept = []
    print("| model | pass | accuracy, or mean squared error |\n|---|---|--:|", flush=True)
    kept.append(report("digits", digits_rows(arguments.sparsity), lambda a, b: a > b))
    for name in ["ad01", "kws", "vww", "resnet8", "sww"] if os.path.isdir(MODELS) else []:
        kept.append(report(name, tiny_rows(name, arguments.sparsity), lambda a, b: a < b))
    if not os.path.isdir(MODELS):
        print("skipped: the MLPerf Tiny models are not beside the project")
    for name in PASSES:
        if name.startswith("obs"):
            print(f"{name}: better than magnitude on {sum(name in names for names in kept)} of {len(kept)} models")
    sys.exit(0 if all("obs, method=obs" in names for names in kept) else 1)
