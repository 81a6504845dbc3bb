"""Loops that end by a condition, and what onnxruntime computes with them: `loop_models.py FOLDER`.

NAME.onnx has vectors in NAME/test_data_set_K, as .npy.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

INT64, BOOL, FLOAT = TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT
CONSTANTS = {
    "none": np.array(0, np.float32), "one": np.array(1, np.float32), "half": np.array(0.5, np.float32),
    "ten": np.array(10, np.float32), "small": np.array(1e-3, np.float32), "first": np.array(True),
    "hundred": np.array(100, np.int64), "longest": np.array(2 ** 63 - 1, np.int64),
    "d": np.array([1, 0.5, 2, 0.25], np.float32),
    "matrix": np.random.default_rng(3).random((16, 16), np.float32),
}
node = helper.make_node


def value(name, shape=(4,), element=FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def body(nodes, states, results):
    """A body whose states and results are pairs of a name and a shape; the condition is `go`."""
    element = lambda name: BOOL if name.startswith("flag") else INT64 if name.startswith("n_") else FLOAT
    ports = lambda pairs: [value(name, shape, element(name)) for name, shape in pairs]
    return helper.make_graph(
        nodes, "body", [value("turn", [], INT64), value("condition", [], BOOL), *ports(states)],
        [value("go", [], BOOL), *ports(results)])


def total(of, name, op="Greater", limit="one"):
    return [node("ReduceSum", [of], [f"{name}_sum"], keepdims=0), node(op, [f"{name}_sum", limit], [name])]


def newton():
    inner = body(
        [
            node("Div", ["x", "r"], ["q"]), node("Add", ["r", "q"], ["s"]), node("Mul", ["s", "half"], ["t"]),
            node("Mul", ["t", "t"], ["square"]), node("Sub", ["square", "x"], ["error"]), node("Abs", ["error"], ["size"]),
            node("ReduceMax", ["size"], ["worst"], keepdims=0), node("Greater", ["worst", "small"], ["go"]),
        ], [("r", [4])], [("t", [4])])
    return [node("Loop", ["", "first", "x"], ["y"], body=inner)]


def counted(limit):
    inner = body([node("Add", ["s", "d"], ["t"]), *total("t", "go", "Less", "bound")], [("s", [4])], [("t", [4])])
    return [node("Loop", [limit, "first", "x"], ["y"], body=inner)]


def given():
    nodes = [
        node("Identity", ["condition"], ["go"]), node("Cast", ["turn"], ["n"], to=FLOAT),
        node("Identity", ["b"], ["p"]), node("Add", ["a", "n"], ["q"]),
    ]
    inner = body(nodes, [("a", [4]), ("b", [4])], [("p", [4]), ("q", [4])])
    return [node("Loop", ["count", "", "x", "d"], ["y", "z"], body=inner)]


def started():
    inner = body([node("Mul", ["s", "half"], ["t"]), *total("t", "go")], [("s", [4])], [("t", [4])])
    return [*total("x", "start", limit="none"), node("Loop", ["", "start", "x"], ["y"], body=inner)]


def carried():
    """The condition is a carried value that the same turn replaces."""
    nodes = [
        node("Identity", ["flag"], ["go"]), node("Add", ["s", "d"], ["t"]), *total("t", "flag_next", "Less", "ten"),
        node("Add", ["n_turns", "turn"], ["n_next"]),
    ]
    inner = body(nodes, [("flag", []), ("s", [4]), ("n_turns", [])], [("flag_next", []), ("t", [4]), ("n_next", [])])
    return [node("Loop", ["hundred", "first", "first", "x", "hundred"], ["last", "y", "z"], body=inner)]


def nested():
    inner = body([node("Add", ["s", "r"], ["t"]), *total("t", "go", "Less", "ten")], [("s", [4])], [("t", [4])])
    outer = body(
        [
            node("Loop", ["", "condition", "d"], ["grown"], body=inner), node("Sub", ["r", "one"], ["less"]),
            node("Add", ["less", "half"], ["u"]), node("Add", ["g", "grown"], ["sum"]), *total("u", "go", limit="half"),
        ], [("r", [4]), ("g", [4])], [("u", [4]), ("sum", [4])])
    outer.node[0].attribute[0].g.input[0].name = "inner_turn"
    outer.node[0].attribute[0].g.input[1].name = "inner_condition"
    rename(outer.node[0].attribute[0].g, "go", "inner_go")
    rename(outer.node[0].attribute[0].g, "go_sum", "inner_go_sum")
    return [node("Loop", ["hundred", "first", "x", "d"], ["y", "z"], body=outer)]


def rename(graph, old, new):
    for each in graph.node:
        for names in (each.input, each.output):
            names[:] = [new if name == old else name for name in names]
    for each in graph.output:
        each.name = new if each.name == old else each.name


def power():
    """The largest eigenvalue's vector, to where it stays."""
    inner = body(
        [
            node("MatMul", ["v", "matrix"], ["w"]), node("ReduceL2", ["w"], ["norm"], keepdims=0),
            node("Div", ["w", "norm"], ["u"]), node("Sub", ["u", "v"], ["moved"]), node("Abs", ["moved"], ["size"]),
            node("ReduceMax", ["size"], ["most"], keepdims=0), node("Greater", ["most", "small"], ["go"]),
        ], [("v", [1, 16])], [("u", [1, 16])])
    return [node("Loop", ["longest", "first", "x"], ["y"], body=inner)]


