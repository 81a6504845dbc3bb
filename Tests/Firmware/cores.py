#!/usr/bin/env python3
"""The MLPerf Tiny int8 models on many processors and compilers: every byte is that of the recorded vectors.

    Tests/Firmware/cores.py --coppice .build/release/coppice [--models DIR] [--vectors 1] [--only kws] [--cell "m4 gcc"]

A cell is a target, a compiler and a processor under QEMU. Assembly, intrinsics and portable C are cells
of their own where a target has them.
"""

import argparse
import concurrent.futures
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "firmware"))

import run as firmware  # noqa: E402
import tensors  # noqa: E402

HERE = Path(__file__).resolve().parent
MODELS = ["ad01", "kws", "vww", "resnet8", "sww"]
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
NEWLIB = "/usr/include/newlib"


@dataclass(frozen=True)
class Cell:
    """A target, a compiler with its flags, and what runs the result."""

    name: str
    target: str
    compiler: tuple
    run: tuple = ()
    link: tuple = ("-lm",)
    # What gcc takes for the processor, where the result is firmware, and the script that links it.
    machine: tuple = ()
    script: str = "m4.ld"
    # The models that fit on the board; none for all.
    only: tuple = ()


def bare(name, target, machine, run, flags=(), script="m4.ld", clang=None, only=()):
    """Firmware; clang compiles the model alone."""
    machine = ("-mthumb", *machine)
    compiler = ("clang", *clang, "-ffreestanding", "-isystem", NEWLIB) if clang else ("arm-none-eabi-gcc", *machine)
    qemu = ("qemu-system-arm", "-display", "none", "-monitor", "none", "-serial", "none", "-semihosting-config",
            "enable=on,target=native", *run, "-kernel")
    return Cell(name, target, (*compiler, *flags), qemu, (), machine, script, only)


M4 = ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
CLANG_M4 = ("--target=thumbv7em-none-eabihf", *M4)
AN386, AN385, AN547 = ("-M", "mps2-an386"), ("-M", "mps2-an385"), ("-M", "mps3-an547")
RV32 = ("clang", "--target=riscv32-unknown-elf", "-march=rv32imafc", "-mabi=ilp32f", "-ffreestanding", "-fno-builtin")
CELLS = [
    Cell("host gcc", "generic", ("gcc",)),
    Cell("host clang", "generic", ("clang",)),
    Cell("host portable", "cortex-m4", ("gcc", "-DCOPPICE_PORTABLE")),
    bare("m4 gcc", "cortex-m4", M4, AN386),
    bare("m4 gcc portable", "cortex-m4", M4, AN386, ["-DCOPPICE_PORTABLE"]),
    bare("m4 gcc intrinsics", "cortex-m4", M4, AN386, ["-DCOPPICE_INTRINSICS"]),
    bare("m4 clang", "cortex-m4", M4, AN386, clang=CLANG_M4),
    bare("m4 clang intrinsics", "cortex-m4", M4, AN386, ["-DCOPPICE_INTRINSICS"], clang=CLANG_M4),
    bare("m55 gcc", "cortex-m55", ("-mcpu=cortex-m55", "-mfpu=auto", "-mfloat-abi=hard"), AN547, script="m55.ld"),
    bare("m3 gcc", "cortex-m3", ("-mcpu=cortex-m3",), AN385),
    bare("m0plus gcc", "cortex-m0plus", ("-mcpu=cortex-m0plus",), AN385),
    # 16 KB of memory and 256 KB of flash.
    bare("m0 gcc", "cortex-m0", ("-mcpu=cortex-m0",), ("-M", "microbit"), script="m0.ld", only=("sww",)),
    Cell("rv32 clang", "riscv32", RV32, ("qemu-riscv32",), ("-fuse-ld=lld", "-nostdlib")),
]


def words(*command, merged=False, **options):
    errors = subprocess.STDOUT if merged else subprocess.PIPE
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=errors, timeout=300,
                          **options)
    if done.returncode:
        said = done.stdout if merged else done.stderr
        raise RuntimeError(f"{' '.join(map(str, command))}\n{said.decode(errors='replace')[-3000:]}")
    return done.stdout


