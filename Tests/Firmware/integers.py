#!/usr/bin/env python3
"""Quantized layers on packed integers: assembly, intrinsics and plain C against plain loops.

    Tests/Firmware/integers.py --coppice .build/release/coppice [--bars | --count 40] [--seed 1] [--only N]

Random convolutions, depthwise convolutions and products are compiled for Cortex-M4 and for the
generic target. The first run under QEMU, with assembly and (some) with intrinsics alone, and on the
host as portable C between guarded bytes; every byte must be that of the second's, which has none of
these kernels. Instructions for each multiply-accumulate are printed, beside its bar where a layer
has one (`--bars` for these alone). Where `sparsify` chooses by time, a layer may not take more than
the same one with a dense weight.
"""

import argparse
import ctypes
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "firmware"))

import run as firmware  # noqa: E402

GUARD = 64
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
          "-Wmissing-prototypes", "-Werror")


def zero_point(rng, kind):
    return np.array(rng.integers(-128, 128) + (128 if kind is np.uint8 else 0), kind)


def constants(values):
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def quantized(rng, pick, depth, channels, kind):
    """What is around a layer: scales and zero points that spread the results over their range."""
    y_kind = pick.choice([np.int8, np.uint8])
    return {
        "xs": np.float32(0.05), "xz": zero_point(rng, kind),
        "ws": rng.uniform(0.5, 1.5, channels).astype(np.float32) * np.float32(0.01),
        "wz": np.zeros(channels, np.int8),
        "ys": np.float32(0.05 * 0.01 * 74 * np.sqrt(depth)), "yz": zero_point(rng, y_kind),
    }


def model(nodes, shape, kind, values, result, y_shape):
    graph = helper.make_graph(
        nodes, "layer", [helper.make_tensor_value_info("x", KINDS[kind], shape)],
        [helper.make_tensor_value_info("y", result, y_shape)], constants(values))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def written(node, values, qdq):
    """A QLinear operator as it is, or as quantisation around the float operator, as tools write it."""
    if not qdq:
        return [node]
    x, y = node.input[0], node.output[0]
    axis = {"axis": 0} if values["ws"].ndim else {}
    inner = ["xf", "wf"]
    nodes = [helper.make_node("DequantizeLinear", [x, "xs", "xz"], ["xf"]),
             helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["wf"], **axis)]
    if "b" in values:
        values["bs"] = (values["xs"] * values["ws"]).astype(np.float32)
        values["bz"] = np.zeros_like(values["b"])
        nodes.append(helper.make_node("DequantizeLinear", ["b", "bs", "bz"], ["bf"], axis=0))
        inner.append("bf")
    operator = helper.make_node(node.op_type.removeprefix("QLinear"), inner, ["yf"])
    operator.attribute.extend(node.attribute)
    return [*nodes, operator, helper.make_node("QuantizeLinear", ["yf", "ys", "yz"], [y])]


KINDS = {np.int8: TensorProto.INT8, np.uint8: TensorProto.UINT8}
OPERANDS = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"]


