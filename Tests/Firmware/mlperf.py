#!/usr/bin/env python3
"""The MLPerf Tiny float models as Cortex-M firmware: answers, flash, RAM and instructions.

    Tests/Firmware/mlperf.py --coppice .build/release/coppice [--models DIR] [--core m4 m55]

Every vector of every model must come within 1e-5 of its largest output on each core. On Cortex-M4
flash, RAM, instructions and the bytes of C must keep what BARS says. With --pruned, kws pruned by
magnitude to 80 % and stored sparsely is measured beside the dense one, and compared with what
onnxruntime makes of the pruned ONNX model (needs onnx and onnxruntime), and so are FLOAT_PRUNED. The int8 models stand beside what CMSIS-NN under
TensorFlow Lite Micro takes (counted in the same way, with the same compiler); every byte of their
answers must be that of the vectors.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "firmware"))

import run as firmware  # noqa: E402

TOLERANCE = 1e-5
STACK_LIMIT = 2048
CODE_LIMIT = 24 * 1024
ARENA_SLACK = 1.02
PRUNED = "prune-magnitude{sparsity=0.8},sparsify"
WEIGHT_SAVING = 3.4
PRUNED_INSTRUCTIONS = 0.345


@dataclass(frozen=True)
class Bar:
    """What a model has to keep on Cortex-M4: onnx2c's RAM, instructions per MAC, bytes of NAME.c."""

    macs: int
    ram: int
    per_mac: float
    text: int


BARS = {
    "ad01": Bar(264_192, 8_220, 1.35, 16_300),
    "kws": Bar(2_656_768, 67_208, 1.75, 29_104),
    "vww": Bar(7_489_664, 406_744, 1.7, 107_000),
    "resnet8": Bar(12_501_632, 210_136, 1.35, 97_000),
    "sww": Bar(826_368, 34_704, 1.4, 27_060),
}
# Sparsity of all layers, and the instructions that may be left.
FLOAT_PRUNED = [
    ("kws", 0.8, 1_400_000), ("kws", 0.9, 960_000), ("vww", 0.8, 4_000_000),
    ("vww", 0.9, 2_640_000), ("resnet8", 0.8, 5_500_000), ("resnet8", 0.9, 3_300_000),
]


@dataclass(frozen=True)
class IntegerBar:
    """What an int8 model has to keep on Cortex-M4, what CMSIS-NN takes, and the weights' bytes."""

    instructions: int
    cmsis_instructions: int
    cmsis_flash: int
    cmsis_ram: int
    weights: int


INTEGER_BARS = {
    "ad01": IntegerBar(340_000, 582_000, 304_520, 3_664, 270_880),
    "kws": IntegerBar(2_550_000, 7_850_000, 108_912, 25_224, 29_296),
    "vww": IntegerBar(8_000_000, 24_720_000, 388_264, 103_112, 243_472),
    "resnet8": IntegerBar(11_500_000, 29_880_000, 153_072, 57_400, 81_928),
    "sww": IntegerBar(1_100_000, 2_230_000, 127_184, 18_868, 55_436),
}
# What all layers are pruned by, and the instructions and bytes of flash that may be left.
INTEGER_PRUNED = [("kws", "sparsity=0.8", 2_000_000, 25_000), ("kws", "sparsity=0.9", 1_650_000, 23_000),
                  ("resnet8", "sparsity=0.8", 6_500_000, 60_000),
                  ("ad01", "sparsity=0.9,block=2x4", 75_000, 43_000)]
INTEGER_CODE_LIMIT = 16 * 1024
# What -O2 may take of the instructions of -O3.
INTEGER_O2 = 1.05


def coppice(options, *words):
    return firmware.command(options.coppice.resolve(), *words, accept=(0,))


def compiled(options, core, model, folder, *flags):
    coppice(options, "compile", model, "-o", folder, "--name", "model",
            "--target", f"cortex-{core}", *flags)
    return json.loads((folder / "model.json").read_text())


