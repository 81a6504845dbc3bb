"""Recurrent operators, attention, signals, losses and branches."""
import numpy as np

from recipes import recipe


@recipe("RNN", "GRU", "LSTM")
def recurrent(d, op):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    direction = d.pick(["forward", "reverse", "bidirectional"])
    sides = 2 if direction == "bidirectional" else 1
    time, batch, size, hidden = d.below(1, 4), d.below(1, 2), d.below(1, 4), d.below(1, 4)
    x = d.value(d.declarations.types(op), [time, batch, size])
    dtype = d.dtype(x)
    part = lambda shape: d.put((d.elements(dtype, tuple(shape)) / 4).astype(dtype), d.maybe(0.7))
    operands = [x, part([sides, gates * hidden, size]), part([sides, gates * hidden, hidden])]
    operands.append(part([sides, 2 * gates * hidden]) if d.maybe() else "")
    operands.append(d.put(d.rng.integers(1, time + 1, [batch]).astype("int32")) if d.maybe(0.3) else "")
    operands.append(part([sides, batch, hidden]) if d.maybe() else "")
    if op == "LSTM":
        operands.append(part([sides, batch, hidden]) if d.maybe() else "")
        operands.append(part([sides, 3 * hidden]) if d.maybe(0.3) else "")
    extra = {"linear_before_reset": d.below(0, 1)} if op == "GRU" else {}
    if d.maybe(0.3):
        extra["clip"] = 2.0
    if d.maybe(0.3):
        names = ["Relu", "Tanh", "Sigmoid", "Softsign", "Softplus", "HardSigmoid"]
        extra["activations"] = [d.pick(names) for _ in range(sides * {"RNN": 1, "GRU": 2, "LSTM": 3}[op])]
        if "HardSigmoid" in extra["activations"]:
            extra["activation_alpha"] = [0.25] * extra["activations"].count("HardSigmoid")
            extra["activation_beta"] = [0.5] * extra["activations"].count("HardSigmoid")
    d.node(op, operands, results=d.below(1, 3 if op == "LSTM" else 2), hidden_size=hidden, direction=direction, **extra)


@recipe("Attention")
def attention(d, op):
    group, heads = d.pick([1, 2]), d.below(1, 2)
    batch, queries, keys, size, width = d.below(1, 2), d.below(1, 3), d.below(1, 4), d.below(1, 4), d.below(1, 4)
    dtype = d.pick(d.declarations.types(op))
    flat = d.maybe(0.4)
    part = lambda count, tokens, features: d.value(
        [dtype], [batch, tokens, count * features] if flat else [batch, count, tokens, features])
    operands = [part(group * heads, queries, size), part(heads, keys, size), part(heads, keys, width)]
    extra = {"q_num_heads": group * heads, "kv_num_heads": heads} if flat else {}
    past = d.below(1, 3) if d.maybe(0.3) else 0
    total = past + keys
    mask = d.put(d.rng.random([queries, total]) < 0.7) if d.maybe() else d.fresh(dtype, [queries, total])
    operands.append(mask if d.maybe(0.4) else "")
    if past:
        operands += [d.fresh(dtype, [batch, heads, past, size]), d.fresh(dtype, [batch, heads, past, width])]
    extra.update(d.declarations.attributes(op, d.rng, ("softmax_precision", "qk_matmul_output_mode")))
    if extra.get("is_causal") and queries > keys:
        extra["is_causal"] = 0
    results = 3 if past else d.pick([1, 4])
    if results == 4:
        extra["qk_matmul_output_mode"] = d.pick([0, 3])
    d.node(op, operands, results=results, **extra)


@recipe("RotaryEmbedding")
def rotary(d, op):
    batch, heads, tokens, half = d.below(1, 2), d.below(1, 2), d.below(1, 3), d.below(1, 3)
    x = d.value(d.declarations.types(op), [batch, heads, tokens, 2 * half])
    caches = [d.fresh(d.dtype(x), [5, half], "unit") for _ in range(2)]
    places = d.put(d.rng.integers(0, 5, [batch, tokens]).astype("int64"))
    d.node(op, [x] + caches + [places], interleaved=d.below(0, 1))


@recipe("CausalConvWithState")
def causal(d, op):
    batch, channels, length, kernel = d.below(1, 2), d.below(1, 3), d.below(1, 5), d.below(1, 4)
    x = d.value(d.declarations.types(op), [batch, channels, length])
    dtype = d.dtype(x)
    operands = [x, d.fresh(dtype, [channels, 1, kernel]), d.fresh(dtype, [channels]) if d.maybe() else "",
                d.fresh(dtype, [batch, channels, kernel - 1]) if kernel > 1 and d.maybe() else ""]
    d.node(op, operands, results=2, **d.declarations.attributes(op, d.rng))


