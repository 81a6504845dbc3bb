"""Models of one operator each, out of ONNX's backend cases: all that Coppice declares."""

import warnings
from collections import Counter

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from models import Model, identifier

CASES_OF_EACH = 4
WEIGHTED = {"Conv", "ConvTranspose", "Gemm", "MatMul", "RNN", "LSTM", "GRU"}
# What differs in every call, or has elements that numpy holds otherwise than C.
UNFIT = {TensorProto.STRING, TensorProto.UINT4, TensorProto.INT4, TensorProto.FLOAT4E2M1,
         TensorProto.UINT2, TensorProto.INT2}

# Numbers are drawn by a generator of our own.
DRAWN = "test_bernoulli"
# Operators without a case of plain tensors whose answers can be compared, and what compiles them instead.
UNSAMPLED = dict.fromkeys(["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
                           "RandomUniformLike"], "RandomDrawTests")
UNSAMPLED["SimplifiedLayerNormalization"] = "ContributedOperatorTests"


def sampled():
    """Backend cases of plain tensors, some of every operator, of its elements and its options."""
    warnings.simplefilter("ignore", RuntimeWarning)
    cases = [case for case in collect_testcases(None)
             if case.model is not None and is_plain(case) and not case.name.startswith(DRAWN)]
    sample = Sample()
    # Those that spell an operator out in others come last.
    ordered = sorted(cases, key=lambda case: ("_expanded" in case.name, case.name))
    return [case for case in ordered if sample.wants(case.model)]


def is_plain(case):
    values = list(case.model.graph.input) + list(case.model.graph.output)
    return all(value.type.WhichOneof("value") == "tensor_type"
               and value.type.tensor_type.elem_type not in UNFIT for value in values)


def features(model):
    """What a case may be the first to show: operators with their elements and their options."""
    values = list(model.graph.input) + list(model.graph.output)
    elements = tuple(sorted({value.type.tensor_type.elem_type for value in values}))
    for node in model.graph.node:
        yield node.op_type, elements
        yield node.op_type, tuple(sorted(a.name for a in node.attribute)), len(node.input)


class Sample:
    """Takes the cases that show something new, until every operator has its share."""

    def __init__(self):
        self.seen = set()
        self.taken = Counter()

    def wants(self, model):
        new = set(features(model)) - self.seen
        operators = {node.op_type for node in model.graph.node}
        if not new and min(self.taken[name] for name in operators) >= CASES_OF_EACH:
            return False
        self.seen |= new
        self.taken.update(operators)
        return True


def arrays(values, infos):
    return [numpy_helper.to_array(v) if isinstance(v, TensorProto)
            else helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type).type(v)
            for v, i in zip(values, infos)]


def saved(name, model, vectors, folder, case):
    path = folder / f"{name}.onnx"
    onnx.save(model, str(path))
    infos = model.graph.output
    inside = [*model.graph.node, *(node for f in model.functions for node in f.node)]
    return Model(name, path, [inputs for inputs, _ in vectors],
                 [arrays(outputs, infos) for _, outputs in vectors], relative=1e-6,
                 operators=frozenset(node.op_type for node in inside), case=case)


def as_given(case, folder):
    """A case as ONNX has it: all operands are inputs."""
    infos = case.model.graph.input
    vectors = [(arrays(i, infos), o) for i, o in case.data_sets]
    return saved(identifier(case.name), case.model, vectors, folder, case)


def with_constants(case, folder):
    """A case with all inputs after the first as constants, or with its only one."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    values, answers = case.data_sets[0]
    infos = list(model.graph.input)
    given = arrays(values, infos)
    kept = min(len(infos) - 1, 1)
    del model.graph.input[kept:]
    for info, value in list(zip(infos, given))[kept:]:
        model.graph.initializer.append(numpy_helper.from_array(value, info.name))
    model.ir_version = max(model.ir_version, 4)
    return saved("c_" + identifier(case.name), model, [(given[:kept], answers)], folder, case)


def is_weighted(case):
    return (len(case.model.graph.input) > 1
            and any(node.op_type in WEIGHTED for node in case.model.graph.node)
            and "_expanded" not in case.name)


def hand_made(folder):
    """What ONNX has no case for: GlobalLpPool, and a loop too long to be written out."""
    return [global_pool(folder), long_loop(folder)]


def global_pool(folder):
    values = np.arange(-12, 12, dtype=np.float32).reshape(1, 2, 3, 4)
    answer = np.sqrt((values**2).sum((2, 3), keepdims=True))
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
             for name, array in (("x", values), ("y", answer))]
    node = helper.make_node("GlobalLpPool", ["x"], ["y"])
    graph = helper.make_graph([node], "made", infos[:1], infos[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    return saved("globallppool", model, [([values], [answer])], folder, None)


def long_loop(folder):
    """Turns that halve what is carried and add the input, each result kept."""
    turns = 5000
    values = np.array([1, -2, 3], np.float32)
    carried, kept = np.zeros(3, np.float32), np.empty((turns, 3), np.float32)
    for turn in range(turns):
        carried = kept[turn] = carried * np.float32(0.5) + values
    number = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["again"]), helper.make_node("Mul", ["v", "half"], ["h"]),
         helper.make_node("Add", ["h", "x"], ["next"]), helper.make_node("Identity", ["next"], ["row"])],
        "turn",
        [helper.make_tensor_value_info("turn", TensorProto.INT64, []),
         helper.make_tensor_value_info("go", TensorProto.BOOL, []), number("v", [3])],
        [helper.make_tensor_value_info("again", TensorProto.BOOL, []), number("next", [3]), number("row", [3])],
        [numpy_helper.from_array(np.array(0.5, np.float32), "half")])
    node = helper.make_node("Loop", ["turns", "always", "zero"], ["last", "rows"], body=body)
    constants = {"turns": np.array(turns, np.int64), "always": np.array(True), "zero": np.zeros(3, np.float32)}
    graph = helper.make_graph([node], "made", [number("x", [3])], [number("last", [3]), number("rows", [turns, 3])],
                              [numpy_helper.from_array(array, name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    return saved("long_loop", model, [([values], [carried, kept])], folder, None)
