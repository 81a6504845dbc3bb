#!/usr/bin/env python3
"""Build what `coppice compile` wrote into bare-metal firmware, run it under QEMU and measure it.

    run.py DIR NAME [--core m4|m55] [--data TEST_DATA_SET ...]

DIR holds NAME.c, NAME.h, NAME.json and NAME_selftest.c. The self-test runs first, in an image of
its own; then every test_data_set folder (input_K.pb, output_K.pb) is one inference. Printed as
JSON: whether the self-test passed, the largest difference from the expected outputs by the
largest expected output, flash, RAM and its parts, instructions per inference.

Flash is code, constants and initial data beyond the same firmware without a model. RAM is static
data beyond it (arena, input and output buffers and all else) plus the deepest stack of a run.
Instructions are counted one by one by a QEMU plugin; they are exact and repeatable, but they are
not cycles: compare programs on one core only.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tensors

HERE = Path(__file__).resolve().parent
HARNESS = ("startup.c", "semihosting.c", "main.c")
STRICT = ("-Wall", "-Wextra", "-Werror")
# The call of harness_run, its tail call or return, and the returns to and from the markers.
MARKER_INSTRUCTIONS = 3
TYPES = {"float32": "float", "float64": "double", "bool": "uint8_t", "float16": "uint16_t",
         "bfloat16": "uint16_t"}


@dataclass(frozen=True)
class Core:
    """A processor: the compiler's flags and QEMU's board for it."""

    name: str
    flags: tuple
    board: str


CORES = {
    "m4": Core("m4", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"), "mps2-an386"),
    "m55": Core("m55", ("-mcpu=cortex-m55", "-mfpu=auto"), "mps3-an547"),
}


@dataclass
class Measurement:
    """What one firmware image needs and what it answered."""

    selftest: str
    flash: int
    constants: int
    ram: int
    own_static: int
    arena: int
    buffers: int
    stack: int
    instructions: list
    outputs: list


class FirmwareError(Exception):
    """A build or a run that failed, with what it said."""


def command(*words, accept=(0,), timeout=900):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    if done.returncode not in accept:
        raise FirmwareError(f"{words[0]} failed ({done.returncode}): {' '.join(map(str, words))}\n"
                            f"{done.stdout[-4000:]}")
    return done.stdout


def c_type(element):
    return TYPES.get(element, f"{element}_t")


def elements(value):
    count = 1
    for extent in value["shape"]:
        count *= extent
    return count


def members(kind, values):
    """The buffers of all inputs or outputs as one structure, each member aligned to 16."""
    lines = [f"  __attribute__((aligned(16))) {c_type(value['type'])} value{index}"
             f"[{max(1, elements(value))}];" for index, value in enumerate(values)]
    return f"static struct {{\n" + "\n".join(lines) + f"\n}} {kind};"


def adapter(name, manifest, selftest):
    """The C that provides harness.h for a generated model."""
    inputs, outputs = manifest["inputs"], manifest["outputs"]
    upper = name.upper()
    arguments = ["arena", *(f"inputs.value{i}" for i in range(len(inputs))),
                 *(f"outputs.value{i}" for i in range(len(outputs)))]
    tested = f"{name}_selftest_in({', '.join(arguments)})" if selftest else "-1"
    return f"""#include "harness.h"

#include <stdint.h>

#include "{name}.h"

static __attribute__((aligned({upper}_ARENA_ALIGN))) unsigned char
    arena[{upper}_ARENA_BYTES > 0u ? {upper}_ARENA_BYTES : 1u];
{members("inputs", inputs)}
{members("outputs", outputs)}

void *const harness_inputs = &inputs;
const size_t harness_input_bytes = sizeof inputs;
const void *const harness_outputs = &outputs;
const size_t harness_output_bytes = sizeof outputs;

int harness_run(void) {{ return {name}_run({", ".join(arguments)}); }}
int harness_selftest(void) {{ return {tested}; }}
"""


EMPTY_ADAPTER = """#include "harness.h"

