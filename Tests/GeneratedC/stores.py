"""Stores that nobody reads: to variables, to scratch memory, and to values of the arena."""

import re
import shutil

from common import command

ANALYZE = ["clang", "--analyze", "-std=c99", "--analyzer-output", "text",
           "-Xclang", "-analyzer-disable-checker=core,unix,security,apiModeling",
           "-Xclang", "-analyzer-opt-analyze-headers",
           "-Xclang", "-analyzer-checker=deadcode.DeadStores"]
WORD = re.compile(r"DeadStores|error:")
KERNEL = re.compile(r"^\w+_KERNEL void (\w+)\(([^)]*)\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^    (\w+)\(([^;{}]*)\);$", re.MULTILINE)


def dead_assignments(group):
    """What clang's analyzer says of variables that are assigned and not read."""
    if shutil.which(ANALYZE[0]) is None:
        return
    status, output = command([*ANALYZE, group.code], cwd=group.folder)
    lines = [line for line in output.splitlines() if WORD.search(line)]
    if status and not lines:
        yield f"{group.name}: {output}"
    yield from lines


def is_loaded(name, body):
    """Whether a kernel reads what a parameter points to."""
    stored = re.compile(rf"^\s*({name}\[|\*\(\w+ \*\)\(?{name}\b)[^=]*? = ")
    for line in body.splitlines():
        rest = stored.sub("", line)
        if re.search(rf"\b{name}\b", rest) and f"(void){name};" not in rest:
            return True
    return False


def kernels(source):
    """The parameters of each kernel by name, and those that it stores to and does not load."""
    for name, parameters, body in KERNEL.findall(source):
        names = [parameter.split("*")[-1].removeprefix("restrict ").strip()
                 for parameter in parameters.split(",")]
        yield name, names, {n for n in names
                            if not n.startswith(("in", "w")) and not is_loaded(n, body)}


def unread_memory(build):
    """Scratch that its kernel does not load, and values of the arena that no later step takes."""
    source = build.file(".c").read_text()
    known = {name: (names, stored) for name, names, stored in kernels(source)}
    for name, (_, stored) in known.items():
        yield from (f"{build.name}: {name} only stores to {one}"
                    for one in sorted(stored) if one.startswith("tmp"))
    made = {}
    for name, arguments in CALL.findall(source.partition(f"int {build.name}_run(")[2]):
        if name not in known:
            continue
        names, stored = known[name]
        for parameter, argument in zip(names, arguments.split(",\n" if "\n" in arguments else ", ")):
            place = re.search(r"\(mem \+ \d+\)", argument)
            if place is None:
                continue
            if parameter not in stored:
                made.pop(place[0], None)
            if parameter.startswith("out"):
                if place[0] in made:
                    yield f"{build.name}: {made[place[0]]} stores what no step reads"
                made[place[0]] = name
    yield from (f"{build.name}: {name} stores what no step reads" for name in made.values())
