"""How time, memory and C grow with a model: `scaling.py [--large] [--only NAME] [--gcc]`.

Each row of the table is compiled at a small and at a large size. The C must grow no faster than the
model, and time by no more than an exponent of 1.5, which is far from the 2 of a square and leaves
room for noise. With --large, each row must also stay below 10 s of processor time and 2 GB.
"""

import argparse
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import models as m
from onnx import helper

SECONDS, BYTES = 10, 2 << 30
EXPONENT = 1.5
# Shorter runs are start-up and noise.
SHORTEST = 0.25

# Name, maker, sizes in CI, size with --large, the most bytes of C for each unit of size.
ROWS = [
    (operator, m.variadic(operator), (4, 64, 500), 1000, 1200)
    for operator in ["Sum", "Max", "Min", "Mean", "Concat"]
] + [
    ("Sin chain", m.unary("Sin"), (1000, 8000), 100_000, 200),
    ("Identity chain", m.unary("Identity"), (1000, 8000), 100_000, 30),
    ("Softmax chain", m.unary("Softmax"), (1000, 4000), 100_000, 200),
    ("Add chain", m.chain(lambda i, a, b: helper.make_node("Add", [a, "x"], [b])),
     (1000, 8000), 100_000, 300),
    ("Add doubling", m.chain(lambda i, a, b: helper.make_node("Add", [a, a], [b])),
     (1000, 8000), 100_000, 400),
    ("Transpose pairs", m.transposes(), (1000, 8000), 100_000, 30),
    ("Transpose, Sin, Transpose", m.transposes("Sin"), (1000, 8000), 33_000, 300),
    ("normalized convolutions", m.normalized_convolutions, (250, 1500), 10_000, 9000),
    ("quantized layers", m.quantized, (500, 4000), 10_000, 2000),
    ("constants", m.constants, (1000, 8000), 100_000, 500),
    ("folded chain", m.folded, (1000, 8000), 100_000, 30),
    ("outputs", m.outputs, (1000, 8000), 10_000, 1000),
    ("copied outputs", m.copied_outputs, (1000, 8000), 10_000, 1000),
    ("parts of a Split", m.split, (1000, 8000), 10_000, 1200),
    ("values alive at once", m.alive_at_once, (1000, 4000), 20_000, 1500),
    ("calls", m.calls, (1000, 8000), 100_000, 200),
    ("depth of calls", m.call_depth, (10, 200), 250, 400),
    ("branches", m.branches, (500, 4000), 10_000, 1200),
    ("nested branches", m.nested_branches, (4, 16), 20, 3000),
    ("turns of a loop", m.loop, (50, 500), 500, 300),
    ("long names", m.long_names, (500, 4000), 20_000, 900),
]


class Run:
    """One compilation: its processor time, memory and bytes of C."""

    def __init__(self, tool, name, maker, size, folder):
        model = folder / "model.onnx"
        model.write_bytes(maker(size))
        self.output = folder / f"{name.replace(' ', '_')}_{size}"
        command = [tool, "compile", str(model), "-o", str(self.output), "--name", "net"]
        with open(folder / "errors", "w+b") as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            if process.returncode != 0:
                text = errors.read(2000).decode(errors="replace")
                sys.exit(f"{name} of {size}: status {process.returncode}\n{text}")
        self.size = size
        self.seconds = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss * 1024
        self.code = (self.output / "net.c").stat().st_size


def faults(name, runs, per_unit, is_large):
    small, large = runs[-2], runs[-1]
    ratio = math.log(large.size / small.size)
    for run in runs:
        if run.code > 4000 + per_unit * run.size:
            yield f"{name} of {run.size}: {run.code} bytes of C"
    if large.seconds > SHORTEST:
        exponent = math.log(large.seconds / max(small.seconds, 0.01)) / ratio
        if exponent > EXPONENT:
            yield (f"{name}: {small.seconds:.2f} s for {small.size}, {large.seconds:.2f} s for "
                   f"{large.size}: an exponent of {exponent:.2f}")
    if is_large and (large.seconds > SECONDS or large.memory > BYTES):
        yield f"{name} of {large.size}: {large.seconds:.1f} s, {large.memory >> 20} MB"


def compiled(run):
    """Seconds that the C compiler takes for the generated C."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["cc", "-std=c99", "-O1", "-c", "net.c", "-o", "net.o"]
    subprocess.run(command, cwd=run.output, check=True)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime - start.ru_utime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coppice", default=".build/release/coppice")
    parser.add_argument("--large", action="store_true", help="sizes up to 100,000, absolute bounds")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--gcc", action="store_true", help="time the C compiler too")
    options = parser.parse_args()
    start, found = time.time(), []
    tool = str(pathlib.Path(options.coppice).resolve())
    with tempfile.TemporaryDirectory() as scratch:
        for name, maker, sizes, largest, per_unit in ROWS:
            if options.only not in name:
                continue
            sizes = (sizes[-1], largest) if options.large and largest > sizes[-1] else sizes
            runs = [Run(tool, name, maker, size, pathlib.Path(scratch)) for size in sizes]
            found += faults(name, runs, per_unit, options.large)
            last = runs[-1]
            text = f"{name:28}{last.size:8}{last.seconds:8.2f} s{last.memory >> 20:7} MB{last.code:12} bytes"
            if options.gcc:
                text += f"{compiled(last):8.1f} s cc"
            print(text, flush=True)
    print(f"{time.time() - start:.0f} s")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
