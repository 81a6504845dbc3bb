"""Operators of com.microsoft, as onnxruntime's optimiser and quantiser write them."""
import numpy as np

from recipes import recipe

MS = "com.microsoft."


@recipe(MS + "Gelu")
def gelu(d, op):
    d.node(op, [d.value(["float32"])])


@recipe(MS + "QuickGelu")
def quick_gelu(d, op):
    d.node(op, [d.value(["float32"])], **({"alpha": 1.5} if d.maybe() else {}))


@recipe(MS + "BiasGelu", MS + "FastGelu")
def bias_gelu(d, op):
    x = d.value(["float32"], rank=(1, 3))
    bias = [d.fresh("float32", d.extent(x)[-1:])] if op.endswith("BiasGelu") or d.maybe() else []
    d.node(op, [x] + bias)


def activation(d, names):
    return d.pick(names)


@recipe(MS + "FusedConv")
def fused_conv(d, op):
    group, inner, outer = d.pick([1, 1, 2]), d.below(1, 3), d.below(1, 3)
    size = [d.below(3, 7), d.below(3, 7)]
    x = d.value(["float32"], [d.below(1, 2), group * inner] + size)
    kernel = [d.below(1, 3), d.below(1, 3)]
    w = d.fresh("float32", [group * outer, inner] + kernel, "unit", constant=d.maybe(0.8))
    bias = d.fresh("float32", [group * outer], constant=True) if d.maybe() else ""
    name = d.pick(["Relu", "Tanh", "Sigmoid", "LeakyRelu", "Clip", "HardSigmoid"])
    params = {"LeakyRelu": [0.125], "Clip": [-1.0, 2.0], "HardSigmoid": [0.25, 0.5]}.get(name)
    extra = {"activation_params": params} if params else {}
    d.node(op, [x, w, bias], group=group, activation=name, kernel_shape=kernel, pads=[d.below(0, 1) for _ in range(4)],
           **extra)


@recipe(MS + "FusedGemm")
def fused_gemm(d, op):
    m, k, n = d.below(1, 4), d.below(1, 4), d.below(1, 4)
    ta, tb = d.below(0, 1), d.below(0, 1)
    a = d.value(["float32"], [k, m] if ta else [m, k])
    b = d.fresh("float32", [n, k] if tb else [k, n], constant=d.maybe(0.7))
    c = [d.fresh("float32", d.pick([[n], [m, n], [1]]))] if d.maybe() else []
    name = d.pick(["Relu", "LeakyRelu", "Tanh", "Sigmoid", "Elu", "Softplus", "Softsign"])
    extra = {"activation_alpha": 0.25} if name in ("LeakyRelu", "Elu") else {}
    d.node(op, [a, b] + c, transA=ta, transB=tb, alpha=d.pick([1.0, 0.5]), beta=d.pick([1.0, 2.0]) if c else 1.0,
           activation=name, **extra)


@recipe(MS + "FusedMatMul")
def fused_matmul(d, op):
    batch, m, k, n = d.below(1, 3), d.below(1, 4), d.below(1, 4), d.below(1, 4)
    flags = {f"trans{s}{side}": d.below(0, 1) for s in ("", "Batch") for side in "AB"}

    def shape(side, first, second):
        inner = [second, first] if flags[f"trans{side}"] else [first, second]
        return [inner[0], batch, inner[1]] if flags[f"transBatch{side}"] else [batch] + inner

    d.node(op, [d.value(["float32"], shape("A", m, k)), d.value(["float32"], shape("B", k, n))],
           alpha=d.pick([1.0, 0.5]), **flags)


@recipe(MS + "SkipLayerNormalization", MS + "SkipSimplifiedLayerNormalization")
def skip(d, op):
    batch, tokens, size = d.below(1, 2), d.below(1, 3), d.below(2, 5)
    x = d.value(["float32"], [batch, tokens, size])
    part = lambda: d.fresh("float32", [size], constant=True)
    operands = [x, d.fresh("float32", d.pick([[batch, tokens, size], [tokens, size]])), part()]
    operands += [part() if d.maybe() else ""] if op.endswith("SkipLayerNormalization") else []
    operands += [part() if d.maybe() else ""]
    d.node(op, operands, epsilon=1e-3)


