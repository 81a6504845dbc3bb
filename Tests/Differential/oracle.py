"""What a node should give: by onnxruntime, or by ONNX's reference where that is right or alone has the operator."""
import copy, os, warnings

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

from declarations import EARLIER, opsets
from drawing import Rejected, number_type
from narrow import CONVERTING, declared, is_code, is_float, is_half, is_small_float

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "disagreements.txt")
HALVES = (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
onnxruntime.set_default_logger_severity(4)


def disagreements():
    """Lines of operators, element types (or *), condition on an attribute (or *), who is asked, reason."""
    with open(LIST) as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]


class Oracle:
    def __init__(self):
        self.listed = disagreements()
        self.asked = {"onnxruntime": 0, "reference": 0}

    def judge(self, node, arrays):
        """Who is asked: onnxruntime unless the list says otherwise."""
        types = {str(a.dtype) for a in arrays.values()}
        for op, elements, condition, judge, _ in self.listed:
            if node.op not in op.split(",") or elements != "*" and not types & set(elements.split(",")):
                continue
            key, _, wanted = condition.partition("=")
            if condition == "*" or str(node.attributes.get(key)) in wanted.split(","):
                return judge
        return "onnxruntime"

    def model(self, node, arrays):
        inputs = [helper.make_tensor_value_info(n, number_type(a.dtype), a.shape) for n, a in arrays.items()]
        outputs = [helper.make_empty_tensor_value_info(n) for n in node.results]
        graph = helper.make_graph([node.proto()], "node", inputs, outputs)
        return helper.make_model(graph, opset_imports=opsets(node.opset, [node]), ir_version=13 if node.opset > 22 else 10)

    def compute(self, node, arrays):
        """The results, and who gave them.

        Halves are widened for the oracle, and its results rounded; codes that only move are moved as bytes."""
        if any(is_half(a.dtype) or is_code(a.dtype) for a in arrays.values()) and node.op not in CONVERTING:
            return self.widened(node, arrays)
        for key in ("output_datatype", "stash_type"):
            if node.attributes.get(key) in HALVES:
                return self.rounded(node, arrays, key)
        judge = self.judge(node, arrays)
        if judge == "float32":
            narrow = {n: a.astype("float32") if a.dtype.kind == "f" else a for n, a in arrays.items()}
            results = self.onnxruntime(self.model(node, narrow), narrow)
            if results is None:
                raise Rejected("no oracle: onnxruntime has no kernel for float32")
            # An operand in float64 makes no result one, such as the region of Resize or the mean of a normalisation.
            kinds = [kind or np.dtype("float64") for kind in declared(self.model(node, arrays))]
            return [r.astype(k) if r.dtype.kind == "f" else r for r, k in zip(results, kinds)], "onnxruntime in float32"
        model = self.model(node, arrays)
        results = self.onnxruntime(model, arrays) if judge == "onnxruntime" else None
        if results is not None:
            return results, "onnxruntime"
        try:
            return self.reference(model, arrays), "reference"
        except Rejected:
            if node.op.startswith("ai.onnx.ml."):
                return self.as_floats(node, arrays)
            if not any(a.dtype == bool for a in arrays.values()) or node.op not in ("Resize", "OneHot"):
                raise
            return self.as_bytes(node, arrays)

    def widened(self, node, arrays):
        def wide(array):
            return array.astype("float32") if is_half(array.dtype) else array.view(np.uint8) if is_code(array.dtype) else array
        kinds = declared(self.model(node, arrays))
        kinds = [kind if kind is not None else self.alike(node, arrays, place) for place, kind in enumerate(kinds)]
        if any(kind is None for kind in kinds):
            raise Rejected("no oracle: ONNX infers no element type")
        plain = widened_attributes(node)
        plain.opset = EARLIER.get(node.op, node.opset)
        results, judge = self.compute(plain, {n: wide(a) for n, a in arrays.items()})
        with np.errstate(all="ignore"):
            return [r.view(k) if is_code(k) else r.astype(k) for r, k in zip(results, kinds)], judge

    def alike(self, node, arrays, result):
        """The type of an operand that the schema says a result has; None if there is none."""
        domain, _, name = node.op.rpartition(".")
        if domain == "com.microsoft":
            return None
        schema = onnx.defs.get_schema(name, node.opset, domain)
        own = schema.outputs[min(result, len(schema.outputs) - 1)].type_str
        for place, operand in enumerate(node.operands):
            if operand and schema.inputs[min(place, len(schema.inputs) - 1)].type_str == own:
                return arrays[operand].dtype
        return None

    def as_floats(self, node, arrays):
        """Operators of ai.onnx.ml compute in float32 where onnxruntime has no kernel for another type."""
        if all(a.dtype == np.float32 for a in arrays.values()):
            raise Rejected("no oracle: it has none for float32 either")
        if node.op.endswith(".Imputer"):
            results, judge = self.compute(node, {n: a.astype("int64") for n, a in arrays.items()})
            return [r.astype("int32") for r in results], judge
        results, judge = self.compute(node, {n: a.astype("float32") for n, a in arrays.items()})
        return results, f"{judge} in float32"

    def as_bytes(self, node, arrays):
        """What moves bool moves bytes."""
        kinds = [self.alike(node, arrays, place) for place in range(len(node.results))]
        results, judge = self.compute(node, {n: a.astype(np.uint8) if a.dtype == bool else a for n, a in arrays.items()})
        return [r.astype(kind or r.dtype) for r, kind in zip(results, kinds)], judge

    def rounded(self, node, arrays, key):
        """Results for which an attribute asks for halves: those of float32, rounded."""
        kind = helper.tensor_dtype_to_np_dtype(node.attributes[key])
        wide = copy.copy(node)
        wide.attributes = {**node.attributes, key: onnx.TensorProto.FLOAT}
        results, judge = self.compute(wide, arrays)
        kept = 1 if key == "stash_type" else 0
        return results[:kept] + [r.astype(kind) for r in results[kept:]], judge

    def onnxruntime(self, model, arrays):
        """The results, or None where it has no kernel for the operator or the element type."""
        try:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            results = session.run(None, arrays)
        except Exception:
            return None
        self.asked["onnxruntime"] += 1
        return [as_float8(np.asarray(r), kind) for r, kind in zip(results, declared(model))]

    def reference(self, model, arrays):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results = ReferenceEvaluator(model).run(None, arrays)
        except Exception as error:
            raise Rejected(f"no oracle: {type(error).__name__}: {error}") from error
        inferred = onnx.shape_inference.infer_shapes(model).graph.output
        results = [as_declared(np.asarray(result), value) for result, value in zip(results, inferred)]
        for result, value in zip(results, inferred):
            if number_type(np.asarray(result).dtype) != value.type.tensor_type.elem_type:
                raise Rejected("no oracle: the reference gives another element type than the standard")
        self.asked["reference"] += 1
        return [np.asarray(r) for r in results]


def as_declared(result, value):
    """Whole numbers that the reference gives in a wider type, in the type of the standard if they fit it."""
    kind = value.type.tensor_type.elem_type
    if not kind or result.dtype.kind not in "iu" or number_type(result.dtype) == kind:
        return result
    wanted = result.astype(helper.tensor_dtype_to_np_dtype(kind))
    return wanted if wanted.dtype.kind in "iu" and (wanted == result).all() else result


def as_float8(result, kind):
    """The floats that onnxruntime hands over as bytes."""
    is_byte = kind is not None and is_small_float(kind) and np.dtype(kind).itemsize == 1 and result.dtype == np.uint8
    return result.view(kind) if is_byte and kind != result.dtype else result


def widened_attributes(node):
    """A copy of the node with tensors of halves among its attributes as float32."""
    halves = {key for key, value in node.attributes.items() if isinstance(value, onnx.TensorProto) and value.data_type in HALVES}
    wide = copy.copy(node)
    wide.attributes = {
        key: onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(value).astype("float32")) if key in halves else value
        for key, value in node.attributes.items()}
    return wide
