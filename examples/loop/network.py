"""The network of the loop, its data in two halves, and its ONNX."""

from dataclasses import dataclass

import numpy as np
import onnx
from coppice_record import nn
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

CLASSES = 5
HELD_OUT = 0.4


@dataclass
class Half:
    """The digits of one half of the classes: for training, and held out."""

    images: np.ndarray
    labels: np.ndarray
    held_images: np.ndarray
    held_labels: np.ndarray


def halves(seed):
    """Digits 0 to 4, and 5 to 9 with labels from 0."""
    digits = load_digits()
    pixels = (digits.images / 16).astype(np.float32)[:, None]
    rng = np.random.default_rng(1000 + seed)
    made = []
    for first in (0, CLASSES):
        rows = np.flatnonzero((digits.target >= first) & (digits.target < first + CLASSES))
        rng.shuffle(rows)
        cut = int(len(rows) * (1 - HELD_OUT))
        labels = digits.target - first
        made.append(Half(pixels[rows[:cut]], labels[rows[:cut]], pixels[rows[cut:]], labels[rows[cut:]]))
    return made


def network(rng):
    """Two convolutions and two fully connected layers."""
    return nn.Sequential(
        conv1=nn.Conv2d(1, 8, rng), relu1=nn.ReLU(), conv2=nn.Conv2d(8, 16, rng), relu2=nn.ReLU(),
        pool=nn.MaxPool2d(), flat=nn.Flatten(), fc1=nn.Linear(256, 48, rng), relu3=nn.ReLU(),
        fc2=nn.Linear(48, CLASSES, rng))


def export(model, path):
    """Writes the network as ONNX, its weights under the names of `state_dict()`."""
    nodes, value = [], "image"
    for name, layer in model.layers.items():
        operands, attributes = [value], {}
        if layer.parameters:
            operands += [f"{name}.weight", f"{name}.bias"]
        kind = {nn.Conv2d: "Conv", nn.Linear: "Gemm", nn.ReLU: "Relu", nn.MaxPool2d: "MaxPool",
                nn.Flatten: "Flatten"}[type(layer)]
        if kind == "Conv":
            attributes = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        elif kind == "Gemm":
            attributes = dict(transB=1)
        elif kind == "MaxPool":
            attributes = dict(kernel_shape=[2, 2], strides=[2, 2])
        nodes.append(helper.make_node(kind, operands, [name], name=name, **attributes))
        value = name
    graph = helper.make_graph(
        nodes, "halves", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, CLASSES])],
        [numpy_helper.from_array(weight, name) for name, weight in model.state_dict().items()])
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def weights_of(path):
    """The weights of an ONNX file by name."""
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