@recipe("LinearAttention")
def linear(d, op):
    batch, tokens, heads, group = d.below(1, 2), d.below(1, 3), d.below(1, 2), d.pick([1, 2])
    size, width = d.below(1, 3), d.below(1, 3)
    dtype = d.pick(d.declarations.types(op))
    small = lambda shape: d.put((d.elements(dtype, tuple(shape)) / 4).astype(dtype))
    rule = d.pick(["linear", "gated", "delta", "gated_delta"])
    operands = [small([batch, tokens, group * heads * size]), small([batch, tokens, heads * size]),
                small([batch, tokens, heads * width]),
                small([batch, heads, size, width]) if d.maybe() else "",
                d.put(-np.abs(d.elements(dtype, (batch, tokens, heads)))) if rule.startswith("gated") else "",
                d.fresh(dtype, [batch, tokens, heads], "unit") if rule.endswith("delta") else ""]
    d.node(op, operands, results=2, q_num_heads=group * heads, kv_num_heads=heads, update_rule=rule)


@recipe("DFT")
def transform(d, op):
    complex_input = d.maybe(0.4)
    x = d.value(d.declarations.types(op), [d.below(1, 2), d.below(2, 6), d.below(2, 4), 2 if complex_input else 1])
    axis = d.pick([1, 2])
    one_sided = 0 if complex_input else d.below(0, 1)
    inverse = 0 if one_sided else d.below(0, 1)
    length = d.constant(d.below(2, 6), d.pick(d.declarations.types(op, 1))) if d.maybe(0.3) else ""
    d.node(op, [x, length, d.constant(axis)], onesided=one_sided, inverse=inverse)


@recipe("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss")
def loss(d, op):
    n, classes, rest = d.below(1, 3), d.below(2, 4), d.shape(0, 2, 3)
    x = d.value(d.declarations.types(op), [n, classes] + rest)
    labels = d.put(d.rng.integers(0, classes, [n] + rest).astype(d.pick(["int32", "int64"])))
    operands = [x, labels] + ([d.fresh(d.dtype(x), [classes], "positive")] if d.maybe() else [])
    extra = {"ignore_index": 1} if d.maybe(0.3) and (d.array(labels) != 1).any() else {}
    extra.update(d.declarations.attributes(op, d.rng))
    results = d.below(1, 2) if op == "SoftmaxCrossEntropyLoss" else 1
    d.node(op, operands, results=results, **extra)


@recipe("Det")
def determinant(d, op):
    size = d.below(1, 4)
    d.node(op, [d.value(d.declarations.types(op), d.shape(0, 2, 3) + [size, size])])


@recipe("STFT")
def short_time(d, op):
    length, frame = d.below(6, 12), d.below(2, 5)
    x = d.value(d.declarations.types(op), [d.below(1, 2), length, d.pick([1, 1, 2])])
    window = d.fresh(d.dtype(x), [frame], "unit") if d.maybe() else ""
    one_sided = 0 if d.extent(x)[2] == 2 else d.below(0, 1)
    d.node(op, [x, d.constant(d.below(1, 3)), window, d.constant(frame)], onesided=one_sided)


@recipe("MelWeightMatrix")
def mel(d, op):
    scalars = [d.constant(d.below(2, 8)), d.constant(d.pick([16, 32, 64])), d.put(np.asarray(8000), d.maybe()),
               d.put(np.asarray(0.0, "float32"), d.maybe()), d.put(np.asarray(4000.0, "float32"), d.maybe())]
    d.node(op, scalars)


@recipe("TfIdfVectorizer")
def grams(d, op):
    length, rows = d.below(3, 8), d.shape(0, 1, 3)
    x = d.put(d.rng.integers(0, 4, rows + [length]).astype(d.pick(["int32", "int64"])), False)
    ones, twos = [0, 1, 3], [0, 1, 2, 3, 1, 1]
    count = len(ones) + len(twos) // 2
    low = d.below(1, 2)
    extra = {"weights": [float(w) / 4 for w in d.rng.integers(1, 9, count)]} if d.maybe() else {}
    d.node(op, [x], min_gram_length=low, max_gram_length=2, max_skip_count=d.below(0, 2), mode=d.pick(["TF", "IDF", "TFIDF"]),
           ngram_counts=[0, len(ones)], ngram_indexes=d.rng.permutation(count).tolist(), pool_int64s=ones + twos, **extra)