def convolution(pick, rng, given=None):
    """A QLinearConv, dense or depthwise; in NHWC between transposes or in NCHW as it is."""
    depthwise = pick.random() < 0.35
    channels = pick.choice([2, 3, 4, 8, 12, 17])
    filters = channels if depthwise else pick.choice([2, 3, 4, 7, 8, 16])
    kernel = [pick.choice([1, 2, 3, 3]), pick.choice([3, 3, 1, 2, 5])] if depthwise else [pick.choice([1, 1, 3, 3, 5, 2])
                                                               for _ in range(2)]
    strides = [pick.choice([1, 1, 2]), pick.choice([1, 1, 2])]
    pads = [pick.randrange(k) for k in kernel * 2]
    size = [pick.randrange(k, k + 12) for k in kernel]
    if depthwise and kernel[1] == 1:
        kernel[0] = pick.choice([3, 4, 10, 15])
        pads, size = [pick.randrange(3), 0, pick.randrange(3), 0], [kernel[0] + pick.randrange(9), 1]
    kind, last = pick.choice([np.int8, np.uint8]), pick.random() < 0.6
    sparsity = 0 if depthwise or pick.random() < 0.6 else pick.choice([0.5, 0.8, 0.97])
    pair = 1
    if given:
        depthwise, channels, filters, kernel, strides, pads, size, sparsity, pair = given
        kind, last = np.int8, True
    per_group = 1 if depthwise else channels
    depth = per_group * kernel[0] * kernel[1]
    values = quantized(rng, pick, depth, filters, kind)
    values["w"] = rng.integers(-127, 128, [filters, per_group, *kernel]).astype(np.int8)
    # Zeros come one by one or in runs of input channels.
    keep = rng.random([filters, -(-per_group // pair), *kernel]) >= sparsity
    values["w"] *= np.repeat(keep, pair, axis=1)[:, :per_group]
    values["b"] = rng.integers(-2000, 2000, filters).astype(np.int32)
    out = [(s + a + b - k) // t + 1 for s, k, t, a, b in
           zip(size, kernel, strides, pads[:2], pads[2:])]
    attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads,
                  "group": channels if depthwise else 1}
    result, qdq = KINDS[values["yz"].dtype.type], bool(given) or pick.random() < 0.5
    macs = filters * depth * out[0] * out[1]
    told = f"{'dw' if depthwise else 'conv'} {channels}->{filters} {kernel} /{strides} {pads} {size}"
    told += f" {sparsity:.0%}" + (f" 1x{pair}" if pair > 1 else "") if sparsity else ""
    told += " QDQ" if qdq else ""
    if given:
        # Channels are last in what comes in; what goes out is stored as the graph has it.
        node = helper.make_node("QLinearConv", ["xt", *OPERANDS[1:], "b"], ["y"], **attributes)
        nodes = [helper.make_node("Transpose", ["x"], ["xt"], perm=[0, 3, 1, 2]), *written(node, values, qdq)]
        return (model(nodes, [1, *size, channels], kind, values, result, [1, filters, *out]), macs, told)
    if last:
        nodes = [helper.make_node("Transpose", ["x"], ["xt"], perm=[0, 3, 1, 2]),
                 *written(helper.make_node("QLinearConv", ["xt", *OPERANDS[1:], "b"], ["yt"],
                                           **attributes), values, qdq),
                 helper.make_node("Transpose", ["yt"], ["y"], perm=[0, 2, 3, 1])]
        return (model(nodes, [1, *size, channels], kind, values, result, [1, *out, filters]), macs,
                told + " NHWC")
    node = helper.make_node("QLinearConv", [*OPERANDS, "b"], ["y"], **attributes)
    return (model(written(node, values, qdq), [1, channels, *size], kind, values, result, [1, filters, *out]), macs,
            told + " NCHW")


def product(pick, rng, given=None):
    """A QLinearMatMul, dense or sparse, whose zeros come one by one or in blocks."""
    rows, depth, columns = (pick.choice([1, 1, 3]), pick.choice([1, 4, 7, 32, 50, 64, 600]),
                            pick.choice([1, 2, 4, 5, 10, 16, 70]))
    kind = pick.choice([np.int8, np.uint8])
    sparsity = pick.choice([0, 0.5, 0.8, 0.97] if depth * columns > 500 else [0, 0.5])
    block = pick.choice([(1, 1), (4, 2)])
    if given:
        (rows, depth, columns, sparsity, block), kind = given, np.int8
    values = quantized(rng, pick, depth, 1, kind)
    values["ws"], values["wz"] = values["ws"][0], np.int8(0)
    values["w"] = rng.integers(-127, 128, [depth, columns]).astype(np.int8)
    keep = rng.random([-(-depth // block[0]), -(-columns // block[1])]) >= sparsity
    values["w"] *= np.repeat(np.repeat(keep, block[0], axis=0), block[1], axis=1)[:depth, :columns]
    told = f" {sparsity:.0%}" + (f" {block[1]}x{block[0]}" if block[0] > 1 else "") if sparsity else ""
    node = helper.make_node("QLinearMatMul", OPERANDS, ["y"])
    result, qdq = KINDS[values["yz"].dtype.type], bool(given) or pick.random() < 0.5
    return (model(written(node, values, qdq), [rows, depth], kind, values, result, [rows, columns]),
            rows * depth * columns, f"product {rows}x{depth}x{columns}{told}")


# What the bars are given for, with the storage of the weight and the instructions that a dense
# multiply-accumulate may take.
POINTWISE = (False, 64, 64, [1, 1], [1, 1], [0, 0, 0, 0], [25, 5])
WINDOW = (False, 16, 16, [3, 3], [1, 1], [1, 1, 1, 1], [32, 32])
DEPTHWISE = (True, 64, 64, [3, 3], [1, 1], [1, 1, 1, 1])
SPARSITIES = (0.5, 0.7, 0.8, 0.9)
CHOSEN = "prefer=time"
BARS = [(POINTWISE, 1, (0.90, 0.66, 0.50, 0.35)), (POINTWISE, 2, (0.63, 0.45, 0.35, 0.25)),
        (WINDOW, 1, (0.86, 0.62, 0.45, 0.25)), (WINDOW, 2, (0.57, 0.37, 0.27, 0.18))]
LAYERS = [
    (convolution, (*POINTWISE, 0, 1), None, 0.80), (convolution, (*WINDOW, 0, 1), None, 0.82),
    (convolution, (*DEPTHWISE, [25, 5], 0, 1), None, 2.1),
    (convolution, (*DEPTHWISE, [24, 24], 0, 1), None, 2.2),
    (product, (1, 640, 128, 0, (1, 1)), None, 1.26),
    *((convolution, (*layer, sparsity, pair), "blocks-1x2" if pair == 2 else "bitmap", bar)
      for layer, pair, bars in BARS
      for sparsity, bar in zip(SPARSITIES, bars)),
    *((product, (1, 640, 128, sparsity, (4, 2)), "blocks-2x4", bar)
      for sparsity, bar in zip(SPARSITIES, (0.95, 0.58, 0.41, 0.22))),
    *((product, (1, 640, 128, sparsity, (1, 1)), "index-rows", None) for sparsity in (0.8, 0.9)),
    *((convolution, (*layer, sparsity, 1), "index-rows", None) for layer in (POINTWISE, WINDOW)
      for sparsity in SPARSITIES),
    *((convolution, (*layer, sparsity, 1), CHOSEN, None) for layer in (POINTWISE, WINDOW)
      for sparsity in (0.45, 0.55)),
    *((product, (1, 640, 128, sparsity, (1, 1)), CHOSEN, None) for sparsity in (0.5, 0.75)),
]


def compiled(options, path, folder, target, flags=()):
    firmware.command(options.coppice.resolve(), "compile", path, "-o", folder, "--name", "layer",
                     "--target", target, *flags, *options.flags)
    return json.loads((folder / "layer.json").read_text())


def on_host(folder, manifest, x, compiler="gcc", item=1):
    """The answer of the C on the host, its memory between guarded bytes."""
    library = folder / "layer.so"
    sources = [p for p in (folder / "layer.c", folder / "layer_weights.c") if p.exists()]
    firmware.command(compiler, *STRICT, "-O1", "-fsanitize=undefined",
                     "-fno-sanitize-recover", "-fPIC", "-shared", "-I", folder, *sources, "-lm",
                     "-o", library)
    run = ctypes.CDLL(str(library)).layer_run
    size = firmware.elements(manifest["outputs"][0]) * item

    def guarded(count):
        memory = np.full(count + 2 * GUARD + 64, 0xA5, np.uint8)
        start = -(memory.ctypes.data + GUARD) % 64 + GUARD
        return memory, memory[start:start + count], start

    arena, inner, arena_start = guarded(max(1, manifest["arena_bytes"]))
    out, y, out_start = guarded(size)
    source = np.frombuffer(x, np.uint8).copy()
    status = run(*(ctypes.c_void_p(part.ctypes.data) for part in (inner, source, y)))
    for memory, part, start in ((arena, inner, arena_start), (out, y, out_start)):
        rest = np.concatenate([memory[:start], memory[start + part.size:]])
        if (rest != 0xA5).any():
            raise firmware.FirmwareError("bytes around the memory of the layer were written")
    if status:
        raise firmware.FirmwareError(f"layer_run returned {status}")
    return y.tobytes()


def check(options, number, work, make, given=None, storage=None, bar=None):
    pick = random.Random(options.seed * 1000 + number)
    rng = np.random.default_rng(options.seed * 1000 + number)
    built, macs, told = make(pick, rng, given)
    onnx.checker.check_model(built)
    path = work / f"layer{number}.onnx"
    onnx.save(built, path)
    folders = {target: work / f"{number}-{target}" for target in ("generic", "cortex-m4")}
    storage = storage or pick.choice(["bitmap", "index-rows", "blocks-1x2"] if make is convolution
                                     else ["index-rows", "blocks-2x4", "blocks-1x16"])
    how = storage if storage == CHOSEN else f"storage={storage}"
    sparsify = [] if "%" not in told else ["--passes", f"@default,sparsify{{{how}}}"]
    told += f" {storage}" if sparsify else ""
    manifests = {target: compiled(options, path, folder, target, sparsify if "-" in target else [])
                 for target, folder in folders.items()}
    shape = [d.dim_value for d in built.graph.input[0].type.tensor_type.shape.dim]
    x = rng.integers(0, 256, shape).astype(np.uint8).tobytes()
    want = on_host(folders["generic"], manifests["generic"], x)
    wrong = [] if len(set(want)) > 1 or len(want) < 4 else ["all results are equal"]
    if on_host(folders["cortex-m4"], manifests["cortex-m4"], x) != want:
        wrong.append("portable C differs")
    forms = {"assembly": ()}
    if number % 4 == 0:
        forms |= {"intrinsics": ("-DCOPPICE_INTRINSICS",), "portable": ("-DCOPPICE_PORTABLE",)}
    count = 0
    for form, flags in forms.items():
        core = firmware.CORES["m4"]
        builds = work / f"{number}-{form}"
        builds.mkdir()
        kit = firmware.Firmware(
            firmware.Core("m4", (*core.flags, *flags), core.board), builds, options.optimization)
        result = kit.measure(folders["cortex-m4"], "layer", [firmware.pack([x])])
        got = bytes(v & 255 for v in result.outputs[0][0])
        count = count or result.instructions[0]
        if got != want:
            wrong.append(f"{form} differs in {sum(a != b for a, b in zip(got, want))} bytes")
    if storage == CHOSEN:
        dense = work / f"{number}-dense"
        compiled(options, path, dense, "cortex-m4")
        builds = work / f"{number}-whole"
        builds.mkdir()
        most = firmware.Firmware(firmware.CORES["m4"], builds, options.optimization).measure(
            dense, "layer", [firmware.pack([x])]).instructions[0]
        if count > most:
            wrong.append(f"dense takes {most:,}")
    text = (folders["cortex-m4"] / "layer.c").read_text()
    kernels = sorted(set(re.findall(r"layer_k\d+_(\w+)\(", text)))
    if bar and options.optimization == "-O3" and count / macs > bar:
        wrong.append(f"above {bar}")
    limit = f"<= {bar:.2f}" if bar else ""
    print(f"{number:4} {told:66} {count:9,} {count / macs:7.3f} {limit:7} {' '.join(kernels)}"
          f" {'; '.join(wrong)}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--bars", action="store_true", help="the layers that have bars, alone")
    parser.add_argument("--optimization", default="-O3")
    parser.add_argument("--flags", nargs="*", default=[], help="more flags of coppice compile")
    options = parser.parse_args()
    failed = 0
    if options.bars:
        options.count = len(LAYERS)
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(options.count):
            if options.only and number not in options.only:
                continue
            case = LAYERS[number] if number < len(LAYERS) else (
                product if number % 4 == 3 else convolution,)
            try:
                failed += bool(check(options, number, Path(temporary), *case))
            except (firmware.FirmwareError, subprocess.TimeoutExpired) as error:
                print(f"{number:4} {error}", file=sys.stderr, flush=True)
                failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
