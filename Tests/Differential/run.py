#!/usr/bin/env python3
"""Random graphs, drawn from the operator declarations, through the compiler against onnxruntime and ONNX's reference.

    .venv/bin/python Tests/Differential/run.py [--graphs 2000] [--seed 1] [--tool .build/release/coppice]
    .venv/bin/python Tests/Differential/run.py --narrow [--graphs 2000]            # floats of 16, 8 and 4 bits, integers of 4 and 2
    .venv/bin/python Tests/Differential/run.py --only 1234 [--ops Conv,Resize]     # one graph again, by its number

Every graph has a number, which is its seed together with --seed. A graph whose outputs differ, that the compiler refuses, or
that dies, is made smaller and kept in .build/differential/NUMBER as model.onnx with its inputs and what was expected.
disagreements.txt lists where onnxruntime is wrong or says nothing, with the reason: ONNX's reference is asked there."""
import argparse, os, shutil, sys, tempfile

import numpy as np
import onnx
from onnx import numpy_helper

sys.dont_write_bytecode = True
from compare import difference
from declarations import ALL, Declarations
from drawing import Drawing, Rejected
from engine import Case, run_cases
from narrow import NARROW
from oracle import Oracle
from recipes import load
from shrink import shrink

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEPT = os.path.join(ROOT, ".build", "differential")
BATCH = 50
LEAST_OPERATORS, LEAST_TYPES = 130, 11
UNDRAWN = {"Loop": "its bodies read values around it; LongLoopTests and ConditionLoopTests run them",
           "ai.onnx.ml.CategoryMapper": "it maps texts; ClassNameTests runs it",
           "If": "its branches read values around it; Tests/ONNXTests compares them",
           "ai.onnx.ml.ZipMap": "it gives maps; ClassNameTests looks at what stands for them",
           **dict.fromkeys(["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
                            "RandomUniformLike"], "numbers differ by generator; RandomDrawTests looks at them"),
           **dict.fromkeys([f"com.microsoft.QLinear{op}" for op in (
               "Add", "AveragePool", "Concat", "GlobalAveragePool", "LeakyRelu", "Mul", "Sigmoid", "Softmax")],
               "QuantizedOperatorTests compares them with numbers of onnxruntime")}
SPARSE = "@default,sparsify{prefer=bytes}"
VARIANTS = [[], [], ["--target", "x86-64"], ["--target", "cortex-m4"], ["--passes", "@cleanup"], ["--passes", SPARSE],
            ["--passes", SPARSE, "--target", "x86-64"]]