static char nothing[1];
void *const harness_inputs = nothing;
const size_t harness_input_bytes = 0;
const void *const harness_outputs = nothing;
const size_t harness_output_bytes = 0;

int harness_run(void) { return 0; }
int harness_selftest(void) { return -1; }
"""


class Firmware:
    """Builds and runs images for one core in a working folder."""

    def __init__(self, core, work, optimization="-O3"):
        self.core, self.work, self.optimization = core, Path(work), optimization
        self.machine = (*core.flags, "-mthumb", "-mfloat-abi=hard")
        self.sections = ("-ffunction-sections", "-fdata-sections")
        self.harness = [self.compile(HERE / name, "-O2", "-ffreestanding") for name in HARNESS]
        self.plugin = self.work / "count.so"
        command("gcc", "-O2", "-shared", "-fPIC", *STRICT, "-o", self.plugin, HERE / "count.c")

    def compile(self, source, *flags, label=None):
        target = self.work / f"{label or source.stem}.o"
        command("arm-none-eabi-gcc", *self.machine, *self.sections, *STRICT, "-I", HERE, *flags,
                "-c", source, "-o", target)
        return target

    def link(self, label, objects, cases=b""):
        data, image = self.work / f"{label}.cases", self.work / f"{label}.elf"
        data.write_bytes(cases)
        linked = self.compile(HERE / "cases.S", f'-DCASES_FILE="{data}"', label=f"{label}.cases")
        command("arm-none-eabi-gcc", *self.machine, self.optimization, "-nostartfiles",
                "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-L", HERE,
                "-T", HERE / f"{self.core.name}.ld", *self.harness, *objects, linked, "-lm",
                "-o", image)
        return image

    def sizes(self, image):
        """Flash and static RAM of an image."""
        listed = command("arm-none-eabi-size", "-A", image)
        found = re.findall(r"^(\.[\w.]+) +(\d+)", listed, re.M)
        size = [(name, int(count)) for name, count in found]
        flash = sum(n for s, n in size if s.startswith((".vectors", ".text", ".ARM.ex", ".data")))
        return flash, sum(n for s, n in size if s.startswith((".data", ".bss")))

    def constants(self, image, objects):
        """The bytes of the objects' constants that an image holds."""
        names = set()
        for part in objects:
            names.update(re.findall(r" [rR] (\S+)$", command("arm-none-eabi-nm", part), re.M))
        listed = command("arm-none-eabi-nm", "-S", image)
        found = re.findall(r"^\w+ (\w+) [rRtT] (\S+)$", listed, re.M)
        return sum(int(size, 16) for size, name in found if name in names)

    def run(self, image, counting):
        words = ["qemu-system-arm", "-M", self.core.board, "-display", "none", "-monitor", "none",
                 "-serial", "none", "-semihosting-config", "enable=on,target=native"]
        if counting:
            listed = command("arm-none-eabi-nm", image)
            address = {s: a for a, s in re.findall(r"^(\w+) \w (\w+)$", listed, re.M)}
            words += ["-d", "plugin", "-plugin", f"{self.plugin},"
                      f"begin=0x{address['measure_begin']},end=0x{address['measure_end']}"]
        return command(*words, "-kernel", image, accept=(0, 1))

    def adapter(self, text, label, *flags):
        source = self.work / f"{label}.c"
        source.write_text(text)
        return self.compile(source, "-O2", *flags, label=label)

    def measure(self, folder, name, cases):
        """Build a generated model, self-test it, run every case and measure."""
        folder = Path(folder)
        manifest = json.loads((folder / f"{name}.json").read_text())
        include = ("-I", folder)
        sources = [p for p in (folder / f"{name}.c", folder / f"{name}_weights.c") if p.exists()]
        model = [self.compile(source, self.optimization) for source in sources]
        test = self.compile(folder / f"{name}_selftest.c", "-O2")
        tested = self.adapter(adapter(name, manifest, True), "tested_adapter", *include)
        plain = self.adapter(adapter(name, manifest, False), "plain_adapter", *include)
        empty = self.adapter(EMPTY_ADAPTER, "empty_adapter")

        said = self.run(self.link("selftest", [*model, test, tested]), counting=False)
        passed = re.search(r"^selftest (\d+)$", said, re.M)
        selftest = "pass" if passed and passed[1] == "0" else f"failed: {said.strip()}"

        base_flash, base_ram = self.sizes(self.link("empty", [empty]))
        image = self.link("model", [*model, plain], b"".join(cases))
        flash, ram = self.sizes(image)
        said = self.run(image, counting=True)
        counts = [int(n) - MARKER_INSTRUCTIONS
                  for n in re.findall(r"^instructions (\d+)$", said, re.M)]
        outputs = [bytes.fromhex(h) for h in re.findall(r"^output ([0-9a-f]*)$", said, re.M)]
        if len(outputs) != len(cases) or len(counts) != len(cases):
            raise FirmwareError(f"{name}: {len(outputs)} of {len(cases)} cases were answered:\n"
                                f"{said[-2000:]}")
        stack = max([int(n) for n in re.findall(r"^stack (\d+)$", said, re.M)], default=0)
        buffers = sum(padded_bytes(v) for v in manifest["inputs"] + manifest["outputs"])
        return Measurement(
            selftest=selftest, flash=flash - base_flash, constants=self.constants(image, model),
            ram=ram - base_ram + stack, own_static=sum(self.sizes(part)[1] for part in model),
            arena=manifest["arena_bytes"], buffers=buffers, stack=stack, instructions=counts,
            outputs=[split(output, manifest["outputs"]) for output in outputs])