def measured(options, core, model, vectors, folder, *flags):
    """The manifest, the measurement and the largest relative error by vector."""
    manifest = compiled(options, core, model, folder, *flags)
    builds = folder / "build"
    builds.mkdir(exist_ok=True)
    cases = [firmware.read_case(vector, manifest) for vector in vectors]
    result = firmware.Firmware(firmware.CORES[core], builds).measure(
        folder, "model", [inputs for inputs, _ in cases])
    errors = [firmware.relative_error(got, want)
              for got, (_, want) in zip(result.outputs, cases)]
    return manifest, result, errors


def faults(core, bar, manifest, result, errors):
    """What a dense model does not keep, in words."""
    worst = max(errors)
    if not worst <= TOLERANCE:
        yield f"differs by {worst:.1e} of the largest output"
    if result.selftest != "pass":
        yield f"self-test {result.selftest}"
    if result.stack > STACK_LIMIT:
        yield f"uses {result.stack} bytes of stack"
    if result.own_static:
        yield f"has {result.own_static} bytes of static data of its own"
    if manifest["arena_bytes"] > ARENA_SLACK * manifest["arena_lower_bound"]:
        yield f"arena {manifest['arena_bytes']} above bound {manifest['arena_lower_bound']}"
    if core != "m4":
        return
    if result.ram > bar.ram:
        yield f"RAM {result.ram:,} above {bar.ram:,}"
    if result.flash > result.constants + CODE_LIMIT:
        yield f"flash {result.flash:,} above the weights and {CODE_LIMIT:,}"
    per_mac = result.instructions[0] / bar.macs
    if per_mac > bar.per_mac:
        yield f"{per_mac:.2f} instructions per MAC"


def row(title, core, bar, result, errors):
    count = result.instructions[0]
    print(f"{title:13} {core:4} {max(errors):8.1e} {result.selftest[:6]:>6} {result.flash:11,} "
          f"{result.constants:11,} {result.ram:9,} {result.arena:9,} {result.stack:6,} "
          f"{count:12,} {count / bar.macs:6.2f}", flush=True)


def vectors_of(model):
    return sorted(model.with_suffix("").glob("test_data_set_*"))


def dense(options, work):
    """One row for every model and core; yields what is wrong."""
    for name in options.only or BARS:
        model = (options.models / f"{name}_f32.onnx").resolve()
        for core in options.core:
            folder = work / f"{name}-{core}"
            manifest, result, errors = measured(
                options, core, model, vectors_of(model), folder)
            row(name, core, BARS[name], result, errors)
            for fault in faults(core, BARS[name], manifest, result, errors):
                yield f"{name} on {core}: {fault}"
        coppice(options, "compile", model, "-o", work / f"{name}-split", "--name", name,
                "--target", "cortex-m4", "--weights", "split")
        size = (work / f"{name}-split" / f"{name}.c").stat().st_size
        if size > BARS[name].text:
            yield f"{name}: {size:,} bytes of C above {BARS[name].text:,}"


