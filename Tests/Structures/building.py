"""A model in the making: nodes are added one by one, shapes are inferred as they come."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Builder:
    """Adds nodes; constants are drawn from a seed, scaled so that values stay near 1."""

    def __init__(self, seed, name="structure"):
        self.rng, self.name = np.random.default_rng(seed), name
        self.nodes, self.constants, self.inputs, self.outputs = [], [], {}, []
        self.shapes, self.allowed, self.count, self.opset = {}, set(), 0, OPSET

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def input(self, *shape, name="x"):
        self.inputs[name] = self.rng.standard_normal(shape).astype(np.float32)
        self.shapes[name] = list(shape)
        return name

    def constant(self, array, stem="c"):
        name = self.fresh(stem)
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        self.shapes[name] = list(array.shape)
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64), "i")

    def weight(self, *shape, inputs=1, stem="w"):
        return self.constant(self.rng.standard_normal(shape) / np.sqrt(max(inputs, 1)), stem)

    def positive(self, *shape):
        return self.constant(self.rng.uniform(0.5, 2, shape), "p")

    def add(self, op, *operands, results=1, **attributes):
        """A node; its result, or a list of several."""
        names = [self.fresh(op.lower()) for _ in range(results)]
        node = helper.make_node(op, list(operands), names, name=names[0], **attributes)
        self.nodes.append(node)
        self.infer(node)
        return names[0] if results == 1 else names

    def infer(self, node):
        used = [n for n in node.input if n]
        known = {c.name: c for c in self.constants}
        element = lambda n: known[n].data_type if n in known else TensorProto.FLOAT
        values = [helper.make_tensor_value_info(n, element(n), self.shapes[n]) for n in used if n not in known]
        outputs = [helper.make_empty_tensor_value_info(n) for n in node.output]
        graph = helper.make_graph([node], "node", values, outputs, [known[n] for n in used if n in known])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        for value in inferred.graph.output:
            self.shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]

    def shape(self, value):
        return self.shapes[value]

    def output(self, value):
        self.outputs.append(value)

    def allow(self, reason):
        """A reason for which filters of this model may stay."""
        self.allowed.add(reason)

    def model(self, name=None):
        value = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, self.shapes[n])
        graph = helper.make_graph(
            self.nodes, name or self.name, [value(n) for n in self.inputs], [value(n) for n in self.outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model

    # Layers

    def conv(self, x, filters, kernel=1, group=1, bias=True, **attributes):
        channels = self.shape(x)[1]
        spatial = [kernel] * (len(self.shape(x)) - 2)
        w = self.weight(filters, channels // group, *spatial, inputs=channels // group * kernel ** len(spatial))
        b = [self.weight(filters, stem="b")] if bias else []
        attributes.setdefault("pads", [kernel // 2] * 2 * len(spatial))
        return self.add("Conv", x, w, *b, group=group, **attributes)

    def transposed(self, x, filters, group=1, kernel=2, stride=2):
        channels = self.shape(x)[1]
        w = self.weight(channels, filters // group, kernel, kernel, inputs=channels // group)
        return self.add("ConvTranspose", x, w, self.weight(filters, stem="b"), strides=[stride] * 2, group=group)

    def norm(self, x):
        channels = self.shape(x)[1]
        names = [self.positive(channels), self.weight(channels), self.weight(channels), self.positive(channels)]
        return self.add("BatchNormalization", x, *names)

    def gemm(self, x, filters):
        inputs = self.shape(x)[1]
        return self.add(
            "Gemm", x, self.weight(filters, inputs, inputs=inputs), self.weight(filters, stem="b"), transB=1)

    def linear(self, x, filters, bias=True):
        inputs = self.shape(x)[-1]
        y = self.add("MatMul", x, self.weight(inputs, filters, inputs=inputs))
        return self.add("Add", y, self.weight(filters, stem="b")) if bias else y

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.integers(*shape))

    def transpose(self, x, *perm):
        return self.add("Transpose", x, perm=list(perm))

    def slice(self, x, start, end, axis=1, step=1):
        return self.add("Slice", x, *map(self.integers, (start, end, axis, step)))

    def split(self, x, *sizes, axis=1):
        return self.add("Split", x, self.integers(*sizes), results=len(sizes), axis=axis)

    def pad(self, x, pads, mode="constant", value=0.0):
        number = [self.constant(np.float32(value))] if mode == "constant" else []
        return self.add("Pad", x, self.integers(*pads), *number, mode=mode)

    def recurrent(self, x, hidden, op="LSTM", direction="forward", states=False):
        """Of [time, batch, features]: all states as [time, batch, hidden * directions]."""
        time, batch, features = self.shape(x)
        gates, both = {"LSTM": 4, "GRU": 3, "RNN": 1}[op], 2 if direction == "bidirectional" else 1
        operands = [
            self.weight(both, gates * hidden, features, inputs=features),
            self.weight(both, gates * hidden, hidden, inputs=hidden), self.weight(both, 2 * gates * hidden, stem="b")]
        if states:
            operands += ["", self.weight(both, batch, hidden)]
        if states and op == "LSTM":
            operands += [self.weight(both, batch, hidden), self.weight(both, 3 * hidden)]
        y = self.add(op, x, *operands, hidden_size=hidden, direction=direction)
        return self.reshape(self.transpose(y, 0, 2, 1, 3), time, batch, both * hidden)

    def attention(self, x, heads, size, fused=False, mask=False, keys=None):
        """Self-attention of [batch, tokens, features]; `keys` heads are shared by the queries."""
        batch, tokens, features = self.shape(x)
        keys = keys or heads
        q, k, v = (self.linear(x, n * size) for n in (heads, keys, keys))
        if fused:
            self.opset = 23
            y = self.add("Attention", q, k, v, q_num_heads=heads, kv_num_heads=keys)
            return self.linear(y, features)
        part = lambda value, n: self.reshape(value, batch, tokens, n, size)
        q, k, v = self.transpose(part(q, heads), 0, 2, 1, 3), part(k, keys), self.transpose(part(v, keys), 0, 2, 1, 3)
        k = self.transpose(k, 0, 2, 1, 3)
        if keys != heads:
            k, v = (self.repeat(value, heads // keys) for value in (k, v))
        scores = self.add("MatMul", q, self.transpose(k, 0, 1, 3, 2))
        scores = self.add("Mul", scores, self.constant(np.float32(size ** -0.5)))
        if mask:
            scores = self.add("Add", scores, self.constant(np.triu(np.full((tokens, tokens), -1e4), 1)))
        y = self.add("MatMul", self.add("Softmax", scores, axis=-1), v)
        y = self.reshape(self.transpose(y, 0, 2, 1, 3), batch, tokens, heads * size)
        return self.linear(y, features)

    def repeat(self, value, times):
        """Each head of [batch, heads, tokens, size] several times."""
        batch, heads, tokens, size = self.shape(value)
        wide = self.add("Unsqueeze", value, self.integers(2))
        wide = self.add("Expand", wide, self.integers(batch, heads, times, tokens, size))
        return self.reshape(wide, batch, heads * times, tokens, size)

    def squeeze_excite(self, x, inner):
        channels = self.shape(x)[1]
        s = self.add("GlobalAveragePool", x)
        s = self.add("Relu", self.conv(s, inner))
        return self.add("Mul", x, self.add("Sigmoid", self.conv(s, channels)))

    def shuffle(self, x, groups):
        n, c, h, w = self.shape(x)
        y = self.transpose(self.reshape(x, n, groups, c // groups, h, w), 0, 2, 1, 3, 4)
        return self.reshape(y, n, c, h, w)

    def classify(self, x, classes=5, form="flat"):
        n, c = self.shape(x)[:2]
        if form == "mean":
            x = self.add("Flatten", self.add("GlobalAveragePool", x), axis=1)
        elif form == "last":
            x = self.add("Flatten", self.transpose(x, 0, 2, 3, 1), axis=1)
        elif form == "fixed":
            x = self.reshape(x, n, int(np.prod(self.shape(x)[1:])))
        else:
            x = self.add("Flatten", x, axis=1)
        self.output(self.gemm(x, classes))
