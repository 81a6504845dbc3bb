#!/usr/bin/env python3
"""Models whose weights were rounded from a record of float32.

    half_reference.py FOLDER        writes run.safetensors, float16.onnx and bfloat16.onnx

The weight of each model is read through a Cast to float32."""
import sys
import numpy as np, onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

folder = sys.argv[1]
weight = np.random.default_rng(3).standard_normal((6, 8)).astype(np.float32)
save_file({"fc.weight/final": weight, "fc.weight/mv": weight}, f"{folder}/run.safetensors",
          metadata={"format": "prunerec/1", "masks_active": "false", "params": '{"fc.weight":{}}'})
turned = np.ascontiguousarray(weight.T)
bits = turned.view(np.uint32)
rounded = {
    "float16": (TensorProto.FLOAT16, turned.astype(np.float16).tobytes()),
    "bfloat16": (TensorProto.BFLOAT16, ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16).tobytes()),
}
for name, (element, data) in rounded.items():
    nodes = [helper.make_node("Cast", ["fc"], ["wide"], to=TensorProto.FLOAT),
             helper.make_node("MatMul", ["x", "wide"], ["y"])]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, w]) for n, w in (("x", 8), ("y", 6)))
    tensor = helper.make_tensor("fc", element, [8, 6], data, raw=True)
    model = helper.make_model(helper.make_graph(nodes, name, [x], [y], [tensor]),
                              opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")
