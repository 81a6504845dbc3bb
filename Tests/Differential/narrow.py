"""Element types that C and onnxruntime do not have: as numpy knows them, their bytes, and how far steps of them lie apart."""
import ml_dtypes
import numpy as np
import onnx
from onnx import numpy_helper

HALVES = ("float16", "bfloat16")
# ONNX's name of a type, and numpy's; the manifest has ONNX's.
CODES = {"float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz", "float8e5m2": "float8_e5m2",
         "float8e5m2fnuz": "float8_e5m2fnuz", "float4e2m1": "float4_e2m1fn", "int4": "int4", "uint4": "uint4",
         "int2": "int2", "uint2": "uint2", "float8e8m0": "float8_e8m0fnu"}
NARROW = {**{name: name for name in HALVES}, **CODES}
NAMES = {numpy_name: name for name, numpy_name in NARROW.items()}
# The operators that make numbers of codes, or codes of numbers; all others only move codes.
CONVERTING = ("Cast", "CastLike", "QuantizeLinear", "DequantizeLinear", "BitCast")


def is_half(dtype):
    return str(dtype) in HALVES


def is_code(dtype):
    return str(dtype) in CODES.values()


def is_float(dtype):
    return np.dtype(dtype).kind == "f" or str(dtype) == "bfloat16"


def is_small_float(dtype):
    return is_code(dtype) and str(dtype).startswith("float")


def step(dtype):
    """The distance of 1 from the next number of a half, or 0."""
    return {"float16": 2.0 ** -10, "bfloat16": 2.0 ** -7}.get(str(dtype), 0)


def code_range(dtype):
    info = ml_dtypes.iinfo(dtype)
    return int(info.min), int(info.max)


def packed(array):
    """The bytes of an array as ONNX packs them."""
    if not is_code(array.dtype):
        return np.ascontiguousarray(array).view(np.uint8) if array.dtype == "bfloat16" else np.ascontiguousarray(array)
    data = numpy_helper.from_array(np.ascontiguousarray(array)).raw_data
    return np.frombuffer(data or b"\0", np.uint8).copy()


def unpacked(data, name, shape):
    """The array of a manifest's type and its packed bytes."""
    kind = getattr(onnx.TensorProto, name.upper())
    return numpy_helper.to_array(onnx.TensorProto(data_type=kind, dims=shape, raw_data=data.tobytes()))


def packed_bytes(name, shape):
    count = int(np.prod(shape, dtype=np.int64))
    bits = 16 if name in HALVES else 8 if name.startswith("float8") else 2 if name.endswith("int2") else 4
    return (count * bits + 7) // 8


def declared(model):
    """The numpy types of a model's results by ONNX's inference, None where it gives none."""
    kinds = [value.type.tensor_type.elem_type for value in onnx.shape_inference.infer_shapes(model).graph.output]
    return [onnx.helper.tensor_dtype_to_np_dtype(kind) if kind else None for kind in kinds]
