"""Groups of builds as few C files: one that includes the models, and one that tables them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

C_TYPES = {"float32": "float", "float64": "double", "bool": "uint8_t", "float16": "uint16_t",
           "bfloat16": "uint16_t"}
BYTES = {"float": 4, "double": 8}


@dataclass(eq=False)
class Group:
    """Builds for one target in one folder, compiled together."""

    name: str
    target: str
    folder: Path
    needs_speed: bool
    builds: tuple

    @property
    def code(self):
        return self.folder / "code.c"

    @property
    def checked(self):
        return self.folder / "checked.c"

    @property
    def arenas(self):
        return self.folder / "arenas.h"

    @property
    def headers(self):
        return self.folder / "headers.cpp"


def c_type(element):
    return C_TYPES.get(element, f"{element}_t" if "int" in element else "uint8_t")


def c_bytes(element):
    kind = c_type(element)
    return BYTES.get(kind) or int("".join(filter(str.isdigit, kind))) // 8


def ports(build):
    return build.manifest["inputs"] + build.manifest["outputs"]


def port_bytes(port):
    return int(np.prod(port["shape"], dtype=np.int64)) * c_bytes(port["type"])


def write_units(group):
    """What is compiled with the strict flags, what is compiled to run, and all headers as C++."""
    includes = [f'#include "{file}"' for build in group.builds for file in build.files
                if file.endswith(".c") and "_selftest" not in file]
    group.code.write_text("\n".join(includes) + "\n")
    arenas = [f"#define {build.name.upper()}_STATIC_ARENA" for build in group.builds]
    group.arenas.write_text("\n".join(arenas) + "\n")
    tests = [f'#include "{build.name}_selftest.c"' for build in group.builds]
    table = [text for build in group.builds for text in entry(build)]
    names = ", ".join(f"&model_{build.name}" for build in group.builds)
    table += [f"const struct model *const models[] = {{{names}, NULL}};"]
    lines = includes + tests + ['#include "harness.h"', *table]
    group.checked.write_text("\n".join(lines) + "\n")
    headers = [f'#include "{build.name}.h"' for build in group.builds] * 2
    group.headers.write_text("\n".join(headers) + "\n")


def entry(build):
    """The row of a build in the harness's table, and how to call it."""
    name, macro, blob = build.name, build.name.upper(), build.weights == "blob"
    count = len(build.manifest["inputs"])
    arguments = ["weights"] * blob + ["arena"]
    for index, port in enumerate(ports(build)):
        const = "const " if index < count else ""
        arguments.append(f"({const}{c_type(port['type'])} *)ports[{index}]")
    rows = ", ".join(f"{{{port_bytes(p)}u, {c_bytes(p['type'])}u}}" for p in ports(build))
    weights = (f"&{name}_selftest_weights", f"{macro}_WEIGHTS_FILE_BYTES", f"{macro}_WEIGHTS_ALIGN")
    pointer, size, align = weights if blob else ("NULL", "0", "1")
    yield f"static int call_{name}(const void *weights, void *arena, void *const *ports)"
    yield "{"
    yield "    (void)weights;"
    yield f"    return {name}_run({', '.join(arguments)});"
    yield "}"
    yield f"static const struct port ports_{name}[] = {{{rows}}};"
    yield f"static const struct model model_{name} = {{"
    yield f'    "{name}", call_{name}, {name}_selftest, {pointer}, {macro}_ARENA_BYTES,'
    yield f"    {macro}_ARENA_ALIGN, {size}, {align}, {count}, {len(ports(build)) - count},"
    yield f"    ports_{name}}};"


def write_inputs(build):
    """The vectors as the harness reads them: a byte, then each input."""
    pieces = []
    for vector in build.model.inputs:
        pieces.append(b"\0")
        pieces += [np.ascontiguousarray(array).tobytes() for array in vector]
    build.file(".in").write_bytes(b"".join(pieces))


def read_outputs(build, folder):
    """The outputs of each vector as the harness wrote them, with the elements of the answers."""
    data = (folder / f"{build.name}.out").read_bytes()
    at = 0
    for answers in build.answers:
        outputs = []
        for port, answer in zip(build.manifest["outputs"], answers):
            size = port_bytes(port)
            outputs.append(np.frombuffer(data[at : at + size], np.asarray(answer).dtype))
            outputs[-1] = outputs[-1].reshape(port["shape"])
            at += size
        yield outputs