def vectors(*shapes, count=3, low=0.5):
    rng = np.random.default_rng(5)
    return [[(rng.random(shape, np.float32) + low) for shape in shapes] for _ in range(count)]


def numbers(*given):
    return [[np.arange(4, dtype=np.float32), np.array(n, np.int64)] for n in given]


CASES = {
    "newton": (newton(), [value("x")], [value("y")], vectors([4])),
    "counted": (counted("hundred"), [value("x"), value("bound", [])], [value("y")],
                [[x, np.array(bound, np.float32)] for (x,), bound in zip(vectors([4]), [-5, 40, 1e6])]),
    "given": (given(), [value("x"), value("count", [], INT64)], [value("y"), value("z")], numbers(0, 1, 7, 2000, -3)),
    "limited": (counted("count"), [value("x"), value("count", [], INT64), value("bound", [])], [value("y")],
                [[*rest, np.array(30, np.float32)] for rest in numbers(0, 3, 500)]),
    "started": (started(), [value("x")], [value("y")], [*vectors([4]), *vectors([4], low=-2)]),
    "carried": (carried(), [value("x")], [value("y"), value("z", [], INT64)], vectors([4])),
    "nested": (nested(), [value("x")], [value("y"), value("z")], vectors([4])),
    "power": (power(), [value("x", [1, 16])], [value("y", [1, 16])], vectors([1, 16])),
}

def read(nodes):
    """The names that nodes and their bodies read."""
    bodies = [a.g for each in nodes for a in each.attribute if a.type == onnx.AttributeProto.GRAPH]
    return {name for each in nodes for name in each.input} | {name for graph in bodies for name in read(graph.node)}


folder = pathlib.Path(sys.argv[1])
for name, (nodes, inputs, outputs, samples) in CASES.items():
    tensors = [numpy_helper.from_array(array, key) for key, array in CONSTANTS.items() if key in read(nodes)]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / f"{name}.onnx"))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for number, arrays in enumerate(samples):
        data = folder / name / f"test_data_set_{number}"
        data.mkdir(parents=True)
        answers = session.run(None, {port.name: array for port, array in zip(inputs, arrays)})
        for kind, tensors in ("input", arrays), ("output", answers):
            for index, array in enumerate(tensors):
                np.save(data / f"{kind}_{index}.npy", array)
