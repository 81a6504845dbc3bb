"""Element-wise operators and reductions."""
import numpy as np

from declarations import FLOATS, INTEGERS
from drawing import number_type
from narrow import code_range, is_code, is_float, is_small_float
from recipes import recipe

KINDS = {"Log": "positive", "Sqrt": "positive", "Acos": "unit", "Asin": "unit", "Atanh": "unit", "Acosh": "above-one",
         "Reciprocal": "nonzero", "Tan": "unit", "Sinh": "small", "Cosh": "small", "Exp": "small",
         "Shrink": "small"}
JUMPS = ("Ceil", "Floor", "Round", "Sign", "IsInf", "IsNaN", "Shrink", "ThresholdedRelu", "Not", "BitwiseNot")
STEADY = ("Abs", "Neg", "Relu", "Ceil", "Floor", "Round", "Sign", "Max", "Min", "Sum", "Add", "Sub", "Mul", "Clip", "Where")


@recipe("Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Cos", "Cosh", "Elu",
        "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "Identity", "IsInf", "IsNaN", "LeakyRelu", "Log",
        "Mish", "Neg", "Not", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh",
        "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu")
def unary(d, op):
    kind = KINDS.get(op, "any")
    x = d.value(d.declarations.types(op), kind=kind, exact=op in JUMPS)
    if op == "Atanh":
        x = d.put(d.array(x) * 0.5)
    finite = not (d.dtype(x) in FLOATS and d.array(x).ndim and d.maybe(0.15))
    # What a number below zero becomes where there is none is left open.
    skipped = ("bias",) if d.dtype(x).startswith("uint") else ()
    d.node(op, [x if finite else d.extreme(x)], rounded=False if op in STEADY else None, finite=finite,
           **d.declarations.attributes(op, d.rng, skipped))


def alike(d, op, count, kinds=None, exact=False, types=None):
    """Operands of one type that broadcast; the first may be a value that is there."""
    kinds = kinds or ["any"] * count
    dtype = d.pick(types or d.declarations.types(op))
    first = d.value([dtype], kind=kinds[0], exact=exact)
    shape = d.extent(first)
    names = [first]
    for kind in kinds[1:]:
        own = [1 if d.maybe(0.25) else extent for extent in shape]
        own = own[d.below(0, len(own)):] if d.maybe(0.3) else own
        if kind == "any" and d.maybe(0.15) and len(own) < 4:
            own = [d.below(1, 3)] + [1] * (len(shape) - len(own)) + own
        names.append(d.value([dtype], own, kind=kind, exact=exact))
    return names


def wild(d, op, names, rest=(), **extra):
    """The node, now and then with NaN and infinity among its operands."""
    ordered = op in ("ReduceMax", "ReduceMin", "MaxPool", "GlobalMaxPool")  # onnxruntime finds NaN at some places only
    finite = ordered or not (d.dtype(names[0]) in FLOATS and d.maybe(0.15))
    if not finite:
        names = [d.extreme(n) if d.array(n).ndim and d.maybe(0.7) else n for n in names]
    d.node(op, [*names, *rest], finite=finite, **extra)


@recipe("Add", "Sub", "Mul", "And", "Or", "Xor", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "PRelu")
def binary(d, op):
    names = alike(d, op, 2)
    if op == "PRelu" and len(d.extent(names[1])) > len(d.extent(names[0])):
        names.reverse()
    if op == "PRelu":
        if list(np.broadcast_shapes(*(d.extent(n) for n in names))) != d.extent(names[0]):
            names[1] = d.value([d.dtype(names[0])], [1])
    wild(d, op, names, rounded=False if op in STEADY else None)


@recipe("Div")
def divide(d, op):
    wild(d, op, alike(d, op, 2, ["any", "nonzero"]))


@recipe("Mod")
def modulo(d, op):
    dtype = d.pick(d.declarations.types(op))
    names = alike(d, op, 2, ["any", "nonzero"], exact=True, types=[dtype])
    d.node(op, names, rounded=False, fmod=1 if dtype in FLOATS else d.below(0, 1))


