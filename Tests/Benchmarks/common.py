"""What the benchmarks share: building generated C as a shared library, and paired timing."""
import ctypes, glob, json, os, statistics, subprocess, sys, time

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COPPICE = os.environ.get("COPPICE", os.path.join(ROOT, ".build", "release", "coppice"))
MODELS = os.path.join(ROOT, "..", "shared", "models", "mlperf-tiny")


def models_or_skip():
    """Ends the program where the MLPerf Tiny models are not there."""
    if not os.path.isdir(MODELS):
        print("skipped: the MLPerf Tiny models are not beside the project")
        sys.exit(0)


def compile_model(model, out, name, *options):
    subprocess.run([COPPICE, "compile", model, "-o", out, "--name", name, *options], check=True)
    return json.load(open(f"{out}/{name}.json"))


class Compiled:
    """A generated model, compiled for this machine and loaded."""

    def __init__(self, model, out, name, *options, cc="gcc", flags="-O3 -march=native"):
        self.manifest = compile_model(model, out, name, *options)
        library = f"{out}/{name}.so"
        sources = [f for f in glob.glob(f"{out}/{name}*.c") if "selftest" not in f]
        subprocess.run([cc, *flags.split(), "-shared", "-fPIC", "-o", library, *sources, "-lm"], check=True)
        self.run = getattr(ctypes.CDLL(library), f"{name}_run")
        align = self.manifest["arena_align"]
        self.memory = np.zeros(self.manifest["arena_bytes"] + align, np.uint8)
        self.arena = (self.memory.ctypes.data + align - 1) // align * align
        self.outputs = [np.zeros(o["shape"], np.dtype(o["type"])) for o in self.manifest["outputs"]]

    def bind(self, inputs):
        self.inputs = [np.ascontiguousarray(x) for x in inputs]
        arguments = [ctypes.c_void_p(self.arena)]
        arguments += [ctypes.c_void_p(x.ctypes.data) for x in self.inputs + self.outputs]

        def call():
            status = self.run(*arguments)
            assert status == 0, status

        return call


def session(model):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def median_time(call, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def interleaved(a, b, rounds=15, repeat=40):
    """Median times of two calls run in turn (A B A B ...), and the median of the rounds' ratios."""
    for call in (a, b):
        for _ in range(10):
            call()
    left, right, ratios = [], [], []
    for _ in range(rounds):
        x, y = median_time(a, repeat), median_time(b, repeat)
        left.append(x)
        right.append(y)
        ratios.append(x / y)
    return statistics.median(left), statistics.median(right), statistics.median(ratios)


def tensor(path):
    proto = onnx.TensorProto()
    with open(path, "rb") as file:
        proto.ParseFromString(file.read())
    return numpy_helper.to_array(proto)
