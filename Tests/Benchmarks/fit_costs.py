#!/usr/bin/env python3
"""Fits what the steps of kernel forms take on a target: runs layers in every storage, drawn ones in some, and chains of them, prints the table for the target's file.

    Tests/Benchmarks/fit_costs.py --target x86-64|cortex-m4 [--rows FILE.json] [--between [SHARE]] [--write]
    Tests/Benchmarks/fit_costs.py --target x86-64|cortex-m4 --check [--seed N]

With --write the tables of all forms that enough layers were measured of are put into the target's file; those of forms with fewer are multiplied by
what their layers took beside the forecast. Steps that no layer has keep their costs. How well times are foreseen is told by every second
layer, from a fit of the rest; --check takes the target's file as it is and 60 drawn layers, each with the form that `sparsify` chooses, and
fails where less than nine of ten are foreseen within a fifth. On Cortex-M4 forms that leave
zeros out are charged a little more than they take (MARGINS), so that what looks equal stays dense; on x86-64 the target's `doubt` does that.

With --between the costs serve two processors, the one that the target's file was fitted on and this one: they are fitted to what lies between
(geometrically) a layer's time here and what the file foresees for it; SHARE is this machine's, one half if not given.

Chains are measured on x86-64 only, a layer where it stands, under each of CHARGES; the target's file is changed and coppice built for each.

x86-64 is this machine: gcc -O3 -march=native, one thread, the least of many short runs in turn, in nanoseconds. Cortex-M4 is QEMU, in
exact instructions. The rows of measurements are kept in FILE.json, and read from there when it exists."""
import argparse, json, os, re, subprocess, sys, tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from common import ROOT
from layers import LAYERS, chains, drawn
from measuring import Counter, Variant, host_program, step_program, timed

STORAGES = {0: ["dense"], 50: ["index-rows", "bitmap"], 70: ["index-rows", "blocks-8x1"], 80: ["index-rows", "bitmap", "blocks"],
            90: ["index-rows", "blocks-16x1"], 95: ["index-rows", "blocks"]}
SOURCES = {"x86-64": "Sources/Lowering/Targets/X86.swift", "cortex-m4": "Sources/Lowering/Targets/CortexM4.swift"}
MARGINS = {"x86-64": {}, "cortex-m4": {"sparse_conv1x1": 1.0, "sparse_conv_single": 1.1, "sparse_": 1.05}}
LEAST = 12
# What a byte from beyond a cache takes at most, in nanoseconds: few rows have enough of them to tell.
MOST = {"near": 0.02, "far": 0.05, "stream": 0.02}
# Drawn layers that are fitted beside those with names, and others that the fit is checked with.
DRAWN, DEPTHWISE, CHECKED = 160, 24, 60
# How often all layers are timed; more often where single ones are judged, whose time depends on where a process finds its memory.
SWEEPS, CHECKS = 2, 5
# Chains of layers that are fitted as well: on Cortex-M4 a layer takes the same wherever it stands.
CHAINS = 16
# Steps that keep their costs: weights of block rows lie beyond the first cache in few layers, tall blocks by `sparse_row` are chosen nowhere,
# patterns of layers with few nonzeros, where each loop turns once or not at all, are few among the rows.
KEPT = {"sparse_block_rows": ["near"], "sparse_planes1x1_patterns": ["line"], "sparse_row": ["chain"]}
# Forms whose kernels are the same but for a copy of the operand, which is too little of a layer to be told apart: it keeps its cost.
FAMILIES = {"conv_padded": "conv", "conv_turned_padded": "conv_turned"}
# What forms are charged while chains are measured, so that those are met as well that would not be chosen: the first expression decides.
CHARGES = [{}, {r"_patterns$": 4, r"planes|taps": 0.4}, {r"planes|taps": 4}]
# How hard known costs hold a step, beside a row that is off by all of its time.
PULL, HELD = 0.5, 500
# Nanoseconds of a layer in a chain that are told apart by clocks that go on by tens.
TOLD = 150
STEPS = ["tile", "line", "step", "load", "reach", "fma", "chain", "store", "tail", "copy", "row", "bit", "miss", "near", "far",
         "result", "move", "stream", "narrow", "page"]


