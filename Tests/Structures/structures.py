"""Small models of one structure each, and what is expected of them: `None`, or why nothing can go."""
import numpy as np

from building import Builder

STRUCTURES = {}
INPUT = "combines it with a value that is not pruned"
OVER = "works over its channels"
ALIKE = "sums it with a value that is not pruned alike"
OUTPUT = "it is an output of the model"


def structure(refusal=None, *allowed):
    """Declares a model; other layers of it may stay for the reasons allowed."""
    def declare(build):
        STRUCTURES[build.__name__] = (build, refusal, allowed)
        return build
    return declare


def make(name):
    build, refusal, allowed = STRUCTURES[name]
    b = Builder([ord(c) for c in name], name)
    for reason in [OUTPUT, *allowed, *([refusal] if refusal else [])]:
        b.allow(reason)
    build(b)
    return b, refusal


def image(b, channels=3, size=6):
    return b.input(1, channels, size, size)


def chain(b, filters=8):
    return b.add("Relu", b.conv(image(b), filters, 3))


@structure()
def two_convolutions(b): b.classify(b.conv(chain(b), 6, 3))


@structure()
def normalised_and_clipped(b):
    x = b.add("Clip", b.norm(b.conv(image(b), 8, 3, bias=False)), b.constant(np.float32(0)), b.constant(np.float32(6)))
    b.classify(b.conv(x, 4))


@structure()
def sigmoid_into_padding(b): b.classify(b.conv(b.add("Sigmoid", b.conv(image(b), 8)), 4, 3))


@structure()
def residual_of_two(b):
    x = chain(b)
    b.classify(b.add("Add", b.conv(b.add("Relu", b.conv(x, 6, 3)), 8, 3), x))


@structure()
def residual_by_projection(b):
    x = chain(b, 6)
    y = b.conv(b.add("Relu", b.conv(x, 4)), 8, 3, strides=[2, 2])
    b.classify(b.add("Add", y, b.conv(x, 8, strides=[2, 2])))


@structure()
def three_residuals(b):
    x = chain(b)
    for _ in range(3):
        x = b.add("Relu", b.add("Add", b.conv(x, 8, 3), x))
    b.classify(x, form="mean")


@structure(INPUT)
def residual_with_the_input(b): b.classify(b.add("Add", b.conv(image(b), 3, 3), "x"))


@structure()
def difference_and_maximum(b):
    x = chain(b)
    y = b.add("Sub", b.conv(x, 6), b.conv(x, 6))
    b.classify(b.add("Max", y, b.conv(x, 6)))


@structure()
def concat_of_three(b):
    x = chain(b)
    b.classify(b.conv(b.add("Concat", b.conv(x, 3), x, b.conv(x, 5, 3), axis=1), 6))


@structure()
def concat_beside_the_input(b): b.classify(b.conv(b.add("Concat", b.conv(image(b), 6), "x", axis=1), 5))


@structure()
def concat_of_rows(b):
    x = chain(b)
    b.classify(b.conv(b.add("Concat", b.conv(x, 6), b.conv(x, 6), axis=2), 4))


@structure()
def dense_block(b):
    x = chain(b)
    for _ in range(3):
        x = b.add("Concat", x, b.add("Relu", b.norm(b.conv(x, 4, 3))), axis=1)
    b.classify(x)


@structure()
def uneven_split(b):
    p, q, r = b.split(b.conv(image(b), 9), 2, 3, 4)
    b.classify(b.add("Concat", b.conv(p, 4), b.conv(q, 3), r, axis=1))


@structure()
def gated_linear_unit(b):
    p, q = b.split(b.conv(image(b), 12, 3), 6, 6)
    b.classify(b.conv(b.add("Mul", p, b.add("Sigmoid", q)), 4))


@structure()
def split_by_default(b):
    p, q = b.add("Split", b.conv(image(b), 8), results=2, axis=1)
    b.classify(b.add("Concat", q, b.add("Relu", p), axis=1))


@structure()
def depthwise_separable(b):
    x = chain(b)
    x = b.add("Relu", b.norm(b.conv(x, 8, 3, group=8)))
    b.classify(b.conv(x, 6))


@structure()
def depthwise_multiplier(b): b.classify(b.conv(b.conv(chain(b, 4), 12, 3, group=4), 5))


