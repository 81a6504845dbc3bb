"""A layer of a transformer encoder with weights of 16 bits: `half_encoder.py FOLDER`.

float16.onnx and bfloat16.onnx compute in 16 bits throughout, cast.onnx reads float16 weights through Cast and computes in float32.
Each has vectors in NAME/test_data_set_0: inputs, and what onnxruntime computes in float32 from the same rounded weights.
"""

import pathlib
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TOKENS, WIDTH, HEADS, HIDDEN = 6, 32, 4, 64
rng = np.random.default_rng(5)
WEIGHTS = {
    **{name: rng.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5 for name in ("q", "k", "v", "o")},
    "up": rng.standard_normal((WIDTH, HIDDEN)) / WIDTH**0.5,
    "down": rng.standard_normal((HIDDEN, WIDTH)) / HIDDEN**0.5,
    "gain": 1 + rng.standard_normal(WIDTH) / 8,
    "shift": rng.standard_normal(WIDTH) / 8,
}
X = rng.standard_normal((1, TOKENS, WIDTH))


def nodes(read):
    """The layer; `read` names a weight as the layer reads it."""
    def make(op, operands, result, **attributes):
        return helper.make_node(op, operands, [result], name=result, **attributes)

    def split(name, order):
        return [
            make("MatMul", ["x", read(name)], f"{name}_all"),
            make("Reshape", [f"{name}_all", "heads"], f"{name}_heads"),
            make("Transpose", [f"{name}_heads"], f"{name}_split", perm=order),
        ]

    return [
        *split("q", [0, 2, 1, 3]), *split("k", [0, 2, 3, 1]), *split("v", [0, 2, 1, 3]),
        make("MatMul", ["q_split", "k_split"], "products"),
        make("Mul", ["products", "scale"], "scores"),
        make("Softmax", ["scores"], "attention", axis=-1),
        make("MatMul", ["attention", "v_split"], "mixed"),
        make("Transpose", ["mixed"], "turned", perm=[0, 2, 1, 3]),
        make("Reshape", ["turned", "flat"], "joined"),
        make("MatMul", ["joined", read("o")], "projected"),
        make("Add", ["projected", "x"], "sum"),
        make("LayerNormalization", ["sum", read("gain"), read("shift")], "normal", axis=-1),
        make("MatMul", ["normal", read("up")], "wide"),
        make("Gelu", ["wide"], "bent"),
        make("MatMul", ["bent", read("down")], "narrow"),
        make("Add", ["narrow", "normal"], "y"),
    ]


def model(name, compute, held):
    casts = held != compute
    element = lambda dtype: helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    tensors = [numpy_helper.from_array(value.astype(held), key) for key, value in WEIGHTS.items()]
    tensors += [
        numpy_helper.from_array(np.array([1, TOKENS, HEADS, WIDTH // HEADS]), "heads"),
        numpy_helper.from_array(np.array([1, TOKENS, WIDTH]), "flat"),
        numpy_helper.from_array(np.array((WIDTH / HEADS) ** -0.5).astype(compute), "scale"),
    ]
    read = (lambda key: key + "_wide") if casts else (lambda key: key)
    body = [helper.make_node("Cast", [key], [key + "_wide"], to=element(compute)) for key in WEIGHTS] if casts else []
    value = lambda key: helper.make_tensor_value_info(key, element(compute), [1, TOKENS, WIDTH])
    graph = helper.make_graph(body + nodes(read), name, [value("x")], [value("y")], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(made)
    return made


def answer(held, x):
    """What onnxruntime gives in float32 for weights that were rounded."""
    kept = dict(WEIGHTS)
    WEIGHTS.update({key: value.astype(held).astype("float32") for key, value in kept.items()})
    session = onnxruntime.InferenceSession(model("float32", "float32", "float32").SerializeToString())
    WEIGHTS.update(kept)
    return session.run(None, {"x": x.astype("float32")})[0]


folder = pathlib.Path(sys.argv[1])
for name, compute, held in (
    ("float16", "float16", "float16"), ("bfloat16", "bfloat16", "bfloat16"), ("cast", "float32", "float16")
):
    onnx.save(model(name, compute, held), str(folder / f"{name}.onnx"))
    data = folder / name / "test_data_set_0"
    data.mkdir(parents=True)
    x = X.astype(compute)
    for kind, array in (("input", x), ("output", answer(held, x).astype(compute))):
        (data / f"{kind}_0.pb").write_bytes(numpy_helper.from_array(array, kind).SerializeToString())
print(sum(value.size for value in WEIGHTS.values()), TensorProto.FLOAT16)
