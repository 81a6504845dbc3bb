"""What a node should give: by onnxruntime, or by ONNX's reference where that is right or alone has the operator."""
import os, warnings

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

from declarations import opsets
from drawing import Rejected, number_type
from narrow import CONVERTING, declared, is_code, is_float, is_half

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "disagreements.txt")
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
        judge = self.judge(node, arrays)
        if judge == "float32":
            narrow = {n: a.astype("float32") if a.dtype.kind == "f" else a for n, a in arrays.items()}
            results = self.onnxruntime(self.model(node, narrow), narrow)
            if results is None:
                raise Rejected("no oracle: onnxruntime has no kernel for float32")
            return [r.astype("float64") if r.dtype.kind == "f" else r for r in results], "onnxruntime in float32"
        model = self.model(node, arrays)
        results = self.onnxruntime(model, arrays) if judge == "onnxruntime" else None
        return (results, "onnxruntime") if results is not None else (self.reference(model, arrays), "reference")

    def widened(self, node, arrays):
        def wide(array):
            return array.astype("float32") if is_half(array.dtype) else array.view(np.uint8) if is_code(array.dtype) else array
        kinds = declared(self.model(node, arrays))
        if None in kinds:
            raise Rejected("no oracle: ONNX infers no element type")
        results, judge = self.compute(node, {n: wide(a) for n, a in arrays.items()})
        with np.errstate(all="ignore"):
            return [r.view(k) if is_code(k) else r.astype(k) for r, k in zip(results, kinds)], judge

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
        return [np.asarray(r) for r in results]

    def reference(self, model, arrays):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results = ReferenceEvaluator(model).run(None, arrays)
        except Exception as error:
            raise Rejected(f"no oracle: {type(error).__name__}: {error}") from error
        inferred = onnx.shape_inference.infer_shapes(model).graph.output
        for result, value in zip(results, inferred):
            if number_type(np.asarray(result).dtype) != value.type.tensor_type.elem_type:
                raise Rejected("no oracle: the reference gives another element type than the standard")
        self.asked["reference"] += 1
        return [np.asarray(r) for r in results]
