"""Layers that storages are measured on: single operators of many shapes, with seeded weights."""
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Layer:
    name: str
    op: str
    x: tuple
    w: tuple
    y: tuple
    attributes: tuple = ()

    @property
    def macs(self):
        if self.op == "Conv":
            return int(np.prod(self.y)) * int(np.prod(self.w[1:]))
        return int(np.prod(self.y)) * self.x[-1]

    def save(self, path):
        random = np.random.default_rng(len(self.name) + sum(self.x) * 7 + sum(self.w))
        w = numpy_helper.from_array(random.standard_normal(self.w).astype(np.float32), "w")
        bias = self.w[0] if self.op == "Conv" or dict(self.attributes).get("transB") else self.w[1]
        b = numpy_helper.from_array(random.standard_normal(bias).astype(np.float32), "b")
        inputs, constants = (["x", "w"], [w]) if self.op == "MatMul" else (["x", "w", "b"], [w, b])
        node = helper.make_node(self.op, inputs, ["y"], name=self.name, **dict(self.attributes))
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph([node], "layer", [value("x", self.x)], [value("y", self.y)], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, path)


@dataclass(frozen=True)
class Chain:
    """Convolutions or products one after the other, each with a Relu, as networks have them: neighbours share layouts, caches and predictors."""
    name: str
    layers: tuple

    def save(self, path):
        random = np.random.default_rng(sum(self.name.encode()))
        nodes, constants, last = [], [], "x"
        for number, layer in enumerate(self.layers):
            if not layer.w:
                nodes.append(helper.make_node(layer.op, [last], [f"y{number}"], name=f"{number}_{layer.name}"))
                last = f"y{number}"
                continue
            for name, shape in ((f"w{number}", layer.w), (f"b{number}", layer.w[:1])):
                constants.append(numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name))
            nodes.append(helper.make_node(layer.op, [last, f"w{number}", f"b{number}"], [f"c{number}"], name=f"{number}_{layer.name}",
                                          **dict(layer.attributes)))
            last = f"y{number}"
            nodes.append(helper.make_node("Relu", [f"c{number}"], [last]))
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(nodes, "chain", [value("x", self.layers[0].x)], [value(last, self.layers[-1].y)], constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def conv(cin, cout, h, w, kernel, stride=1, pad=None, group=1):
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    pads = [k // 2 for k in kernel] if pad is None else [pad, pad]
    # An even window is padded by one less at its end.
    ends = [p - (1 - k % 2) if p else 0 for p, k in zip(pads, kernel)]
    out = [(e + p + q - k) // stride + 1 for e, p, q, k in zip((h, w), pads, ends, kernel)]
    kind = "dw" if group == cin and group > 1 else f"g{group}" if group > 1 else "conv"
    name = f"{kind}{kernel[0]}x{kernel[1]}_{cin}_{cout}_at_{h}x{w}" + (f"_s{stride}" if stride > 1 else "")
    return Layer(name, "Conv", (1, cin, h, w), (cout, cin // group, *kernel), (1, cout, *out),
                 (("kernel_shape", list(kernel)), ("pads", pads + ends), ("strides", [stride] * 2), ("group", group)))


def full(rows, depth, columns, op="Gemm"):
    name = f"fc_{rows}x{depth}_{columns}" + ("_mm" if op == "MatMul" else "")
    if op == "MatMul":
        return Layer(name, op, (rows, depth), (depth, columns), (rows, columns))
    return Layer(name, op, (rows, depth), (columns, depth), (rows, columns), (("transB", 1),))


LAYERS = [
    conv(64, 64, 25, 5, 1), conv(8, 16, 48, 48, 1), conv(16, 32, 24, 24, 1), conv(32, 32, 24, 24, 1), conv(32, 64, 12, 12, 1),
    conv(64, 64, 12, 12, 1), conv(64, 128, 6, 6, 1), conv(128, 128, 6, 6, 1), conv(128, 128, 14, 14, 1), conv(128, 256, 3, 3, 1),
    conv(256, 256, 3, 3, 1), conv(16, 32, 32, 32, 1, 2, 0), conv(32, 64, 16, 16, 1, 2, 0), conv(24, 40, 7, 9, 1), conv(6, 10, 13, 11, 1),
    conv(16, 16, 32, 32, 3), conv(16, 16, 8, 8, 3), conv(16, 16, 4, 4, 3), conv(3, 16, 32, 32, 3), conv(1, 16, 32, 32, 3),
    conv(32, 32, 16, 16, 3), conv(64, 64, 8, 8, 3), conv(64, 64, 16, 16, 3), conv(24, 24, 5, 5, 3), conv(32, 32, 6, 6, 3), conv(48, 48, 7, 7, 3),
    conv(8, 8, 20, 30, 3), conv(16, 32, 32, 32, 3, 2), conv(32, 64, 16, 16, 3, 2), conv(64, 64, 8, 8, 3, 2), conv(3, 8, 96, 96, 3, 2),
    conv(12, 20, 15, 9, 3, 2), conv(8, 16, 24, 24, 5), conv(16, 16, 12, 12, 5), conv(16, 32, 14, 14, 5, 2), conv(1, 8, 28, 28, 5),
    conv(1, 64, 49, 10, (10, 4), 2), conv(16, 16, 1, 48, (1, 24)), conv(16, 16, 1, 24, (1, 24)), conv(16, 32, 1, 128, (1, 9)),
    conv(32, 32, 1, 64, (1, 3)), conv(8, 16, 1, 256, (1, 16), 2), conv(16, 16, 20, 1, (5, 1)), conv(40, 32, 1, 30, (1, 5)),
    conv(64, 64, 25, 5, 3, 1, None, 64), conv(8, 8, 48, 48, 3, 1, None, 8), conv(64, 64, 12, 12, 3, 1, None, 64), conv(128, 128, 6, 6, 3, 1, None, 128),
    conv(32, 32, 24, 24, 3, 2, None, 32), conv(24, 24, 14, 14, 5, 1, None, 24), conv(256, 256, 3, 3, 3, 1, None, 256),
    conv(16, 32, 16, 16, 3, 1, None, 4), conv(32, 32, 12, 12, 3, 1, None, 2), conv(64, 64, 10, 10, 1, 1, None, 4), conv(12, 12, 14, 14, 3, 1, None, 3),
    full(1, 64, 12), full(1, 256, 64), full(1, 640, 128), full(1, 128, 128), full(1, 128, 8), full(1, 1024, 256), full(1, 256, 10), full(1, 400, 120),
    full(1, 490, 64, "MatMul"), full(8, 64, 64), full(32, 128, 64), full(16, 256, 256), full(5, 100, 30), full(3, 40, 24, "MatMul"),
]


KINDS = ["1x1", "1x1", "3x3", "3x3", "3x3", "5x5", "line", "depthwise", "grouped", "full", "full", "rows"]


def drawn(count, seed, apart=(), kinds=KINDS):
    """Layers of shapes as networks for small devices have them, none of them in LAYERS or among those apart."""
    random = np.random.default_rng(seed)
    pick = lambda *values: values[random.integers(len(values))]
    width = lambda *values: int(pick(*values))
    known, layers = {layer.name for layer in [*LAYERS, *apart]}, []
    while len(layers) < count:
        kind = pick(*kinds)
        cin, cout = (8 * int(random.integers(1, 21)) for _ in range(2))
        side, other = (int(random.integers(5, 41)) for _ in range(2))
        if kind == "1x1":
            layer = conv(cin, cout, side, pick(side, other), 1)
        elif kind == "3x3":
            layer = conv(cin, cout, side, pick(side, other), 3, width(1, 1, 2))
        elif kind == "5x5":
            layer = conv(cin // 2, cout // 2, side, side, 5, width(1, 1, 2))
        elif kind == "line":
            layer = conv(cin, cout, 1, side * width(1, 4), (1, width(3, 5, 9)), width(1, 1, 2))
        elif kind == "depthwise":
            layer = conv(cin, cin, side, other, width(3, 3, 5), width(1, 1, 2), None, cin)
        elif kind == "grouped":
            layer = conv(cin, cin, side, side, 3, 1, None, width(2, 4))
        elif kind == "full":
            layer = full(1, cin * width(2, 4, 8), cout)
        else:
            layer = full(width(2, 8, 32), cin, cout)
        if layer.macs <= 40_000_000 and layer.name not in known:
            known.add(layer.name)
            layers.append(layer)
    return layers


def chains(count, seed):
    """Chains of the kinds that networks for small devices are made of: separable, plain, and along a line."""
    random = np.random.default_rng(seed)
    pick = lambda *values: values[int(random.integers(len(values)))]
    channels = lambda least, most: 8 * int(random.integers(least, most))
    found = []
    for number in range(count):
        kind = ["separable", "plain", "separable", "line"][number % 4]
        height, width = (int(random.integers(10, 30 if kind == "plain" else 60)) for _ in range(2))
        if kind == "line":
            height, width = 1, 8 * int(random.integers(3, 16))
        layers = [conv(pick(1, 3), channels(1, 5 if kind == "plain" else 9), height, width, 3 if height > 1 else (1, 3), pick(1, 2))]
        while len(layers) < 9:
            _, cin, height, width = layers[-1].y
            narrow = min(height, width) if height > 1 else width
            step = pick(1, 1, 2) if narrow >= 6 else 1
            grown = min(cin * step, 128)
            if kind == "plain":
                window = pick(3, 3, 1) if step == 1 else 3
                layers.append(conv(cin, grown, height, width, window, step))
                continue
            window = (1, pick(3, 5, 9)) if height == 1 else 3
            layers.append(conv(cin, cin, height, width, window, step if height > 1 else 1, None, cin))
            layers.append(conv(cin, pick(grown, channels(2, 17)), *layers[-1].y[2:], 1))
        _, cin, height, width = layers[-1].y
        if kind != "plain" and height * width <= 64:
            layers.append(Layer("mean", "GlobalAveragePool", (1, cin, height, width), (), (1, cin, 1, 1)))
            layers.append(conv(cin, channels(2, 17), 1, 1, 1))
        found.append(Chain(f"{kind}_{number}", tuple(layers)))
    return found