@recipe("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
def compare(d, op):
    wild(d, op, alike(d, op, 2, exact=True))


@recipe("BitShift")
def shift(d, op):
    x = d.value(d.declarations.types(op))
    dtype = d.dtype(x)
    bits = int(dtype.lstrip("uint"))
    y = d.put(d.rng.integers(0, bits, d.extent(x)).astype(dtype))
    d.node(op, [x, y], direction=d.pick(["LEFT", "RIGHT"]))


@recipe("Pow")
def power(d, op):
    base = d.pick(d.declarations.types(op))
    if base in FLOATS:
        x = d.value([base], kind="positive", reuse=0)
        y = d.value(d.declarations.types(op, 1), d.extent(x), kind="small", reuse=0)
    else:
        x = d.value([base], kind="small", reuse=0)
        y = d.put(d.rng.integers(0, 5, d.extent(x)).astype(d.pick([*INTEGERS, *FLOATS])))
    d.node(op, [x, y])


@recipe("Max", "Min", "Sum", "Mean")
def variadic(d, op):
    wild(d, op, alike(d, op, 1, ["any"] * d.below(1, 7)), rounded=False if op in STEADY else None)


@recipe("Clip")
def clip(d, op):
    x = d.value(d.declarations.types(op))
    dtype = d.dtype(x)
    low, high = sorted(d.elements(dtype, (2,), "small").tolist())
    operands = [x, d.constant(low, dtype) if d.maybe(0.7) else "", d.constant(high, dtype) if d.maybe(0.7) else ""]
    if "" in operands:  # what infinity becomes without a bound is left open
        return d.node(op, operands, rounded=False)
    wild(d, op, operands[:1], rest=operands[1:], rounded=False)


@recipe("Where")
def where(d, op):
    condition = d.value(["bool"])
    names = alike(d, op, 2, types=d.declarations.types(op, 1))
    shape = d.extent(condition)
    d.node(op, [condition] + [d.value([d.dtype(n)], shape) for n in names], rounded=False)


def bounds(dtype):
    if is_code(dtype):
        return code_range(dtype)
    info = np.iinfo(dtype)
    return info.min, info.max


@recipe("Cast", "CastLike")
def cast(d, op):
    source = d.pick(d.declarations.types(op))
    target = d.pick(d.declarations.types(op, 1) if op == "CastLike" else d.declarations.result_types(op))
    x = d.value([source], exact=True)
    if target not in FLOATS and target != "bool":
        # Only numbers that the target holds: what others become is left open.
        if is_code(target) and is_float(source) and not is_small_float(target):
            x = d.put(np.clip(np.rint(d.elements(source, tuple(d.extent(x))).astype("float32")), 0, 1).astype(source))
        array = d.array(x).astype("float64")
        low, high = (-6, 6) if is_small_float(target) else bounds(target)
        if (array < low).any() or (array > high).any():
            x = d.put(np.ones(d.extent(x)).astype(source))
    if op == "CastLike":
        return d.node(op, [x, d.value([target])], rounded=False)
    d.node(op, [x], rounded=False, to=number_type(target))


@recipe("Dropout")
def dropout(d, op):
    x = d.value(d.declarations.types(op))
    ratio = [d.constant(0.25, d.pick(d.declarations.types(op, 1)))] if d.maybe() else []
    d.node(op, [x] + ratio, results=d.below(1, 2), rounded=False)


@recipe("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
        "ReduceSum", "ReduceSumSquare")
def reduce(d, op):
    dtype = d.pick(FLOATS if op == "ReduceLogSumExp" else d.declarations.types(op))
    # Sums of whole numbers that do not fit are left open.
    is_bounded = op in ("ReduceMax", "ReduceMin") or dtype in FLOATS and op not in ("ReduceProd", "ReduceLogSumExp")
    kind = "positive" if op == "ReduceLogSum" else "any" if is_bounded else "small"
    x = d.value([dtype], rank=(1, 4), kind=kind)
    rank = len(d.extent(x))
    operands = [x]
    if d.maybe(0.8):
        axes = d.rng.permutation(rank)[:d.below(1, rank)]
        operands.append(d.constant([int(a) - (rank if d.maybe(0.3) else 0) for a in axes]))
    wild(d, op, operands[:1], rest=operands[1:], **d.declarations.attributes(op, d.rng))


@recipe("ArgMax", "ArgMin")
def arg(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4), exact=True)
    d.node(op, [x], axis=d.axis(len(d.extent(x))), **d.declarations.attributes(op, d.rng))


@recipe("Softmax", "LogSoftmax", "Hardmax", "LpNormalization")
def along(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4), exact=op == "Hardmax")
    if op in ("Softmax", "LogSoftmax") and d.maybe(0.2):
        x = d.put(d.array(x) + d.array(x).dtype.type(2.0 ** 13))
    extra = {"p": d.below(1, 2)} if op == "LpNormalization" else {}
    d.node(op, [x], axis=d.axis(len(d.extent(x))), **extra)


@recipe("CumSum", "CumProd")
def cumulative(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 3), kind="small" if op == "CumProd" else "any")
    axis = d.constant(d.axis(len(d.extent(x))), d.pick(["int32", "int64"]))
    d.node(op, [x, axis], **d.declarations.attributes(op, d.rng))


@recipe("SwiGLU")
def gated(d, op):
    x = d.value(d.declarations.types(op))
    d.node(op, [x, d.value([d.dtype(x)], d.extent(x))], **d.declarations.attributes(op, d.rng))
