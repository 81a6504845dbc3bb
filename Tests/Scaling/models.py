"""Models of any size, for `scaling.py`: each maker takes a size and gives a serialised model."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def value(name, shape=(4,), element=FLOAT):
    return helper.make_tensor_value_info(name, element, list(shape))


def model(nodes, inputs, outputs, initializers=(), opset=18, functions=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid("f", 1)] * bool(functions)
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions))
    made.ir_version = 8
    return made.SerializeToString()


def chain(step, shape=(4,), inputs=(), initializers=()):
    """A chain of what `step(index, source, target)` gives: one node or several."""

    def make(size):
        nodes = []
        for index in range(size):
            made = step(index, f"v{index - 1}" if index else "x", f"v{index}")
            nodes += made if isinstance(made, list) else [made]
        last = [value(f"v{size - 1}", shape)]
        return model(nodes, [value("x", shape), *inputs], last, [i for k in range(size) for i in weights(k)])

    def weights(index):
        return initializers(index) if callable(initializers) else ()

    return make


def unary(operator, **attributes):
    return chain(lambda i, a, b: helper.make_node(operator, [a], [b], **attributes))


def transposes(between=None):
    def step(index, source, target):
        if between is None:
            return helper.make_node("Transpose", [source], [target], perm=[1, 0])
        return [
            helper.make_node("Transpose", [source], [target + "a"], perm=[1, 0]),
            helper.make_node(between, [target + "a"], [target + "b"]),
            helper.make_node("Transpose", [target + "b"], [target], perm=[1, 0]),
        ]

    return chain(step, (4, 4))


def normalized_convolutions(size):
    def tensors(index):
        weight = np.full((4, 4, 1, 1), 0.25 + index % 3, np.float32)
        rows = [np.full(4, 1 + k + index % 2, np.float32) for k in range(4)]
        named = [(f"w{index}", weight)] + [(f"n{index}_{k}", row) for k, row in enumerate(rows)]
        return [numpy_helper.from_array(array, name) for name, array in named]

    def step(index, source, target):
        norm = [f"n{index}_{k}" for k in range(4)]
        return [
            helper.make_node("Conv", [source, f"w{index}"], [target + "c"]),
            helper.make_node("BatchNormalization", [target + "c", *norm], [target + "b"]),
            helper.make_node("Relu", [target + "b"], [target]),
        ]

    return chain(step, (1, 4, 2, 2), initializers=tensors)(size)


def variadic(operator):
    def make(size):
        attributes = {"axis": 0} if operator == "Concat" else {}
        node = helper.make_node(operator, [f"x{i}" for i in range(size)], ["y"], **attributes)
        count = 4 * size if operator == "Concat" else 4
        return model([node], [value(f"x{i}") for i in range(size)], [value("y", (count,))])

    return make


def outputs(size):
    nodes = [
        helper.make_node(["Sin", "Cos", "Exp"][i % 3], [f"y{i - 3}" if i > 2 else "x"], [f"y{i}"])
        for i in range(size)
    ]
    return model(nodes, [value("x")], [value(f"y{i}") for i in range(size)])


def copied_outputs(size):
    nodes = [
        helper.make_node("Identity" if i % 2 else "Sin", [f"y{i - 1}" if i else "x"], [f"y{i}"])
        for i in range(size)
    ]
    return model(nodes, [value("x")], [value(f"y{i}") for i in range(size)])


def split(size):
    node = helper.make_node("Split", ["x"], [f"y{i}" for i in range(size)], axis=0, num_outputs=size)
    return model([node], [value("x", (2 * size,))], [value(f"y{i}", (2,)) for i in range(size)])


def alive_at_once(size):
    """A tree whose leaves are all alive before the first two are joined."""
    nodes = [
        helper.make_node("LeakyRelu", ["x"], [f"l{i}"], alpha=0.001 * i) for i in range(size)
    ]
    layer = [f"l{i}" for i in range(size)]
    while len(layer) > 1:
        joined = []
        for left, right in zip(layer[::2], layer[1::2]):
            joined.append(f"t{len(nodes)}")
            nodes.append(helper.make_node("Sub", [left, right], joined[-1:]))
        layer = joined + layer[len(joined) * 2 :]
    return model(nodes, [value("x")], [value(layer[0])])


def function(name, body):
    return helper.make_function("f", name, ["a"], ["b"], [body],
                                [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)])


def call_depth(size):
    functions = [
        function(f"F{i}", helper.make_node(f"F{i + 1}", ["a"], ["b"], domain="f"))
        for i in range(size - 1)
    ] + [function(f"F{size - 1}", helper.make_node("Sin", ["a"], ["b"]))]
    node = helper.make_node("F0", ["x"], ["y"], domain="f")
    return model([node], [value("x")], [value("y")], functions=functions)


def calls(size):
    functions = [function("F", helper.make_node("Sin", ["a"], ["b"]))]
    nodes = [
        helper.make_node("F", [f"v{i - 1}" if i else "x"], [f"v{i}"], domain="f")
        for i in range(size)
    ]
    return model(nodes, [value("x")], [value(f"v{size - 1}")], functions=functions)


def branch(name, nodes, result):
    return helper.make_graph(nodes, name, [], [value(result)])


def branches(size):
    def step(index, source, target):
        yes = branch(f"yes{index}", [helper.make_node("Sin", [source], [target + "y"])], target + "y")
        no = branch(f"no{index}", [helper.make_node("Cos", [source], [target + "n"])], target + "n")
        return helper.make_node("If", ["c"], [target], then_branch=yes, else_branch=no)

    return chain(step, inputs=[value("c", (1,), TensorProto.BOOL)])(size)


def nested_branches(size):
    inner = [helper.make_node("Sin", ["x"], ["v0"])]
    for index in range(size):
        yes = branch(f"yes{index}", inner, f"v{index}")
        no = branch(f"no{index}", [helper.make_node("Cos", ["x"], [f"n{index}"])], f"n{index}")
        inner = [helper.make_node("If", ["c"], [f"v{index + 1}"], then_branch=yes, else_branch=no)]
    return model(inner, [value("x"), value("c", (1,), TensorProto.BOOL)], [value(f"v{size}")])


def loop(size):
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["a"], ["b"])],
        "body", [value("i", (), TensorProto.INT64), value("go", (), TensorProto.BOOL), value("a")],
        [value("on", (), TensorProto.BOOL), value("b")])
    turns = numpy_helper.from_array(np.array(size, np.int64), "turns")
    node = helper.make_node("Loop", ["turns", "", "x"], ["y"], body=body)
    return model([node], [value("x")], [value("y")], [turns])


def long_names(size):
    stem = "n" * 1000
    nodes = [
        helper.make_node("Sin", [f"{stem}{i - 1}" if i else "x"], [f"{stem}{i}"])
        for i in range(size)
    ]
    return model(nodes, [value("x")], [value(f"{stem}{size - 1}")])


def constants(size):
    def tensors(index):
        return [numpy_helper.from_array(np.arange(4, dtype=np.float32) + index, f"w{index}")]

    step = lambda i, a, b: helper.make_node("Add", [a, f"w{i}"], [b])  # noqa: E731
    return chain(step, initializers=tensors)(size)


def folded(size):
    nodes = [
        helper.make_node("Sin", [f"v{i - 1}" if i else "w"], [f"v{i}"]) for i in range(size)
    ] + [helper.make_node("Add", ["x", f"v{size - 1}"], ["y"])]
    weight = numpy_helper.from_array(np.arange(4, dtype=np.float32), "w")
    return model(nodes, [value("x")], [value("y")], [weight])


def quantized(size):
    """Sums and convolutions of 8-bit integers, each between DequantizeLinear and QuantizeLinear."""
    tensors = {"s0": np.float32(0.5), "s1": np.float32(0.75), "z": np.int8(1)}
    nodes = []
    for index in range(size):
        source, read, made = f"q{index - 1}" if index else "x", f"f{index}", f"y{index}"
        old, new = f"s{(index + 1) % 2}", f"s{index % 2}"
        nodes.append(helper.make_node("DequantizeLinear", [source, old, "z"], [read]))
        if index % 2:
            weight = np.arange(-8, 8, dtype=np.int8).reshape(4, 4, 1, 1)
            tensors[f"w{index}"] = np.roll(weight, index)
            nodes.append(helper.make_node("DequantizeLinear", [f"w{index}", "s0"], [f"u{index}"]))
            nodes.append(helper.make_node("Conv", [read, f"u{index}"], [made]))
        else:
            nodes.append(helper.make_node("Add", [read, read], [made]))
        nodes.append(helper.make_node("QuantizeLinear", [made, new, "z"], [f"q{index}"]))
    shape = (1, 4, 2, 2)
    return model(
        nodes, [value("x", shape, TensorProto.INT8)],
        [value(f"q{size - 1}", shape, TensorProto.INT8)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in tensors.items()])
