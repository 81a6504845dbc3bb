"""A model with metadata to prune, and the judgement of what was made of it."""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from safetensors.numpy import load_file

WEIGHTS = ["conv1.weight", "conv2.weight", "conv3.weight", "fc.weight"]

# It zeroes biases too, which have no masks.
MASK_ONLY = 3


def make(source, folder):
    model = onnx.load(source)
    model.producer_name, model.doc_string = "a trainer", "trained on Tuesday"
    for key, value in [("author", "somebody"), ("labels", "0 1 2")]:
        model.metadata_props.add(key=key, value=value)
    model.graph.node[0].doc_string = "the first"
    onnx.save(model, folder / "model.onnx")
    (folder / "in").mkdir()
    image = np.random.default_rng(1).random((1, 1, 8, 8), dtype=np.float32)
    np.save(folder / "in/input_0.npy", image)


def weights(model):
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return {name: found[name] for name in WEIGHTS if name in found}


def masked(model, masks, image):
    """The answer of a model whose weights are multiplied with masks."""
    for tensor in model.graph.initializer:
        if tensor.name in masks:
            weight = numpy_helper.to_array(tensor)
            assert masks[tensor.name].shape == weight.shape, tensor.name
            tensor.CopyFrom(numpy_helper.from_array(weight * masks[tensor.name], tensor.name))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"image": image})[0]


def check(folder):
    paths = sorted(folder.glob("pruned_*.onnx"))
    for index, path in enumerate(paths):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert (model.producer_name, model.doc_string) == ("a trainer", "trained on Tuesday")
        kept = {entry.key: entry.value for entry in model.metadata_props}
        assert kept["author"] == "somebody" and kept["labels"] == "0 1 2", kept
        assert any(node.doc_string == "the first" for node in model.graph.node)

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (expected,) = session.run(None, {"image": np.load(folder / "in/input_0.npy")})
        got = np.load(folder / f"out_{index}/output_0.npy")
        assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max(), path

        masks = load_file(folder / f"masks_{index}.safetensors")
        for name, weight in weights(model).items():
            assert np.array_equal(masks[name][masks[name] != 0], weight[weight != 0] != 0), (path, name)
        if index == MASK_ONLY:
            continue
        image = np.load(folder / "in/input_0.npy")
        answer = masked(onnx.load(folder / "model.onnx"), masks, image)
        assert np.abs(answer - expected).max() <= 1e-5 * np.abs(expected).max(), path
    print(len(paths), "models")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:]))