@structure()
def inverted_residual(b):
    x = chain(b, 6)
    y = b.add("Relu", b.conv(x, 18))
    y = b.add("HardSwish", b.conv(y, 18, 3, group=18))
    b.classify(b.add("Add", x, b.conv(y, 6)), form="mean")


@structure()
def grouped(b): b.classify(b.conv(b.add("Relu", b.conv(chain(b, 12), 18, 3, group=3)), 6))


@structure()
def grouped_twice(b): b.classify(b.conv(b.conv(chain(b, 12), 12, group=4), 12, group=2))


@structure()
def channel_shuffle(b):
    x = b.shuffle(b.conv(chain(b, 12), 12, group=3), 3)
    b.classify(b.conv(x, 12, 3, group=3))


@structure()
def shuffled_halves(b):
    p, q = b.split(chain(b, 12), 6, 6)
    q = b.conv(b.conv(b.conv(q, 6), 6, 3, group=6), 6)
    b.classify(b.shuffle(b.add("Concat", p, q, axis=1), 2), form="mean")


@structure()
def squeeze_excite(b): b.classify(b.conv(b.squeeze_excite(chain(b), 4), 6))


@structure()
def squeeze_excite_by_gemm(b):
    x = chain(b)
    s = b.add("ReduceMean", x, axes=[2, 3], keepdims=0)
    s = b.add("HardSigmoid", b.gemm(b.add("Relu", b.gemm(s, 4)), 8))
    b.classify(b.add("Mul", x, b.reshape(s, 1, 8, 1, 1)))


@structure()
def padded_borders(b):
    x = b.pad(chain(b), [0, 0, 1, 2, 0, 0, 2, 1], "reflect")
    b.classify(b.conv(b.pad(x, [0, 0, 1, 1, 0, 0, 1, 1], "constant", 0.5), 4, 3))


@structure()
def padded_channels(b): b.classify(b.conv(b.pad(chain(b), [0, 2, 0, 0, 0, 3, 0, 0]), 4))


@structure()
def identity_shortcut_with_new_channels(b):
    x = chain(b, 4)
    short = b.pad(b.slice(x, 0, 6, axis=2, step=2), [0, 2, 0, 0, 0, 2, 0, 0])
    short = b.slice(short, 0, 6, axis=3, step=2)
    b.allow(INPUT)
    b.classify(b.add("Add", b.conv(b.conv(x, 5), 8, 3, strides=[2, 2]), short))


@structure()
def flattened_channels_last(b): b.classify(chain(b), form="last")


@structure()
def flattened_by_a_fixed_shape(b): b.classify(chain(b), form="fixed")


@structure()
def channels_last_throughout(b):
    x = b.transpose(chain(b), 0, 2, 3, 1)
    x = b.add("Relu", b.linear(x, 6))
    b.classify(b.transpose(x, 0, 3, 1, 2))


@structure()
def pooled(b):
    x = b.add("MaxPool", chain(b), kernel_shape=[2, 2], strides=[2, 2])
    b.classify(b.conv(b.add("AveragePool", b.conv(x, 6), kernel_shape=[2, 2]), 4), form="mean")


@structure()
def resized_by_sizes(b):
    x = chain(b)
    x = b.add("Resize", x, "", "", b.integers(1, 8, 12, 12), mode="nearest")
    b.classify(b.conv(x, 4))


@structure()
def transposed_convolutions(b): b.classify(b.conv(b.transposed(b.transposed(chain(b), 6), 8, group=2), 4))


@structure()
def u_net(b):
    x = chain(b)
    low = b.add("Relu", b.conv(b.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), 12, 3))
    b.classify(b.conv(b.add("Concat", b.transposed(low, 8), x, axis=1), 6))


@structure()
def strided_channels(b):
    x = b.conv(image(b), 10)
    b.classify(b.add("Concat", b.slice(x, 0, 10, step=2), b.conv(b.slice(x, 1, 10, step=3), 4), axis=1))


@structure()
def reversed_channels(b): b.classify(b.conv(b.slice(chain(b), -1, -100, step=-1), 4))


@structure()
def gathered_channels(b): b.classify(b.conv(b.add("Gather", chain(b), b.integers(7, 0, 3, -2), axis=1), 4))


@structure()
def depth_to_space(b):
    x = b.add("DepthToSpace", b.conv(chain(b), 16), blocksize=2)
    b.classify(b.conv(b.add("SpaceToDepth", b.conv(x, 4), blocksize=2), 6))


