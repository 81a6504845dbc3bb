#!/usr/bin/env python3
"""Filters removed from structured models against the same filters masked, in onnxruntime and in the C.

    .venv/bin/python Tests/Structures/run.py [--graphs 1000] [--seed 1] [--only NAME|NUMBER] [--tool .build/release/coppice]

Every model of structures.py, the models beside the project (../shared/models), those that ONNX brings along, and random ones
(drawing.py) lose filters twice, by removal and by mask-only. Both must give the same in onnxruntime, and what is left
must give it in the generated C too. Filters may only stay for the reasons that were built in. A model that fails is
kept in .build/structures."""
import argparse, json, os, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.append(os.path.join(ROOT, "Tests", "Differential"))
from drawing import draw
from engine import run_cases
from structures import STRUCTURES, make

KEPT = os.path.join(ROOT, ".build", "structures")
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "models")
BATCH, BOUND = 50, 2e-5
OPTIONS = ["sparsity=0.5", "sparsity=0.3,scope=global", "sparsity=0.7,criterion=l2", "keep=0.4,scope=global,normalise=mean",
           "sparsity=0.6,criterion=random,seed={n}", "sparsity=0.75,scope=global,normalise=layer-l2,round-to=2",
           "count=2,criterion=fpgm", "sparsity=1", "sparsity=0.5,attention=features"]
onnxruntime.set_default_logger_severity(4)


class Case:
    """A model, what its filters are pruned by, and what became of it."""

    def __init__(self, name, model, inputs, options, allowed=None, refusal=None):
        self.name, self.proto, self.inputs, self.options = name, model, inputs, []
        self.passes = self.mask_passes = f"@cleanup,prune-filters{{{options}}}"
        self.allowed, self.wanted = allowed, refusal
        self.graph, self.manifest, self.refusal, self.fault = self, None, None, None
        self.removed, self.expected, self.count = None, None, 0

    def model(self, _):
        return self.removed


def answers(model, inputs):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    data = model if isinstance(model, (str, bytes)) else model.SerializeToString()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = {i.name for i in session.get_inputs()}
    return session.run(None, {name: array for name, array in inputs.items() if name in names})


def difference(found, wanted):
    """The largest difference in parts of the largest number, or infinity where shapes differ."""
    if found.shape != wanted.shape or not np.array_equal(np.isfinite(found), np.isfinite(wanted)):
        return np.inf
    wanted, found = np.nan_to_num(wanted).astype("float64"), np.nan_to_num(found).astype("float64")
    return float(np.abs(found - wanted).max(initial=0) / max(1, np.abs(wanted).max(initial=0)))


def prune(tool, case, folder, masked):
    source, target = (os.path.join(folder, case.name + end) for end in (".onnx", f".{masked}.onnx"))
    passes = (case.mask_passes if masked == "true" else case.passes)[:-1] + f",mask-only={masked}}}"
    return target, subprocess.run(
        [tool, "prune", source, "-o", target, "--passes", passes, "--json"], capture_output=True, text=True)


def reasons(case, done):
    """Why filters stay, from the report or the refusal."""
    if done.returncode == 2:
        return [note.split(": ", 1)[-1] for d in json.loads(done.stdout)["diagnostics"] for note in d.get("notes", [])]
    tables = [report for report in json.loads(done.stdout)["reports"] if report.get("title") == "filters"]
    case.count = sum(row["removed"] for table in tables for row in table["rows"])
    return [row["kept because"] for table in tables for row in table["rows"] if row.get("kept because")]


def check(tool, case, folder):
    """Prunes both ways and compares in onnxruntime; leaves the removed model for the C."""
    onnx.save(case.proto, os.path.join(folder, case.name + ".onnx"))
    target, done = prune(tool, case, folder, "false")
    if done.returncode not in (0, 2):
        return f"status {done.returncode}: {done.stderr}"
    found = reasons(case, done)
    if case.allowed is not None:
        known = [*case.allowed, "it is the last channel of a tensor", "keeps a multiple of"]
        strange = [text for text in found for part in text.split("; ") if not any(k in part for k in known)]
        if strange:
            return f"filters stay for a reason that was not built in: {strange}"
    if done.returncode == 2:
        if "prune-filters-none" not in done.stdout + done.stderr:
            return done.stderr
        return None if case.wanted or case.allowed is None or len(case.allowed) > 1 else f"refused: {done.stderr}"
    if case.wanted and case.count:
        return f"{case.count} filters went, though '{case.wanted}' was expected"
    other, done = prune(tool, case, folder, "true")
    if done.returncode:
        return f"mask-only: status {done.returncode}: {done.stderr}"
    case.removed = onnx.load(target)
    onnx.checker.check_model(case.removed, full_check=True)
    try:
        case.expected = answers(other, case.inputs)
        removed = answers(target, case.inputs)
    except Exception as error:
        return f"onnxruntime: {error}"
    worst = max(map(difference, removed, case.expected))
    return None if worst <= BOUND else f"removed and masked differ by {worst:.1e}"


