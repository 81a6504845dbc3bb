#!/usr/bin/env python3
"""A transformer encoder with weights of 4 bits, as onnxruntime's optimiser writes it, through the compiler.

    .venv/bin/python Tests/Networks/encoder.py [--coppice .build/release/coppice]

Two layers of MultiHeadAttention, SkipLayerNormalization, FastGelu and MatMulNBits. The answer must be within 1e-4 of the
largest of onnxruntime's, and constants take no more bytes than they have in the model."""
import argparse, os, subprocess, sys, tempfile

import numpy as np
import onnx, onnxruntime
from onnx import helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENS, WIDTH, INNER, HEADS, LAYERS, BLOCK = 16, 64, 256, 4, 2, 32
BOUND = 1e-4


class Encoder:
    def __init__(self):
        self.rng, self.nodes, self.constants = np.random.default_rng(0), [], []

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, operands, **attributes):
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, operands, [name], name=name, domain="com.microsoft", **attributes))
        return name

    def floats(self, *shape, scale=1.0):
        return self.constant((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def product(self, x, inner, outer):
        blocks = inner // BLOCK
        weight = self.constant(self.rng.integers(0, 256, (outer, blocks, BLOCK // 2)).astype(np.uint8))
        scales = self.constant((self.rng.random(outer * blocks) / (4 * np.sqrt(inner))).astype(np.float32))
        return self.node("MatMulNBits", [x, weight, scales, "", "", self.floats(outer, scale=0.1)], K=inner, N=outer,
                         bits=4, block_size=BLOCK)

    def normalized(self, x, skip):
        gamma = self.constant((1 + self.rng.standard_normal(WIDTH) / 8).astype(np.float32))
        return self.node("SkipLayerNormalization", [x, skip, gamma, self.floats(WIDTH, scale=0.1)], epsilon=1e-5)

    def layer(self, x):
        parts = [self.product(x, WIDTH, WIDTH) for _ in range(3)]
        mixed = self.node("MultiHeadAttention", parts, num_heads=HEADS)
        x = self.normalized(self.product(mixed, WIDTH, WIDTH), x)
        inner = self.node("FastGelu", [self.product(x, WIDTH, INNER)])
        return self.normalized(self.product(inner, INNER, WIDTH), x)

    def model(self):
        x = "x"
        for _ in range(LAYERS):
            x = self.layer(x)
        shape = [1, TOKENS, WIDTH]
        value = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, "encoder", [value("x")], [value(x)], self.constants)
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", default=os.path.join(HERE, "..", "..", ".build", "release", "coppice"))
    tool = os.path.abspath(parser.parse_args().coppice)
    encoder = Encoder()
    model = encoder.model()
    held = sum(len(tensor.raw_data) for tensor in encoder.constants)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "encoder.onnx")
        onnx.save(model, path)
        x = np.random.default_rng(1).standard_normal((1, TOKENS, WIDTH)).astype(np.float32)
        os.makedirs(os.path.join(folder, "in"))
        np.save(os.path.join(folder, "in", "input_0.npy"), x)
        subprocess.run([tool, "run", path, "--inputs", f"{folder}/in", "--outputs", f"{folder}/out", "--format", "npy"],
                       check=True)
        subprocess.run([tool, "compile", path, "-o", f"{folder}/c", "--name", "encoder"], check=True,
                       stdout=subprocess.DEVNULL)
        with open(f"{folder}/c/encoder.json") as file:
            text = file.read()
        taken = int(text.split('"weights_bytes": ')[1].split(",")[0])
        wanted = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
        apart = np.abs(np.load(f"{folder}/out/output_0.npy") - wanted).max() / np.abs(wanted).max()
    print(f"encoder: differs by {apart:.1e}; constants {taken} bytes, {held} in the model")
    return not apart <= BOUND or taken > held


if __name__ == "__main__":
    sys.exit(main())