@structure()
def prelu_and_constants(b):
    x = b.add("PRelu", b.conv(image(b), 8), b.positive(8, 1, 1))
    x = b.add("Add", b.add("Mul", x, b.weight(8, 1, 1)), b.weight(1, 8, 1, 1))
    b.classify(b.conv(b.add("Div", x, b.positive(8, 1, 1)), 4))


@structure()
def instance_normalised(b):
    x = b.conv(image(b), 8)
    b.classify(b.conv(b.add("InstanceNormalization", x, b.positive(8), b.weight(8)), 4))


@structure()
def one_dimension(b):
    x = b.add("Relu", b.conv(b.input(1, 3, 12), 8, 3))
    y = b.linear(b.transpose(b.conv(x, 6, 3, strides=[2]), 0, 2, 1), 5)
    b.output(b.linear(b.add("Relu", y), 3))


@structure()
def shared_weights(b):
    x = chain(b, 6)
    w = b.weight(6, 6, 3, 3, inputs=54)
    for _ in range(3):
        x = b.add("Tanh", b.add("Conv", x, w, pads=[1] * 4))
    b.classify(b.conv(x, 4))


@structure()
def summed_channels(b):
    x = b.add("Mul", chain(b), b.constant(np.float32(0.5)))
    b.output(b.conv(b.add("ReduceSum", x, b.integers(1)), 2))


@structure()
def feed_forward(b): b.output(b.linear(b.add("Relu", b.linear(b.input(2, 5, 6), 16)), 6))


@structure()
def multi_head_attention(b): b.output(b.attention(b.linear(b.input(1, 5, 6), 8), 4, 3, mask=True))


@structure()
def shared_keys(b): b.output(b.attention(b.input(1, 5, 6), 4, 3, keys=2))


@structure()
def one_key(b):
    b.allow(ALIKE)
    b.output(b.attention(b.linear(b.input(1, 4, 6), 8), 3, 4, keys=1))


@structure()
def fused_attention(b):
    b.opset = 23
    b.output(b.attention(b.linear(b.input(1, 5, 6), 8), 4, 3, fused=True, keys=2))


@structure(None, OVER)
def transformer_block(b):
    x = b.linear(b.input(1, 5, 6), 8)
    norm = lambda v: b.add("LayerNormalization", v, b.positive(8), b.weight(8), axis=-1)
    x = b.add("Add", x, b.attention(norm(x), 4, 2))
    b.output(b.add("Add", x, b.linear(b.add("Relu", b.linear(norm(x), 16)), 8)))


@structure()
def recurrences(b):
    x = b.linear(b.input(6, 1, 4), 6)
    x = b.recurrent(x, 8, "LSTM")
    x = b.recurrent(x, 6, "GRU", "reverse")
    b.output(b.linear(b.recurrent(x, 5, "RNN"), 3))


@structure()
def both_directions(b):
    x = b.recurrent(b.input(6, 2, 4), 6, "LSTM", "bidirectional", states=True)
    b.output(b.linear(b.recurrent(x, 4, "GRU", "bidirectional", states=True), 3))


@structure()
def convolution_into_recurrence(b):
    x = b.add("Relu", b.conv(b.input(1, 3, 4, 7), 6, 3))
    x = b.reshape(b.transpose(x, 3, 0, 1, 2), 7, 1, 24)
    b.output(b.linear(b.recurrent(x, 8, "GRU"), 4))


@structure(OVER)
def softmax_over_channels(b): b.output(b.conv(b.add("Softmax", b.conv(image(b), 6), axis=1), 2))


@structure(OVER)
def mean_over_channels(b): b.output(b.conv(b.add("ReduceMean", b.conv(image(b), 6), axes=[1]), 2))


@structure(OVER)
def response_normalised(b): b.classify(b.add("LRN", b.conv(image(b), 6), size=3), form="mean")


@structure(OUTPUT)
def one_layer(b): b.output(b.add("Relu", b.conv(image(b), 6)))


@structure("is not understood by prune-filters")
def cumulated(b): b.classify(b.add("CumSum", b.conv(image(b), 6), b.constant(np.int64(1))))


@structure("pads its channels by edge")
def repeated_channels(b): b.classify(b.pad(b.conv(image(b), 6), [0, 1, 0, 0, 0, 1, 0, 0], "edge"))


@structure(INPUT)
def scaled_by_the_input(b): b.classify(b.add("Mul", b.conv(image(b), 3), "x"))