class Differential:
    def __init__(self, tool, seed, only, narrow):
        self.tool, self.seed, self.wanted = tool, seed, set(NARROW.values()) if narrow else set(ALL)
        self.declarations, self.oracle = Declarations(tool, narrow), Oracle()
        recipes = load()
        self.recipes = {name: draw for name, draw in recipes.items() if not only or name in only}
        self.names = sorted(self.recipes)
        self.operators, self.types, self.failures, self.rejected = {}, {}, 0, {}

    def draw(self, number):
        """The graph of a number: its operators in turn, so that each comes up equally often."""
        rng = np.random.default_rng([self.seed, number])
        drawing = Drawing(rng, self.declarations, self.oracle)
        wanted = [self.names[number % len(self.names)]]
        wanted += [self.names[i] for i in rng.integers(0, len(self.names), rng.integers(0, 5))]
        for op in wanted:
            before = len(drawing.graph.nodes)
            for _ in range(6):
                try:
                    self.recipes[op](drawing, op)
                    break
                except Rejected as error:
                    self.rejected.setdefault(op, str(error))
            if len(drawing.graph.nodes) > before:
                self.operators[op] = self.operators.get(op, 0) + 1
        graph = drawing.finish()
        for node in graph.nodes:
            for name in [*filter(None, node.operands), *node.results]:
                dtype = str(drawing.array(name).dtype)
                self.types[dtype] = self.types.get(dtype, 0) + 1
        return Case(f"g{number}", graph, VARIANTS[int(rng.integers(len(VARIANTS)))]) if graph.nodes else None

    def faults(self, cases):
        """What is wrong with each case, or None."""
        with tempfile.TemporaryDirectory() as folder:
            results = run_cases(self.tool, folder, cases)
        return [case.refusal or self.fault(case, results[case.name]) for case in cases]

    def fault(self, case, result):
        if isinstance(result, Exception):
            return str(result)
        found = [difference(case.graph, name, result[name]) for name in case.graph.outputs]
        return next((text for text in found if text), None)

    def report(self, case, fault):
        self.failures += 1
        kind = fault.split(":")[0] if case.refusal else None

        def fails(graphs):
            cases = [Case(f"s{i}", graph, case.options) for i, graph in enumerate(graphs)]
            found = self.faults(cases)
            return [f is not None and bool(c.refusal) == bool(kind) for c, f in zip(cases, found)]

        graph = shrink(case.graph, fails)
        smallest = Case(case.name, graph, case.options)
        fault = self.faults([smallest])[0] or fault
        folder = keep(case.name[1:], graph)
        ops = ", ".join(node.op for node in graph.nodes)
        asked = {graph.trusted[n] for n in graph.outputs}
        print(f"graph {case.name[1:]} ({ops}) {' '.join(case.options)}, by {', '.join(sorted(asked))}:\n{fault}\n"
              f"{graph.describe()}\n  kept in {folder}\n", flush=True)

    def checks_itself(self):
        """Whether a wrong answer is found, and the graph around it made smaller."""
        case = next(c for c in map(self.draw, range(10 ** 6, 10 ** 6 + 100)) if c and len(c.graph.nodes) > 2
                    and c.graph.expected[c.graph.outputs[-1]].size)
        self.operators, self.types = {}, {}
        name = case.graph.outputs[-1]
        array = case.graph.expected[name].copy()
        array.flat[0] = array.flat[0] ^ True if array.dtype.kind in "biu" else 0 if float(array.flat[0]) > 1 else 6
        case.graph.expected[name] = array
        found = lambda graphs: [bool(f) for f in self.faults([Case(f"t{i}", g) for i, g in enumerate(graphs)])]
        smaller = shrink(case.graph, found)
        return found([case.graph]) == [True] and smaller.outputs == [name] and len(smaller.nodes) < len(case.graph.nodes)

    def run(self, numbers):
        for start in range(0, len(numbers), BATCH):
            cases = [case for case in map(self.draw, numbers[start:start + BATCH]) if case]
            for case, fault in zip(cases, self.faults(cases)):
                if fault:
                    self.report(case, fault)


def keep(number, graph):
    folder = os.path.join(KEPT, number)
    shutil.rmtree(folder, ignore_errors=True)
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data)
    model = graph.model()
    onnx.save(model, os.path.join(folder, "model.onnx"))
    for kind, names, arrays in (("input", [i.name for i in model.graph.input], graph.inputs),
                                ("output", graph.outputs, graph.expected)):
        for index, name in enumerate(names):
            with open(os.path.join(data, f"{kind}_{index}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(arrays[name], name).SerializeToString())
    return os.path.relpath(folder, ROOT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--start", type=int, default=0, help="the number of the first graph")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--narrow", action="store_true", help="the types that C has none for, where ONNX allows them")
    parser.add_argument("--only", type=int, help="the number of one graph")
    parser.add_argument("--ops", type=lambda text: text.split(","), help="draw these operators only")
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build", "release", "coppice"))
    options = parser.parse_args()
    run = Differential(options.tool, options.seed, options.ops, options.narrow)
    if options.only is None and not options.ops and not run.checks_itself():
        sys.exit("a wrong answer was not found: these graphs would say nothing")
    numbers = [options.only] if options.only is not None else list(range(options.start, options.start + options.graphs))
    run.run(numbers)
    missing = [name for name in run.names if name not in run.operators] if len(numbers) >= len(run.names) else []
    for name in missing:
        print(f"no graph has {name}: {run.rejected.get(name, '')[:200]}")
    unknown = [] if options.ops else sorted(set(run.declarations.ops) ^ (set(run.recipes) | set(UNDRAWN)))
    for name in unknown:
        print(f"{name} needs a recipe in Tests/Differential/recipes_*.py, or a reason in UNDRAWN")
    print(f"{len(numbers)} graphs, {run.failures} failures; {len(run.operators)} operators, {len(run.types)} element types; "
          f"nodes by onnxruntime {run.oracle.asked['onnxruntime']}, by the reference {run.oracle.asked['reference']}")
    enough = options.ops or len(numbers) < 200 or (
        len(run.operators) >= LEAST_OPERATORS and run.wanted <= set(run.types) and len(run.types) >= LEAST_TYPES)
    if not enough:
        print(f"too few: {LEAST_OPERATORS} operators and {LEAST_TYPES} element types are wanted")
    sys.exit(1 if run.failures or missing or unknown or not enough else 0)


if __name__ == "__main__":
    main()
