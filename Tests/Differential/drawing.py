"""A graph in the making: operands drawn or taken from values that are there, nodes computed as they are added."""
import numpy as np
import onnx
from onnx import helper

from declarations import FLOATS, USUAL, opsets
from narrow import code_range, is_code, is_float, is_small_float


class Rejected(Exception):
    """What was drawn is of no use: not computed by any oracle, or too large or not finite."""


def number_type(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


class Node:
    def __init__(self, op, operands, results, attributes, opset):
        self.op, self.operands, self.results, self.attributes, self.opset = op, operands, results, attributes, opset

    def proto(self):
        domain, _, name = self.op.rpartition(".")
        given = {"domain": domain} if domain else {}
        return helper.make_node(name, self.operands, self.results, name=self.results[0], **given, **self.attributes)

    def __repr__(self):
        return f"{', '.join(self.results)} = {self.op}({', '.join(self.operands)}) {self.attributes or ''}"


class Graph:
    """Nodes, the arrays of inputs and constants, and what the oracle gives for every other value."""

    def __init__(self, usual):
        self.usual = usual
        self.nodes, self.inputs, self.constants, self.expected, self.outputs = [], {}, {}, {}, []
        self.trusted = {}

    def copy(self):
        other = Graph(self.usual)
        other.nodes = [Node(n.op, list(n.operands), list(n.results), dict(n.attributes), n.opset) for n in self.nodes]
        other.inputs, other.constants = dict(self.inputs), dict(self.constants)
        other.expected, other.outputs, other.trusted = dict(self.expected), list(self.outputs), dict(self.trusted)
        return other

    def array(self, name):
        for table in (self.inputs, self.constants, self.expected):
            if name in table:
                return table[name]
        raise KeyError(name)

    @property
    def opset(self):
        return max([self.usual] + [node.opset for node in self.nodes])

    def model(self, name="graph"):
        used = {operand for node in self.nodes for operand in node.operands}
        value = lambda n, a: helper.make_tensor_value_info(n, number_type(a.dtype), a.shape)
        graph = helper.make_graph(
            [node.proto() for node in self.nodes], name,
            [value(n, a) for n, a in self.inputs.items() if n in used],
            [value(n, self.expected[n]) for n in self.outputs],
            [onnx.numpy_helper.from_array(a, n) for n, a in self.constants.items() if n in used])
        return helper.make_model(graph, opset_imports=opsets(self.opset, self.nodes), ir_version=13 if self.opset > 22 else 10)

    def describe(self):
        lines = [f"  {n}: {a.dtype}{list(a.shape)} = {np.array2string(a.ravel()[:24], separator=', ')}"
                 for n, a in self.inputs.items()]
        lines += [f"  {n}: constant {a.dtype}{list(a.shape)} = {np.array2string(a.ravel()[:24], separator=', ')}"
                  for n, a in self.constants.items()]
        return "\n".join(lines + [f"  {node!r}" for node in self.nodes] + [f"  -> {', '.join(self.outputs)}"])


class Drawing:
    def __init__(self, rng, declarations, oracle):
        self.rng, self.declarations, self.oracle, self.graph = rng, declarations, oracle, Graph(declarations.usual)
        self.rounded = set()  # values that are not exact, so that no step may jump on them
        self.wild = set()  # values with NaN or infinity, which only a node that is drawn for them reads
        self.count = 0

    # Choices

    def pick(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def maybe(self, chance=0.5):
        return self.rng.random() < chance

    def below(self, low, high):
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def shape(self, low=0, high=4, largest=5):
        return [self.below(1, largest) for _ in range(self.below(low, high))]

    def axis(self, rank, negative=True):
        axis = self.below(0, rank - 1)
        return axis - rank if negative and self.maybe(0.3) else axis

    def name(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    # Operands

    def elements(self, dtype, shape, kind="any"):
        rng = self.rng
        if dtype == "bool":
            return rng.integers(0, 2, shape).astype(bool)
        if dtype in FLOATS:
            values = {"any": lambda: rng.integers(-32, 33, shape) / 8,
                      "positive": lambda: rng.integers(1, 33, shape) / 8,
                      "nonzero": lambda: rng.integers(1, 33, shape) / 8 * rng.choice([-1, 1], shape),
                      "unit": lambda: rng.integers(-8, 9, shape) / 8,
                      "above-one": lambda: 1 + rng.integers(0, 33, shape) / 8,
                      "small": lambda: rng.integers(-8, 9, shape) / 8}[kind]()
            return np.asarray(values, dtype)
        if dtype == "float8_e8m0fnu":
            return np.asarray(2.0 ** rng.integers(-3, 4, shape), "float32").astype(dtype)
        if is_small_float(dtype):
            return np.asarray(rng.integers(-8, 9, shape) / 2, "float32").astype(dtype)
        if is_code(dtype):
            low, high = code_range(dtype)
            return np.asarray(rng.integers(low, high + 1, shape)).astype(dtype)
        info = np.iinfo(dtype)
        if kind == "any" and rng.random() < 0.15:
            return rng.choice(np.array([info.min, info.max, 0, 1, info.max - 1, info.max // 2], dtype), shape)
        low = max(info.min, -9)
        values = np.asarray(rng.integers(low, 10, shape))
        if kind in ("positive", "above-one"):
            values = np.abs(values) + 1
        elif kind == "nonzero":
            values = np.where(values == 0, 3, values)
        elif kind in ("unit", "small"):
            values = np.clip(values, -2 if info.min < 0 else 0, 3)
        return values.astype(dtype)

    def fresh(self, dtype, shape, kind="any", constant=None):
        return self.put(self.elements(dtype, tuple(shape), kind), constant)

    def put(self, array, constant=None):
        array = np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
        constant = self.maybe(0.3) if constant is None else constant
        name = self.name("c" if constant else "x")
        (self.graph.constants if constant else self.graph.inputs)[name] = array
        return name

    def constant(self, values, dtype="int64"):
        return self.put(np.asarray(values, dtype), True)

    def array(self, name):
        return self.graph.array(name)

    def extent(self, name):
        return list(self.array(name).shape)

    def dtype(self, name):
        return str(self.array(name).dtype)

    def value(self, dtypes, shape=None, rank=None, kind="any", exact=False, reuse=0.6):
        """A value of one of the types: one that is there, or a new one."""
        low, high = rank if rank else (0, 4)
        if self.rng.random() < reuse and kind == "any":
            found = []
            for table in (self.graph.inputs, self.graph.expected):
                for name, array in table.items():
                    fits = list(array.shape) == list(shape) if shape is not None else (
                        low <= array.ndim <= high and 0 < array.size <= 512)
                    if fits and str(array.dtype) in dtypes and name not in self.wild and not (
                            exact and name in self.rounded):
                        found.append(name)
            if found:
                return self.pick(found)
        return self.fresh(self.pick(dtypes), self.shape(low, high) if shape is None else shape, kind)

    def extreme(self, name):
        """The operand with NaN, infinity and negative zero at some places."""
        array = self.array(name).copy()
        places = self.rng.random(array.shape) < 0.3
        array[places] = self.rng.choice(np.array([np.nan, np.inf, -np.inf, -0.0, 0.0], array.dtype), int(places.sum()))
        name = self.put(array, False)
        self.wild.add(name)
        return name

    # Nodes

    def node(self, op, operands, results=1, rounded=None, finite=True, **attributes):
        while operands and operands[-1] == "":
            operands = operands[:-1]
        names = [self.name("y") for _ in range(results)]
        node = Node(op, list(operands), names, attributes, self.declarations.opset(op))
        arrays, trusted = self.oracle.compute(node, {n: self.array(n) for n in operands if n})
        for name, array in zip(names, arrays):
            if is_float(array.dtype):
                wide = array.astype("float64")
                if not finite:
                    self.wild.add(name)
                elif not np.isfinite(wide).all() or np.abs(wide).max(initial=0) > (1e5 if array.dtype.kind == "f" else 1e4):
                    raise Rejected("numbers too large or not finite")
                inputs = any(n in self.rounded for n in operands if n)
                if rounded or rounded is None or inputs:
                    self.rounded.add(name)
            self.graph.expected[name] = array
            self.graph.trusted[name] = trusted
        self.graph.nodes.append(node)
        return names[0]

    def finish(self):
        graph = self.graph
        read = {operand for node in graph.nodes for operand in node.operands}
        results = [name for node in graph.nodes for name in node.results]
        graph.outputs = [n for n in results if n not in read or self.maybe(0.15)]
        graph.inputs = {n: a for n, a in graph.inputs.items() if n in read}
        graph.constants = {n: a for n, a in graph.constants.items() if n in read}
        return graph