def integer(options, work):
    """One row for every int8 model on Cortex-M4; yields what is wrong."""
    print(f"{'int8 model':13} {'differ':>8} {'test':>6} {'flash':>9} {'CMSIS':>9} {'RAM':>8} "
          f"{'CMSIS':>8} {'stack':>6} {'instructions':>12} {'CMSIS':>11} {'/ MAC':>6} {'-O2':>6}")
    for name in options.only or INTEGER_BARS:
        model = (options.models / f"{name}_int8.onnx").resolve()
        bar, folder = INTEGER_BARS[name], work / f"{name}-int8"
        manifest, result, _ = measured(options, "m4", model, vectors_of(model), folder)
        cases = [firmware.read_case(vector, manifest)[1] for vector in vectors_of(model)]
        differ = sum(a != b for got, want in zip(result.outputs, cases)
                     for mine, theirs in zip(got, want) for a, b in zip(mine, theirs))
        count = result.instructions[0]
        smaller = folder / "O2"
        smaller.mkdir()
        case = firmware.read_case(vectors_of(model)[0], manifest)[0]
        part = firmware.Firmware(firmware.CORES["m4"], smaller, "-O2").measure(
            folder, "model", [case]).instructions[0] / count
        print(f"{name:13} {differ:8} {result.selftest[:6]:>6} {result.flash:9,} "
              f"{bar.cmsis_flash:9,} {result.ram:8,} {bar.cmsis_ram:8,} {result.stack:6,} "
              f"{count:12,} {bar.cmsis_instructions:11,} {count / BARS[name].macs:6.2f} {part:6.1%}",
              flush=True)
        if part > INTEGER_O2:
            yield f"{name} int8: {part:.1%} of the instructions with -O2"
        if differ:
            yield f"{name} int8: {differ} bytes differ from the vectors"
        if result.selftest != "pass":
            yield f"{name} int8: self-test {result.selftest}"
        if count > bar.instructions:
            yield f"{name} int8: {count:,} instructions above {bar.instructions:,}"
        if result.flash > bar.weights + INTEGER_CODE_LIMIT:
            yield f"{name} int8: flash {result.flash:,} above the weights and 16 KB"
        if result.ram > bar.cmsis_ram:
            yield f"{name} int8: RAM {result.ram:,} above {bar.cmsis_ram:,}"


def reference_answers(model, vectors):
    """onnxruntime's outputs of a model for some vectors."""
    import onnx
    import onnxruntime
    from onnx import numpy_helper

    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(model), settings)
    for vector in vectors:
        feed = numpy_helper.to_array(onnx.load_tensor(vector / "input_0.pb"))
        yield [y.ravel() for y in session.run(None, {session.get_inputs()[0].name: feed})]


def integer_pruned(options, work):
    """int8 models pruned by magnitude on Cortex-M4; yields what is wrong."""
    for number, (name, amount, instructions, flash) in enumerate(INTEGER_PRUNED):
        if options.only and name not in options.only:
            continue
        model = (options.models / f"{name}_int8.onnx").resolve()
        vectors, passes = vectors_of(model), f"prune-magnitude{{{amount}}}"
        folder = work / f"{name}-int8-pruned{number}"
        _, result, _ = measured(options, "m4", model, vectors, folder,
                                "--passes", f"{passes},@default,sparsify")
        onnx_model = folder / "pruned.onnx"
        coppice(options, "prune", model, "-o", onnx_model, "--passes", passes)
        differ = sum(a != b for got, want in zip(result.outputs,
                                                 reference_answers(onnx_model, vectors))
                     for mine, theirs in zip(got, want) for a, b in zip(mine, theirs))
        count = result.instructions[0]
        print(f"{name} {amount:<24} {differ:4} {result.selftest[:6]:>6} {result.flash:9,} "
              f"{'':9} {result.ram:8,} {'':8} {result.stack:6,} {count:12,}", flush=True)
        if differ:
            yield f"{name} int8 pruned by {amount}: {differ} bytes differ from onnxruntime's"
        if count > instructions:
            yield f"{name} int8 pruned by {amount}: {count:,} instructions"
        if result.flash > flash:
            yield f"{name} int8 pruned by {amount}: {result.flash:,} bytes of flash"