def program(cell, folder, image, feeds):
    """A program that reads an input and writes the answer."""
    sizes = [f"-DMODEL_IN0_BYTES={len(feeds[0][0])}u", f"-DMODEL_OUT0_BYTES={len(feeds[0][1])}u"]
    words(*cell.compiler, *STRICT, "-O1", "-I", folder, *sizes, folder / "model.c", HERE / "cores.c", *cell.link,
          "-o", image)
    return [words(*cell.run, image, input=given) for given, _ in feeds]


def board(cell, folder, image, feeds):
    """Firmware that holds the inputs, and says the answers."""
    manifest = json.loads((folder / "model.json").read_text())
    place = image.with_suffix(".parts")
    place.mkdir()
    (place / "adapter.c").write_text(firmware.adapter("model", manifest, False))
    (place / "cases").write_bytes(b"".join(firmware.pack([given]) for given, _ in feeds))
    words(*cell.compiler, *STRICT, "-O1", "-c", folder / "model.c", "-o", place / "model.o")
    harness = [firmware.HERE / part for part in (*firmware.HARNESS, "cases.S")]
    words("arm-none-eabi-gcc", *cell.machine, "-O1", "-ffreestanding", "-nostartfiles", "-Wl,--no-warn-rwx-segments",
          "-I", firmware.HERE, "-I", folder, "-L", firmware.HERE, "-T", firmware.HERE / cell.script,
          f'-DCASES_FILE="{place / "cases"}"', *harness, place / "adapter.c", place / "model.o", "-lm", "-o", image)
    said = words(*cell.run, image, merged=True).decode()
    answers = [bytes.fromhex(text) for text in re.findall(r"^output ([0-9a-f]*)$", said, re.M)]
    if len(answers) != len(feeds):
        raise RuntimeError(f"{cell.name} said: {said[-500:]}")
    return [answer[:len(wanted)] for answer, (_, wanted) in zip(answers, feeds)]


def check(cell, name, folder, vectors, work):
    """Runs the vectors; what is wrong, in words."""
    image = work / f"{name}-{cell.name.replace(' ', '-')}"
    feeds = [(tensors.read_tensor(v / "input_0.pb"), tensors.read_tensor(v / "output_0.pb")) for v in vectors]
    answers = (board if cell.machine else program)(cell, folder, image, feeds)
    for vector, got, (_, wanted) in zip(vectors, answers, feeds):
        differ = sum(a != b for a, b in zip(got, wanted)) + abs(len(got) - len(wanted))
        if differ:
            return f"{differ} of {len(wanted)} bytes of {vector.name} differ"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models" / "mlperf-tiny")
    parser.add_argument("--vectors", type=int, default=1, help="recorded vectors of each model")
    parser.add_argument("--only", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--cell", nargs="+", choices=[c.name for c in CELLS], help="some of the cells")
    options = parser.parse_args()
    if not options.models.is_dir():
        return print(f"skipped: {options.models} is absent")
    cells = [c for c in CELLS if not options.cell or c.name in options.cell]
    missing = sorted({w for c in cells for w in (*c.compiler[:1], *c.run[:1]) if not shutil.which(w)})
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; see .ci/setup")
    started, failures = time.time(), 0
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(2) as pool:
        work = Path(temporary)
        pending = []
        for name in options.only:
            model = options.models / f"{name}_int8.onnx"
            vectors = sorted(model.with_suffix("").glob("test_data_set_*"))[:options.vectors]
            for target in sorted({c.target for c in cells}):
                folder = work / f"{name}-{target}"
                words(options.coppice.resolve(), "compile", model, "-o", folder, "--name", "model", "--target", target)
                for cell in [c for c in cells if c.target == target and name in (c.only or MODELS)]:
                    pending.append((name, cell, pool.submit(check, cell, name, folder, vectors, work)))
        for name, cell, result in pending:
            try:
                fault = result.result()
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                fault = str(error)
            if fault:
                failures += 1
                print(f"{name} on {cell.name}: {fault}", flush=True)
    print(f"{len(pending)} models on cells, {options.vectors} vectors each: {failures} differ; "
          f"{time.time() - started:.0f} s")
    sys.exit(1 if failures or not pending else 0)


if __name__ == "__main__":
    main()
