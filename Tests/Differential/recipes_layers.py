"""Layers: convolution, products, pooling, normalisation, resampling and the quantised operators."""
import numpy as np

from declarations import FLOATS
from recipes import recipe
from recipes_elementwise import wild


def window(d, extents, dilated=True, padded=True):
    """Attributes of a window that fits, and the window."""
    rank = len(extents)
    dilations = [d.pick([1, 1, 2]) if dilated else 1 for _ in extents]
    kernel = []
    for extent, step in zip(extents, dilations):
        kernel.append(d.below(1, max(1, min(3, (extent - 1) // step + 1))))
    given = {"kernel_shape": kernel}
    if d.maybe(0.7):
        given["strides"] = [d.below(1, 3) for _ in extents]
    if dilated:
        given["dilations"] = dilations
    if padded:
        mode = d.pick(["pads", "pads", "none", "SAME_UPPER", "SAME_LOWER", "VALID"])
        if mode == "pads":
            given["pads"] = [d.below(0, k - 1) for k in kernel] + [d.below(0, k - 1) for k in kernel]
        elif mode != "none" and not (mode.startswith("SAME") and any(s > 1 for s in dilations)):
            given["auto_pad"] = mode
    return given, kernel, rank


def image(d, dtypes, channels=None, spatial=None, smallest=1, kind="any"):
    spatial = spatial or d.pick([1, 2, 2, 2, 3])
    shape = [d.below(1, 2), channels or d.below(1, 4)] + [d.below(smallest, 7 if spatial < 3 else 4) for _ in range(spatial)]
    return d.value(dtypes, shape, kind=kind)


def sparse(d, shape):
    """A mask of ones, or of few of them."""
    return d.rng.random(shape) < d.pick([0.2, 1, 1])


@recipe("Conv", "ConvTranspose")
def convolution(d, op):
    group = d.pick([1, 1, 2, 3])
    per_in, per_out = (d.below(4, 17), d.below(4, 20)) if d.maybe(0.25) else (d.below(1, 3), d.below(1, 4))
    if d.maybe(0.15):
        group, per_in = d.below(2, 17), 1
    x = image(d, d.declarations.types(op), group * per_in)
    given, kernel, _ = window(d, d.extent(x)[2:])
    lead = [group * per_out, per_in] if op == "Conv" else [group * per_in, per_out]
    dtype = d.dtype(x)
    weight = d.elements(dtype, lead + kernel) * sparse(d, lead + kernel)
    operands = [x, d.put(weight.astype(dtype), d.maybe(0.7))]
    if d.maybe():
        operands.append(d.fresh(dtype, [group * per_out], constant=d.maybe(0.7)))
    if op == "ConvTranspose" and any(k < s for k, s in zip(kernel, given.get("strides", kernel))):
        # What SAME gives where the window is narrower than its step is left open.
        given.pop("auto_pad", None)
    if op == "ConvTranspose" and "strides" in given and "auto_pad" not in given and d.maybe(0.4):
        given["output_padding"] = [d.below(0, max(s, k) - 1) for s, k in zip(given["strides"], given["dilations"])]
    d.node(op, operands, group=group, **given)


@recipe("DeformConv")
def deformed(d, op):
    groups, per_in, per_out = d.pick([1, 2]), d.below(1, 2), d.below(1, 2)
    x = image(d, d.declarations.types(op), groups * per_in, 2, smallest=3)
    given, kernel, _ = window(d, d.extent(x)[2:])
    given.pop("auto_pad", None)
    strides, pads = given.get("strides", [1, 1]), given.get("pads", [0] * 4)
    out = [(e + pads[a] + pads[a + 2] - (kernel[a] - 1) * given["dilations"][a] - 1) // strides[a] + 1
           for a, e in enumerate(d.extent(x)[2:])]
    dtype, taps = d.dtype(x), int(np.prod(kernel))
    offsets = d.put((d.rng.integers(-7, 8, [d.extent(x)[0], 2 * taps] + out) / 5).astype(dtype))
    operands = [x, d.fresh(dtype, [groups * per_out, per_in] + kernel), offsets]
    if d.maybe():
        operands += [d.fresh(dtype, [groups * per_out])]
        if d.maybe():
            operands += [d.fresh(dtype, [d.extent(x)[0], taps] + out)]
    d.node(op, operands, group=groups, **given)


@recipe("Gemm")
def gemm(d, op):
    a, b = d.below(0, 1), d.below(0, 1)
    m, k, n = (d.below(1, 40) if d.maybe(0.2) else d.below(1, 6) for _ in range(3))
    dtype = d.pick(d.declarations.types(op))
    # Sums of whole numbers that do not fit are left open.
    kind = "any" if dtype in FLOATS else "small"
    x = d.value([dtype], [k, m] if a else [m, k], kind=kind)
    weight = d.elements(dtype, (n, k) if b else (k, n), kind)
    operands = [x, d.put((weight * sparse(d, weight.shape)).astype(dtype), True) if d.maybe(0.6) else
                d.value([dtype], weight.shape, kind=kind)]
    if d.maybe(0.7):
        operands.append(d.fresh(dtype, d.pick([[], [n], [1, n], [m, 1], [m, n]]), kind))
    extra = {} if "int" in d.dtype(x) else d.declarations.attributes(op, d.rng, ("transA", "transB"))
    d.node(op, operands, transA=a, transB=b, **extra)


def matrices(d, dtypes, second=None):
    m, k, n = (d.below(1, 40) if d.maybe(0.15) else d.below(1, 6) for _ in range(3))
    batch = d.shape(0, 2, 3)
    left, right = batch + [m, k], [1 if d.maybe(0.3) else e for e in batch] + [k, n]
    right = right[d.below(0, len(batch)):]
    if d.maybe(0.15):
        left = [k]
    elif d.maybe(0.15):
        right = [k]
    x = d.value(dtypes, left)
    if second is None and d.maybe():
        weight = d.elements(d.dtype(x), tuple(right))
        return x, d.put((weight * sparse(d, weight.shape)).astype(d.dtype(x)), True)
    return x, d.value(second or [d.dtype(x)], right)


@recipe("MatMul")
def product(d, op):
    d.node(op, list(matrices(d, d.declarations.types(op))))


@recipe("Einsum")
def einsum(d, op):
    equation, shapes = d.pick([
        ("ij,jk->ik", ["ij", "jk"]), ("bij,bjk->bik", ["bij", "bjk"]), ("ij->ji", ["ij"]), ("ij->i", ["ij"]),
        ("i,j->ij", ["i", "j"]), ("bij,bj->bi", ["bij", "bj"]), ("ii->i", ["ii"]), ("ij,ij->", ["ij", "ij"]),
        ("ij,jk,kl->il", ["ij", "jk", "kl"])])
    extents = {letter: d.below(1, 4) for letter in "bijkl"}
    dtype = d.pick(d.declarations.types(op))
    names = [d.value([dtype], [extents[c] for c in shape], kind="small") for shape in shapes]
    d.node(op, names, equation=equation)


@recipe("AveragePool", "MaxPool", "LpPool")
def pool(d, op):
    x = image(d, d.declarations.types(op))
    given, kernel, _ = window(d, d.extent(x)[2:])
    extra = d.declarations.attributes(op, d.rng, ("auto_pad", "storage_order"))
    if given.get("auto_pad"):
        extra.pop("ceil_mode", None)
    if op == "LpPool":
        extra["p"] = d.below(1, 3)
    results = d.below(1, 2) if op == "MaxPool" else 1
    wild(d, op, [x], results=results, **given, **extra)


@recipe("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def whole(d, op):
    extra = {"p": d.below(1, 3)} if op == "GlobalLpPool" else {}
    wild(d, op, [image(d, d.declarations.types(op))], **extra)


@recipe("MaxUnpool")
def unpool(d, op):
    x = d.value(d.declarations.types(op), [d.below(1, 2), d.below(1, 2), d.below(2, 3) * 2, d.below(2, 3) * 2],
                exact=True)
    y = d.node("MaxPool", [x], results=2, rounded=False, kernel_shape=[2, 2], strides=[2, 2])
    indices = d.graph.nodes[-1].results[1]
    d.node(op, [y, indices], rounded=False, kernel_shape=[2, 2], strides=[2, 2])


@recipe("RoiAlign")
def regions(d, op):
    x = image(d, d.declarations.types(op), None, 2, smallest=3)
    count = d.below(1, 3)
    corners = d.rng.integers(0, 9, [count, 2]) / 3
    rois = np.concatenate([corners, corners + 1 + d.rng.integers(0, 9, [count, 2]) / 4], 1).astype(d.dtype(x))
    batch = d.put(d.rng.integers(0, d.extent(x)[0], [count]).astype("int64"))
    extra = d.declarations.attributes(op, d.rng, ("spatial_scale",))
    d.node(op, [x, d.put(rois), batch], output_height=d.below(1, 3), output_width=d.below(1, 3),
           sampling_ratio=d.below(1, 2), **extra)


@recipe("BatchNormalization")
def batch(d, op):
    x = image(d, d.declarations.types(op))
    parts = [d.fresh(d.dtype(x), [d.extent(x)[1]], kind) for kind in ("any", "any", "any", "positive")]
    d.node(op, [x] + parts, **d.declarations.attributes(op, d.rng, ("training_mode", "momentum")))


@recipe("InstanceNormalization", "GroupNormalization")
def instance(d, op):
    groups = d.below(1, 3)
    x = image(d, d.declarations.types(op), groups * d.below(1, 2), smallest=2)
    extra = {"num_groups": groups} if op == "GroupNormalization" else {}
    parts = [d.fresh(d.dtype(x), [d.extent(x)[1]]) for _ in range(2)]
    d.node(op, [x] + parts, epsilon=0.125, **extra)


@recipe("LayerNormalization", "RMSNormalization")
def layer(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    axis = d.axis(len(d.extent(x)))
    shape = d.extent(x)[axis:] if axis < 0 else d.extent(x)[axis:]
    operands = [x, d.fresh(d.dtype(x), shape)]
    if op == "LayerNormalization" and d.maybe():
        operands.append(d.fresh(d.dtype(x), shape))
    # Means and deviations are float32, whatever the operand is.
    results = d.below(1, 3) if op == "LayerNormalization" and d.dtype(x) == "float32" else 1
    d.node(op, operands, results=results, axis=axis, epsilon=0.125)


@recipe("LRN")
def local(d, op):
    x = image(d, d.declarations.types(op), spatial=2)
    d.node(op, [x], size=d.pick([1, 3, 5]), **d.declarations.attributes(op, d.rng))


@recipe("MeanVarianceNormalization")
def mean_variance(d, op):
    x = d.put(d.rng.normal(size=[d.below(1, 2), d.below(1, 3), 3, d.below(2, 4)]).astype(d.pick(d.declarations.types(op))))
    d.node(op, [x])


# Modes in which onnxruntime, the reference and the text of the standard agree on what is asked.
COORDINATES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]


@recipe("Resize")
def resize(d, op):
    kind = d.pick(d.declarations.types(op))
    mode = "nearest" if kind == "bool" else d.pick(["nearest", "linear", "cubic"])
    x = image(d, [kind], spatial=d.pick([1, 2]) if mode != "cubic" else 2, smallest=2)
    rank = len(d.extent(x))
    extra = {"coordinate_transformation_mode": d.pick(COORDINATES), "mode": mode}
    if mode == "nearest":
        extra["nearest_mode"] = d.pick(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    if mode == "cubic":
        extra["cubic_coeff_a"] = d.pick([-0.75, -0.5])
        extra["exclude_outside"] = d.below(0, 1)
    lead = [1, 1]
    # A region that no mode drawn here reads.
    region = d.constant([0] * rank + [1] * rank, d.pick(d.declarations.types(op, 1))) if d.maybe(0.2) else ""
    if d.maybe():
        scales = lead + [d.pick([0.5, 0.75, 1, 1.5, 2, 3]) for _ in range(rank - 2)]
        y = d.node(op, [x, region, d.constant(scales, "float32")], **extra)
    else:
        sizes = d.extent(x)[:2] + [d.below(1, 9) for _ in range(rank - 2)]
        y = d.node(op, [x, region, "", d.constant(sizes)], **extra)
    if mode != "nearest" and "int" in d.dtype(y):
        d.wild.add(y)  # a tie may fall to either side, which the next node must not see


@recipe("GridSample")
def sample(d, op):
    x = image(d, ["float32", "float64"], spatial=2, smallest=2)
    shape = [d.extent(x)[0], d.below(1, 3), d.below(1, 3), 2]
    grid = d.put((d.rng.integers(-120, 121, shape) / 97).astype(d.dtype(x)))
    mode = d.pick(["nearest", "linear", "cubic"])
    d.node(op, [x, grid], mode=mode, **d.declarations.attributes(op, d.rng, ("mode",)))


@recipe("AffineGrid")
def affine(d, op):
    axes = d.pick([2, 3])
    n = d.below(1, 2)
    theta = d.value(d.declarations.types(op), [n, axes, axes + 1])
    size = d.constant([n, 1] + [d.below(2, 4) for _ in range(axes)])
    d.node(op, [theta, size], **d.declarations.attributes(op, d.rng))


@recipe("Col2Im")
def columns(d, op):
    extents = [d.below(2, 5) for _ in range(d.pick([1, 2]))]
    given, kernel, rank = window(d, extents)
    given.pop("kernel_shape"), given.pop("auto_pad", None)
    pads, strides = given.get("pads", [0] * 2 * rank), given.get("strides", [1] * rank)
    out = [(e + pads[a] + pads[a + rank] - (kernel[a] - 1) * given["dilations"][a] - 1) // strides[a] + 1
           for a, e in enumerate(extents)]
    x = d.value(d.declarations.types(op), [d.below(1, 2), d.below(1, 2) * int(np.prod(kernel)), int(np.prod(out))])
    d.node(op, [x, d.constant(extents), d.constant(kernel)], rounded=False, **given)


# Quantised operators

def point(d, dtype, shape=()):
    return d.put(d.elements(dtype, tuple(shape), "small"), True)


def scale(d, shape=(), dtype="float32"):
    return d.put(np.asarray(d.rng.choice([0.125, 0.25, 0.5, 1], shape), dtype), True)


@recipe("QuantizeLinear")
def quantize(d, op):
    x = d.value(["float32"], rank=(1, 4), exact=True)
    axis = d.below(0, len(d.extent(x)) - 1)
    shape = [d.extent(x)[axis]] if d.maybe(0.4) else []
    target = d.pick(d.declarations.types(op, 2))
    operands = [x, scale(d, shape), point(d, target, shape)]
    d.node(op, operands, axis=axis)


@recipe("DequantizeLinear")
def dequantize(d, op):
    dtype = d.pick(d.declarations.types(op))
    x = d.value([dtype], rank=(1, 4))
    axis = d.below(0, len(d.extent(x)) - 1)
    shape = [d.extent(x)[axis]] if d.maybe(0.4) else []
    operands = [x, scale(d, shape)]
    if dtype != "int32" and d.maybe():
        operands.append(point(d, dtype, shape))
    d.node(op, operands, axis=axis)


@recipe("DynamicQuantizeLinear")
def dynamic(d, op):
    # The extent of the numbers is a power of two, so that every tie is one for everybody.
    x = d.elements("float32", tuple(d.shape(1, 3)))
    x.flat[0] = 255 / 16
    d.node(op, [d.put(np.abs(x))], results=3)


@recipe("ConvInteger", "QLinearConv")
def integer_convolution(d, op):
    is_linear = op == "QLinearConv"
    group, per_in, per_out = d.pick([1, 1, 2]), d.below(1, 3), d.below(1, 3)
    kind = d.pick(d.declarations.types(op))
    other = d.pick(d.declarations.types(op, 3 if is_linear else 1))
    x = image(d, [kind], group * per_in, 2)
    given, kernel, _ = window(d, d.extent(x)[2:])
    w = d.fresh(other, [group * per_out, per_in] + kernel, constant=True)
    per = [group * per_out] if is_linear and d.maybe(0.4) else []
    if not is_linear:
        return d.node(op, [x, w] + ([point(d, kind), point(d, other)] if d.maybe(0.7) else []), group=group, **given)
    zeros = d.constant(np.zeros(per), other) if per else point(d, other)
    operands = [x, scale(d), point(d, kind), w, scale(d, per), zeros, scale(d), point(d, kind)]
    if d.maybe():
        operands.append(d.fresh("int32", [group * per_out], constant=True))
    # A tie may fall to either side, which the next node must not see.
    d.wild.add(d.node(op, operands, group=group, **given))


@recipe("MatMulInteger", "QLinearMatMul")
def integer_product(d, op):
    is_linear = op == "QLinearMatMul"
    # Products of float8 are refused.
    kinds = [[t for t in d.declarations.types(op, k) if "int" in t] or ["int8"] for k in (0, 3 if is_linear else 1)]
    a, b = matrices(d, [d.pick(kinds[0])], [d.pick(kinds[1])])
    if not is_linear:
        return d.node(op, [a, b] + ([point(d, d.dtype(a)), point(d, d.dtype(b))] if d.maybe(0.7) else []))
    zeros = [point(d, d.dtype(x)) for x in (a, b, a)]
    d.wild.add(d.node(op, [a, scale(d), zeros[0], b, scale(d), zeros[1], scale(d), zeros[2]]))
