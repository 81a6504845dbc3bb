#!/usr/bin/env python3
"""What each granularity costs on resnet8 at 80 %: bytes, exact instructions on Cortex-M4, time on this machine.

    Tests/Benchmarks/granularities.py [--no-host | --no-m4] [--model FILE.onnx] [--only NAME...]
    Tests/Benchmarks/granularities.py --layers

Every weight tensor loses 80 % of its units by magnitude (filters: 55 % of each set of layers, which leaves about a fifth of the weights), and
`sparsify` stores what is left. Prints the table of Measurements.md.

With --layers: what blocks of 4x1 and 8x1 take beside single elements, on chains of six equal layers, each with a Relu, on this machine."""
import argparse, os, sys, tempfile

from common import MODELS, models_or_skip
from layers import Chain, conv, full
from measuring import Counter, Variant, host_times

BLOCKS = ["element", "4x1", "8x1", "16x1", "1x2", "1x4", "1x16", "2x4", "row", "column"]
PIPELINES = {"dense": "@default"}
PIPELINES |= {block: f"@default,prune-magnitude{{sparsity=0.8,block={block}}},sparsify" for block in BLOCKS}
PIPELINES["1:5"] = "@default,prune-magnitude{block=1:5},sparsify"
PIPELINES["filters"] = "@default,prune-filters{sparsity=0.55}"

EQUAL = [conv(128, 128, 14, 14, 1), conv(256, 256, 12, 12, 1), conv(64, 64, 16, 16, 3), conv(16, 16, 32, 32, 3), conv(32, 32, 19, 19, 3), conv(32, 32, 25, 25, 3),
         full(1, 1024, 1024)]


def blocks_of_layers():
    """The times of blocks and of elements, each layer's in turn in one program."""
    print("| layer | zeros | element us | 4x1 | 8x1 |\n|---|--:|--:|--:|--:|")
    cases = [(zeros, block) for zeros in (70, 80, 90) for block in ("element", "4x1", "8x1")]
    for layer in EQUAL:
        with tempfile.TemporaryDirectory() as work:
            Chain(layer.name, (layer,) * 6).save(f"{work}/m.onnx")
            built = [Variant(f"{work}/m.onnx", work, f"v{number}", "x86-64",
                             f"prune-magnitude{{sparsity=0.{zeros},block={block}}},@default,sparsify{{prefer=time}}")
                     for number, (zeros, block) in enumerate(cases)]
            times = dict(zip(cases, host_times(built, work, rounds=100)))
        for zeros in (70, 80, 90):
            element = times[zeros, "element"]
            faster = [f"{element / times[zeros, block]:.2f}" for block in ("4x1", "8x1")]
            print("| " + " | ".join([layer.name, f"{zeros} %", f"{element / 6000:.2f}", *faster]) + " |")


def variants(model, work, target, names):
    folder = f"{work}/{target}"
    os.makedirs(folder, exist_ok=True)
    return [Variant(model, folder, f"v{number}", target, PIPELINES[name]) for number, name in enumerate(names)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=f"{MODELS}/resnet8_f32.onnx")
    parser.add_argument("--only", nargs="+", choices=list(PIPELINES), default=list(PIPELINES))
    parser.add_argument("--no-host", action="store_true", help="leave out the time on this machine")
    parser.add_argument("--no-m4", action="store_true", help="leave out the instructions")
    parser.add_argument("--layers", action="store_true", help="how much faster than single elements blocks are on single layers")
    options = parser.parse_args()
    if options.layers:
        if len(sys.argv) > 2:
            parser.error("--layers goes alone")
        return blocks_of_layers()
    models_or_skip()
    names = ["dense"] + [name for name in options.only if name != "dense"]
    with tempfile.TemporaryDirectory() as work:
        small = variants(options.model, work, "cortex-m4", names)
        counts = times = [None] * len(names)
        if not options.no_m4:
            counter = Counter(work)
            counts = [counter.counts([variant], f"c{number}")[0] for number, variant in enumerate(small)]
        if not options.no_host:
            times = host_times(variants(options.model, work, "x86-64", names), work)
        bytes_ = [variant.manifest["weights_bytes"] for variant in small]
        print("| granularity | zeros | constants | of dense | M4 instructions | of dense | host us | of dense |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        for name, variant, size, count, time in zip(names, small, bytes_, counts, times):
            macs = variant.manifest["macs_nonzero"] / small[0].manifest["macs"]
            m4 = ["", ""] if count is None else [f"{count:,}", f"{count / counts[0]:.2f}"]
            host = ["", ""] if time is None else [f"{time / 1000:.0f}", f"{time / times[0]:.2f}"]
            cells = [name, f"{100 - 100 * macs:.0f} %", f"{size:,}", f"{size / bytes_[0]:.2f}", *m4, *host]
            print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
