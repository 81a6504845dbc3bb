"""Models of operators that are resolved when a model is read: each gives back what it is given, in any element type."""
import re

import numpy as np
import onnx
from onnx import helper, numpy_helper, parser

from declarations import NEWEST
from drawing import Graph
from narrow import CODES

# Nodes whose results are random, and BitCast: by the type of their operand, or of their result.
DIRECT = {"Bernoulli": "y = Bernoulli <dtype = N> (x)", "Multinomial": "y = Multinomial <dtype = N, sample_size = 4> (x)",
          "RandomNormal": "y = RandomNormal <dtype = N, shape = [3]> ()",
          "RandomUniform": "y = RandomUniform <dtype = N, shape = [3]> ()",
          "RandomNormalLike": "y = RandomNormalLike <dtype = N> (x)",
          "RandomUniformLike": "y = RandomUniformLike <dtype = N> (x)", "BitCast": "y = BitCast <to = N> (x)"}
# How y comes about of x, three elements of type T.
TEMPLATES = {
    "If": "y = If (c) <then_branch = a () => (T[3] p) { p = Identity (x) }, else_branch = b () => (T[3] q) { q = Identity (x) }>",
    "Loop": """n = Constant <value = int64 {2}> ()
      y = Loop (n, , x) <body = b (int64 i, bool g, T[3] v) => (bool h, T[3] w) { h = Identity (g) w = Identity (v) }>""",
    "Scan": "y = Scan <num_scan_inputs = 1, body = b (T v) => (T w) { w = Identity (v) }> (x)",
    "SequenceConstruct": "s = SequenceConstruct (x, x) i = Constant <value = int64 {1}> () y = SequenceAt (s, i)",
    "SequenceAt": "s = SequenceConstruct (x) i = Constant <value = int64 {-1}> () y = SequenceAt (s, i)",
    "SequenceInsert": """s = SequenceConstruct (x) t = SequenceInsert (s, x) i = Constant <value = int64 {1}> ()
      y = SequenceAt (t, i)""",
    "SequenceErase": """s = SequenceConstruct (x, x) t = SequenceErase (s) i = Constant <value = int64 {0}> ()
      y = SequenceAt (t, i)""",
    "SequenceEmpty": """s = SequenceEmpty <dtype = N> () t = SequenceInsert (s, x) i = Constant <value = int64 {0}> ()
      y = SequenceAt (t, i)""",
    "SequenceMap": """s = SequenceConstruct (x) i = Constant <value = int64 {0}> ()
      t = SequenceMap (s) <body = b (T[3] v) => (T[3] w) { w = Identity (v) }> y = SequenceAt (t, i)""",
    "SequenceLength": """s = SequenceConstruct (x, x) n = SequenceLength (s) i = Constant <value = int64 {1}> ()
      r = Sub (n, i) y = SequenceAt (s, r)""",
    "ConcatFromSequence": "s = SequenceConstruct (x) y = ConcatFromSequence <axis = 0> (s)",
    "SplitToSequence": """n = Constant <value = int64 {3}> () s = SplitToSequence <axis = 0> (x, n)
      i = Constant <value = int64 {0}> () y = SequenceAt (s, i)""",
    "Optional": "o = Optional (x) y = OptionalGetElement (o)",
    "OptionalGetElement": "o = Optional (x) y = OptionalGetElement (o)",
    "OptionalHasElement": """o = Optional (x) d = OptionalHasElement (o)
      y = If (d) <then_branch = a () => (T[3] p) { p = Identity (x) }, else_branch = b () => (T[3] q) { q = Identity (x) }>""",
    "ai.onnx.ml.ZipMap": "y = ai.onnx.ml.ZipMap <classlabels_int64s = [5, 1, 3]> (x)",
    "Constant": "k = Constant <value_int = 1> () y = Identity (k)",
}


class Given(Graph):
    """A graph whose model is at hand."""

    def __init__(self, model, inputs, expected):
        super().__init__(NEWEST)
        self.given, self.inputs, self.expected = model, inputs, expected
        self.outputs, self.trusted = list(expected), dict.fromkeys(expected, "the template")

    def model(self, name="graph"):
        return self.given


