"""What an object file may have: no static data, its own prefix, and of the world only math.h."""

import re

from common import command

MATH = """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1
fabs floor fmax fma fmin fmod frexp ldexp lgamma log log10 log1p log2 logb lrint lround modf
nearbyint pow remainder rint round scalbn sin sinh sqrt tan tanh tgamma trunc""".split()
ALLOWED = {*MATH, *(f"{name}f" for name in MATH), "memcpy", "memset", "memmove", "memcmp",
           "_GLOBAL_OFFSET_TABLE_"}
# What compilers call for arithmetic that a core does not have.
RUNTIME = re.compile(r"__aeabi_\w+|__gnu_\w+|__[a-z]*(div|mod|mul|shl|shr|fix|float)\w*[sdt]i\w*")
STACK_LIMIT = 2048


def foreign_symbols(toolchain, group, item):
    """What an object defines or needs besides its models' own functions and tables."""
    status, output = command([toolchain.nm, "-P", item])
    if status:
        yield f"{toolchain.nm}: {output}"
        return
    own = {f"{build.name}_run" for build in group.builds}
    tables = tuple(f"{build.name}_w" for build in group.builds if build.weights == "split")
    for line in output.splitlines():
        name, kind = line.split()[:2]
        if kind == "U":
            if name not in ALLOWED and not RUNTIME.fullmatch(name):
                yield f"{item.name}: needs {name}"
        elif kind in "dDbBC":
            yield f"{item.name}: {name} is static data that can change"
        elif kind.isupper() and name not in own and not (tables and name.startswith(tables)):
            yield f"{item.name}: {name} is visible outside"
    missing = own - {line.split()[0] for line in output.splitlines()}
    yield from (f"{item.name}: {name} is not there" for name in sorted(missing))


def deep_stacks(group, usage):
    """Models whose call, deepest kernel and deepest helper together take too much stack."""
    names = sorted((build.name for build in group.builds), key=len, reverse=True)
    depths = {name: {} for name in names}
    for line in usage.read_text().splitlines():
        place, size, kind = line.split("\t")
        function = place.rpartition(":")[2]
        owner = next((name for name in names if function.startswith(f"{name}_")), None)
        if owner is None:
            continue
        if kind != "static":
            yield f"{function}: the size of its stack is {kind}"
        part = function[len(owner) + 1 :]
        role = "run" if part == "run" else "kernel" if re.match(r"k\d+_", part) else "helper"
        depths[owner][role] = max(depths[owner].get(role, 0), int(size))
    for name, roles in depths.items():
        if sum(roles.values()) > STACK_LIMIT:
            yield f"{name}: up to {sum(roles.values())} bytes of stack"