def batch(tool, cases):
    """The faults of some cases, in their order."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for case, fault in zip(cases, pool.map(lambda case: check(tool, case, folder), cases)):
            case.fault = fault
        left = [case for case in cases if case.removed is not None and not case.fault]
        results = run_cases(tool, os.path.join(folder, "c"), left)
    for case in left:
        case.fault = case.refusal or compare(case, results[case.name])
    return [case.fault for case in cases]


def doubled(model):
    """The model with every number of 32 bits as one of 64."""
    model = onnx.ModelProto.FromString(model.SerializeToString())

    def widen(tensor):
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype("float64"), tensor.name))

    for tensor in model.graph.initializer:
        widen(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            widen(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.DOUBLE
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    return model


def exactly(case):
    """What the removed model gives in numbers of 64 bits, by ONNX's reference."""
    inputs = {n: a.astype("float64") if a.dtype == np.float32 else a for n, a in case.inputs.items()}
    return ReferenceEvaluator(doubled(case.removed)).run(None, inputs)


def compare(case, result):
    """The fault of the C: where sums in another order differ from onnxruntime's by more than the bound, the exact answer decides."""
    if isinstance(result, Exception):
        return f"the C: {result}"
    names = [o.name for o in case.removed.graph.output]
    worst = max(difference(result[name], wanted) for name, wanted in zip(names, case.expected))
    if worst <= BOUND:
        return None
    fault = f"the C and onnxruntime differ by {worst:.1e}"
    if worst > 100 * BOUND:
        return fault
    try:
        exact = exactly(case)
    except Exception as error:
        return f"{fault}; the exact answer is not known: {error}"
    off = max(difference(result[name], wanted) for name, wanted in zip(names, exact))
    return None if off <= BOUND else f"{fault}, and the C from the exact answer by {off:.1e}"


def checks_itself(tool):
    """Whether other filters than those removed are told apart, and a reason that was not built in is."""
    built, _ = make("two_convolutions")
    wrong = Case("t0", built.model(), built.inputs, "sparsity=0.5,criterion=random", built.allowed)
    wrong.mask_passes = wrong.passes.replace("random", "l1")
    odd, _ = make("residual_with_the_input")
    strange = Case("t1", odd.model(), odd.inputs, "sparsity=0.5", ["it is an output of the model"])
    found = batch(tool, [wrong, strange])
    return "differ" in str(found[0]) and "not built in" in str(found[1])


def declared_inputs(model, rng):
    known = {i.name for i in model.graph.initializer}
    inputs = {}
    for value in model.graph.input:
        if value.name in known:
            continue
        tensor = value.type.tensor_type
        shape = [d.dim_value or 1 for d in tensor.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        array = rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(0, 5, shape)
        inputs[value.name] = array.astype(dtype)
    return inputs


def foreign():
    """Models of others: nothing is said of what may stay."""
    paths = [os.path.join(SHARED, folder, name) for folder in ("structured", "mlperf-tiny")
             if os.path.isdir(os.path.join(SHARED, folder)) for name in sorted(os.listdir(os.path.join(SHARED, folder)))]
    light = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "light")
    paths += [os.path.join(light, name) for name in sorted(os.listdir(light))]
    for path in paths:
        if path.endswith(".onnx"):
            model = onnx.load(path)
            name = "f_" + os.path.basename(path)[:-5].replace("-", "_")
            yield Case(name, model, declared_inputs(model, np.random.default_rng(0)), "sparsity=0.3")


def named():
    for name in STRUCTURES:
        for number, options in enumerate(("sparsity=0.5", "sparsity=0.75,scope=global")):
            built, refusal = make(name)
            yield Case(f"s{number}_{name}", built.model(), built.inputs, options, built.allowed, refusal)


def drawn(seed, numbers):
    for number in numbers:
        built = draw(seed, number)
        options = OPTIONS[number % len(OPTIONS)].format(n=number)
        yield Case(f"g{number}", built.model(), built.inputs, options, built.allowed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="the name of a structure or the number of a random model")
    parser.add_argument("--short", action="store_true", help="one setting of each structure, and no model of others")
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build", "release", "coppice"))
    options = parser.parse_args()
    if options.only and options.only.isdigit():
        cases = list(drawn(options.seed, [int(options.only)]))
    else:
        cases = [c for c in named() if c.name.startswith("s0")] if options.short else [*named(), *foreign()]
        cases = [c for c in cases if not options.only or c.name.split("_", 1)[1] == options.only]
        cases += [] if options.only else drawn(options.seed, range(options.graphs))
    if not options.only and not checks_itself(options.tool):
        sys.exit("a wrong model was not found: these models would say nothing")
    failures = pruned = refused = filters = 0
    for start in range(0, len(cases), BATCH):
        part = cases[start:start + BATCH]
        for case, fault in zip(part, batch(options.tool, part)):
            pruned, refused = pruned + (case.count > 0), refused + (case.removed is None)
            filters += case.count
            if fault:
                failures += 1
                os.makedirs(KEPT, exist_ok=True)
                onnx.save(case.proto, os.path.join(KEPT, case.name + ".onnx"))
                print(f"{case.name} {case.passes}: {fault}", flush=True)
            case.proto = case.removed = case.expected = None
    print(f"{len(cases)} models: {pruned} lost {filters} filters, {refused} refused, {failures} failures")
    sys.exit(1 if failures or not pruned else 0)


if __name__ == "__main__":
    main()
