"""The compilers that generated C has to please, and how what they build is run."""

import shutil
from dataclasses import dataclass
from pathlib import Path

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
          "-Wmissing-prototypes", "-Werror"]
CROSS = ["-Wall", "-Wextra", "-Werror"]
SANITIZE = ["-std=c99", "-fsanitize=address,undefined,float-cast-overflow",
            "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
# Vector instructions of x86-64, with what /proc/cpuinfo must name to run them.
VECTORS = {"sse2": (["-msse2"], []), "avx2": (["-mavx2", "-mfma"], ["avx2", "fma"]),
           "avx512": (["-mavx512f"], ["avx512f"])}


@dataclass(frozen=True)
class Toolchain:
    """A compiler with flags for the builds of some targets."""

    name: str
    words: tuple
    targets: tuple
    runs: bool = False
    emulator: tuple = ()
    defines_static_arena: bool = False
    is_slow: bool = False

    def optimization(self, group):
        """What gives an answer soonest; gcc warns of more when it optimizes, clang does not."""
        if self.runs:
            return "-O1" if group.needs_speed else "-O0"
        return "-O0" if self.words[0] == "clang" else "-O2"

    @property
    def is_bare(self):
        return self.words[0].startswith("arm-none-eabi")

    @property
    def nm(self):
        return self.words[0].removesuffix("gcc") + "nm" if self.words[0].endswith("gcc") else "nm"


def cpu_features():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


def strict(compiler, **options):
    """A compiler of this machine that must not say a word."""
    yield Toolchain(compiler, (compiler, *STRICT), ("generic",), **options)
    for name, (flags, _) in VECTORS.items():
        yield Toolchain(f"{compiler} {name}", (compiler, *STRICT, *flags), ("x86-64",),
                        **options)


def sanitized():
    """Runs on this machine; clang, whose builds take long, only with SSE2."""
    yield Toolchain("gcc sanitized", ("gcc", *SANITIZE), ("generic",), runs=True)
    yield Toolchain("clang sanitized", ("clang", *SANITIZE), ("generic", "x86-64"), runs=True,
                    is_slow=True)
    features = cpu_features()
    for name, (flags, needed) in VECTORS.items():
        if features.issuperset(needed):
            yield Toolchain(f"gcc {name} sanitized", ("gcc", *SANITIZE, *flags), ("x86-64",),
                            runs=True)


def emulated(machine, target):
    """A compiler for Linux on another machine, and the emulator of its programs."""
    return Toolchain(machine, (f"{machine}-linux-gnu-gcc", *CROSS, "-std=c99", "-O2", "-static"),
                     (target,), runs=True, emulator=(f"qemu-{machine}",))


def bare(core, targets, *flags):
    """A compiler for firmware; the stack of each function is measured."""
    return Toolchain(core, ("arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", "-mfloat-abi=hard",
                            *flags, *CROSS, "-fstack-usage"), targets)


# Each target, the generic one first, and what compiles it besides the compilers of this machine.
TARGETS = {
    "generic": None,
    "x86-64": None,
    "aarch64": emulated("aarch64", "aarch64"),
    "riscv": emulated("riscv64", "riscv"),
    "cortex-m4": bare("cortex-m4", ("cortex-m4", "generic"), "-mfpu=fpv4-sp-d16"),
    "cortex-m7": bare("cortex-m7", ("cortex-m7",), "-mfpu=fpv5-d16"),
    "cortex-m55": bare("cortex-m55", ("cortex-m55",)),
}


def all_toolchains(slow_ones):
    """Those whose compiler and emulator are on this machine, and what the others lack."""
    wanted = [*strict("gcc"), *strict("clang", defines_static_arena=True), *sanitized(),
              *(toolchain for toolchain in TARGETS.values() if toolchain)]
    wanted = [toolchain for toolchain in wanted if slow_ones or not toolchain.is_slow]
    programs = {t: [t.words[0], *t.emulator] for t in wanted}
    missing = sorted({p for t in wanted for p in programs[t] if shutil.which(p) is None})
    return [t for t in wanted if not set(programs[t]) & set(missing)], missing
