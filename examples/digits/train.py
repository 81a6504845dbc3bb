#!/usr/bin/env python3
"""Train the digits example and write the model, its training record and its held-out vectors.

    python3 -m pip install numpy scikit-learn onnx onnxruntime
    python3 examples/digits/train.py

The network is trained twice over. First as usual, with an L1 penalty. Then, with the
normalisation statistics frozen, for being pruned: one third of the steps run with the weights of
least movement masked, one third with those of least magnitude masked, the rest dense. The record
holds what happened in that second part. Movement is the sum of -(g * w) over its steps, with g the
gradient by the weight that the step used and w the weight that is kept (masked or not).

The committed files were made with OPENBLAS_NUM_THREADS=1; another BLAS may round differently and
so end at other weights.
"""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from network import EPSILON, BatchNorm, Network, cross_entropy_gradient

HERE = Path(__file__).resolve().parent
SEED = 1
BATCH = 32
HELD_OUT = 360
WARM_UP = dict(epochs=30, rate=0.1, penalty=1e-2)
PREPARE = dict(epochs=60, rate=0.005, penalty=1e-2)
MOVEMENT_SPARSITY = 0.7
MAGNITUDE_SPARSITY = 0.8


def shifted(images, rng):
    """The batch moved by at most one pixel, for a little variety."""
    dx, dy = rng.integers(-1, 2, 2)
    moved = np.zeros_like(images)
    to_y, to_x = slice(max(dy, 0), 8 + min(dy, 0)), slice(max(dx, 0), 8 + min(dx, 0))
    from_y, from_x = slice(max(-dy, 0), 8 + min(-dy, 0)), slice(max(-dx, 0), 8 + min(-dx, 0))
    moved[:, :, to_y, to_x] = images[:, :, from_y, from_x]
    return moved


def lowest_masked(scores, sparsity):
    """A mask that leaves out the lowest scores."""
    mask = np.ones(scores.size, np.float32)
    mask[np.argsort(scores.ravel(), kind="stable")[: int(sparsity * scores.size)]] = 0
    return mask.reshape(scores.shape)


class Trainer:
    """Stochastic gradient descent with momentum, an L1 step, optional masks and the record."""

    def __init__(self, network, images, labels, rng):
        self.network, self.images, self.labels, self.rng = network, images, labels, rng
        self.weights = network.parameters
        self.movement = {name: np.zeros_like(w) for name, w in self.weights.items()}
        self.recorded_steps = 0

    def prunable(self):
        return [name for name, weight in self.weights.items() if weight.ndim >= 2]

    def masks(self, progress):
        """What this step leaves out, as the sparsity rises towards its end."""
        ramp = 1 - (1 - min(1.0, progress / 0.6)) ** 3
        choice = self.rng.random()
        if choice < 1 / 3:
            sparsity = ramp * MOVEMENT_SPARSITY
            return {k: lowest_masked(self.movement[k], sparsity) for k in self.prunable()}
        if choice < 2 / 3:
            sparsity = ramp * MAGNITUDE_SPARSITY
            return {k: lowest_masked(np.abs(self.weights[k]), sparsity) for k in self.prunable()}
        return {}

    def step(self, rows, rate, penalty, masks, recording):
        kept = {name: self.weights[name].copy() for name in masks}
        for name, mask in masks.items():
            self.weights[name] *= mask
        images = shifted(self.images[rows], self.rng)
        scores = self.network.forward(images, training=not recording)
        by_scores = cross_entropy_gradient(scores, self.labels[rows])
        gradients = self.network.backward(by_scores)
        for name, weight in kept.items():
            self.weights[name][:] = weight
        for name, weight in self.weights.items():
            gradient = gradients[name]
            if recording:
                self.movement[name] -= gradient * weight
            self.velocity[name] *= np.float32(0.9)
            self.velocity[name] += gradient * masks[name] if name in masks else gradient
            weight -= np.float32(rate) * self.velocity[name]
            if weight.ndim >= 2:
                weight -= np.float32(rate * penalty) * np.sign(weight)

    def train(self, epochs, rate, penalty, recording):
        self.velocity = {name: np.zeros_like(w) for name, w in self.weights.items()}
        per_epoch = len(self.images) // BATCH
        steps = epochs * per_epoch
        for step in range(steps):
            if step % per_epoch == 0:
                order = self.rng.permutation(len(self.images))
            at = (step % per_epoch) * BATCH
            falling = rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            masks = self.masks(step / steps) if recording else {}
            self.step(order[at : at + BATCH], falling, penalty, masks, recording)
        if recording:
            self.recorded_steps += steps
        return steps