def categories(variable, kind):
    """A map from numbers to texts, or the other way round; which numbers stand for texts is not compared."""
    source = kind if variable == "T1" else {"string": "int64", "int64": "string"}[kind]
    target = "string" if source == "int64" else "int64"
    model = parser.parse_model(
        f'<ir_version: 13, opset_import: ["": {NEWEST}, "ai.onnx.ml": 1]> g ({source}[3] x) => ({target}[3] y) '
        '{ y = ai.onnx.ml.CategoryMapper <cats_int64s = [0, 1], cats_strings = ["a", "b"]> (x) }')
    return Given(model, {"x": values(source)}, {"y": None})


def graph(name, variable, kind):
    """The model of an operator with elements of a type, or with such a position, and its answer."""
    text = TEMPLATES[name]
    if variable == "I":
        text, kind = text.replace("int64 {", f"{kind} {{"), "float32"
    data, own = values(kind), shown(kind)
    text = text.replace("T[3]", f"{own}[3]").replace("(T ", f"({own} ").replace("= N", f"= {number(kind)}")
    taken = {"x": (f"{own}[3] x", data), "c": ("bool c", np.asarray(True))}
    if name.endswith("ZipMap"):
        data = data.reshape(1, 3)
        taken["x"] = ("float[1, 3] x", data)
    inputs = {key: taken[key] for key in taken if re.search(rf"\b{key}\b", text)}
    result = "seq(map(int64, float)) y" if name.endswith("ZipMap") else f"{own}[3] y"
    head = f'<ir_version: 13, opset_import: ["": {NEWEST}, "ai.onnx.ml": 1]> g ({", ".join(t for t, _ in inputs.values())}) => ({result})'
    model = parser.parse_model(f"{head} {{ {text} }}")
    if name == "Constant":
        model.graph.node[0].CopyFrom(helper.make_node("Constant", [], ["k"], value=tensor(data, kind)))
    return Given(model, {key: value for key, (_, value) in inputs.items()}, {"y": data})


def shown(kind):
    return {"float32": "float", "float64": "double"}.get(kind, kind)


def number(kind):
    return getattr(onnx.TensorProto, shown(kind).upper())


def direct(name, variable, kind):
    """One node with the type, the other one that goes with it, and the result by its bits or, of random numbers, by its shape."""
    data, other = values(kind), "int32" if name == "Multinomial" and variable == "T1" else "float32"
    if name == "BitCast":
        width = len(tensor(np.resize(data, 8), kind).raw_data)
        other = f"uint{width}" if width <= 64 else kind
    source, target = (kind, other) if variable == "T1" else (other, kind)
    inputs = {} if "()" in DIRECT[name] else {"x": given(source, name)}
    text = DIRECT[name].replace("= N", f"= {number(target)}")
    shape = [1, 4] if name == "Multinomial" else [3]
    head = ", ".join(f"{shown(source)}[{','.join(map(str, a.shape))}] {n}" for n, a in inputs.items())
    model = parser.parse_model(
        f'<ir_version: 13, opset_import: ["": {NEWEST}]> g ({head}) => ({shown(target)}[{",".join(map(str, shape))}] y) {{ {text} }}')
    expected = np.zeros(shape, CODES.get(target, target))
    if name == "BitCast":
        raw = tensor(inputs["x"], source).raw_data
        expected = numpy_helper.to_array(onnx.TensorProto(data_type=number(target), dims=shape, raw_data=raw))
    return Given(model, inputs, {"y": expected})


def given(kind, name):
    data = values(kind)
    return data.reshape(1, 3) if name == "Multinomial" else data


def tensor(data, kind):
    if kind == "string":
        return helper.make_tensor("k", onnx.TensorProto.STRING, data.shape, [t.encode() for t in data])
    if data.dtype == object:
        return helper.make_tensor("k", number(kind), data.shape, bytes(3), raw=True)
    return numpy_helper.from_array(data, "k")


def values(kind):
    """Three elements."""
    if kind == "string":
        return np.array(["a", "b", "c"], object)
    if kind.startswith("float6e"):
        return np.array([0, 0, 0], object)
    if kind.startswith("complex"):
        return np.array([1, 2j, 3], kind)
    if kind == "bool":
        return np.array([True, False, True])
    return np.array([1, 0.5 if kind == "float8e8m0" else 0, 1], "float32").astype(CODES.get(kind, kind))
