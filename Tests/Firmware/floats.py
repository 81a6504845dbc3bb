#!/usr/bin/env python3
"""Float layers on Cortex-M4: assembly against what it means in C, and against plain loops.

    Tests/Firmware/floats.py --coppice .build/release/coppice [--count 18] [--seed 1] [--only N]

Random convolutions and products, dense and with zeros left out, are compiled for Cortex-M4 and run
under QEMU with their programs and as portable C: every bit must be the same. Both must be close to
the dense layer for the generic target on the host, which has none of these kernels, and so must the
portable C on the host between guarded bytes. Infinity and NaN among the activations must come out
where they do there. What is measured is printed: instructions for each multiply-accumulate.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from integers import constants, compiled, firmware, on_host

TOLERANCE = 1e-5


def model(nodes, shape, values, y_shape):
    graph = helper.make_graph(
        nodes, "layer", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)], constants(values))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def thinned(rng, shape, sparsity):
    weights = rng.normal(size=shape).astype(np.float32)
    return weights * (rng.random(shape) >= sparsity)


def tail(pick, shape, rng, values):
    """Nothing, Relu, or an addition in front of it, which programs leave to loops."""
    kind = pick.choice(["", "relu", "relu", "add"])
    if not kind:
        return "", []
    if kind == "relu":
        return " relu", [helper.make_node("Relu", ["s"], ["y"])]
    values["r"] = rng.normal(size=shape).astype(np.float32)
    return " add", [helper.make_node("Add", ["s", "r"], ["t"]),
                    helper.make_node("Relu", ["t"], ["y"])]


def convolution(pick, rng, sparsity, pointwise=False, window=False):
    """A Conv, in NHWC between transposes or in NCHW as it is; some depthwise."""
    depthwise = pick.random() < 0.3
    channels = pick.choice([1, 2, 3, 5, 8, 12, 17])
    filters = channels if depthwise else pick.choice([3, 4, 8, 11, 16])
    kernel = [1, 1] if pick.random() < 0.3 else [pick.choice([1, 2, 3, 5]), pick.choice([1, 3, 4])]
    strides = [pick.choice([1, 1, 2]), pick.choice([1, 1, 2])]
    pads = [pick.randrange(k) for k in kernel * 2]
    size = [pick.randrange(k, k + 22) for k in kernel]
    dilations = [pick.choice([1, 1, 1, 2]) if 2 * (k - 1) < n else 1
                 for k, n in zip(kernel, size)]
    if window:
        kernel, pads, dilations = [3, 3], [1, 1, 1, pick.choice([0, 1])], [1, 1]
        strides, size = [pick.choice([1, 2])] * 2, [pick.randrange(9, 30) for _ in kernel]
        channels = pick.choice([3, 8, 12])
        filters = channels if depthwise else 8
    if pointwise:
        depthwise, kernel, strides, pads, dilations = False, [1, 1], [1, 1], [0] * 4, [1, 1]
        channels, filters = pick.choice([8, 12, 17]), pick.choice([8, 11, 16])
    out = [(n + a + b - d * (k - 1) - 1) // s + 1 for n, k, s, d, a, b in
           zip(size, kernel, strides, dilations, pads[:2], pads[2:])]
    per_group = 1 if depthwise else channels
    values = {"w": thinned(rng, [filters, per_group, *kernel], sparsity)}
    inputs = ["w"]
    if pick.random() < 0.8:
        values["b"] = rng.normal(size=filters).astype(np.float32)
        inputs.append("b")
    last = pick.random() < (0 if pointwise or window else 0.4 if sparsity else 0.7)
    shape = [1, filters, *out]
    told, nodes = tail(pick, shape, rng, values)
    head = helper.make_node(
        "Conv", ["xt" if last else "x", *inputs], ["s" if nodes else "y"], kernel_shape=kernel,
        strides=strides, pads=pads, dilations=dilations, group=channels if depthwise else 1)
    nodes, x_shape = [head, *nodes], [1, channels, *size]
    if last:
        nodes[-1].output[0] = "yt"
        nodes = [helper.make_node("Transpose", ["x"], ["xt"], perm=[0, 3, 1, 2]), *nodes,
                 helper.make_node("Transpose", ["yt"], ["y"], perm=[0, 2, 3, 1])]
        x_shape, shape = [1, *size, channels], [1, *out, filters]
    macs = filters * per_group * kernel[0] * kernel[1] * out[0] * out[1]
    name = f"{'dw' if depthwise else 'conv'} {channels}->{filters} {kernel} /{strides} d{dilations}"
    return (model(nodes, x_shape, values, shape), macs,
            f"{name} {pads} {size} {'NHWC' if last else 'NCHW'}{told}")


def pointwise(pick, rng, sparsity):
    """A 1x1 Conv over neighbouring positions."""
    return convolution(pick, rng, sparsity, pointwise=True)


def window(pick, rng, sparsity):
    """A 3x3 Conv of channels first."""
    return convolution(pick, rng, sparsity, window=True)


def product(pick, rng, sparsity):
    """A MatMul or a Gemm of one or some rows."""
    rows, depth, columns = (pick.choice([1, 1, 1, 3]), pick.choice([33, 64, 126]),
                            pick.choice([40, 64, 77]))
    values = {"w": thinned(rng, [depth, columns], sparsity)}
    told, nodes = tail(pick, [rows, columns], rng, values)
    kind, inputs = "MatMul", ["x", "w"]
    if pick.random() < 0.5:
        values["b"] = rng.normal(size=columns).astype(np.float32)
        kind, inputs = "Gemm", [*inputs, "b"]
    nodes = [helper.make_node(kind, inputs, ["s" if nodes else "y"]), *nodes]
    return (model(nodes, [rows, depth], values, [rows, columns]), rows * depth * columns,
            f"{kind} {rows}x{depth}x{columns}{told}")


def differs(got, want):
    """What is too far off, in words; numbers and what is none, apart."""
    if not (np.isnan(got) == np.isnan(want)).all():
        return "NaN elsewhere"
    rest = ~np.isnan(want)
    infinite = np.isinf(want) & rest
    if not (got[infinite] == want[infinite]).all():
        return "infinity elsewhere"
    rest &= ~infinite
    scale = np.abs(want[rest]).max() if rest.any() else 1
    if rest.any() and not np.abs(got[rest] - want[rest]).max() <= TOLERANCE * max(scale, 1e-30):
        return f"off by {np.abs(got[rest] - want[rest]).max() / scale:.1e}"
    return None


def check(options, number, work):
    pick = random.Random(options.seed * 1000 + number)
    rng = np.random.default_rng(options.seed * 1000 + number)
    sparsity = pick.choice([0.7, 0.9]) if number % 6 in (1, 2, 3, 5) else 0
    make = [convolution, convolution, window, product, product, pointwise][number % 6]
    built, macs, told = make(pick, rng, sparsity)
    onnx.checker.check_model(built)
    path = work / f"layer{number}.onnx"
    onnx.save(built, path)
    plain, fast = work / f"{number}-generic", work / f"{number}-m4"
    stored = ["--passes", "@default,sparsify{storage=index-rows}"] if sparsity else []
    generic = compiled(options, path, plain, "generic")
    manifest = compiled(options, path, fast, "cortex-m4", stored)
    shape = [d.dim_value for d in built.graph.input[0].type.tensor_type.shape.dim]
    x = rng.normal(size=shape).astype(np.float32)
    if not sparsity and number % 4 == 0:  # Where zeros are left out they do not meet what is no number.
        x.flat[pick.randrange(x.size)] = pick.choice([np.inf, np.nan, -np.nan])
    x = x.tobytes()
    want = np.frombuffer(on_host(plain, generic, x, item=4), np.float32)
    wrong = []
    if fault := differs(np.frombuffer(on_host(fast, manifest, x, item=4), np.float32), want):
        wrong.append(f"portable C on the host: {fault}")
    answers, counts = {}, {}
    for form, flags in {"assembly": (), "portable": ("-DCOPPICE_PORTABLE",)}.items():
        builds = work / f"{number}-{form}"
        builds.mkdir()
        core = firmware.CORES["m4"]
        kit = firmware.Firmware(firmware.Core("m4", (*core.flags, *flags), core.board), builds)
        result = kit.measure(fast, "layer", [firmware.pack([x])])
        answers[form] = np.array(result.outputs[0][0], np.float32)
        counts[form] = result.instructions[0]
        if fault := differs(answers[form], want):
            wrong.append(f"{form}: {fault}")
    number_bits = [np.where(np.isnan(a), np.float32(0), a).view(np.uint32)
                   for a in answers.values()]
    if not (number_bits[0] == number_bits[1]).all():
        wrong.append(f"{(number_bits[0] != number_bits[1]).sum()} results differ in bits")
    kernels = sorted(set(re.findall(r"layer_k\d+_(\w+)\(", (fast / "layer.c").read_text())))
    print(f"{number:4} {told:66} {sparsity:4.0%} {counts['assembly'] / macs:6.2f} "
          f"{counts['portable'] / macs:6.2f} {' '.join(kernels)} {'; '.join(wrong)}", flush=True)
    return wrong, kernels


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, required=True)
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--flags", nargs="*", default=[], help="more flags of coppice compile")
    options = parser.parse_args()
    failed, met = 0, set()
    with tempfile.TemporaryDirectory() as temporary:
        for number in options.only or range(options.count):
            try:
                wrong, kernels = check(options, number, Path(temporary))
                failed += bool(wrong)
                met.update(kernels)
            except (firmware.FirmwareError, subprocess.TimeoutExpired) as error:
                print(f"{number:4} {error}", file=sys.stderr, flush=True)
                failed += 1
    expected = {"conv_panel", "product_row", "sparse_points", "sparse_taps", "sparse_entries"}
    if not options.only and options.count >= 18 and not expected <= met:
        print(f"never met: {' '.join(sorted(expected - met))}", file=sys.stderr)
        failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
