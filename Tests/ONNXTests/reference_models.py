"""Makes models, and checks what was written from them: `reference_models.py make|check FOLDER`.

NAME.same must compute what NAME does, NAME.filled what NAME does with 0.25 in every weight of rank 2
or more. Both must pass onnx.checker.
"""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def make(folder):
    rng = np.random.default_rng(7)
    weight = rng.standard_normal((8, 3, 3, 3)).astype(np.float32)
    bias = rng.standard_normal(8).astype(np.float32)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 8, 8])

    def save(name, nodes, initializers=(), rank=4, opset=17, ir=8, inputs=(), functions=(), **options):
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * rank)
        graph = helper.make_graph(nodes, name, [x, *inputs], [y], list(initializers))
        imports = [helper.make_opsetid("", opset)]
        if functions:
            imports.append(helper.make_opsetid("test", 1))
        model = helper.make_model(graph, opset_imports=imports, functions=functions, ir_version=ir)
        onnx.save(model, str(folder / f"{name}.onnx"), **options)

    conv = helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1])
    constants = [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")]
    chain = [
        conv, helper.make_node("Shape", ["c"], ["s"]),
        helper.make_node("Constant", [], ["zero"], value_ints=[0]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Constant", [], ["rest"], value_ints=[-1]),
        helper.make_node("Concat", ["n", "rest"], ["t"], axis=0),
        helper.make_node("Reshape", ["c", "t"], ["y"]),
    ]
    save("chain", chain, constants, rank=2)
    save("external", [*chain], constants, rank=2, save_as_external_data=True,
         location="external.bin", size_threshold=0)
    declared = [helper.make_tensor_value_info("w", TensorProto.FLOAT, weight.shape),
                helper.make_tensor_value_info("b", TensorProto.FLOAT, bias.shape)]
    typed = helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.flatten().tolist())
    relu = helper.make_node("Relu", ["c"], ["y"])
    save("typed", [conv, relu], [typed, constants[1]], opset=7, ir=3, inputs=declared)
    pads = helper.make_node("Pad", ["x"], ["c"], pads=[0, 0, 1, 1, 0, 0, 1, 1], mode="constant")
    clip = helper.make_node("Clip", ["c"], ["y"], min=-1.0, max=0.5)
    save("attributes", [pads, clip], opset=9, ir=4)
    held = helper.make_node("Constant", [], ["w"], value=constants[0])
    save("constant-node", [held, conv, relu], [constants[1]])
    body = helper.make_function(
        "test", "Block", ["a", "k"], ["o"],
        [helper.make_node("Conv", ["a", "k"], ["t"]), helper.make_node("Relu", ["t"], ["o"])],
        [helper.make_opsetid("", 17)])
    calls = [helper.make_node("Block", ["x", "w"], ["y"], domain="test", name="call")]
    save("function", calls, constants[:1], functions=[body])
    branches = {
        key: helper.make_graph([helper.make_node(op, ["x"], [key])], key, [], [
            helper.make_tensor_value_info(key, TensorProto.FLOAT, [None] * 4)])
        for key, op in (("then_branch", "Relu"), ("else_branch", "Abs"))}
    condition = numpy_helper.from_array(np.array(False), "cond")
    save("branch", [helper.make_node("If", ["cond"], ["y"], **branches)], [condition])
    save_control_flow(save, branches)


def save_control_flow(save, branches):
    """A branch chosen when the model runs, and loops of known length."""
    value = helper.make_tensor_value_info
    zero = numpy_helper.from_array(np.array(0, np.float32), "zero")
    one = numpy_helper.from_array(np.array([1], np.int64), "one")
    axis = numpy_helper.from_array(np.array([0], np.int64), "axis")
    save("choice", [
        helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
        helper.make_node("Greater", ["total", "zero"], ["cond"]),
        helper.make_node("If", ["cond"], ["y"], **branches)], [zero])
    turn = helper.make_graph(
        [helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT), helper.make_node("Mul", ["x", "f"], ["t"], name="scale"),
         helper.make_node("Add", ["v", "t"], ["v_out"]), helper.make_node("Sin", ["v_out"], ["wave"]),
         helper.make_node("Identity", ["go"], ["go_out"])], "turn",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("v", TensorProto.FLOAT, [None] * 4)],
        [value("go_out", TensorProto.BOOL, []), value("v_out", TensorProto.FLOAT, [None] * 4),
         value("wave", TensorProto.FLOAT, [None] * 4)])
    three = numpy_helper.from_array(np.array(3, np.int64), "three")
    go = numpy_helper.from_array(np.array(True), "go_in")
    save("loop", [
        helper.make_node("Loop", ["three", "go_in", "x"], ["v", "waves"], body=turn),
        helper.make_node("ReduceSum", ["waves", "axis"], ["sum"], keepdims=0),
        helper.make_node("Add", ["v", "sum"], ["y"])], [three, go, axis])
    step = helper.make_graph(
        [helper.make_node("Add", ["s", "part"], ["s_out"]), helper.make_node("Mul", ["s_out", "part"], ["o"], name="weigh")], "step",
        [value("s", TensorProto.FLOAT, [None] * 3), value("part", TensorProto.FLOAT, [None] * 3)],
        [value("s_out", TensorProto.FLOAT, [None] * 3), value("o", TensorProto.FLOAT, [None] * 3)])
    save("scan", [
        helper.make_node("ReduceMax", ["x"], ["start"], axes=[1], keepdims=0),
        helper.make_node("Scan", ["start", "x"], ["end", "parts"], body=step, num_scan_inputs=1, scan_input_axes=[1],
                         scan_input_directions=[1], scan_output_axes=[1], scan_output_directions=[1]),
        helper.make_node("Unsqueeze", ["end", "one"], ["wide"]), helper.make_node("Add", ["parts", "wide"], ["y"])], [one])


def filled(path):
    model = onnx.load(path)

    def fill(tensor):
        if len(tensor.dims) >= 2 and tensor.data_type == TensorProto.FLOAT:
            values = np.full(list(tensor.dims), 0.25, np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    for tensor in model.graph.initializer:
        fill(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "value":
                fill(attribute.t)
    return model


def run(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options)
    data = np.random.default_rng(1).standard_normal((2, 3, 8, 8)).astype(np.float32)
    return session.run(["y"], {"x": data})[0]


def check(folder):
    for path in sorted(folder.glob("*.onnx")):
        original = str(path)
        for suffix in (".same", ".filled"):
            onnx.checker.check_model(original + suffix, full_check=True)
        np.testing.assert_array_equal(run(original + ".same"), run(original), err_msg=path.name)
        expected = run(filled(original).SerializeToString())
        np.testing.assert_allclose(
            run(original + ".filled"), expected, rtol=1e-5, atol=1e-5, err_msg=path.name)


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
