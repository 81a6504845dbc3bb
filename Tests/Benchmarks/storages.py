#!/usr/bin/env python3
"""What `sparsify` decides for single layers beside dense: time on this machine, or exact instructions on Cortex-M4.

    Tests/Benchmarks/storages.py --target x86-64|cortex-m4 [--only NAME...] [--zeros 50 80]

Fails where `time` or `balanced` makes a layer slower than dense by more than a tenth (`time` on Cortex-M4 by more than a fiftieth), or `bytes`
takes more than 0.45 of the dense bytes at 80 %."""
import argparse, os, sys, tempfile

from layers import LAYERS
from measuring import Counter, Variant, host_times

PREFERENCES = ("time", "balanced", "bytes")


def faults(target, variant, preference, zeros, dense, ratio):
    limit = 1.02 if target == "cortex-m4" and preference == "time" else 1.1
    if preference != "bytes" and ratio > limit:
        yield f"{ratio:.2f} of the time of dense"
    part = variant.plan["bytes"] / dense.plan["bytes"]
    if preference == "bytes" and zeros == 80 and part > 0.45:
        yield f"{part:.2f} of the bytes of dense"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=["x86-64", "cortex-m4"], required=True)
    parser.add_argument("--only", nargs="+", default=[layer.name for layer in LAYERS])
    parser.add_argument("--zeros", nargs="+", type=int, default=[50, 70, 80, 90, 95])
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        counter = Counter(work) if options.target == "cortex-m4" else None
        for layer in (layer for layer in LAYERS if layer.name in options.only):
            folder = f"{work}/{layer.name}"
            os.makedirs(folder)
            model = f"{folder}/m.onnx"
            layer.save(model)
            variants = [Variant(model, folder, "dense", options.target, "@default")]
            tags = [(zeros, preference) for zeros in options.zeros for preference in PREFERENCES]
            for zeros, preference in tags:
                passes = f"prune-magnitude{{sparsity=0.{zeros}}},@default,sparsify{{prefer={preference}}}"
                variants.append(Variant(model, folder, f"{preference}{zeros}", options.target, passes))
            times = counter.counts(variants, layer.name) if counter else host_times(variants, folder)
            for variant, (zeros, preference), time in zip(variants[1:], tags, times[1:]):
                ratio = time / times[0]
                found = list(faults(options.target, variant, preference, zeros, variants[0], ratio))
                wrong += len(found)
                print(f"{layer.name} {zeros} % {preference}: {variant.plan['storage']}, "
                      f"{variant.plan['bytes'] / variants[0].plan['bytes']:.2f} of the bytes, {ratio:.2f} of the time"
                      + "".join(f"  FAULT: {fault}" for fault in found), flush=True)
    print(f"{wrong} faults")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