def export_model(network):
    """The trained network as ONNX, its normalisations kept as nodes of their own."""
    initializers = dict(network.parameters)
    nodes, value = [], "image"

    def add(kind, operands, name, **attributes):
        nodes.append(helper.make_node(kind, operands, [name], name=name, **attributes))
        return name

    def convolution(value, number):
        convolved = add("Conv", [value, f"conv{number}.weight"], f"conv{number}",
                        kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        names = [f"bn{number}.{part}" for part in ("weight", "bias", "mean", "variance")]
        return add("BatchNormalization", [convolved, *names], f"bn{number}", epsilon=EPSILON)

    norms = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    for number, norm in enumerate(norms, 1):
        initializers[f"bn{number}.mean"] = norm.mean
        initializers[f"bn{number}.variance"] = norm.variance
    value = add("Relu", [convolution(value, 1)], "relu1")
    value = add("Relu", [convolution(value, 2)], "relu2")
    bridge = add("MaxPool", [value], "pool", kernel_shape=[2, 2], strides=[2, 2])
    value = add("Add", [convolution(bridge, 3), bridge], "residual")
    value = add("Flatten", [add("Relu", [value], "relu3")], "features", axis=1)
    add("Gemm", [value, "fc.weight", "fc.bias"], "scores", transB=1)

    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(array, name) for name, array in initializers.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                              producer_name="coppice-digits", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, HERE / "digits.onnx")


def write_record(trainer, initial, start):
    """The training record: `prunerec/1` on safetensors."""
    tensors, params = {}, {}
    for name, final in trainer.weights.items():
        tensors[f"{name}/final"] = final
        tensors[f"{name}/init"] = initial[name]
        tensors[f"{name}/mv"] = trainer.movement[name]
        params[name] = {"shape": list(final.shape), "steps": trainer.recorded_steps, "alias": [],
                        "sha256": hashlib.sha256(final.tobytes()).hexdigest()}
    metadata = {
        "format": "prunerec/1", "producer": "examples/digits/train.py", "framework": "numpy",
        "optimizer": "SGD", "amp": "false", "steps": str(trainer.recorded_steps),
        "samples": str(trainer.recorded_steps * BATCH), "batch_size": str(BATCH),
        "loss_reduction": "mean", "lr_convention": "none", "weight_decay": "0",
        "masks_active": "true", "start_step": str(start), "params": json.dumps(params),
    }
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, array in sorted(tensors.items()):
        blob = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    length = struct.pack("<Q", len(text))
    (HERE / "digits.prunerec.safetensors").write_bytes(length + text + b"".join(blobs))


def write_held_out(images, labels):
    """Every held-out image as 64 bytes 0..16, its label and the class onnxruntime gives it.

    Three of them are also test_data_set folders with onnxruntime's whole answer.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(HERE / "digits.onnx"), options)
    answers = [session.run(None, {"image": image[None]})[0] for image in images]
    rows = b"".join(
        struct.pack("64BBB", *(image.ravel() * 16).astype(np.uint8), label, answer.argmax())
        for image, label, answer in zip(images, labels, answers))
    (HERE / "heldout.bin").write_bytes(rows)
    for index in range(3):
        folder = HERE / f"test_data_set_{index}"
        folder.mkdir(exist_ok=True)
        pairs = (("input_0", "image", images[index][None]), ("output_0", "scores", answers[index]))
        for stem, name, array in pairs:
            (folder / f"{stem}.pb").write_bytes(
                numpy_helper.from_array(array, name).SerializeToString())
    return np.mean([answer.argmax() == label for answer, label in zip(answers, labels)])


def pruned_accuracy(trainer, scores, sparsity, images, labels):
    """The accuracy with the lowest scores of every weight left out."""
    kept = {name: trainer.weights[name].copy() for name in trainer.prunable()}
    for name in kept:
        trainer.weights[name] *= lowest_masked(scores(name), sparsity)
    right = (trainer.network.forward(images).argmax(axis=1) == labels).mean()
    for name, weight in kept.items():
        trainer.weights[name][:] = weight
    return right


def main():
    digits = load_digits()
    pixels = (digits.images / 16).astype(np.float32)[:, None]
    images, held_images, labels, held_labels = train_test_split(
        pixels, digits.target, test_size=HELD_OUT, random_state=0, stratify=digits.target)
    rng = np.random.default_rng(SEED)
    network = Network(rng)
    trainer = Trainer(network, images, labels, rng)
    start = trainer.train(**WARM_UP, recording=False)
    initial = {name: weight.copy() for name, weight in trainer.weights.items()}
    trainer.train(**PREPARE, recording=True)
    export_model(network)
    write_record(trainer, initial, start)
    print(f"held out, dense:        {write_held_out(held_images, held_labels):.4f}")
    for sparsity in (0.5, 0.6, 0.7, 0.8):
        for title, scores in (("magnitude", lambda n: np.abs(trainer.weights[n])),
                              ("movement", lambda n: trainer.movement[n])):
            right = pruned_accuracy(trainer, scores, sparsity, held_images, held_labels)
            print(f"held out, {title:9} {sparsity}: {right:.4f}")


main()
