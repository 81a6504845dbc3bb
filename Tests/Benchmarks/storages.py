#!/usr/bin/env python3
"""What `sparsify` decides for single layers beside dense: time on this machine, or exact instructions on Cortex-M4.

    Tests/Benchmarks/storages.py --target x86-64|cortex-m4 [--only NAME...] [--zeros 50 80]

Fails where `time` or `balanced` makes a layer slower than dense by more than a tenth (`time` on Cortex-M4 by more than a fiftieth), or `bytes`
takes more than 0.45 of the dense bytes at 80 %, or `time` gains less than 1.3 times at 95 % where it must. Everything is built before
anything is timed."""
import argparse, os, sys, tempfile

from layers import LAYERS
from measuring import Counter, Variant, host_program, timed

# Layers that gain at least 1.3 times at 95 %.
EMPTY = ("conv1x1_64_64_at_25x5", "conv3x3_16_32_at_32x32_s2")
PREFERENCES = ("time", "balanced", "bytes")


def faults(target, layer, variant, preference, zeros, dense, ratio):
    limit = 1.02 if target == "cortex-m4" and preference == "time" else 1.1
    if preference != "bytes" and ratio > limit:
        yield f"{ratio:.2f} of the time of dense"
    part = variant.plan["bytes"] / dense.plan["bytes"]
    if preference == "bytes" and zeros == 80 and part > 0.45:
        yield f"{part:.2f} of the bytes of dense"
    if preference == "time" and zeros == 95 and layer.name in EMPTY and ratio > 1 / 1.3:
        yield f"only {1 / ratio:.2f} times as fast as dense"


class Case:
    """A layer with each of its decisions; equal ones are built and measured once."""

    def __init__(self, layer, options, work):
        self.layer, self.folder = layer, f"{work}/{layer.name}"
        os.makedirs(self.folder)
        model = f"{self.folder}/m.onnx"
        layer.save(model)
        self.dense = Variant(model, self.folder, "dense", options.target, "@default")
        self.variants, self.decisions = {("dense", 0): self.dense}, []
        for zeros in options.zeros:
            for preference in PREFERENCES:
                passes = f"prune-magnitude{{sparsity=0.{zeros}}},@default,sparsify{{prefer={preference}}}"
                variant = Variant(model, self.folder, f"{preference}{zeros}", options.target, passes)
                storage = variant.plan["storage"]
                key = (storage, zeros if storage != "dense" else 0)
                self.variants.setdefault(key, variant)
                self.decisions.append((zeros, preference, variant, key))

    def report(self, options, times):
        """Prints every decision, and counts the faults."""
        times = dict(zip(self.variants, times))
        wrong = 0
        for zeros, preference, variant, key in self.decisions:
            ratio = times[key] / times["dense", 0]
            found = list(faults(options.target, self.layer, variant, preference, zeros, self.dense, ratio))
            wrong += len(found)
            print(f"{self.layer.name} {zeros} % {preference}: {variant.plan['form']} {variant.plan['storage']}, "
                  f"{variant.plan['bytes'] / self.dense.plan['bytes']:.2f} of the bytes, {ratio:.2f} of the time"
                  + "".join(f"  FAULT: {fault}" for fault in found), flush=True)
        return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=["x86-64", "cortex-m4"], required=True)
    parser.add_argument("--only", nargs="+", default=[layer.name for layer in LAYERS])
    parser.add_argument("--zeros", nargs="+", type=int, default=[50, 70, 80, 90, 95])
    parser.add_argument("--rounds", type=int, default=200, help="how often each layer is timed on x86-64")
    parser.add_argument("--sweeps", type=int, default=3,
                        help="how often each program runs: where its code and memory lie decides what caches and predictors hold")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        cases = [Case(layer, options, work) for layer in LAYERS if layer.name in options.only]
        if options.target == "cortex-m4":
            counter = Counter(work)
            times = [counter.counts(list(case.variants.values()), case.layer.name) for case in cases]
        else:
            programs = [host_program(list(case.variants.values()), case.folder, options.rounds) for case in cases]
            sweeps = [[timed(program) for program in programs] for _ in range(options.sweeps)]
            times = [[min(own) for own in zip(*rows)] for rows in zip(*sweeps)]
        wrong = sum(case.report(options, own) for case, own in zip(cases, times))
    print(f"{wrong} faults")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
