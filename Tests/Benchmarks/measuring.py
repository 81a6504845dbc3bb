"""Times of many generated models in turn on this machine, and their exact instructions on Cortex-M4."""
import json, os, re, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import COPPICE, ROOT

sys.path.insert(0, os.path.join(ROOT, "examples", "firmware"))
import run as firmware  # noqa: E402

# What constants may take of an image.
FLASH = 3 << 20
STRICTLY = ["gcc", "-O3", "-march=native", "-c"]


class Variant:
    """A model compiled by coppice with one pipeline."""

    def __init__(self, model, folder, name, target, passes):
        self.folder, self.name = Path(folder), name
        words = [COPPICE, "compile", model, "-o", folder, "--name", name, "--target", target, "--passes", passes,
                 "--explain", "--json"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
        self.said = json.loads(done.stdout)
        self.manifest = json.loads((self.folder / f"{name}.json").read_text())
        self.plan = next((p for p in self.said["plans"] if p["chosen"]), None)
        self.source = self.folder / f"{name}.c"

    def call(self):
        upper = self.name.upper()
        return (f"static unsigned char arena_{self.name}[{upper}_ARENA_BYTES + 1u] __attribute__((aligned(128)));\n"
                f"static void run_{self.name}(void) {{ (void){self.name}_run(arena_{self.name}, x, y); }}\n")


def program(variants, body):
    """C that declares the variants' models, their input and output, and a table of calls."""
    shapes = [variants[0].manifest[k][0]["shape"] for k in ("inputs", "outputs")]
    counts = [max(1, eval("*".join(map(str, s)) or "1")) for s in shapes]
    lines = [f'#include "{v.name}.h"' for v in variants]
    lines += ["#include <stdint.h>", f"static float x[{counts[0]}] __attribute__((aligned(64)));",
              f"static float y[{counts[1]}] __attribute__((aligned(64)));"]
    lines += [v.call() for v in variants]
    lines += ["static void nothing(void) {}", "static void (*const calls[])(void) = {nothing, "
              + ", ".join(f"run_{v.name}" for v in variants) + "};", f"enum {{ COUNT = {len(variants) + 1} }};", body]
    return "\n".join(lines)


PROBE = """
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
typedef float vector __attribute__((vector_size(32)));
static volatile float sink;
static double core = 1e18;
/* Multiply-accumulates that wait for nothing: how fast the core is just now. */
static void probe(void) {
  double start = now();
  vector a = {0}, b = a, c = a, d = a, e = a, f = a, g = a, h = a, x = a + 0.5f;
  for (int k = 0; k < 500; ++k) {
    a = a * x + x; b = b * x + x; c = c * x + x; d = d * x + x; e = e * x + x; f = f * x + x; g = g * x + x; h = h * x + x;
  }
  sink = (a + b + c + d + e + f + g + h)[0];
  start = now() - start;
  if (start < core) core = start;
}
"""

HOST = PROBE + """
int main(void) {
  static double best[COUNT];
  static long turns[COUNT];
  for (unsigned i = 0; i < sizeof x / sizeof *x; ++i) x[i] = (float)((i * 7919u) % 17u) / 9.0f - 0.9f;
  for (int i = 0; i < COUNT; ++i) {
    long n = 1;
    for (;; n *= 2) { double t = now(); for (long k = 0; k < n; ++k) calls[i](); t = now() - t; if (t > 60000 || n > 1000000) break; }
    turns[i] = n; best[i] = 1e18;
  }
  for (int round = 0; round < ROUNDS; ++round) {
    probe();
    for (int i = 0; i < COUNT; ++i) {
      calls[i]();
      double t = now();
      for (long k = 0; k < turns[i]; ++k) calls[i]();
      t = (now() - t) / (double)turns[i];
      if (t < best[i]) best[i] = t;
    }
  }
  printf("%.3f\\n", core);
  for (int i = 0; i < COUNT; ++i) printf("%.3f\\n", best[i]);
  return 0;
}
"""

STEPS = PROBE + """
enum { MOST = 64 };
static double best[COUNT][MOST], last, clock_takes = 1e18;
static int current, before = -1;
void mark(int step);
void mark(int step) {
  double t = now() - last;
  if (before >= 0 && t < best[current][before]) best[current][before] = t;
  before = step;
  last = now();
}
int main(void) {
  for (unsigned i = 0; i < sizeof x / sizeof *x; ++i) x[i] = (float)((i * 7919u) % 17u) / 9.0f - 0.9f;
  for (int i = 0; i < COUNT; ++i) for (int k = 0; k < MOST; ++k) best[i][k] = 1e18;
  for (int round = 0; round < ROUNDS; ++round) {
    probe();
    double start = now();
    start = now() - start;
    if (start < clock_takes) clock_takes = start;
    for (current = 1; current < COUNT; ++current) for (int k = 0; k < 4; ++k) { before = -1; calls[current](); }
  }
  printf("%.3f\\n%.3f\\n", core, clock_takes);
  for (int i = 1; i < COUNT; ++i) for (int k = 0; k < steps[i]; ++k) printf("%.3f\\n", best[i][k]);
  return 0;
}
"""

FIRMWARE = """
#include "harness.h"
static char none[1];
void *const harness_inputs = none; const size_t harness_input_bytes = 0;
const void *const harness_outputs = none; const size_t harness_output_bytes = 0;
void measure_begin(void); void measure_end(void);
int harness_run(void) { return 0; }
int harness_selftest(void) {
  for (unsigned i = 0; i < sizeof x / sizeof *x; ++i) x[i] = (float)((i * 7919u) % 17u) / 9.0f - 0.9f;
  for (int i = 0; i < COUNT; ++i) { measure_begin(); calls[i](); measure_end(); }
  return 0;
}
"""


def host_program(variants, work, rounds=40):
    """A program that times the variants, built."""
    return built(variants, work, f"#define ROUNDS {rounds}\n" + program(variants, HOST))


def step_program(variants, work, rounds=100):
    """A program that times each layer of the variants where it stands, built."""
    def marked(v):
        header = Path(work) / f"{v.name}_mark.h"
        header.write_text(f"extern void mark(int step);\n#define {v.name.upper()}_PROFILE(step) mark(step)\n")
        return ["-include", header]
    steps = ", ".join(str(len(v.manifest["layers"])) for v in variants)
    return built(variants, work, f"#define ROUNDS {rounds}\nstatic const int steps[] = {{0, {steps}}};\n" + program(variants, STEPS), marked)


def built(variants, work, main, options=lambda variant: []):
    """A program of the variants, each compiled with options of its own."""
    work = Path(work)
    (work / "main.c").write_text(main)
    with ThreadPoolExecutor(2) as pool:
        if any(pool.map(lambda v: subprocess.run([*STRICTLY, *options(v), v.source, "-o", v.source.with_suffix(".o")]).returncode, variants)):
            sys.exit("gcc failed")
    objects = [v.source.with_suffix(".o") for v in variants]
    includes = [f"-I{v.folder}" for v in variants]
    subprocess.run(["gcc", "-O1", "-march=native", *includes, work / "main.c", *objects, "-lm", "-o", work / "main"], check=True)
    return work / "main"


def timed(program):
    """The least nanoseconds of each variant of a program, all run in turn on the last core.

    Neighbours on a shared machine slow a core down for minutes at times, arithmetic more than memory: where a probe
    takes longer than it has, the program runs again, some times at most in a run of the benchmark."""
    core = {max(os.sched_getaffinity(0))}
    while True:
        done = subprocess.run([program], capture_output=True, text=True, check=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, core))
        probe, nothing, *times = (float(t) for t in done.stdout.split())
        timed.fastest = min(timed.fastest, probe)
        if probe <= 1.08 * timed.fastest or timed.patience == 0:
            return [t - nothing for t in times]
        timed.patience -= 1
        time.sleep(3)


