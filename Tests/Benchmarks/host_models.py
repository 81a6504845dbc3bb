#!/usr/bin/env python3
"""The MLPerf Tiny float models on this machine: generated C against onnxruntime, one thread, in turn.

    .venv/bin/python Tests/Benchmarks/host_models.py [--passes TEXT] [--target x86-64] [--limit 3]

Prints a table and fails when a model takes more than LIMIT times onnxruntime's time or gives another answer."""
import argparse, sys, tempfile

import numpy as np

from common import MODELS, Compiled, interleaved, models_or_skip, session, tensor

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--passes", default="@default")
parser.add_argument("--target", default="x86-64")
parser.add_argument("--limit", type=float, default=3.0)
parser.add_argument("--cc", default="gcc")
parser.add_argument("models", nargs="*", default=["ad01", "kws", "vww", "resnet8", "sww"])
arguments = parser.parse_args()
models_or_skip()

failures = 0
print("| model | onnxruntime us | coppice us | coppice / onnxruntime | largest error |\n|---|--:|--:|--:|--:|")
for name in arguments.models:
    model = f"{MODELS}/{name}_f32.onnx"
    with tempfile.TemporaryDirectory() as work:
        compiled = Compiled(model, work, "model", "--passes", arguments.passes, "--target", arguments.target, cc=arguments.cc)
        data = f"{MODELS}/{name}_f32/test_data_set_0"
        x, want = tensor(f"{data}/input_0.pb"), tensor(f"{data}/output_0.pb")
        ours = compiled.bind([x])
        reference = session(model)
        feed = {reference.get_inputs()[0].name: x}
        mine, theirs, ratio = interleaved(ours, lambda: reference.run(None, feed))
        error = np.abs(compiled.outputs[0] - want).max() / np.abs(want).max()
        print(f"| {name}_f32 | {theirs * 1e6:.1f} | {mine * 1e6:.1f} | {ratio:.2f} | {error:.1e} |", flush=True)
        failures += ratio > arguments.limit or (error > 1e-5 and arguments.passes == "@default")
sys.exit(1 if failures else 0)
