"""Models to prune, and whether what was written runs: `written_models.py make|check FOLDER`.

NAME.pruned must take the inputs that NAME takes and compute the same in onnxruntime.
"""

import pathlib
import shutil
import sys

import numpy as np
import onnx
import onnx.backend.test
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

LIGHT = pathlib.Path(onnx.backend.test.__file__).parent / "data/light/light_squeezenet.onnx"


def value(name, shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def make(folder):
    def save(name, nodes, inputs, output, tensors, opset=13, ir=8):
        graph = helper.make_graph(nodes, name, inputs, [output], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
        onnx.checker.check_model(model)
        onnx.save(model, str(folder / f"{name}.onnx"))

    numbers = np.arange(4, dtype=np.float32)
    tensors = [numpy_helper.from_array(numbers + k, name) for k, name in enumerate("st")]
    folded = [helper.make_node("Add", ["s", "t"], ["u"]), helper.make_node("Mul", ["x", "u"], ["y"])]
    ports = [value("x", [4]), value("s", [4]), value("t", [4])]
    for ir in [3, 4, 8]:
        save(f"listed_{ir}", folded, ports, value("y", [4]), tensors, opset=9, ir=ir)

    element = numpy_helper.from_array(np.array([2.5], np.float32))
    uniform = [
        helper.make_node("ConstantOfShape", ["shape"], ["c"], value=element),
        helper.make_node("Gather", ["c", "i"], ["g"]), helper.make_node("Add", ["x", "g"], ["y"]),
    ]
    shape = numpy_helper.from_array(np.array([256, 256], np.int64), "shape")
    ports = [value("x", [256]), value("i", [1], TensorProto.INT64)]
    save("uniform", uniform, ports, value("y", [1, 256]), [shape])

    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["a", "s"], ["b"]),
            helper.make_node("Sin", ["b"], ["row"]),
        ], "body",
        [value("k", [], TensorProto.INT64), value("go", [], TensorProto.BOOL), value("a", [4])],
        [value("on", [], TensorProto.BOOL), value("b", [4]), value("row", [4])])
    turns = numpy_helper.from_array(np.array(3, np.int64), "turns")
    loop = helper.make_node("Loop", ["turns", "", "x"], ["last", "y"], body=body)
    save("loop_10", [loop], [value("x", [4])], value("y", [3, 4]), [turns, tensors[0]], opset=10)
    shutil.copy(LIGHT, folder / "light.onnx")


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def check(folder):
    rng = np.random.default_rng(3)
    for path in sorted(folder.glob("*.onnx")):
        pruned = path.with_suffix(".pruned")
        model, before, after = onnx.load(str(path)), session(path), session(pruned)
        known = {tensor.name for tensor in model.graph.initializer}
        wanted = [port for port in before.get_inputs() if port.name not in known]
        assert [port.name for port in after.get_inputs()] == [port.name for port in wanted], path
        feeds = {
            port.name: np.ones(port.shape, np.int64) if "int64" in port.type
            else rng.random(port.shape, dtype=np.float32)
            for port in wanted
        }
        for left, right in zip(before.run(None, feeds), after.run(None, feeds)):
            assert np.abs(left - right).max() <= 1e-5 * max(np.abs(left).max(), 1), path
    assert (folder / "uniform.pruned").stat().st_size < 2000


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
