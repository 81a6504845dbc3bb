#!/usr/bin/env python3
"""A network with batch normalisations, a made-up record of its training, and the masks that numpy says.

    folded_reference.py FOLDER        writes model.onnx, run.safetensors and expected.json

Folding multiplies each output channel's weights by s = gamma / sqrt(var + epsilon). Gradient scores do not change by it; midpoint
scores, half of what the square of a weight gained, are those of the folded weights: s^2 times those of the recorded ones."""
import json, sys
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

folder = sys.argv[1]
rng = np.random.default_rng(7)
EPSILON = 1e-3
# Name, operator, attributes, shape of the weight, its output channels as an axis of the weight.
LAYERS = [
    ("stem", "Conv", dict(pads=[1, 1, 1, 1]), (4, 3, 3, 3), 0),
    ("point", "Conv", dict(group=2), (6, 2, 1, 1), 0),  # two elements for each channel
    ("depth", "Conv", dict(group=6, pads=[1, 1, 1, 1]), (6, 1, 3, 3), 0),
    ("up", "ConvTranspose", dict(strides=[2, 2]), (6, 5, 2, 2), 1),
    ("head", "Gemm", dict(transB=1), (7, 5 * 8 * 8), 0),
]
nodes, initializers, tensors, params, weights = [], [], {}, {}, []


def constant(name, array):
    initializers.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
    return name


value = "x"
for name, op, attributes, shape, axis in LAYERS:
    if op == "Gemm":
        nodes.append(helper.make_node("Flatten", [value], ["flat"]))
        value = "flat"
    first = rng.normal(size=shape).astype(np.float32)
    final = (first + rng.normal(size=shape) * 0.8).astype(np.float32)
    scores = rng.normal(size=shape).astype(np.float32)
    channels = shape[axis]
    gamma = (rng.uniform(0.05, 3, channels) * rng.choice([-1, 1], channels)).astype(np.float32)
    var = rng.uniform(0.1, 4, channels).astype(np.float32)
    nodes.append(helper.make_node(op, [value, constant(f"onnx::{name}", final)], [name], name=f"/{name}", **attributes))
    norm = [constant(f"{name}.gamma", gamma), constant(f"{name}.beta", rng.normal(size=channels)),
            constant(f"{name}.mean", rng.normal(size=channels)), constant(f"{name}.var", var)]
    nodes.append(helper.make_node("BatchNormalization", [name, *norm], [f"{name}.norm"], epsilon=EPSILON))
    value = f"{name}.norm"
    tensors |= {f"{name}.weight/final": final, f"{name}.weight/init": first, f"{name}.weight/mv": scores}
    params[f"{name}.weight"] = dict(shape=list(shape))
    factor = gamma.astype(np.float64) / np.sqrt(var.astype(np.float64) + EPSILON)
    factor = factor.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    square = (final.astype(np.float64) ** 2 - first.astype(np.float64) ** 2) / 2
    weights.append((shape, dict(gradient=scores.astype(np.float64), midpoint=square * factor**2, unscaled=square)))

graph = helper.make_graph(
    nodes, "folded", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])],
    [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 7])], initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, f"{folder}/model.onnx")
save_file(tensors, f"{folder}/run.safetensors",
          metadata=dict(format="prunerec/1", params=json.dumps(params), masks_active="false"))


def masks(form, scope):
    """The weights kept when half of each tensor, or of all, goes: the lowest scores."""
    groups = [[k] for k in range(len(weights))] if scope == "local" else [list(range(len(weights)))]
    kept = {}
    for group in groups:
        scores = np.concatenate([weights[k][1][form].ravel() for k in group])
        order = np.argsort(scores, kind="stable")
        count = scores.size // 2
        low, high = scores[order[count - 1]], scores[order[count]]
        assert high - low > 1e-5 * max(abs(low), abs(high)), "the cut is too close for float32"
        flags = np.ones(scores.size, int)
        flags[order[:count]] = 0
        for k in group:
            size = int(np.prod(weights[k][0]))
            kept["x".join(map(str, weights[k][0]))] = "".join(map(str, flags[:size]))
            flags = flags[size:]
    return kept


expected = {f"{form} {scope}": masks(form, scope) for form in ("gradient", "midpoint") for scope in ("local", "global")}
for scope in ("local", "global"):
    assert masks("unscaled", scope) != expected[f"midpoint {scope}"], "the factors make no difference"
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file)
