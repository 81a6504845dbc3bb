"""Compiles exported networks for this machine and compares with onnxruntime, then prunes filters.

    .venv/bin/python Tests/Networks/check.py FOLDER [--coppice BINARY]

For each `.onnx` file of the folder (`export.py` writes them): the largest difference of the C's
answer, and, with 30 % of the filters removed, the size of the model and the difference between
removal and mask-only in onnxruntime. Ends with 1 when something differs by more than 1e-5 of the
largest output.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

BOUND = 1e-5


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def random_input(path):
    declared = session(path).get_inputs()[0]
    shape = [1 if isinstance(extent, str) else extent for extent in declared.shape]
    random = np.random.default_rng(0)
    if "int64" in declared.type:
        return declared.name, random.integers(0, 100, shape)
    return declared.name, random.standard_normal(shape).astype(np.float32)


def difference(found, expected):
    scale = max(float(np.abs(expected).max()), 1e-30)
    return float(np.abs(found - expected).max()) / scale


def compiled_difference(coppice, model, name, x, folder):
    """Runs the C on `x`; the largest relative difference to onnxruntime."""
    inputs, outputs = folder / "in", folder / "out"
    inputs.mkdir()
    (inputs / "input_0.pb").write_bytes(numpy_helper.from_array(x, name).SerializeToString())
    subprocess.run(
        [coppice, "run", model, "--inputs", inputs, "--outputs", outputs],
        check=True, capture_output=True)
    expected = session(model).run(None, {name: x})
    worst = 0.0
    for index, value in enumerate(expected):
        tensor = onnx.load_tensor(outputs / f"output_{index}.pb")
        worst = max(worst, difference(numpy_helper.to_array(tensor), value))
    return worst


def pruned(coppice, model, masked, folder):
    """The model with 30 % of the filters removed or masked; `None` where none can be."""
    path = folder / f"{masked}.onnx"
    passes = f"@default,prune-filters{{sparsity=0.3,mask-only={masked}}}"
    result = subprocess.run(
        [coppice, "prune", model, "-o", path, "--passes", passes], capture_output=True, text=True)
    if result.returncode == 2 and "prune-filters-none" in result.stderr:
        return None
    result.check_returncode()
    onnx.checker.check_model(path)
    return path


def check(coppice, model):
    name, x = random_input(model)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        answer = compiled_difference(coppice, model, name, x, folder)
        removed = pruned(coppice, model, "false", folder)
        line, worst = f"{model.stem:24} {answer:9.1e}", answer
        if removed is None:
            line += "  no filters to remove"
        else:
            masked = pruned(coppice, model, "true", folder)
            left, right = (session(path).run(None, {name: x}) for path in (removed, masked))
            apart = max(map(difference, left, right))
            line += f" {removed.stat().st_size / model.stat().st_size:8.2f} {apart:9.1e}"
            worst = max(worst, apart)
    print(line, flush=True)
    return worst <= BOUND


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--coppice", type=Path, default=Path(".build/release/coppice"))
    arguments = parser.parse_args()
    coppice = arguments.coppice.resolve()
    print(f"{'network':24} {'C':>9} {'size':>8} {'removal':>9}")
    results = [check(coppice, model) for model in sorted(arguments.folder.glob("*.onnx"))]
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
