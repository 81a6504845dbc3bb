#!/usr/bin/env python3
"""The rules of MISRA C:2012 that generated C breaks, by cppcheck's addon: only those that the page of generated C names.

    .venv/bin/python Tests/GeneratedC/misra.py [--coppice .build/release/coppice] [MODEL ...]

Needs cppcheck. Without models, the digits example and the MLPerf Tiny models beside the project are compiled for Cortex-M4, dense and pruned."""
import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "Sources/Coppice/Coppice.docc/GeneratedC.md"
PASSES = ("@default", "@default,prune-magnitude{sparsity=0.8},sparsify")


def addon():
    """Where cppcheck keeps the addon."""
    listed = subprocess.run(["cppcheck", "--version"], capture_output=True, text=True, check=True).stdout
    for folder in ("/usr/lib/x86_64-linux-gnu/cppcheck", "/usr/lib/aarch64-linux-gnu/cppcheck", "/usr/share/cppcheck", "/usr/local/share/Cppcheck"):
        if (path := Path(folder) / "addons/misra.py").exists():
            return path
    sys.exit(f"{listed.strip()} has no addon misra.py in the usual places")


def broken(tool, model, passes, script):
    """How often each rule is broken in the C of a model."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([tool, "compile", model, "-o", work, "--name", "net", "--target", "cortex-m4", "--weights", "split",
                        "--passes", passes],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["cppcheck", "--dump", "--std=c99", "--quiet", "net.c"], cwd=work, check=True, stderr=subprocess.DEVNULL)
        said = subprocess.run([sys.executable, script, "net.c.dump"], cwd=work, capture_output=True, text=True)
    return collections.Counter(re.findall(r"\[misra-c2012-([0-9.]+)\]", said.stdout + said.stderr))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, default=ROOT / ".build/release/coppice")
    parser.add_argument("models", nargs="*", type=Path)
    options = parser.parse_args()
    beside = ROOT.parent / "shared/models/mlperf-tiny"
    models = options.models or [ROOT / "examples/digits/digits.onnx", *sorted(beside.glob("*.onnx"))]
    named = set(re.findall(r"^\| (\d+\.\d+) \|", PAGE.read_text(), re.M))
    script, found = addon(), collections.Counter()
    for model in models:
        for passes in PASSES:
            found += broken(options.coppice.resolve(), model.resolve(), passes, script)
    for rule, count in sorted(found.items(), key=lambda item: [int(n) for n in item[0].split(".")]):
        print(f"{rule:6} {count:6}{'' if rule in named else '   not named by the page'}")
    sys.exit(0 if set(found) <= named else 1)


if __name__ == "__main__":
    main()
