#!/usr/bin/env python3
"""Fits what the steps of kernel forms take on a target: runs layers in every storage, prints the table for the target's file.

    Tests/Benchmarks/fit_costs.py --target x86-64|cortex-m4 [--rows FILE.json] [--write]

With --write the tables of all forms that enough layers were measured of are put into the target's file; others stay as they are. How
well times are foreseen is told by every second layer, from a fit of the rest. Forms that leave zeros out are charged a little more than
they take (MARGINS), so that what looks equal stays dense.

x86-64 is this machine: gcc -O3 -march=native, one thread, the least of many short runs in turn, in nanoseconds. Cortex-M4 is QEMU, in
exact instructions. The rows of measurements are kept in FILE.json, and read from there when it exists."""
import argparse, json, os, re, subprocess, sys, tempfile
from collections import defaultdict

import numpy as np

STORAGES = {0: ["dense"], 50: ["index-rows", "bitmap"], 80: ["index-rows", "bitmap", "blocks"], 95: ["index-rows", "blocks"]}
SOURCES = {"x86-64": "Sources/Lowering/Targets/X86.swift", "cortex-m4": "Sources/Lowering/Targets/CortexM4.swift"}
MARGINS = {"x86-64": {"sparse_": 1.1}, "cortex-m4": {"sparse_conv1x1": 1.0, "sparse_conv_single": 1.1, "sparse_": 1.05}}
LEAST = 12
STEPS = ["tile", "line", "step", "load", "reach", "fma", "chain", "store", "tail", "copy", "bit", "miss", "near", "far",
         "result"]


def measure(target):
    from layers import LAYERS
    from measuring import Counter, Variant, host_times

    with tempfile.TemporaryDirectory() as work:
        counter = Counter(work) if target == "cortex-m4" else None
        for layer in LAYERS:
            folder = f"{work}/{layer.name}"
            os.makedirs(folder)
            layer.save(f"{folder}/m.onnx")
            tags = [(zeros, storage) for zeros, storages in STORAGES.items() for storage in storages]
            variants = []
            for zeros, storage in tags:
                prune = f"prune-magnitude{{sparsity=0.{zeros}}}," if zeros else ""
                passes = f"{prune}@default,sparsify{{storage={storage}}}"
                variants.append(Variant(f"{folder}/m.onnx", folder, f"v{zeros}_{storage.replace('-', '')}", target, passes))
            times = counter.counts(variants, layer.name) if counter else host_times(variants, folder)
            for variant, (zeros, storage), time in zip(variants, tags, times):
                yield dict(layer=layer.name, macs=layer.macs, s=zeros, storage=storage, form=variant.plan["form"],
                           work=variant.plan["work"], time=time)
            print(layer.name, f"{times[0]:.0f}", file=sys.stderr, flush=True)


def nonnegative(matrix, wanted):
    """The least squares with no number below zero, one number after the other until nothing moves."""
    products, right = matrix.T @ matrix, matrix.T @ wanted
    solution = np.zeros(len(right))
    for _ in range(3000):
        before = solution.copy()
        for i in range(len(solution)):
            solution[i] = max(0, solution[i] - (products[i] @ solution - right[i]) / products[i, i])
        if abs(solution - before).max() <= 1e-9 * abs(solution).max():
            break
    return solution


def fit(rows):
    """The cost of each step that comes nearest to the times, all relative to their sizes."""
    matrix = np.array([[row["work"].get(step, 0) / row["time"] for step in STEPS] for row in rows])
    scale = matrix.max(axis=0)
    keep = scale > 0
    solution = np.zeros(len(STEPS))
    weights = np.ones(len(rows))
    for _ in range(10):  # towards the least relative deviations, which outliers move little
        solution[keep] = nonnegative(matrix[:, keep] / scale[keep] * weights[:, None], weights) / scale[keep]
        weights = 1 / np.sqrt(np.maximum(abs(matrix @ solution - 1), 0.02))
    return solution, matrix @ solution


def margin(form, target):
    """What the costs of a form are multiplied by: the longest name that it begins with decides."""
    known = [name for name in MARGINS[target] if form.startswith(name)]
    return MARGINS[target][max(known, key=len)] if known else 1.0


def forecast(rows):
    """The forecasts, relative to the times, of every second layer by a fit of the others."""
    names = sorted({row["layer"] for row in rows})
    kept = set(names[::2])
    solution, _ = fit([row for row in rows if row["layer"] in kept])
    rest = [row for row in rows if row["layer"] not in kept]
    return [sum(row["work"].get(step, 0) * cost for step, cost in zip(STEPS, solution)) / row["time"] for row in rest]


def table(form, solution, target):
    """The lines of a form in the target's file, as swift format leaves them."""
    costs = [f".{step}: {value * margin(form, target):.3g}" for step, value in zip(STEPS, solution) if value > 1e-6]
    lines, line = [], "       "
    for cost in costs:
        if len(line) + len(cost) + 2 > 100:
            lines.append(line)
            line = "       "
        line += f" {cost},"
    return "\n".join([f'      "{form}": [', *lines, line, "      ],"])


def write(tables, path):
    """Puts tables in the place of those of the same names, new ones before all others."""
    text = open(path).read()
    for form, lines in tables.items():
        text, found = re.subn(rf'      "{form}": \[.*?\],', lambda _: lines, text, count=1, flags=re.S)
        if not found:
            text = text.replace("    [\n", f"    [\n{lines}\n", 1)
    open(path, "w").write(text)
    subprocess.run(["swift", "format", "--in-place", path], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=sorted(SOURCES), required=True)
    parser.add_argument("--rows")
    parser.add_argument("--write", action="store_true", help="put the tables into the target's file")
    parser.add_argument("--verbose", action="store_true", help="print the forecasts that are off by a fourth")
    options = parser.parse_args()
    if options.rows and os.path.exists(options.rows):
        rows = json.load(open(options.rows))
    else:
        rows = list(measure(options.target))
        if options.rows:
            json.dump(rows, open(options.rows, "w"))
    forms = defaultdict(list)
    for row in rows:
        forms[row["form"]].append(row)
    tables, foreseen = {}, []
    for form, own in sorted(forms.items()):
        solution, parts = fit(own)
        print(table(form, solution, options.target))
        low, high = np.percentile(parts, [5, 95])
        print(f"      // {len(own)} measured, 90 % within {low:.2f} to {high:.2f}")
        for row, part in zip(own, parts):
            if options.verbose and not 0.8 < part < 1.25:
                print(f"        {row['layer']} {row['s']} {row['storage']}: {row['time']:.0f} forecast x {part:.2f}")
        if len(own) >= LEAST and len({row["layer"] for row in own}) > 3:
            tables[form] = table(form, solution, options.target)
            foreseen += forecast(own)
    if foreseen:
        near = sum(abs(part - 1) <= 0.2 for part in foreseen) / len(foreseen)
        print(f"of {len(foreseen)} that were not fitted, {near:.0%} are foreseen within 20 %")
    if options.write:
        write(tables, os.path.join(os.path.dirname(__file__), "../..", SOURCES[options.target]))


if __name__ == "__main__":
    main()