@recipe("SimplifiedLayerNormalization")
def simplified(d, op):
    x = d.value(["float32"], rank=(2, 3), kind="nonzero")
    d.node(op, [x, d.fresh("float32", d.extent(x)[-1:])], axis=-1, epsilon=1e-3)


@recipe(MS + "EmbedLayerNormalization")
def embed(d, op):
    batch, tokens, size, words = d.below(1, 2), d.below(1, 4), d.below(2, 4), 6
    ids = lambda top: d.put(d.rng.integers(0, top, [batch, tokens]).astype("int32"))
    table = lambda count: d.fresh("float32", [count, size], constant=True)
    segments = d.maybe()
    operands = [ids(words), ids(2) if segments else "", table(words), table(tokens + 1), table(2) if segments else "",
                d.fresh("float32", [size], constant=True), d.fresh("float32", [size], constant=True)]
    d.node(op, operands, results=2, epsilon=1e-3)


@recipe(MS + "RotaryEmbedding")
def rotary(d, op):
    batch, heads, tokens, half = d.below(1, 2), d.below(1, 2), d.below(1, 3), d.below(1, 3)
    flat = d.maybe()
    x = d.value(["float32"], [batch, tokens, heads * 2 * half] if flat else [batch, heads, tokens, 2 * half])
    caches = [d.fresh("float32", [8, half], "unit") for _ in range(2)]
    one = d.maybe()
    places = d.put(np.array([d.below(0, 4)]) if one else d.rng.integers(0, 8, [batch, tokens]))
    d.node(op, [x, places] + caches, interleaved=d.below(0, 1))


