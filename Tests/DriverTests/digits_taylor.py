#!/usr/bin/env python3
"""Writes Records/digits_taylor.safetensors: what the feature maps of the digits example give to its loss.

    .venv/bin/python Tests/DriverTests/digits_taylor.py

For each convolution of examples/digits/digits.onnx and each of the 360 held-out samples, the sum over positions of activation times
gradient behind the normalisation (`chact.samples`), and the sum over samples of the magnitude of its mean over positions (`chact`).
Gradients are exact, in double, of each sample's own cross-entropy."""
import json, sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
DIGITS = HERE.parent.parent / "examples" / "digits"
sys.dont_write_bytecode = True
sys.path.append(str(DIGITS))
from network import BatchNorm, Network, cross_entropy_gradient


def trained():
    """The network with the weights of the model, in double."""
    initializers = onnx.load(DIGITS / "digits.onnx").graph.initializer
    weights = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in initializers}
    network = Network(np.random.default_rng(0))
    for layer in network.layers:
        for name in layer.parameters:
            layer.parameters[name] = weights[name]
    norms = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    for number, norm in enumerate(norms, 1):
        norm.mean, norm.variance = weights[f"bn{number}.mean"], weights[f"bn{number}.variance"]
    return network, weights


def watch(norm, found):
    """Keeps the products of a normalisation's results and their gradients."""
    forward, backward = norm.forward, norm.backward

    def keep(x, training):
        norm.result = forward(x, training)
        return norm.result

    def multiply(dy, gradients):
        found[norm] = norm.result * dy
        return backward(dy, gradients)

    norm.forward, norm.backward = keep, multiply


def main():
    rows = np.fromfile(DIGITS / "heldout.bin", np.uint8).reshape(-1, 66)
    images, labels = rows[:, :64].reshape(-1, 1, 8, 8) / 16, rows[:, 64].astype(int)
    network, weights = trained()
    norms = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    found = {}
    for norm in norms:
        watch(norm, found)
    scores = network.forward(images)
    network.backward(len(images) * cross_entropy_gradient(scores, labels).astype(np.float64))
    tensors, params = {}, {}
    for number, norm in enumerate(norms, 1):
        name, products = f"conv{number}.weight", found[norm]
        params[name] = {"shape": list(weights[name].shape)}
        tensors[f"{name}/final"] = weights[name].astype(np.float32)
        tensors[f"{name}/chact"] = np.abs(products.mean((2, 3))).sum(0).astype(np.float32)
        tensors[f"{name}/chact.samples"] = products.sum((2, 3)).astype(np.float32)
    (HERE / "Records").mkdir(exist_ok=True)
    save_file(tensors, HERE / "Records" / "digits_taylor.safetensors", metadata={
        "format": "prunerec/1", "producer": "Tests/DriverTests/digits_taylor.py", "masks_active": "false",
        "samples": str(len(images)), "params": json.dumps(params)})


if __name__ == "__main__":
    main()
