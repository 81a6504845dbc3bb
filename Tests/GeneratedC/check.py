"""Compiles groups with a toolchain, runs them, and says everything that is not as promised."""

from pathlib import Path

from common import command
from reference import difference
from symbols import deep_stacks, foreign_symbols
from toolchains import Toolchain
from units import Group, read_outputs

HERE = Path(__file__).resolve().parent
FAULTS = 3  # The status of a harness that found some.
HEADER_FLAGS = ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]


def checked(job: tuple[Group, Toolchain]):
    """The faults of a group with a toolchain."""
    group, toolchain = job
    if toolchain.runs:
        return list(run_faults(group, toolchain))
    return list(compile_faults(group, toolchain))


def compile_faults(group, toolchain):
    """Not a word from the compiler, and nothing in the object that should not be there."""
    item = group.folder / f"{toolchain.name.replace(' ', '-')}.o"
    words = [*toolchain.words, toolchain.optimization(group), "-c", group.code, "-o", item]
    if toolchain.defines_static_arena:
        words += ["-include", group.arenas]
    status, output = command(words)
    if status or output:
        yield f"{group.name}: {toolchain.name}: {first_lines(output)}"
        return
    if not toolchain.defines_static_arena:
        yield from foreign_symbols(toolchain, group, item)
    if toolchain.is_bare:
        yield from deep_stacks(group, item.with_suffix(".su"))


def run_faults(group, toolchain):
    """Runs every model on its vectors in guarded memory."""
    out = group.folder / toolchain.name.replace(" ", "-")
    out.mkdir()
    program = out / "harness"
    status, output = command([*toolchain.words, toolchain.optimization(group), "-I", HERE, "-I",
                              group.folder, group.checked, HERE / "harness.c", "-o", program,
                              "-lm", "-pthread"])
    if status:
        yield f"{group.name}: {toolchain.name}: {first_lines(output)}"
        return
    status, output = command([*toolchain.emulator, program, group.folder, out])
    lines = output.splitlines()
    faults = [line for line in lines if not line.startswith("running ")]
    if status not in (0, FAULTS):
        last = next((line for line in reversed(lines) if line.startswith("running ")), "no model")
        faults = [f"ended with {status} while {last}", *faults]
    yield from (f"{toolchain.name}: {line}" for line in faults[:20])
    if status in (0, FAULTS):
        yield from wrong_answers(group, toolchain, out)
    program.unlink()


def wrong_answers(group, toolchain, out):
    for build in group.builds:
        path = out / f"{build.name}.out"
        if not path.exists():
            continue
        for vector, (got, wanted) in enumerate(zip(read_outputs(build, out), build.answers)):
            for index, (one, other) in enumerate(zip(got, wanted)):
                fault = difference(one, other, build.model)
                if fault:
                    place = f"{build.name}: vector {vector}, output {index}"
                    yield f"{toolchain.name}: {place}: {fault}"


def header_faults(group):
    """The headers as C++, each twice."""
    for compiler in ("g++", "clang++"):
        try:
            status, output = command([compiler, *HEADER_FLAGS, group.headers])
        except FileNotFoundError:
            continue
        if status or output:
            yield f"{group.name}: {compiler}: {first_lines(output)}"


def first_lines(text):
    lines = text.splitlines()
    return "\n".join(lines[:12])
