#!/usr/bin/env python3
"""Random quantized graphs (QDQ) against onnxruntime with its optimisations off, each step fed with onnxruntime's own values.

    .venv/bin/python Tests/Differential/quantized.py [--graphs 500] [--seed 1] [--tool .build/release/coppice] [--only NUMBER]

A graph is a chain of steps between DequantizeLinear and QuantizeLinear. It is compiled twice: with every step reading what
onnxruntime gave for the step before, where each byte must be within one, and as a whole with --requantize onnx, where answers are
equal but where the rounding of a float sum shows: where steps alone differ, the real number in float64 lies within a
thousandth of a tie, and whole graphs differ only behind such a step; how often that is, is printed. Every fourth graph is also pruned and written as
ONNX, before and after folding: onnxruntime's answers must be within one of those of the C."""
import argparse, os, subprocess, sys, tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

sys.dont_write_bytecode = True
from onnx.reference import ReferenceEvaluator

from engine import Case, run_cases

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BATCH = 25
onnxruntime.set_default_logger_severity(4)


class Graph:
    """What engine.py takes for a graph: a model, its inputs and the names of its outputs."""

    def __init__(self, nodes, initializers, inputs, outputs):
        self.nodes, self.initializers, self.inputs, self.outputs = nodes, initializers, inputs, outputs

    def model(self, name):
        ports = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                 for n, a in self.inputs.items()]
        outputs = [helper.make_empty_tensor_value_info(n) for n in self.outputs]
        graph = helper.make_graph(self.nodes, name, ports, outputs, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def run_file(path, graph):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return dict(zip(graph.outputs, onnxruntime.InferenceSession(path, options).run(graph.outputs, graph.inputs)))


def run_onnxruntime(graph):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(graph.model("g").SerializeToString(), options)
    return dict(zip(graph.outputs, session.run(graph.outputs, graph.inputs)))


def before_rounding(graph, name):
    """What the step that gives a tensor rounds, in float64."""
    made = {output: node for node in graph.nodes for output in node.output}
    known = {i.name: numpy_helper.to_array(i) for i in graph.initializers} | graph.inputs
    last, own, waiting = made[name], [], [made[name].input[0]]
    while waiting:
        node = made.get(waiting.pop())
        if node is not None and node not in own:
            own.append(node)
            waiting += [] if node.op_type == "DequantizeLinear" else node.input
    feeds, nodes = {}, []
    for node in graph.nodes:
        if node not in own:
            continue
        if node.op_type != "DequantizeLinear":
            nodes.append(node)
            continue
        x, scale, zero = (known[i].astype(np.float64) for i in [*node.input, *node.input[1:2]][:3])
        zero = zero if len(node.input) > 2 else np.zeros_like(scale)
        if scale.ndim:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            along = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
            scale, zero = scale.reshape(along), zero.reshape(along)
        feeds[node.output[0]] = (x - zero) * scale
    for read in {i for node in nodes for i in node.input if i in known}:
        feeds[read] = known[read].astype(np.float64) if known[read].dtype == np.float32 else known[read]
    for node in nodes:
        if node.op_type == "Resize":
            feeds[node.input[2]] = known[node.input[2]]
    if last.input[0] in feeds:
        real = feeds[last.input[0]]
    else:
        ports = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for n, a in feeds.items()]
        body = helper.make_graph(nodes, "step", ports, [helper.make_tensor_value_info(last.input[0], TensorProto.DOUBLE, None)])
        model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        real = ReferenceEvaluator(model).run([last.input[0]], feeds)[0]
    return real / known[last.input[1]].astype(np.float64) + known[last.input[2]].astype(np.float64)