def float_pruned(options, work):
    """Float models pruned by magnitude on Cortex-M4; yields what is wrong."""
    for name, sparsity, instructions in FLOAT_PRUNED:
        if options.only and name not in options.only:
            continue
        model = (options.models / f"{name}_f32.onnx").resolve()
        vectors, passes = vectors_of(model)[:1], f"prune-magnitude{{sparsity={sparsity}}}"
        folder = work / f"{name}-{sparsity}"
        _, result, _ = measured(options, "m4", model, vectors, folder,
                                "--passes", f"{passes},@default,sparsify")
        onnx_model = folder / "pruned.onnx"
        coppice(options, "prune", model, "-o", onnx_model, "--passes", passes)
        errors = [firmware.relative_error(got, want) for got, want in
                  zip(result.outputs, reference_answers(onnx_model, vectors))]
        row(f"{name} {sparsity:.0%}", "m4", BARS[name], result, errors)
        if not max(errors) <= TOLERANCE:
            yield f"{name} pruned to {sparsity:.0%}: differs by {max(errors):.1e}"
        if result.selftest != "pass":
            yield f"{name} pruned to {sparsity:.0%}: self-test {result.selftest}"
        if result.instructions[0] > instructions:
            yield f"{name} pruned to {sparsity:.0%}: {result.instructions[0]:,} instructions"


def pruned(options, work):
    """kws pruned by magnitude beside the dense one on Cortex-M4; yields what is wrong."""
    model = (options.models / "kws_f32.onnx").resolve()
    vectors, bar = vectors_of(model), BARS["kws"]
    _, whole, _ = measured(options, "m4", model, vectors, work / "kws-whole")
    _, less, _ = measured(options, "m4", model, vectors, work / "kws-pruned",
                          "--passes", f"@default,{PRUNED}")
    onnx_model = work / "pruned.onnx"
    coppice(options, "prune", model, "-o", onnx_model, "--passes", PRUNED)
    errors = [firmware.relative_error(got, want) for got, want in
              zip(less.outputs, reference_answers(onnx_model, vectors))]
    row("kws pruned", "m4", bar, less, errors)
    saving = whole.constants / less.constants
    print(f"kws pruned: constants {saving:.2f}x fewer bytes, "
          f"{less.instructions[0] / whole.instructions[0]:.2f} of the instructions")
    if not max(errors) <= TOLERANCE:
        yield f"kws pruned: differs from onnxruntime by {max(errors):.1e}"
    if saving < WEIGHT_SAVING:
        yield f"kws pruned: constants only {saving:.2f}x fewer bytes"
    part = less.instructions[0] / whole.instructions[0]
    if part > PRUNED_INSTRUCTIONS:
        yield f"kws pruned: {part:.3f} of the instructions of dense"
    if all(output == less.outputs[0] for output in less.outputs):
        yield "kws pruned: the outputs do not depend on the input"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, required=True, help="the compiler")
    parser.add_argument("--models", type=Path,
                        default=ROOT.parent / "shared" / "models" / "mlperf-tiny")
    parser.add_argument("--core", nargs="+", choices=sorted(firmware.CORES), default=["m4", "m55"])
    parser.add_argument("--only", nargs="+", choices=list(BARS), help="some of the models")
    parser.add_argument("--pruned", action="store_true", help="measure pruned models as well")
    parser.add_argument("--integer", action="store_true", help="measure the int8 models alone")
    parser.add_argument("--keep", type=Path, help="keep the generated C and the images here")
    options = parser.parse_args()
    if not options.models.is_dir():
        print(f"skipped: {options.models} is absent")
        return
    print(f"{'model':13} {'core':4} {'error':>8} {'test':>6} {'flash':>11} {'constants':>11} "
          f"{'RAM':>9} {'arena':>9} {'stack':>6} {'instructions':>12} {'/ MAC':>6}")
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.keep or Path(temporary)).resolve()
        try:
            wrong = [] if options.integer else list(dense(options, work))
            wrong += list(integer(options, work))
            wrong += list(integer_pruned(options, work)) if options.pruned else []
            wrong += list(pruned(options, work)) if options.pruned else []
            wrong += list(float_pruned(options, work)) if options.pruned else []
        except (firmware.FirmwareError, subprocess.TimeoutExpired) as error:
            sys.exit(str(error))
    for fault in wrong:
        print(fault, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
