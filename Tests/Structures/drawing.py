"""Random models of blocks whose filters can go, now and then with something that keeps them, and why."""
import numpy as np

from building import Builder
from structures import ALIKE, INPUT, OUTPUT, OVER

LARGEST = 24


class Drawing:
    def __init__(self, seed):
        self.b = Builder(seed, "drawn")
        self.rng = self.b.rng
        self.b.allow(OUTPUT)

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def activate(self, x):
        b, kind = self.b, self.pick("Relu", "Sigmoid", "HardSwish", "LeakyRelu", "Tanh", "PRelu", "Clip", "none")
        if kind == "none":
            return x
        if kind == "PRelu":
            return b.add("PRelu", x, b.positive(b.shape(x)[1], *[1] * (len(b.shape(x)) - 2)))
        if kind == "Clip":
            return b.add("Clip", x, b.constant(np.float32(-1)), b.constant(np.float32(1)))
        return b.add(kind, x)

    def layer(self, x, filters=None):
        """A convolution, perhaps normalised, and an activation."""
        b = self.b
        y = b.conv(x, filters or self.pick(4, 5, 6, 8, 12), self.pick(1, 3), bias=self.pick(True, False))
        if self.pick(True, False):
            y = b.norm(y)
        return self.activate(y)

    # Blocks of feature maps

    def block_plain(self, x): return self.layer(x)

    def block_residual(self, x):
        x = self.layer(x)
        return self.activate(self.b.add("Add", x, self.layer(self.layer(x), self.b.shape(x)[1])))

    def block_projected(self, x):
        filters = self.pick(4, 6, 8)
        return self.b.add(self.pick("Add", "Sub", "Mul", "Max"), self.layer(x, filters), self.layer(x, filters))

    def block_concat(self, x):
        parts = [self.layer(x) for _ in range(self.pick(2, 3))] + self.pick([], [x])
        return self.b.add("Concat", *parts, axis=1)

    def block_split(self, x):
        x = self.layer(x, 10)
        p, q, r = self.b.split(x, *self.pick((2, 3, 5), (4, 4, 2), (1, 6, 3)))
        return self.b.add("Concat", self.layer(p), r, self.activate(q), axis=1)

    def block_gate(self, x):
        p, q = self.b.split(self.layer(x, 12), 6, 6)
        return self.b.add("Mul", p, self.b.add("Sigmoid", q))

    def block_depthwise(self, x):
        x = self.layer(x)
        c = self.b.shape(x)[1]
        return self.layer(self.activate(self.b.conv(x, c * self.pick(1, 1, 2), 3, group=c)))

    def block_grouped(self, x):
        g = self.pick(2, 3)
        return self.activate(self.b.conv(self.layer(x, 12), self.pick(6, 12), self.pick(1, 3), group=g))

    def block_shuffle(self, x):
        g = self.pick(2, 3)
        return self.b.conv(self.b.shuffle(self.b.conv(self.layer(x, 12), 12, group=g), g), 12, 3, group=self.pick(1, 2))

    def block_excite(self, x): return self.b.squeeze_excite(self.layer(x), self.pick(2, 4))

    def block_pad(self, x):
        mode = self.pick("constant", "reflect", "edge")
        p = [int(n) for n in self.rng.integers(0, 2, 4)]
        x = self.b.pad(self.layer(x), [0, 0, p[0], p[1], 0, 0, p[2], p[3]], mode, value=self.pick(0.0, 0.5))
        return self.layer(x) if mode != "constant" or self.pick(True, False) else self.b.pad(x, [0, 1, 0, 0, 0, 2, 0, 0])

    def block_pool(self, x):
        x = self.layer(x)
        if min(self.b.shape(x)[2:]) < 4:
            return x
        return self.b.add(self.pick("MaxPool", "AveragePool"), x, kernel_shape=[2, 2], strides=[2, 2])

    def block_up(self, x):
        x = self.layer(x)
        if max(self.b.shape(x)[2:]) > 8:
            return x
        if self.pick(True, False):
            return self.b.transposed(x, 6, group=self.pick(1, 1, self.group(x)))
        n, c, h, w = self.b.shape(x)
        return self.b.add("Resize", x, "", "", self.b.integers(n, c, 2 * h, 2 * w), mode="nearest")

    def group(self, x):
        return 2 if self.b.shape(x)[1] % 2 == 0 else 1

    def block_slices(self, x):
        x = self.layer(x, 9)
        first = self.b.slice(x, int(self.rng.integers(0, 3)), 9, step=self.pick(1, 2))
        return self.b.add("Concat", first, self.layer(self.b.slice(x, 8, -10, step=-1)), axis=1)

    def block_gather(self, x):
        x = self.layer(x, 8)
        return self.b.add("Gather", x, self.b.integers(*self.rng.permutation(8)[:self.pick(4, 8)]), axis=1)

    def block_depth(self, x):
        if max(self.b.shape(x)[2:]) > 8:
            return self.layer(x)
        return self.layer(self.b.add("DepthToSpace", self.layer(x, 12), blocksize=2, mode=self.pick("DCR", "CRD")))

    def block_space(self, x):
        x = self.layer(x)
        if self.b.shape(x)[2] % 2 or self.b.shape(x)[3] % 2:
            return x
        return self.layer(self.b.add("SpaceToDepth", x, blocksize=2))

    def block_last(self, x):
        y = self.b.linear(self.b.transpose(self.layer(x), 0, 2, 3, 1), self.pick(5, 8))
        return self.b.transpose(y, 0, 3, 1, 2)

    def block_constants(self, x):
        x = self.layer(x)
        shape = [self.b.shape(x)[1], 1, 1]
        other = self.b.positive(*self.pick(shape, [1, *shape], [1], []))
        return self.b.add(self.pick("Add", "Mul", "Sub", "Div"), x, other)

    def block_instance(self, x):
        x = self.layer(x)
        c = self.b.shape(x)[1]
        return self.b.add("InstanceNormalization", x, self.b.positive(c), self.b.weight(c))

    # Blocks of sequences [batch, tokens, features]

    def sequence_linear(self, x): return self.b.add("Relu", self.b.linear(x, self.pick(6, 8, 12)))

    def sequence_attention(self, x):
        heads, size = self.pick((2, 3), (4, 2), (3, 4), (2, 2))
        keys = self.pick(heads, heads, 1 if heads == 3 else 2)
        old = any(node.op_type == "ReduceMean" for node in self.b.nodes)
        fused = self.pick(False, False, not old)
        if keys == 1 and not fused:
            self.b.allow(ALIKE)
        if fused:
            self.b.allow("which attention=features keeps")
        y = self.b.attention(x, heads, size, fused=fused, keys=keys, mask=not fused and self.pick(True, False))
        return self.b.add("Add", x, y) if self.pick(True, False) else y

    def sequence_recurrent(self, x):
        turned = self.b.transpose(x, 1, 0, 2)
        op, direction = self.pick("LSTM", "GRU", "RNN"), self.pick("forward", "reverse", "bidirectional")
        y = self.b.recurrent(turned, self.pick(4, 5, 8), op, direction, states=self.pick(True, False))
        return self.b.transpose(y, 1, 0, 2)

    def sequence_convolution(self, x):
        y = self.b.conv(self.b.transpose(x, 0, 2, 1), self.pick(5, 8), 3)
        return self.b.transpose(self.b.add("Relu", y), 0, 2, 1)

    def sequence_slices(self, x):
        x = self.sequence_linear(x)
        tokens = self.b.shape(x)[1]
        if tokens < 4:
            return x
        return self.b.add("Concat", self.b.slice(x, 0, tokens - 1), self.b.slice(x, 1, tokens, step=2), axis=1)

    def sequence_gate(self, x):
        size = self.pick(4, 6)
        p, q = self.b.split(self.b.linear(x, 2 * size), size, size, axis=2)
        return self.b.add("Mul", p, self.b.add("Sigmoid", q))

    # What keeps filters

    def barrier(self, x):
        b = self.b
        kind = self.pick("softmax", "norm", "mean", "cumsum", "edge", "tap", "input")
        x = self.layer(x)
        n, c, h, w = b.shape(x)
        if kind == "softmax":
            b.allow(OVER)
            return b.add("Softmax", x, axis=1)
        if kind == "norm":
            b.allow(OVER)
            return b.add("LayerNormalization", x, b.positive(c, h, w), axis=1)
        if kind == "mean":
            b.allow(OVER)
            return b.add("Mul", x, b.add("ReduceMean", x, axes=[1]))
        if kind == "cumsum":
            b.allow("is not understood by prune-filters")
            return b.add("CumSum", x, b.constant(np.int64(1)))
        if kind == "edge":
            b.allow("pads its channels by edge")
            return b.pad(x, [0, 1, 0, 0, 0, 1, 0, 0], "edge")
        if kind == "tap":
            b.output(b.add("Neg", x))
            return x
        b.allow(INPUT)
        other = b.input(1, c, h, w, name=b.fresh("z"))
        return b.add("Add", x, other)

    def blocks(self, kind):
        return sorted(name for name in dir(self) if name.startswith(kind + "_"))

    def draw(self):
        b = self.b
        if self.rng.random() < 0.3:
            x = b.linear(b.input(1, self.pick(4, 5, 6), self.pick(4, 6)), self.pick(6, 8))
            return self.sequence(x)
        x = b.input(1, self.pick(1, 3, 4), *self.pick((6, 6), (8, 8), (5, 7), (4, 6)))
        barrier = int(self.rng.integers(1, 12))
        for number in range(int(self.rng.integers(2, 6))):
            x = getattr(self, self.pick(*self.blocks("block")))(x)
            if number == barrier:
                x = self.barrier(x)
            if self.b.shape(x)[1] > LARGEST:
                x = self.layer(x)
        if self.rng.random() < 0.2:
            n, c, h, w = b.shape(x)
            return self.sequence(b.reshape(b.transpose(x, 0, 3, 1, 2), n, w, c * h))
        b.classify(x, form=self.pick("flat", "mean", "last", "fixed"))
        return b

    def sequence(self, x):
        for _ in range(int(self.rng.integers(1, 4))):
            x = getattr(self, self.pick(*self.blocks("sequence")))(x)
        self.b.output(self.b.linear(x, self.pick(3, 5)))
        return self.b


def draw(seed, number):
    return Drawing([seed, number]).draw()
