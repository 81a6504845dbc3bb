"""Operators that move elements: shapes, slices, gathers and scatters."""
import numpy as np
import onnx

from declarations import FLOATS, INTEGERS
from drawing import number_type
from recipes import recipe


def moved(d, op, operands, **attributes):
    return d.node(op, operands, rounded=False, **attributes)


@recipe("Concat")
def concat(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    shape, axis = d.extent(x), d.below(0, len(d.extent(x)) - 1)
    names = [x]
    for _ in range(d.below(0, 4)):
        own = list(shape)
        own[axis] = d.below(1, 3)
        names.append(d.value([d.dtype(x)], own))
    moved(d, op, names, axis=axis - (len(shape) if d.maybe(0.3) else 0))


@recipe("Reshape")
def reshape(d, op):
    x = d.value(d.declarations.types(op))
    rest, shape = d.array(x).size, []
    while rest > 1 and len(shape) < 4:
        part = d.pick([p for p in range(1, rest + 1) if rest % p == 0])
        shape.append(part)
        rest //= part
    shape.append(rest)
    if d.maybe(0.4):
        shape[d.below(0, len(shape) - 1)] = -1
    moved(d, op, [x, d.constant(shape)])


@recipe("Flatten")
def flatten(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    moved(d, op, [x], axis=d.below(-len(d.extent(x)), len(d.extent(x))))


@recipe("Transpose")
def transpose(d, op):
    x = d.value(d.declarations.types(op))
    rank = len(d.extent(x))
    moved(d, op, [x], **({"perm": d.rng.permutation(rank).tolist()} if rank and d.maybe(0.8) else {}))


@recipe("Squeeze")
def squeeze(d, op):
    x = d.value(d.declarations.types(op), [1 if d.maybe() else d.below(2, 4) for _ in range(d.below(1, 4))])
    ones = [a for a, e in enumerate(d.extent(x)) if e == 1]
    axes = [a - (len(d.extent(x)) if d.maybe(0.3) else 0) for a in ones if d.maybe(0.7)]
    moved(d, op, [x] + ([d.constant(axes)] if axes else []))


@recipe("Unsqueeze")
def unsqueeze(d, op):
    x = d.value(d.declarations.types(op), rank=(0, 3))
    rank = len(d.extent(x)) + 1 + d.below(0, 1)
    axes = d.rng.permutation(rank)[:rank - len(d.extent(x))].tolist()
    moved(d, op, [x, d.constant([a - (rank if d.maybe(0.3) else 0) for a in axes])])


@recipe("Expand")
def expand(d, op):
    x = d.value(d.declarations.types(op), [d.pick([1, d.below(1, 4)]) for _ in range(d.below(0, 3))])
    shape = [d.below(1, 3) if e == 1 else d.pick([e, 1]) for e in d.extent(x)]
    moved(d, op, [x, d.constant([d.below(1, 2)] * d.below(0, 1) + shape)])


@recipe("Tile")
def tile(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    moved(d, op, [x, d.constant([d.below(1, 3) for _ in d.extent(x)])])


@recipe("Slice")
def cut(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    rank = len(d.extent(x))
    axes = d.rng.permutation(rank)[:d.below(1, rank)].tolist()
    kind = d.pick(["int32", "int64"])
    starts, ends, steps = [], [], []
    for axis in axes:
        extent, step = d.extent(x)[axis], d.pick([1, 1, 2, -1, -2])
        low, high = sorted([d.below(-extent, extent - 1), d.below(-extent, extent + 3)], key=lambda v: v % (extent + 4))
        starts.append(low if step > 0 else high)
        ends.append(high if step > 0 else (low if d.maybe() else -2 ** 31 + 1))
        steps.append(step)
    operands = [x, d.constant(starts, kind), d.constant(ends, kind), d.constant(axes, kind), d.constant(steps, kind)]
    moved(d, op, operands)


@recipe("Split")
def split(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    axis = d.axis(len(d.extent(x)))
    extent = d.extent(x)[axis]
    if d.maybe():
        count = d.below(1, extent)
        parts = -(-extent // count)
        if parts * (count - 1) >= extent:
            count = 1
        return d.node(op, [x], results=count, rounded=False, axis=axis, num_outputs=count)
    first = d.below(0, extent)
    d.node(op, [x, d.constant([first, extent - first])], results=2, rounded=False, axis=axis)


@recipe("Pad")
def pad(d, op):
    mode = d.pick(["constant", "reflect", "edge", "wrap"])
    x = d.value(d.declarations.types(op), rank=(1, 4))
    shape = d.extent(x)
    pads = [0] * (2 * len(shape))
    for index in range(len(pads)):
        extent = shape[index % len(shape)]
        most = {"constant": 3, "edge": 3, "reflect": extent - 1, "wrap": extent}[mode]
        pads[index] = d.below(0, min(most, 3))
        if mode == "constant" and extent > 2 and d.maybe(0.15):
            pads[index] = -1
    operands = [x, d.constant(pads)]
    if mode == "constant" and d.maybe():
        operands.append(d.fresh(d.dtype(x), [], constant=True))
    if d.maybe(0.3):
        axes = d.constant(list(range(len(shape))), d.pick(d.declarations.types(op, 3)))
        operands += [""] * (3 - len(operands)) + [axes]
    moved(d, op, operands, mode=mode)


@recipe("CenterCropPad")
def center(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    rank = len(d.extent(x))
    axes = sorted(d.rng.permutation(rank)[:d.below(1, rank)].tolist())
    shape = d.constant([d.below(1, 6) for _ in axes], d.pick(["int32", "int64"]))
    moved(d, op, [x, shape], **({} if len(axes) == rank and d.maybe() else {"axes": axes}))


@recipe("Gather", "GatherElements")
def gather(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    rank = len(d.extent(x))
    axis = d.axis(rank)
    extent = d.extent(x)[axis]
    shape = d.shape(0, 2, 3)
    if op == "GatherElements":
        shape = [d.below(1, e) for e in d.extent(x)]
        shape[axis] = d.below(1, 4)
    indices = d.put(d.rng.integers(-extent, extent, shape).astype(d.pick(["int32", "int64"])))
    moved(d, op, [x, indices], axis=axis)


@recipe("GatherND")
def gather_nd(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4))
    shape = d.extent(x)
    batch = d.below(0, min(1, len(shape) - 1))
    depth = d.below(1, len(shape) - batch)
    outer = shape[:batch] + d.shape(0 if batch else 1, 2, 3)
    columns = [d.rng.integers(-e, e, outer) for e in shape[batch:batch + depth]]
    moved(d, op, [x, d.put(np.stack(columns, -1).astype("int64"))], batch_dims=batch)


@recipe("ScatterElements")
def scatter(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 3))
    shape = d.extent(x)
    axis = d.axis(len(shape))
    own = [d.below(1, e) for e in shape]
    indices = np.empty(own, d.pick(["int32", "int64"]))
    for place in np.ndindex(*[e for a, e in enumerate(own) if a != axis % len(shape)]):
        line = place[:axis % len(shape)] + (slice(None),) + place[axis % len(shape):]
        indices[line] = d.rng.permutation(shape[axis])[:own[axis]]
    kind = "none" if d.dtype(x) == "bool" else d.pick(["none", "add", "mul", "max", "min"])
    moved(d, op, [x, d.put(indices), d.value([d.dtype(x)], own)], axis=axis, reduction=kind)


@recipe("ScatterND")
def scatter_nd(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 3))
    shape = d.extent(x)
    depth = d.below(1, len(shape))
    rows = d.rng.permutation(int(np.prod(shape[:depth])))[:d.below(1, 4)]
    indices = np.stack(np.unravel_index(rows, shape[:depth]), -1).astype("int64")
    updates = d.value([d.dtype(x)], [len(rows)] + shape[depth:])
    kind = "none" if d.dtype(x) == "bool" else d.pick(["none", "add", "mul", "max", "min"])
    moved(d, op, [x, d.put(indices), updates], reduction=kind)


@recipe("DepthToSpace", "SpaceToDepth")
def blocks(d, op):
    block = d.below(1, 3)
    n, c, h, w = d.below(1, 2), d.below(1, 3), d.below(1, 3), d.below(1, 3)
    shape = [n, c * block * block, h, w] if op == "DepthToSpace" else [n, c, h * block, w * block]
    extra = {"mode": d.pick(["DCR", "CRD"])} if op == "DepthToSpace" else {}
    moved(d, op, [d.value(d.declarations.types(op), shape)], blocksize=block, **extra)


@recipe("Trilu")
def triangle(d, op):
    x = d.value(d.declarations.types(op), rank=(2, 4))
    moved(d, op, [x] + ([d.constant(d.below(-3, 3))] if d.maybe(0.7) else []), **d.declarations.attributes(op, d.rng))


@recipe("EyeLike")
def eye(d, op):
    x = d.value(d.declarations.types(op), rank=(2, 2))
    moved(d, op, [x], k=d.below(-2, 2), dtype=number_type(d.pick(d.declarations.result_types(op))))


@recipe("BitCast")
def bits(d, op):
    source = d.pick([t for t in d.declarations.types(op) if t in (*FLOATS, *INTEGERS)])
    width = np.dtype(source).itemsize
    target = d.pick([t for t in d.declarations.result_types(op) if t in (*FLOATS, *INTEGERS) and np.dtype(t).itemsize == width])
    shape = d.shape()
    raw = d.rng.integers(0, 256, int(np.prod(shape)) * width, dtype=np.uint8)
    array = np.frombuffer(raw.tobytes(), source).reshape(shape)
    if source in FLOATS:
        # What a NaN has besides is nobody's business.
        array = np.where(np.isnan(array.astype("float64")), np.zeros_like(array), array)
    d.node(op, [d.put(array)], rounded=False, finite=False, to=number_type(target))


@recipe("ConstantOfShape")
def filled(d, op):
    array = d.elements(d.pick(d.declarations.result_types(op)), (1,))
    moved(d, op, [d.constant(d.shape(1, 3))], value=onnx.numpy_helper.from_array(array))


@recipe("Shape", "Size")
def extents(d, op):
    x = d.value(d.declarations.types(op))
    extra = {"start": d.below(-3, 2), "end": d.below(-2, 5)} if op == "Shape" and d.maybe() else {}
    y = moved(d, op, [x], **extra)
    if d.array(y).size:
        moved(d, "Add", [y, d.value(["int64"], d.extent(y))])


@recipe("Range")
def numbers(d, op):
    dtype = d.pick(d.declarations.types(op))
    start, step = d.below(-3, 3), d.pick([1, 2, 3, -1, -2])
    moved(d, op, [d.constant(v, dtype) for v in (start, start + step * d.below(1, 5), step)])


@recipe("OneHot")
def one_hot(d, op):
    depth = d.below(1, 5)
    indices = d.put(d.rng.integers(-depth, depth, d.shape(0, 3, 3)).astype(d.pick(["int32", "int64", "float32"])))
    rank = len(d.extent(indices)) + 1
    values = d.fresh(d.pick(d.declarations.types(op, 2)), [2], constant=True)
    moved(d, op, [indices, d.constant(depth), values], axis=d.axis(rank))


@recipe("TopK")
def top(d, op):
    x = d.value(d.declarations.types(op), rank=(1, 4), exact=True)
    axis = d.axis(len(d.extent(x)))
    if d.dtype(x) in FLOATS and d.maybe(0.2):
        array = d.array(x).copy()
        array[d.rng.random(array.shape) < 0.3] = np.nan
        x = d.put(array, False)
    k = d.constant([d.below(1, d.extent(x)[axis])])
    d.node(op, [x, k], results=2, rounded=False, finite=False, axis=axis, largest=d.below(0, 1), sorted=1)


@recipe("ReverseSequence")
def reverse(d, op):
    x = d.value(d.declarations.types(op), rank=(2, 4))
    time = d.below(0, 1)
    shape = d.extent(x)
    lengths = d.put(d.rng.integers(1, shape[time] + 1, [shape[1 - time]]).astype("int64"))
    moved(d, op, [x, lengths], time_axis=time, batch_axis=1 - time)


@recipe("TensorScatter")
def cache(d, op):
    x = d.value(d.declarations.types(op), rank=(3, 4))
    shape = d.extent(x)
    axis = d.below(1, len(shape) - 1)
    update = list(shape)
    update[axis] = d.below(1, shape[axis])
    mode = d.pick(["linear", "circular"])
    most = shape[axis] if mode == "circular" else shape[axis] - update[axis] + 1
    starts = d.put(d.rng.integers(0, most, [shape[0]]).astype("int64"))
    moved(d, op, [x, d.value([d.dtype(x)], update)] + ([starts] if d.maybe(0.8) else []), axis=axis, mode=mode)


@recipe("BlackmanWindow", "HammingWindow", "HannWindow")
def window(d, op):
    size = d.constant(d.below(2, 9), d.pick(["int32", "int64"]))
    d.node(op, [size], output_datatype=number_type(d.pick(FLOATS)), periodic=d.below(0, 1))