class Built:
    """A layer in some pipelines, built and not yet run."""

    build = staticmethod(host_program)

    def __init__(self, layer, pipelines, target, work):
        self.layer, self.tags, self.folder = layer, list(pipelines), f"{work}/{layer.name}"
        os.makedirs(self.folder)
        layer.save(f"{self.folder}/m.onnx")
        self.variants = [Variant(f"{self.folder}/m.onnx", self.folder, f"v{number}", target, passes)
                         for number, passes in enumerate(pipelines.values())]
        self.program = self.build(self.variants, self.folder, rounds=100) if target == "x86-64" else None

    def rows(self, counter):
        """What each pipeline chose and takes."""
        times = counter.counts(self.variants, self.layer.name) if counter else timed(self.program)
        for variant, (zeros, storage), time in zip(self.variants, self.tags, times):
            yield dict(layer=self.layer.name, macs=self.layer.macs, s=zeros, storage=storage, time=time,
                       **{key: variant.plan[key] for key in ("form", "work", "cost")})


class BuiltChain(Built):
    """A chain of layers in some pipelines, each layer timed where it stands."""

    build = staticmethod(step_program)

    def rows(self, counter):
        times = iter(timed(self.program))
        for variant, (zeros, storage) in zip(self.variants, self.tags):
            plans = {plan["node"]: plan for plan in variant.said["plans"] if plan["chosen"]}
            for number, (step, time) in enumerate(zip(variant.manifest["layers"], times)):
                plan = plans.get(step["node"])
                if plan and step["macs"]:
                    yield dict(layer=f"{self.layer.name}.{number}", macs=step["macs"], s=zeros, storage=storage, time=time,
                               **{key: plan[key] for key in ("form", "work", "cost")})


def measured(layers, pipelines, target, built_as=Built, sweeps=SWEEPS):
    """The rows of all layers: everything is built before anything is timed, and then timed in sweeps, of which the least counts."""
    with tempfile.TemporaryDirectory() as work:
        counter = Counter(work) if target == "cortex-m4" else None
        with ThreadPoolExecutor(2) as pool:
            built = list(pool.map(lambda layer: built_as(layer, pipelines(layer), target, work), layers))
        found = [[row for layer in built for row in layer.rows(counter)] for _ in range(1 if counter else sweeps)]
    return [min(rows, key=lambda row: row["time"]) for rows in zip(*found)]


def between(rows, known, share):
    """The rows with times between their own and what known tables foresee, nearer to their own the larger their share, and those tables in that unit."""
    own = [sum(known.get(row["form"], {}).get(step, 0) * count for step, count in row["work"].items()) for row in rows]
    slower = np.median([row["time"] / cost for row, cost in zip(rows, own) if cost]) ** share
    times = [row["time"] ** share * cost ** (1 - share) if cost else row["time"] for row, cost in zip(rows, own)]
    return ([row | dict(time=time, cost=cost * slower) for row, time, cost in zip(rows, times, own)],
            {form: {step: cost * slower for step, cost in costs.items()} for form, costs in known.items()})


