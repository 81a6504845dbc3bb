"""Cases of ONNX's backend suite in batches: compiled by `coppice compile`, many in one run of the C compiler.

A case runs in up to three variants: as it is (plain), with declared shapes stripped, and stripped with its shape-like operands
as constants. Where two variants give the same model or the same C, one answer serves both."""
import json, math, os, re, subprocess, sys, tempfile, time
from dataclasses import dataclass, field

VARIANTS = ["plain", "stripped", "constant"]
# What a C compiler is told: the standard that is promised, nothing of the machine.
CC = ["cc", "-std=c99", "-O0", "-w"]
NAME = "qqmodel"
TYPES = {"float32": "FLOAT", "float64": "DOUBLE"}


@dataclass
class Job:
    """A model that is compiled and run; its answer is that of all keys."""
    name: str
    path: str
    inputs: list
    expected: list
    keys: list
    case: object
    folder: str = ""
    manifest: dict = field(default_factory=dict)
    code: str = ""

    def is_same(self, other):
        """Whether another job of the case has the same C and inputs."""
        return self.code == other.code and [i[0] for i in self.inputs] == [i[0] for i in other.inputs]


class Batch:
    def __init__(self, tool, options, variants, folder, interpret):
        self.tool, self.options, self.variants, self.folder, self.interpret = tool, options, variants, folder, interpret
        self.results, self.jobs, self.seconds, self.error = {}, [], [], ""

    def note(self, keys, status, reason=""):
        for key in keys:
            self.results[key] = {"status": status, "reason": reason}

    def add(self, number, case):
        """Compiles the variants of a case to C."""
        keys = [(case.id, variant) for variant in self.variants]
        try:
            inputs, expected = case.load()
        except Exception as error:
            return self.note(keys, "harness-error", f"{type(error).__name__}: {error}"[:300])
        import numpy
        for name, kind, value in inputs:
            if not isinstance(value, numpy.ndarray):
                return self.note(keys, "unsupported-io", f"input {name} is a {kind.WhichOneof('value')}")
        models = {}
        for variant in self.variants:
            try:
                path, left, text = self.model(case, variant, inputs, number)
            except Exception as error:
                self.note([(case.id, variant)], "harness-error", f"{type(error).__name__}: {error}"[:300])
                continue
            models.setdefault(text, (path, left, []))[2].append((case.id, variant))
        done = []
        for place, (path, left, keys) in enumerate(models.values()):
            job = Job(f"c{number}_{place}", path, left, [e[2] for e in expected], keys, case)
            same = self.compile(job) and next((other for other in done if other.is_same(job)), None)
            if same:
                same.keys += keys
            elif job.manifest:
                done.append(job)
        self.jobs += done
        case._model = None

    def model(self, case, variant, inputs, number):
        """The path, the inputs and the bytes of a variant of a model."""
        if variant == "plain":
            return case.model_path, inputs, None
        import onnx, variants
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        if variant == "constant":
            fixed = variants.constant_operands(model, inputs)
            inputs = [item for item in inputs if item[0] not in fixed]
            if not fixed:
                model.CopyFrom(case.model)
        variants.strip_shapes(model)
        path = os.path.join(self.folder, f"c{number}_{variant}.onnx")
        onnx.save(model, path)
        return path, inputs, model.SerializeToString(deterministic=True)

    def compile(self, job):
        """Whether a model becomes C, without any input's value."""
        job.folder = os.path.join(self.folder, job.name)
        command = [self.tool, "compile", job.path, "-o", job.folder, "--name", NAME, "--target", "x86-64", *self.options]
        start = time.time()
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        self.seconds.append(time.time() - start)
        if done.returncode:
            lines = done.stderr.splitlines()
            reason = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
            self.note(job.keys, "compile-refused" if done.returncode == 2 else f"exit {done.returncode}", reason)
            return False
        with open(os.path.join(job.folder, f"{NAME}.json")) as file:
            job.manifest = json.load(file)
        with open(os.path.join(job.folder, f"{NAME}.c")) as file:
            job.code = file.read()
        return True

    def finish(self):
        """Compiles the C, runs it, and gives the results and the seconds of each model."""
        programs = {} if self.interpret else self.build(self.jobs)
        for job in self.jobs:
            if self.interpret:
                self.note(job.keys, *self.interpreted(job))
            elif job.name in programs:
                self.note(job.keys, *self.run(job, programs[job.name]))
            else:
                self.note(job.keys, "c-compile-error", self.error)
        return self.results, self.seconds

    def interpreted(self, job):
        """Whether the interpreter gives the answer."""
        import onnx
        from onnx import numpy_helper
        for place, (name, _, value) in enumerate(job.inputs):
            with open(os.path.join(job.folder, f"input_{place}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(value, name).SerializeToString())
        command = [self.tool, "run", job.path, "--interpret", "--inputs", job.folder, "--outputs", job.folder, *self.options]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode:
            return "run-error", done.stderr[-300:]
        got = []
        for place in range(len(job.manifest["outputs"])):
            with open(os.path.join(job.folder, f"output_{place}.pb"), "rb") as file:
                got.append(numpy_helper.to_array(onnx.TensorProto.FromString(file.read())))
        return self.compared(job, got)

    def compared(self, job, got):
        import compare
        found = compare.compare(got, job.expected, job.case.rtol, job.case.atol)
        return ("pass", "") if found["ok"] else ("wrong-result", found["reason"])

    def build(self, jobs):
        """The program of each job; halves that do not compile are tried again."""
        if not jobs:
            return {}
        program = os.path.join(self.folder, f"{jobs[0].name}_{len(jobs)}")
        with open(program + ".c", "w") as file:
            file.write(harness(jobs))
        done = subprocess.run([*CC, "-I", self.folder, program + ".c", "-lm", "-o", program], capture_output=True, text=True)
        if done.returncode == 0:
            return {job.name: program for job in jobs}
        self.error = next((line for line in done.stderr.splitlines() if "error" in line), "")[:300]
        if len(jobs) == 1:
            return {}
        half = len(jobs) // 2
        return {**self.build(jobs[:half]), **self.build(jobs[half:])}

    def run(self, job, program):
        import onnx
        from onnx import numpy_helper
        files = [program, job.name]
        for place, (name, _, value) in enumerate(job.inputs):
            files.append(os.path.join(job.folder, f"in{place}"))
            with open(files[-1], "wb") as file:
                file.write(numpy_helper.from_array(value, name).raw_data)
        outputs = [os.path.join(job.folder, f"out{place}") for place in range(len(job.manifest["outputs"]))]
        try:
            done = subprocess.run(files + outputs, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return "run-error", "time limit"
        if done.returncode:
            return "run-error", f"the model returned {done.returncode}"
        got = []
        for path, output in zip(outputs, job.manifest["outputs"]):
            kind = getattr(onnx.TensorProto, TYPES.get(output["type"], output["type"].upper()))
            with open(path, "rb") as file:
                data = file.read()
            got.append(numpy_helper.to_array(onnx.TensorProto(data_type=kind, dims=output["shape"], raw_data=data)))
        return self.compared(job, got)


def byte_count(item):
    """The packed bytes of an input or output of a manifest."""
    kind = item["type"]
    bits = 8 if kind == "bool" or kind.startswith("float8") else 4 if kind == "float4e2m1" else int(re.sub(r"\D+", "", kind))
    return (math.prod(item["shape"]) * bits + 7) // 8


HARNESS = """#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *get(const char *path, size_t n) {
    FILE *f = fopen(path, "rb"); void *p = malloc(n + 64);
    if (f == NULL || p == NULL || fread(p, 1, n, f) != n || fgetc(f) != EOF) exit(90);
    fclose(f); return p;
}
static void put(const char *path, const void *p, size_t n) {
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0) exit(91);
}
static void *take(size_t n) {
    char *p = malloc(n + 256);
    if (p == NULL) exit(92);
    return p + (128 - (uintptr_t)p % 128);
}
"""


def harness(jobs):
    """One program for all: its first argument says which model runs, the others are its files."""
    parts, calls = [HARNESS], []
    for job in jobs:
        own = job.name
        ins = [byte_count(item) for item in job.manifest["inputs"]]
        outs = [byte_count(item) for item in job.manifest["outputs"]]
        body = [f"    void *in{k} = get(files[{k}], {n}u);" for k, n in enumerate(ins)]
        body += [f"    void *out{k} = take({n}u);" for k, n in enumerate(outs)]
        arguments = ["mem", *(f"in{k}" for k in range(len(ins))), *(f"out{k}" for k in range(len(outs)))]
        body += [f"    void *mem = take({job.manifest['arena_bytes']}u);", f"    int status = {own}_run({', '.join(arguments)});"]
        body += [f"    if (status == 0) put(files[{len(ins) + k}], out{k}, {n}u);" for k, n in enumerate(outs)]
        parts += [named(job, "h"), named(job, "c"), f"static int {own}_main(char **files)", "{", *body, "    return status;", "}"]
        calls.append(f'    if (strcmp(argv[1], "{own}") == 0) return {own}_main(argv + 2);')
    parts += ["int main(int argc, char **argv)", "{", "    if (argc < 2) return 93;", *calls, "    return 94;", "}"]
    return "\n".join(parts) + "\n"


def named(job, kind):
    """A generated file under the name of its job."""
    with open(os.path.join(job.folder, f"{NAME}.{kind}")) as file:
        text = file.read()
    text = text.replace(f'#include "{NAME}.h"', "")
    return text.replace(NAME, job.name).replace(NAME.upper(), job.name.upper())


def work(arguments):
    """The results of some cases: what a process of the pool does."""
    tool, options, variants, interpret, suite, numbers = arguments
    sys.path.insert(0, suite)
    import cases
    every = cases.find_cases(cases.SUITES, None)
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch(tool, options, variants, folder, interpret)
        for number in numbers:
            batch.add(number, every[number])
        return batch.finish()
