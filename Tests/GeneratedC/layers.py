#!/usr/bin/env python3
"""Random layers by every form that applies to them, in guarded memory, against plain loops.

    Tests/GeneratedC/layers.py [--layers 40] [--first 0] [--seed 1] [--each 2] [--thorough] [--only N]

`random-layers` draws convolutions, products, recurrences and poolings with anything around, in front and
behind them, takes each form that applies, in each storage of the weight, and holds the interpreter's
answers, in every width of vectors, against those of plain loops over the dense weight. Some of each
layer, the rarest forms first, come as C: they run under sanitizers or optimised, for AVX-512, AVX2 and
SSE2 and as portable C, between guard bytes and in memory of exact size; --thorough takes every compiler
for each of them. Before that, faults are planted behind one layer, each of which must be reported. A layer that differs is drawn again by its number: --only N --each 99 --thorough."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from check import run_faults
from common import ROOT, flattened, in_parallel
from models import Model
from toolchains import SANITIZE, VECTORS, Toolchain, cpu_features
from units import Group, port_bytes, write_units

IN_ONE_GROUP = 6
PORTABLE = ["-DCOPPICE_PORTABLE"]
FAST = ["-std=c99", "-O3"]


@dataclass(eq=False)
class Layer:
    """A layer by one form, as C with its vectors."""

    name: str
    target: str
    told: str
    folder: Path
    model: Model
    weights: str = "inline"

    def file(self, ending):
        return self.folder / f"{self.name}{ending}"

    @property
    def files(self):
        return [f"{self.name}.c"]

    @cached_property
    def manifest(self):
        return json.loads(self.file(".json").read_text())

    @cached_property
    def answers(self):
        data, at, outputs = self.file(".want").read_bytes(), 0, []
        for port in self.manifest["outputs"]:
            count = int(np.prod(port["shape"], dtype=np.int64))
            outputs.append(np.frombuffer(data, np.float32, count, at).reshape(port["shape"]))
            at += 4 * count
        return [outputs]


# What a planted fault does, and words of the report that tells of it; `{size}` is that of the first output.
PLANTED = {
    "an element that is off": ("((float *)ports[{out}])[0] += 1.0f;", "output 0"),
    "a byte behind an output": ("((volatile unsigned char *)ports[{out}])[{size}] ^= 1;", "outside of an input or output"),
    "a byte before an output": ("((volatile unsigned char *)ports[{out}])[-1] ^= 1;", "outside of an input or output"),
    "a byte behind the arena": ("((volatile unsigned char *)arena)[{arena}] ^= 1;", "outside of the arena"),
    "an input that changes": ("((volatile unsigned char *)ports[0])[0] ^= 1;", "changed an input"),
}
SANITIZED = "Sanitizer"


class Compiler(Toolchain):
    """A compiler whose flags say how much it optimises."""

    def optimization(self, group):
        return "-g0"


def compilers():
    """Those of this machine, by the target whose C they take: under sanitizers, and as users build it."""
    features = cpu_features()
    widths = [flags for flags, needed in VECTORS.values() if features.issuperset(needed)]
    for words in ("gcc", "clang"):
        for flags in widths + [PORTABLE]:
            name = f"{words} {flags[0].lstrip('-')}"
            yield Compiler(f"{name} sanitized", (words, *SANITIZE, "-O1", *flags), ("x86-64",), runs=True)
            yield Compiler(f"{name} fast", (words, *FAST, *flags), ("x86-64",), runs=True)
        yield Compiler(f"{words} sanitized", (words, *SANITIZE, "-O1", *PORTABLE), ("generic", "cortex-m4"),
                       runs=True)
        yield Compiler(f"{words} fast", (words, *FAST), ("generic", "cortex-m4"), runs=True)


def drawn(options, folder):
    """Runs the interpreter on all layers; what differs, and the layers that came as C."""
    first, count = (options.only, 1) if options.only is not None else (options.first, options.layers)
    words = [options.tool, folder, first, count, options.each, options.seed]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    print("\n".join(line for line in lines if line.startswith("#")), flush=True)
    faults = [line for line in lines if not line.startswith("#")]
    if done.returncode not in (0, 1):
        return [*faults, f"random-layers ended with {done.returncode}"], []
    model = Model("layer", folder, [], rtol=1e-5, relative=1e-5)
    return faults, [Layer(**one, folder=folder, model=model)
                    for one in json.loads((folder / "index.json").read_text())]


def groups(layers, folder):
    """Some layers for one target, in a folder of their own."""
    for target in sorted({layer.target for layer in layers}):
        own = [layer for layer in layers if layer.target == target]
        for start in range(0, len(own), IN_ONE_GROUP):
            part = tuple(own[start : start + IN_ONE_GROUP])
            group = Group(f"{target}-{start}", target, folder / f"{target}-{start}", False, part)
            group.folder.mkdir()
            for layer in part:
                for ending in (".c", ".h", "_selftest.c", ".in"):
                    layer.file(ending).rename(group.folder / f"{layer.name}{ending}")
            write_units(group)
            yield group


def jobs(made, thorough):
    """Each group with every compiler, or with the next one."""
    for target in {group.target for group in made}:
        chosen = [c for c in compilers() if target in c.targets]
        for place, group in enumerate(g for g in made if g.target == target):
            for compiler in chosen if thorough else [chosen[place % len(chosen)]]:
                yield group, compiler


def run(job):
    """The faults of a group, each with what the layer is."""
    told = {layer.name: layer.told for layer in job[0].builds}
    for fault in run_faults(*job):
        names = [name for name in told if f"{name}:" in fault or fault.endswith(name)]
        yield "\n      ".join([fault, *(told[name] for name in names)])


def planted(group, layer, number, what):
    """A layer of a group with a fault behind it; nothing else differs."""
    statement, _ = PLANTED[what]
    folder = group.folder.with_name(f"{group.folder.name}-planted-{number}")
    shutil.copytree(group.folder, folder)
    one = Group(f"planted-{number}", group.target, folder, False, (layer,))
    write_units(one)
    manifest, call = layer.manifest, f"return {layer.name}_run("
    fault = statement.format(out=len(manifest["inputs"]), size=port_bytes(manifest["outputs"][0]),
                             arena=f"{layer.name.upper()}_ARENA_BYTES")
    text = one.checked.read_text().replace(call, f"int status = {layer.name}_run(", 1)
    head, tail = text.split("int status = ", 1)
    line, rest = tail.split("\n", 1)
    one.checked.write_text(f"{head}int status = {line}\n    if (status == 0) {{ {fault} }}\n    return status;\n{rest}")
    return one


def self_check(made):
    """Faults that were planted and not reported, neither by the checks nor by a sanitizer."""
    found = [(group, layer) for group in made for layer in group.builds if group.target == "x86-64"]
    if not found:
        return
    group, layer = next((pair for pair in found if pair[1].manifest["arena_bytes"]), found[0])
    known = [c for c in compilers() if "x86-64" in c.targets and c.words[0] == "gcc" and c.words[-1:] == tuple(PORTABLE)]
    for number, (what, (_, report)) in enumerate(PLANTED.items()):
        if "{arena}" in PLANTED[what][0] and not layer.manifest["arena_bytes"]:
            continue
        one = planted(group, layer, number, what)
        for compiler in known:
            said = list(run_faults(one, compiler))
            if not any(report in fault or SANITIZED in fault for fault in said):
                yield f"{compiler.name}: {what}, planted behind {layer.name}, was not reported: {said}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", type=Path, default=ROOT / ".build" / "release" / "random-layers")
    parser.add_argument("--layers", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="the number of the first layer")
    parser.add_argument("--only", type=int, help="the number of one layer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2, help="how much of each layer comes as C")
    parser.add_argument("--thorough", action="store_true", help="every compiler for all of it")
    parser.add_argument("--keep", type=Path, help="keep all files here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        faults, layers = drawn(options, folder)
        made = list(groups(layers, folder))
        faults += list(self_check(made))
        work = list(jobs(made, options.thorough))
        faults += flattened(in_parallel(lambda job: list(run(job)), work))
    for fault in faults:
        print(fault)
    print(f"{len(layers)} layers as C, {len(work)} programs, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
