#!/usr/bin/env python3
"""The digits model, dense and pruned three ways, compiled to C and run as Cortex-M firmware.

    python3 examples/digits/demo.py --coppice .build/release/coppice [--core m4 m55] [--keep DIR]

Every variant is compiled, linked into bare-metal firmware and run under QEMU: its self-test, then
all 360 held-out digits. The table is what the emulated firmware answered and needed. Only Python's
standard library, arm-none-eabi-gcc, gcc and qemu-system-arm are used.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "firmware"))

import run as firmware  # noqa: E402
import tensors  # noqa: E402

MODEL = "digits.onnx"
RECORD = "digits.prunerec.safetensors"
ROW = 66
DENSE_ACCURACY = 0.97


@dataclass
class Variant:
    """One way to compile the model, and the least accuracy it must keep."""

    title: str
    passes: str
    accuracy: float


VARIANTS = [
    Variant("dense", "@default", DENSE_ACCURACY),
    Variant("magnitude 80 %", "prune-magnitude{sparsity=0.8},@default,sparsify", 0.95),
    Variant("movement 70 %",
            f'prune-movement{{record="{RECORD}",sparsity=0.7}},@default,sparsify', 0.93),
    Variant("filters 25 %", "prune-filters{criterion=l1,sparsity=0.25},@default", 0.93),
]


def held_out():
    """The packed inputs, the labels and onnxruntime's classes of the held-out digits."""
    data = (HERE / "heldout.bin").read_bytes()
    rows = [data[at : at + ROW] for at in range(0, len(data), ROW)]
    inputs = [firmware.pack([tensors.floats(pixel / 16 for pixel in row[:64])]) for row in rows]
    return inputs, [row[64] for row in rows], [row[65] for row in rows]


def compile_variant(coppice, core, variant, folder):
    words = [coppice.resolve(), "compile", MODEL, "-o", folder, "--name", "digits",
             "--target", f"cortex-{core.name}", "--passes", variant.passes]
    done = subprocess.run([str(word) for word in words], text=True, cwd=HERE, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise firmware.FirmwareError(f"coppice compile failed ({done.returncode}) for "
                                     f"{variant.passes}\n{done.stderr}")
    return json.loads((folder / "digits.json").read_text())


def share(part, whole):
    return sum(a == b for a, b in zip(part, whole)) / len(whole)


def classes(outputs):
    return [max(range(len(scores)), key=scores.__getitem__) for (scores,) in outputs]


def measure(options, core, work):
    """One row of the table for every variant, and what is wrong with them."""
    inputs, labels, reference = held_out()
    rows, faults = [], []
    for number, variant in enumerate(VARIANTS):
        print(f"  {core.name}: {variant.title}: {variant.passes}", file=sys.stderr, flush=True)
        folder = work / f"{core.name}-{number}"
        manifest = compile_variant(options.coppice, core, variant, folder)
        builds = folder / "build"
        builds.mkdir(parents=True, exist_ok=True)
        result = firmware.Firmware(core, builds).measure(folder, "digits", inputs)
        answers = classes(result.outputs)
        accuracy = share(answers, labels)
        if result.selftest != "pass":
            faults.append(f"{variant.title}: self-test {result.selftest}")
        if accuracy < variant.accuracy:
            faults.append(f"{variant.title}: accuracy {accuracy:.4f} below {variant.accuracy}")
        if variant.passes == "@default" and answers != reference:
            faults.append(f"{variant.title}: agrees with onnxruntime on "
                          f"{share(answers, reference):.4f} of the digits only")
        mean = round(sum(result.instructions) / len(result.instructions))
        rows.append((variant.title, accuracy, result.selftest, manifest["weights_bytes"],
                     result.flash, result.ram, result.stack, mean))
    return rows, faults


def table(core, rows):
    titles = ("variant", "accuracy", "self-test", "weights", "flash", "RAM", "of it stack",
              "instructions", "flash by dense", "instr. by dense")
    dense = rows[0]
    lines = [titles]
    for row in rows:
        title, accuracy, selftest, weights, flash, ram, stack, instructions = row
        lines.append((title, f"{accuracy:.2%}", selftest, f"{weights:,}", f"{flash:,}",
                      f"{ram:,}", f"{stack:,}", f"{instructions:,}", f"{flash / dense[4]:.2f}",
                      f"{instructions / dense[7]:.2f}"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    print(f"\nCortex-{core.name.upper()} ({core.board} under QEMU), 360 held-out digits; bytes, "
          "instructions per inference")
    for line in lines:
        cells = [cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, required=True, help="the compiler")
    parser.add_argument("--core", nargs="+", choices=sorted(firmware.CORES), default=["m4"])
    parser.add_argument("--keep", type=Path, help="keep the generated C and the images here")
    options = parser.parse_args()
    faults = []
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.keep or Path(temporary)).resolve()
        try:
            for name in options.core:
                core = firmware.CORES[name]
                rows, wrong = measure(options, core, work)
                table(core, rows)
                faults += [f"{name}: {fault}" for fault in wrong]
        except firmware.FirmwareError as error:
            sys.exit(str(error))
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