timed.fastest, timed.patience = float("inf"), 40


def host_times(variants, work, rounds=40):
    return timed(host_program(variants, work, rounds))


class Counter:
    """Exact instructions on Cortex-M4 of many models in one image."""

    def __init__(self, work):
        self.machine = firmware.Firmware(firmware.CORES["m4"], work)

    def counts(self, variants, label):
        """The instructions of each variant, in as many images as flash asks for."""
        sizes = [v.manifest["weights_bytes"] for v in variants]
        images, room = [], 0
        for variant, size in zip(variants, sizes):
            if size > room:
                images.append([])
                room = FLASH
            images[-1].append(variant)
            room -= size
        return [n for number, image in enumerate(images) for n in self.image(image, f"{label}.{number}")]

    def image(self, variants, label):
        def build(v):
            return self.machine.compile(v.source, "-O3", label=f"{label}.{v.name}")
        with ThreadPoolExecutor(2) as pool:
            objects = list(pool.map(build, variants))
        main = self.machine.work / f"{label}.c"
        main.write_text(program(variants, FIRMWARE))
        objects.append(self.machine.compile(main, "-O2", *[f"-I{v.folder}" for v in variants], label=f"{label}.main"))
        said = self.machine.run(self.machine.link(label, objects), True)
        found = [int(n) for n in re.findall(r"^instructions (\d+)$", said, re.M)]
        return [n - found[0] for n in found[1:len(variants) + 1]]