def measured_chains(path):
    """The rows of chains under each of CHARGES; coppice is built for each, and at the end as it was."""
    text, rows, layers = open(path).read(), [], chains(CHAINS, seed=13)
    def built(charges):
        open(path, "w").write(charged(text, charges))
        subprocess.run(["swift", "build", "-c", "release", "--product", "coppice"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    try:
        for number, charges in enumerate(CHARGES):
            if number:
                built(charges)
            rows += [row | dict(layer=f"{row['layer']}.{number}") for row in measured(layers, pruned, "x86-64", BuiltChain)]
    finally:
        open(path, "w").write(text)
    built({})
    return rows


def charged(text, charges):
    """A target's file with some forms dearer or cheaper than they are."""
    def table(match):
        factor = next((factor for form, factor in charges.items() if re.search(form, match[1])), 1)
        return f'      "{match[1]}": [' + re.sub(r": ([\d.e-]+)", lambda cost: f": {float(cost[1]) * factor:.4g}", match[2]) + "],"
    return re.sub(r'      "(\w+)": \[(.*?)\],', table, text, flags=re.S)


def stored(layer):
    """A pipeline for each storage of each sparsity."""
    def passes(zeros, storage):
        prune = f"prune-magnitude{{sparsity=0.{zeros}}}," if zeros else ""
        return f"{prune}@default,sparsify{{storage={storage}}}"
    return {(zeros, storage): passes(zeros, storage) for zeros, storages in STORAGES.items() for storage in storages}


def sampled(layer):
    """A pipeline for no zeros and for two sparsities, in one storage each, which the layer's name decides."""
    number = sum(layer.name.encode())
    few, many = [50, 70, 80][number % 3], [80, 90, 95][number // 3 % 3]
    kinds = [(0, "dense"), (few, STORAGES[few][0]), (many, STORAGES[many][number % len(STORAGES[many])])]
    return {kind: stored(layer)[kind] for kind in kinds}


def pruned(chain):
    """A pipeline for each of some sparsities, whatever `sparsify` makes of them."""
    return {(zeros, "chosen"): f"prune-magnitude{{sparsity=0.{zeros:02}}},@default,sparsify{{prefer=time}}"
            for zeros in (0, 50, 70, 80, 90, 95)}


def chosen(layer):
    """What `sparsify` makes of a layer that has as many zeros as its name says."""
    zeros = [0, 50, 70, 80, 90, 95][sum(layer.name.encode()) % 6]
    return {(zeros, "chosen"): f"prune-magnitude{{sparsity=0.{zeros:02}}},@default,sparsify"}


def fitted():
    """The drawn layers that are fitted."""
    apart = drawn(CHECKED, seed=7)
    return drawn(DRAWN, seed=11, apart=apart) + drawn(DEPTHWISE, seed=12, apart=apart, kinds=["depthwise"])


def check(target, seed):
    """How well the target's file foresees layers that nothing was fitted to, beside layers that were, which say how fast the machine is today."""
    beside = fitted()
    layers = drawn(CHECKED, seed, apart=beside)
    found = measured([layer for pair in zip(layers, beside) for layer in pair], chosen, target, sweeps=CHECKS)
    parts = np.array([row["cost"] / row["time"] for row in found])
    today = np.median(parts[1::2]) if target == "x86-64" else 1.0
    rows, parts = found[::2], parts[::2] / today
    print(f"layers that were fitted take their forecasts by {today:.2f}")
    for row, part in sorted(zip(rows, parts), key=lambda pair: pair[1]):
        if abs(part - 1) > 0.2:
            print(f"{row['layer']} {row['s']} % zeros, {row['form']}: {row['time']:.0f}, forecast x {part:.2f}")
    near = np.mean(abs(parts - 1) <= 0.2)
    print(f"of {len(rows)} layers that were not fitted, {near:.0%} are foreseen within 20 %; the median forecast is x {np.median(parts):.2f}")
    sys.exit(0 if near >= 0.9 else 1)


def bounded(matrix, wanted, most):
    """The least squares with no number below zero or above its most, one number after the other until nothing moves."""
    products, right = matrix.T @ matrix, matrix.T @ wanted
    solution = np.zeros(len(right))
    for _ in range(3000):
        before = solution.copy()
        for i in range(len(solution)):
            solution[i] = min(most[i], max(0, solution[i] - (products[i] @ solution - right[i]) / products[i, i]))
        if abs(solution - before).max() <= 1e-9 * abs(solution).max():
            break
    return solution


def fit(rows, known=None, kept=()):
    """The cost of each step that comes nearest to the times, all relative to their sizes.

    Steps that the rows don't tell apart, or don't have, stay near the known costs, and those that are kept at them. What bitmaps take beside their nonzeros depends on what
    a predictor has learnt, which is foreseen worst: it is fitted to them when all else is fitted to the rest."""
    plain = [row for row in rows if not row["work"].get("bit")]
    known, holds = known or {}, dict.fromkeys(kept, HELD)
    if len(plain) == len(rows) or len(plain) < LEAST:
        return nearest(rows, known, holds)
    first, _ = nearest(plain, known, holds)
    held = {step: cost for step, cost in zip(STEPS, first) if cost and step not in ("bit", "miss")}
    return nearest(rows, held | {step: known[step] for step in ("bit", "miss") if step in known}, dict.fromkeys(held, HELD))


def nearest(rows, known, holds):
    """The fit of some rows, with steps that known costs hold harder than others."""
    matrix = np.array([[row["work"].get(step, 0) / row["time"] for step in STEPS] for row in rows])
    before = np.array([known.get(step, 0) for step in STEPS])
    hard = np.array([holds.get(step, PULL) for step in STEPS])
    pull = np.diag([hold / cost if cost else 0 for hold, cost in zip(hard, before)])
    scale = np.maximum(matrix.max(axis=0), pull.max(axis=0))
    keep = scale > 0
    most = np.array([MOST.get(step, np.inf) for step in STEPS])
    solution = np.zeros(len(STEPS))
    weights = np.ones(len(rows))
    for _ in range(10):  # towards the least relative deviations, which outliers move little
        whole = np.vstack([matrix * weights[:, None], pull])
        wanted = np.concatenate([weights, hard * (before > 0)])
        solution[keep] = bounded(whole[:, keep] / scale[keep], wanted, most[keep] * scale[keep]) / scale[keep]
        parts = matrix @ solution
        # A forecast of a fifth of the time is as far off as one of five times as much.
        far = np.maximum(1, 1 / np.maximum(parts, 0.2))
        weights = np.sqrt(far / np.maximum(abs(parts - 1), 0.02))
    return solution, matrix @ solution


def margin(form, target):
    """What the costs of a form are multiplied by: the longest name that it begins with decides."""
    known = [name for name in MARGINS[target] if form.startswith(name)]
    return MARGINS[target][max(known, key=len)] if known else 1.0


def forecast(rows, known):
    """The forecasts, relative to the times, of every second layer by a fit of the others."""
    names = sorted({row["layer"] for row in rows})
    kept = set(names[::2])
    solution, _ = fit([row for row in rows if row["layer"] in kept], known)
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


def tables_in(text):
    """What each form's steps take in a target's file."""
    found = re.findall(r'      "(\w+)": \[(.*?)\],', text, re.S)
    return {form: {step: float(cost) for step, cost in re.findall(r"\.(\w+): ([\d.e-]+)", costs)} for form, costs in found}


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
    parser.add_argument("--between", type=float, nargs="?", const=0.5, metavar="SHARE", help="serve the processor that the file was fitted on as well")
    parser.add_argument("--verbose", action="store_true", help="print the forecasts that are off by a fourth")
    parser.add_argument("--check", action="store_true", help="say how well the target's file foresees drawn layers")
    parser.add_argument("--seed", type=int, help="which layers are drawn for the check; 7 if not given")
    options = parser.parse_args()
    fits = [options.rows, options.between, options.write, options.verbose]
    if any(fits) if options.check else options.seed is not None:
        parser.error("--check goes with --seed alone, and --seed with --check")
    if options.between is not None and not 0 < options.between < 1:
        parser.error("SHARE lies between 0 and 1")
    if options.check:
        check(options.target, 7 if options.seed is None else options.seed)
    path = os.path.join(ROOT, SOURCES[options.target])
    if options.rows and os.path.exists(options.rows):
        rows = json.load(open(options.rows))
    else:
        rows = measured(LAYERS, stored, options.target) + measured(fitted(), sampled, options.target)
        if options.target == "x86-64":
            rows += [row for row in measured_chains(path) if row["time"] >= TOLD]
        if options.rows:
            json.dump(rows, open(options.rows, "w"))
    known = tables_in(open(path).read())
    if options.between:
        rows, known = between(rows, known, options.between)
    forms = defaultdict(list)
    for row in rows:
        forms[FAMILIES.get(row["form"], row["form"])].append(row)
    tables, foreseen = {}, []
    for form, own in sorted(forms.items()):
        before, layers = known.get(form, {}), len({row["layer"] for row in own})
        if len(own) >= LEAST and layers > 3:
            solution, parts = fit(own, before, KEPT.get(form, ()))
            foreseen += forecast(own, before)
        elif before and layers >= 3:
            factor = float(np.median([row["time"] / row["cost"] for row in own]))
            solution = np.array([before.get(step, 0) * factor for step in STEPS])
            parts = np.array([row["cost"] * factor / row["time"] for row in own])
        else:
            continue
        for name in [form, *(name for name, family in FAMILIES.items() if family == form)]:
            own_copy = known.get(name, {}).get("copy") if name != form else None
            costs = [own_copy if step == "copy" and own_copy else cost for step, cost in zip(STEPS, solution)]
            tables[name] = table(name, costs, options.target)
            print(tables[name])
        low, high = np.percentile(parts, [5, 95])
        print(f"      // {len(own)} measured, 90 % within {low:.2f} to {high:.2f}")
        for row, part in zip(own, parts):
            if options.verbose and not 0.8 < part < 1.25:
                print(f"        {row['layer']} {row['s']} {row['storage']}: {row['time']:.0f} forecast x {part:.2f}")
    if foreseen:
        near = sum(abs(part - 1) <= 0.2 for part in foreseen) / len(foreseen)
        print(f"of {len(foreseen)} that were not fitted, {near:.0%} are foreseen within 20 %")
    if options.write:
        write(tables, path)


if __name__ == "__main__":
    main()
