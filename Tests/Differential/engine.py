"""Many graphs through the compiler and a C compiler into one library, run in a process of their own."""
import concurrent.futures, ctypes, json, multiprocessing, os, subprocess

import numpy as np
import onnx

from narrow import NARROW, packed, packed_bytes, unpacked

TYPES = {"bool": "bool", "float32": "float32", "float64": "float64"}
FLAGS = ["-std=c99", "-O1", "-fPIC", "-march=native", "-ffp-contract=off", "-fsanitize=undefined",
         "-fsanitize-undefined-trap-on-error", "-w"]
WORKERS = 2


class Case:
    """A graph with a name, and how it is to be compiled."""

    def __init__(self, name, graph, options=()):
        self.name, self.graph, self.options = name, graph, list(options)
        self.manifest = self.refusal = None


def compile_case(tool, folder, case):
    path = os.path.join(folder, case.name)
    os.makedirs(path, exist_ok=True)
    model = os.path.join(path, "model.onnx")
    onnx.save(case.graph.model(case.name), model)
    done = subprocess.run([tool, "compile", model, "-o", path, "--name", case.name, *case.options], capture_output=True,
                          text=True)
    if done.returncode:
        case.refusal = done.stderr.strip() or f"status {done.returncode}"
        return
    with open(os.path.join(path, case.name + ".json")) as file:
        case.manifest = json.load(file)
    source = os.path.join(path, case.name)
    built = subprocess.run(["gcc", *FLAGS, "-c", source + ".c", "-o", source + ".o"], capture_output=True, text=True)
    if built.returncode:
        case.refusal = "gcc: " + built.stderr[:2000]


def call(library, case):
    """The outputs by name; the arena lies between bytes that must stay as they are."""
    manifest = case.manifest
    size, align, guard = manifest["arena_bytes"], manifest["arena_align"], 64
    store = np.full(size + align + 2 * guard + 128, 0xA5, np.uint8)
    start = -(-(store.ctypes.data + guard) // 128) * 128 - store.ctypes.data
    arrays = [packed(case.graph.inputs[i["name"]]) for i in manifest["inputs"]]
    outputs = [np.full(packed_bytes(o["type"], o["shape"]), 0xA5, np.uint8) if o["type"] in NARROW
               else np.zeros(o["shape"], o["type"]) for o in manifest["outputs"]]
    pointer = lambda a: ctypes.c_void_p(a.ctypes.data)
    status = getattr(library, case.name + "_run")(
        ctypes.c_void_p(store.ctypes.data + start), *map(pointer, arrays), *map(pointer, outputs))
    if status:
        raise RuntimeError(f"{case.name}_run returned {status}")
    if (store[:start] != 0xA5).any() or (store[start + size:] != 0xA5).any():
        raise RuntimeError("memory beyond the arena was written")
    return {o["name"]: unpacked(a, o["type"], o["shape"]) if o["type"] in NARROW else a
            for o, a in zip(manifest["outputs"], outputs)}


def serve(path, cases, pipe):
    library = ctypes.CDLL(path)
    for case in cases:
        try:
            pipe.send((case.name, call(library, case)))
        except Exception as error:
            pipe.send((case.name, error))
    pipe.close()


def run_library(path, cases):
    """Results by name; a case at which the process dies has that as its result, and the rest go on without it."""
    results, left = {}, list(cases)
    while left:
        ours, theirs = multiprocessing.Pipe(False)
        process = multiprocessing.get_context("fork").Process(target=serve, args=(path, left, theirs))
        process.start()
        theirs.close()
        try:
            while True:
                name, result = ours.recv()
                results[name] = result
        except EOFError:
            pass
        process.join()
        left = [case for case in left if case.name not in results]
        if left:
            results[left[0].name] = RuntimeError(f"the program died by signal {-process.exitcode}")
            left = left[1:]
    return results


def run_cases(tool, folder, cases):
    """The outputs of each case by name, or the exception that it ended with; refused cases say so themselves."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda case: compile_case(tool, folder, case), cases))
    built = [case for case in cases if not case.refusal]
    if not built:
        return {}
    library = os.path.join(folder, f"{built[0].name}.so")
    objects = [os.path.join(folder, c.name, c.name + ".o") for c in built]
    subprocess.run(["gcc", "-shared", "-o", library, *objects, "-lm"], check=True, capture_output=True)
    return run_library(library, built)