@recipe(MS + "MatMulNBits")
def n_bits(d, op):
    bits, block = d.pick([4, 4, 4, 8, 2]), d.pick([16, 16, 32])
    k, n, rows = d.pick([16, 32, 33, 40, 48]), d.below(1, 5), d.below(1, 3)
    blocks = -(-k // block)
    x = d.fresh("float32", d.pick([[rows, k], [1, rows, k]]), constant=False)
    weight = d.constant(d.rng.integers(0, 256, [n, blocks, block * bits // 8]), "uint8")
    scales = d.constant(d.rng.integers(1, 9, [n * blocks]) / 32, "float32")
    zeros = d.constant(d.rng.integers(0, 256, [n * -(-blocks * bits // 8)]), "uint8") if d.maybe() else ""
    bias = d.fresh("float32", [n], constant=True) if d.maybe(0.4) else ""
    d.node(op, [x, weight, scales, zeros, "", bias], K=k, N=n, bits=bits, block_size=block)


@recipe(MS + "Attention")
def attention(d, op):
    batch, tokens, heads, size, width = d.below(1, 2), d.below(1, 4), d.below(1, 2), d.below(1, 3), d.below(2, 4)
    hidden = heads * size
    x = d.value(["float32"], [batch, tokens, width])
    operands = [x, d.fresh("float32", [width, 3 * hidden], "unit", constant=True), d.fresh("float32", [3 * hidden], constant=True)]
    mask = d.pick(["", "lengths", "raw", "rows"])
    if mask == "lengths":
        operands.append(d.put(d.rng.integers(1, tokens + 1, [batch]).astype("int32")))
    elif mask:
        extent = [batch, tokens] if mask == "raw" else [batch, tokens, tokens]
        values = d.rng.integers(0, 2, extent)
        values[..., 0] = 1
        operands.append(d.put(values.astype("int32")))
    d.node(op, operands, num_heads=heads, unidirectional=d.below(0, 1) if not mask else 0)


@recipe(MS + "MultiHeadAttention")
def multi_head(d, op):
    batch, queries, keys, heads, size = d.below(1, 2), d.below(1, 3), d.below(1, 4), d.below(1, 2), d.below(1, 3)
    hidden = heads * size
    part = lambda tokens: d.fresh("float32", [batch, tokens, hidden], constant=False)
    operands = [part(queries), part(keys), part(keys), d.fresh("float32", [3 * hidden], constant=True) if d.maybe() else ""]
    mask = d.pick(["", "", "raw"])
    if mask:
        values = d.rng.integers(0, 2, [batch, keys])
        values[:, 0] = 1
        operands.append(d.put(values.astype("int32")))
    else:
        operands.append("")
    operands.append(d.fresh("float32", [d.pick([1, batch]), heads, queries, keys]) if d.maybe(0.3) else "")
    d.node(op, operands, num_heads=heads)


@recipe(MS + "GroupQueryAttention")
def grouped(d, op):
    batch, tokens, heads, group, size, past = d.below(1, 2), d.below(1, 3), d.below(1, 2), d.pick([1, 2]), 8, d.below(0, 3)
    total = past + tokens
    part = lambda count: d.fresh("float32", [batch, tokens, count * size], constant=False)
    cache = lambda: d.fresh("float32", [batch, heads, past, size], constant=False) if past else ""
    if past and tokens > 1 and batch > 1:
        batch_fits = False
    operands = [part(heads * group), part(heads), part(heads), cache(), cache(),
                d.put(np.full([batch], total - 1, "int32"), False), d.constant([total], "int32")]
    extra = {}
    if d.maybe():
        operands += [d.fresh("float32", [total + 2, size // 2], "unit", constant=True) for _ in range(2)]
        extra = {"do_rotary": 1, "rotary_interleaved": d.below(0, 1)}
    if d.maybe(0.3):
        extra["local_window_size"] = d.below(1, 3)
    d.node(op, operands, results=3, num_heads=heads * group, kv_num_heads=heads, **extra)


def eight(d, shape, dtype, constant):
    info = np.iinfo(dtype)
    return d.put(d.rng.integers(info.min, info.max + 1, shape).astype(dtype), constant)


@recipe(MS + "QGemm")
def q_gemm(d, op):
    m, k, n = d.below(1, 4), d.below(1, 5), d.below(1, 4)
    ta, tb = d.below(0, 1), d.below(0, 1)
    kind, wide = d.pick(["uint8", "int8"]), d.maybe()
    a, b = eight(d, [k, m] if ta else [m, k], kind, False), eight(d, [n, k] if tb else [k, n], "int8", True)
    scale = lambda shape: d.constant(d.rng.integers(1, 9, shape) / 64, "float32")
    operands = [a, scale([]), eight(d, [], kind, True), b, scale([n] if wide else []),
                d.constant(np.zeros([n] if wide else []), "int8"),
                d.put(d.rng.integers(-500, 500, [n]).astype("int32"), True) if d.maybe() else ""]
    if d.maybe(0.7):
        operands += [d.constant(np.float32(8.0), "float32"), eight(d, [], kind, True)]
    d.node(op, operands, transA=ta, transB=tb, alpha=d.pick([1.0, 0.5]))


@recipe(MS + "MatMulIntegerToFloat", MS + "DynamicQuantizeMatMul")
def to_float(d, op):
    m, k, n = d.below(1, 4), d.below(1, 5), d.below(1, 4)
    scale = lambda shape: d.constant(d.rng.integers(1, 9, shape) / 64, "float32")
    b = eight(d, [k, n], "int8", True)
    bias = d.fresh("float32", [n], constant=True) if d.maybe() else ""
    columns = d.pick([[], [n]])
    zero = d.constant(np.zeros(columns), "int8") if d.maybe() else ""
    if op.endswith("ToFloat"):
        operands = [eight(d, [m, k], "uint8", False), b, scale([]), scale(columns), eight(d, [], "uint8", True), zero, bias]
    else:
        operands = [d.value(["float32"], [m, k]), b, scale(columns), zero, bias]
    d.node(op, operands)


@recipe(MS + "QuantizeLinear", MS + "DequantizeLinear")
def quantize(d, op):
    shape = d.shape(1, 3)
    kind = d.pick(["int8", "uint8", "int16", "uint16"])
    scale = d.constant(np.float32(d.below(1, 8) / 16), "float32")
    x = d.fresh("float32", shape) if op.endswith(".QuantizeLinear") else eight(d, shape, kind, d.maybe(0.3))
    d.node(op, [x, scale, eight(d, [], kind, True)])