class Chain:
    """Draws steps; `steps` holds for each what it reads, its nodes and what it gives."""

    def __init__(self, rng):
        self.rng, self.nodes, self.initializers, self.steps, self.values = rng, [], [], [], {}
        self.count = 0
        self.signed = bool(rng.integers(2))
        shape = (1, int(rng.integers(1, 9)), int(rng.integers(3, 9)), int(rng.integers(3, 9)))
        self.input = self.tensor(shape, self.grid())
        self.current = self.input

    def name(self, hint):
        self.count += 1
        return f"{hint}{self.count}"

    def constant(self, array, hint="c"):
        name = self.name(hint)
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    @property
    def integer(self):
        return np.int8 if self.signed else np.uint8

    def grid(self, scale=None):
        scale = np.float32(scale or np.exp(self.rng.uniform(np.log(0.003), np.log(0.3))))
        low, high = (-128, 128) if self.signed else (0, 256)
        zero = int(self.rng.choice([low, high - 1, (low + high) // 2, self.rng.integers(low, high)]))
        return self.constant(scale, "s"), self.constant(self.integer(zero), "z"), scale, zero

    def tensor(self, shape, grid):
        name = self.name("q")
        self.values[name] = (shape, grid)
        return name

    def node(self, op, inputs, **attributes):
        name = self.name("f")
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def real(self, name):
        grid = self.values[name][1]
        return self.node("DequantizeLinear", [name, grid[0], grid[1]])

    def close(self, start, reads, value, shape, scale=None):
        grid = self.grid(scale)
        name = self.tensor(tuple(int(n) for n in shape), grid)
        self.nodes.append(helper.make_node("QuantizeLinear", [value, grid[0], grid[1]], [name]))
        self.steps.append((reads, self.nodes[start:], name))
        self.current = name

    def weight(self, shape, channels, axis):
        integers = self.rng.integers(-127, 128, shape).astype(np.int8)
        zeros = np.zeros(channels, np.int8)
        if self.rng.integers(8) == 0:
            zeros = self.rng.integers(-20, 20, channels).astype(np.int8)
        spread = np.exp(self.rng.uniform(np.log(0.001), np.log(0.02), channels)).astype(np.float32)
        if self.rng.integers(3) == 0:
            scale = spread[0]
            value = self.node("DequantizeLinear", [self.constant(integers, "w"), self.constant(scale, "s")])
            return value, np.full(channels, scale)
        value = self.node("DequantizeLinear", [self.constant(integers, "w"), self.constant(spread, "s"),
                                               self.constant(zeros, "z")], axis=axis)
        return value, spread

    def clamp(self, value):
        kind = self.rng.integers(4)
        if kind == 0:
            return self.node("Relu", [value])
        if kind == 1:
            return self.node("Clip", [value, self.constant(np.float32(0), "c"), self.constant(np.float32(6), "c")])
        return value

    def bias(self, channels, scales):
        kind = self.rng.integers(6)
        if kind == 0:
            return self.constant((self.rng.integers(-3000, 3000, channels) * scales).astype(np.float32), "b")
        if kind == 1:
            scales = scales * np.float32(self.rng.choice([2, 3]))
        integers = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        return self.node("DequantizeLinear", [self.constant(integers, "b"), self.constant(scales.astype(np.float32), "s"),
                                              self.constant(np.zeros(channels, np.int32), "z")], axis=0)

    def conv(self):
        (shape, grid), start, x = self.values[self.current], len(self.nodes), self.current
        if len(shape) != 4:
            return self.product()
        group = int(shape[1]) if self.rng.integers(3) == 0 else 1
        filters = shape[1] if group > 1 else int(self.rng.integers(1, 12))
        kernel = [int(self.rng.integers(1, min(4, shape[2] + 1))), int(self.rng.integers(1, min(4, shape[3] + 1)))]
        pads = [int(self.rng.integers(0, k)) for k in kernel * 2]
        strides = [int(self.rng.integers(1, 3)), int(self.rng.integers(1, 3))]
        room = [shape[2 + i] + pads[i] + pads[2 + i] for i in range(2)]
        dilations = [int(self.rng.integers(1, 3)) if 2 * (k - 1) + 1 <= n else 1 for k, n in zip(kernel, room)]
        real = self.real(x)
        weight, scales = self.weight((filters, shape[1] // group, *kernel), filters, 0)
        given = int(self.rng.integers(5))
        inputs = [real, weight] + ([self.bias(filters, grid[2] * scales)] if given > 2 else [])
        value = self.node("Conv", inputs, kernel_shape=kernel, pads=pads, strides=strides, group=group,
                          dilations=dilations)
        if given == 0:
            addend = (self.rng.integers(-3000, 3000, (1, filters, 1, 1)) * grid[2] * scales[:, None, None])
            value = self.node("Add", [value, self.constant(addend.astype(np.float32), "b")])
        value = self.clamp(value)
        extents = [(room[i] - dilations[i] * (kernel[i] - 1) - 1) // strides[i] + 1 for i in range(2)]
        depth = shape[1] // group * kernel[0] * kernel[1]
        self.close(start, [x], value, (1, filters, *extents), 60 * grid[2] * float(scales.mean()) * depth ** 0.5)

    def product(self):
        x = self.current
        shape, grid = self.values[x]
        start = len(self.nodes)
        real = self.real(x)
        depth = int(np.prod(shape))
        if len(shape) != 2:
            real = self.node("Reshape", [real, self.constant(np.array([1, depth], np.int64), "shape")])
        columns = int(self.rng.integers(1, 20))
        turned = bool(self.rng.integers(2))
        weight, scales = self.weight((columns, depth) if turned else (depth, columns), columns, 0 if turned else 1)
        if turned or self.rng.integers(2):
            value = self.node("Gemm", [real, weight, self.bias(columns, grid[2] * scales)], transB=int(turned))
        else:
            value = self.node("MatMul", [real, weight])
            value = self.node("Add", [value, self.bias(columns, grid[2] * scales)])
        self.close(start, [x], self.clamp(value), (1, columns), 60 * grid[2] * float(scales.mean()) * depth ** 0.5)

    def unary(self):
        x = self.current
        start = len(self.nodes)
        value = self.real(x)
        for _ in range(int(self.rng.integers(1, 4))):
            op = str(self.rng.choice(["Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "Neg", "Abs", "HardSwish"]))
            value = self.node(op, [value])
        self.close(start, [x], value, self.values[x][0], 0.02)

    def pair(self):
        a = self.current
        same = [n for n, (shape, _) in self.values.items() if shape == self.values[a][0]]
        b = str(self.rng.choice(same))
        start = len(self.nodes)
        op = str(self.rng.choice(["Add", "Mul", "Sub", "Max", "Min"]))
        (_, left), (_, right) = self.values[a], self.values[b]
        value = self.clamp(self.node(op, [self.real(a), self.real(b)]))
        scale = 60 * left[2] * right[2] if op == "Mul" else left[2] + right[2]
        self.close(start, [a, b], value, self.values[a][0], scale)

    def pool(self):
        x = self.current
        shape, grid = self.values[x]
        if len(shape) != 4:
            return self.unary()
        start = len(self.nodes)
        kind = self.rng.integers(3)
        if kind == 0:
            value, shape = self.node("GlobalAveragePool", [self.real(x)]), (*shape[:2], 1, 1)
        else:
            kernel = [int(self.rng.integers(1, min(4, n + 1))) for n in shape[2:]]
            op = "AveragePool" if kind == 1 else "MaxPool"
            pads = [int(self.rng.integers(0, k)) for k in kernel] * 2
            more = {"count_include_pad": int(self.rng.integers(2))} if kind == 1 else {}
            value = self.node(op, [self.real(x)], kernel_shape=kernel, pads=pads, **more)
            shape = (*shape[:2], *(n + 2 * p - k + 1 for n, p, k in zip(shape[2:], pads, kernel)))
        self.close(start, [x], value, shape, grid[2] * float(self.rng.choice([1, 0.7])))

    def moved(self):
        x = self.current
        shape, grid = self.values[x]
        start = len(self.nodes)
        value = self.real(x)
        whole = lambda numbers: self.constant(np.array(numbers, np.int64), "i")
        rank = len(shape)
        kind = int(self.rng.integers(7 if rank == 4 else 5))
        if kind == 0:
            order = [0, *(1 + self.rng.permutation(rank - 1))]
            value, shape = self.node("Transpose", [value], perm=[int(i) for i in order]), [shape[i] for i in order]
        elif kind == 1:
            shape = [shape[0], int(np.prod(shape[1:]))]
            value = self.node("Reshape", [value, whole(shape)])
        elif kind == 2:
            first = int(self.rng.integers(0, shape[1]))
            value = self.node("Slice", [value, whole([first]), whole([shape[1]]), whole([1])])
            shape = [shape[0], shape[1] - first, *shape[2:]]
        elif kind == 3:
            pads = [0, 1] + [0] * (rank - 2) + [0, 0] + [int(self.rng.integers(3))] * (rank - 2)
            value = self.node("Pad", [value, whole(pads), self.constant(np.float32(0), "c")])
            shape = [n + pads[i] + pads[rank + i] for i, n in enumerate(shape)]
        elif kind == 4:
            picked = self.rng.integers(0, shape[1], int(self.rng.integers(1, 5)))
            value = self.node("Gather", [value, whole(picked)], axis=1)
            shape = [shape[0], len(picked), *shape[2:]]
        elif kind == 5:
            scales = self.constant(np.array([1, 1, 2, 2], np.float32), "c")
            value = self.node("Resize", [value, "", scales], mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric")
            shape = [*shape[:2], shape[2] * 2, shape[3] * 2]
        else:
            value, shape = self.node("GlobalMaxPool", [value]), [*shape[:2], 1, 1]
        self.close(start, [x], value, shape, grid[2])

    def mean(self):
        x = self.current
        shape, grid = self.values[x]
        if len(shape) != 4:
            return self.unary()
        start = len(self.nodes)
        value = self.node("ReduceMean", [self.real(x)], axes=[2, 3], keepdims=1)
        self.close(start, [x], value, [*shape[:2], 1, 1], grid[2])

    def activations(self):
        """The product of a tensor and its transpose."""
        x = self.current
        shape, grid = self.values[x]
        start = len(self.nodes)
        order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
        value = self.node("MatMul", [self.real(x), self.node("Transpose", [self.real(x)], perm=order)])
        self.close(start, [x], value, [*shape[:-1], shape[-2]], 60 * grid[2] ** 2 * shape[-1] ** 0.5)

    def concat(self):
        x = self.current
        others = [n for n, (shape, _) in self.values.items()
                  if len(shape) == len(self.values[x][0]) and shape[2:] == self.values[x][0][2:]]
        parts = [x, str(self.rng.choice(others))]
        start = len(self.nodes)
        value = self.node("Concat", [self.real(p) for p in parts], axis=1)
        shape = list(self.values[x][0])
        shape[1] = sum(self.values[p][0][1] for p in parts)
        self.close(start, parts, value, shape)

    def softmax(self):
        x = self.current
        start = len(self.nodes)
        self.close(start, [x], self.node("Softmax", [self.real(x)], axis=-1), self.values[x][0], 1 / 256)


PRUNE = "prune-magnitude{sparsity=0.5}"
# How far from a tie the rounding of a float sum may show, in steps.
TIE = 1e-3


def exported(tool, folder, number, graph):
    """What onnxruntime gives for the pruned model as it is written, and for the folded one."""
    model = os.path.join(folder, f"m{number}.onnx")
    onnx.save(graph.model("m"), model)
    answers = []
    for name, passes in [("p", PRUNE), ("f", PRUNE + ",fix(move-quantization,fold-quantization)")]:
        path = os.path.join(folder, f"{name}{number}.onnx")
        subprocess.run([tool, "prune", model, "-o", path, "--passes", passes], check=True, capture_output=True)
        answers.append(run_file(path, graph))
    return answers


STEPS = ["conv", "conv", "conv", "product", "unary", "pair", "pool", "moved", "concat", "softmax", "moved", "mean",
         "activations"]


def draw(seed, number):
    """The whole graph, and the same with each step reading values of its own."""
    rng = np.random.default_rng([seed, number])
    chain = Chain(rng)
    first = STEPS[number % len(STEPS)]
    for step in [first, *rng.choice(STEPS, int(rng.integers(0, 5)))]:
        getattr(chain, str(step))()
    low, high = (-128, 128) if chain.signed else (0, 256)
    x = rng.integers(low, high, chain.values[chain.input][0]).astype(chain.integer)
    whole = Graph(chain.nodes, chain.initializers, {chain.input: x}, [name for _, _, name in chain.steps])
    answers = run_onnxruntime(whole)
    known = {chain.input: x, **answers}
    nodes, inputs, wanted = [], {}, {}
    for index, (reads, own, name) in enumerate(chain.steps):
        names = {r: f"{r}_{index}" for r in reads}
        for read, new in names.items():
            inputs[new] = known[read]
        outputs = {o: f"{o}_{index}" for n in own for o in n.output}
        for node in own:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            for place, value in enumerate(copy.input):
                copy.input[place] = names.get(value, outputs.get(value, value))
            for place, value in enumerate(copy.output):
                copy.output[place] = outputs[value]
            nodes.append(copy)
        wanted[outputs[name]] = answers[name]
    return whole, answers, Graph(nodes, chain.initializers, inputs, list(wanted)), wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build/release/coppice"))
    options = parser.parse_args()
    numbers = range(options.graphs) if options.only is None else [options.only]
    failures = 0
    steps = bytes_ = off = unequal = floats = ends = pruned = 0
    rounded = set()
    for first in range(0, len(numbers), BATCH):
        drawn = {n: draw(options.seed, n) for n in numbers[first:first + BATCH]}
        cases = []
        for number, (whole, _, parts, _) in drawn.items():
            cases.append(Case(f"s{number}", parts))
            cases.append(Case(f"o{number}", parts, ["--requantize", "onnx"]))
            cases.append(Case(f"e{number}", whole, ["--requantize", "onnx"]))
            if number % 4 == 0:
                cases.append(Case(f"p{number}", parts, ["--passes", PRUNE + ",@default"]))
        files = {}
        with tempfile.TemporaryDirectory() as folder:
            results = run_cases(options.tool, folder, cases)
            for case in [c for c in cases if c.name[0] == "p"]:
                try:
                    files[case.name] = exported(options.tool, folder, case.name, case.graph)
                except Exception as error:
                    case.refusal = getattr(error, "stderr", None) or str(error)
        for case in cases:
            number = int(case.name[1:])
            _, answers, _, wanted = drawn[number]
            result = results.get(case.name)
            fault = case.refusal or (str(result) if isinstance(result, Exception) else None)
            for name in [] if fault else case.graph.outputs:
                if case.name in files:
                    gaps = max(int(np.abs(result[name].astype(int) - f[name].astype(int)).max(initial=0))
                               for f in files[case.name])
                    pruned += 1
                    if gaps > 1:
                        fault = f"{name}, pruned, is off by {gaps}"
                    continue
                right = (answers if case.name[0] == "e" else wanted)[name]
                gaps = np.abs(result[name].astype(int) - right.astype(int))
                if case.name[0] == "e":
                    ends += 1
                    unequal += int(gaps.max(initial=0) > 0)
                    if gaps.max(initial=0) > 0 and number not in rounded:
                        fault = f"{name} differs end to end, though no step does alone"
                    continue
                if case.name[0] == "o" and gaps.max(initial=0) == 1:
                    rounded.add(number)
                    real = before_rounding(case.graph, name)
                    distance = np.abs(real - np.floor(real) - 0.5)[gaps > 0].max()
                    if distance > TIE:
                        fault = f"{name} differs {distance:.1e} of a step away from a tie"
                if case.name[0] == "s":
                    steps, bytes_, off = steps + 1, bytes_ + gaps.size, off + int((gaps > 0).sum())
                if gaps.max(initial=0) > 1:
                    fault = f"{name} is off by {gaps.max()}"
            if case.name[0] == "s" and not case.refusal:
                floats += sum(1 for s in case.manifest.get("float_steps", []) if "between" in s["reason"])
            if fault:
                failures += 1
                print(f"graph {number} ({case.name[0]}): {fault}", flush=True)
    print(f"{len(numbers)} graphs, {steps} steps, {bytes_} bytes: {off} off by one, {failures} failures; end to end with "
          f"--requantize onnx {unequal} of {ends} tensors differ, behind {len(rounded)} graphs' ties; {pruned} pruned steps "
          f"read by onnxruntime; {floats} steps without an integer form")
    return 1 if failures or not steps else 0


if __name__ == "__main__":
    sys.exit(main())