def padded_bytes(value):
    size = max(1, elements(value)) * tensors.width(value["type"])
    return (size + 15) // 16 * 16


def pack(values):
    """The inputs of one case as the adapter's structure holds them."""
    return b"".join(data + bytes(-len(data) % 16) for data in values)


def split(data, values):
    """The outputs of one case, each as its elements."""
    parts, at = [], 0
    for value in values:
        size = elements(value) * tensors.width(value["type"])
        parts.append(tensors.unpack(data[at : at + size], tensors.NAMES[value["type"]]))
        at += padded_bytes(value)
    return parts


def read_case(folder, manifest):
    """The packed inputs and the expected outputs of a test_data_set folder."""
    inputs = [tensors.read_tensor(folder / f"input_{k}.pb")
              for k in range(len(manifest["inputs"]))]
    expected = [tensors.unpack(tensors.read_tensor(folder / f"output_{k}.pb"),
                               tensors.NAMES[value["type"]])
                for k, value in enumerate(manifest["outputs"])]
    return pack(inputs), expected


def relative_error(got, expected):
    """The largest difference by the largest expected magnitude, over every output."""
    worst = 0.0
    for mine, theirs in zip(got, expected):
        largest = max((abs(v) for v in theirs), default=0.0) or 1.0
        for a, b in zip(mine, theirs):
            error = abs(a - b) / largest
            worst = error if error > worst or error != error else worst
    return worst


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--core", choices=sorted(CORES), default="m4")
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    manifest = json.loads((options.folder / f"{options.name}.json").read_text())
    cases = [read_case(folder, manifest) for folder in options.data]
    with tempfile.TemporaryDirectory() as work:
        try:
            result = Firmware(CORES[options.core], work).measure(
                options.folder, options.name, [inputs for inputs, _ in cases])
        except FirmwareError as error:
            sys.exit(str(error))
    errors = [relative_error(got, want) for got, (_, want) in zip(result.outputs, cases)]
    print(json.dumps({
        "core": options.core, "selftest": result.selftest, "flash": result.flash,
        "constants": result.constants, "ram": result.ram, "arena": result.arena, "buffers": result.buffers,
        "stack": result.stack, "instructions": result.instructions,
        "relative_error": max(errors, default=None)}))
    sys.exit(0 if result.selftest == "pass" else 1)


if __name__ == "__main__":
    main()
