#!/usr/bin/env python3
"""Pre-train on one half of the digits, prune while fine-tuning on the other, compile, judge the C.

    examples/loop/run.py --coppice .build/release/coppice           results.json, the figures, the guide's table
    examples/loop/run.py --coppice .build/release/coppice --small   two levels, one seed; writes nothing

The short form also checks that figures and table are those of the committed results.

A network learns digits 0 to 4. Fine-tuned on digits 5 to 9, it is pruned by each method of
`methods.py` at each level, compiled for a Cortex-M4, and the C is asked about every held-out digit.
The first seed also runs under QEMU. `--only NAME` takes some methods again and keeps the other
results.
"""

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "recorder/src"))

from compiler import Compiler  # noqa: E402
from experiment import RECIPE, Experiment  # noqa: E402
from figures import figures, means, table  # noqa: E402
from methods import METHODS  # noqa: E402

RESULTS = HERE / "results.json"
GUIDE = HERE.parents[1] / "Sources/Coppice/Coppice.docc/PruningGuide.md"
MARKS = ("<!-- results of examples/loop/run.py -->\n", "<!-- end of results -->\n")
EMULATED = (0.0, 0.25, 0.5, 0.75, 0.9, 0.97)
SMALL = dict(levels=(0.9, 0.97), methods=("magnitude", "movement", "magnitude, in rounds"), epochs=20, emulated=(0.0, 0.9))


def rows_of(seed, options):
    """The rows of one seed."""
    compiler = Compiler(options.coppice)
    recipe = RECIPE | (dict(epochs=SMALL["epochs"]) if options.small else {})
    with tempfile.TemporaryDirectory() as work:
        experiment = Experiment(compiler, seed, recipe, work)
        rows = []
        for method, level in runs(options, compiler):
            if (method.name if method else "dense", level, seed) in options.done:
                continue
            row = dict(method=method.name if method else "dense", level=level, seed=seed)
            row |= experiment.run(method, level) if method else experiment.dense()
            if seed == 0 and level in (SMALL["emulated"] if options.small else EMULATED):
                row["flash"], row["instructions"] = experiment.emulate()
            print(json.dumps(row), file=sys.stderr, flush=True)
            rows.append(row)
    return rows


def runs(options, compiler):
    """The methods and levels to take; no method is the dense network."""
    if not options.only:
        yield None, 0.0
    levels = SMALL["levels"] if options.small else options.levels
    names = options.only or (SMALL["methods"] if options.small else [m.name for m in METHODS])
    for method in METHODS:
        if method.name not in names:
            continue
        if not compiler.offers(method.needs):
            print(f"{method.name}: skipped, this compiler has no {' with '.join(method.needs)}", file=sys.stderr)
            continue
        for level in method.levels:
            if not levels or level in levels:
                yield method, level


def faults(rows):
    """What the results must show."""
    found = []
    mean = means(rows)
    for row in rows:
        if abs(row["accuracy"] - row["trained"]) > 0.006:
            found.append(f"{row['method']} {row['level']}: the C and the trainer differ: {row}")
    for level in (0.9, 0.95, 0.97):
        for scope in ("", ", global"):
            pair = [mean.get((name + scope, level)) for name in ("movement", "magnitude")]
            if all(pair) and pair[0]["accuracy"] <= pair[1]["accuracy"]:
                found.append(f"movement{scope} does not beat magnitude{scope} at {level:.0%}")
    return found


def documents(rows):
    """Every file that the results are written to, with its text."""
    made = {GUIDE.parent / name: text for name, text in figures(rows).items()}
    before, rest = GUIDE.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    return made | {GUIDE: f"{before}{MARKS[0]}\n{table(rows)}\n\n{MARKS[1]}{after}"}


def stale_documents():
    """What was not made of the committed results."""
    rows = json.loads(RESULTS.read_text())["rows"]
    return [f"{path.name} is not made of results.json: run examples/loop/run.py --draw"
            for path, text in documents(rows).items() if not path.exists() or path.read_text() != text]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, default=HERE.parents[1] / ".build/release/coppice", help="the compiler")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--draw", action="store_true", help="draw the results that there are")
    parser.add_argument("--levels", nargs="+", type=float, help="these levels only")
    parser.add_argument("--resume", action="store_true", help="keep the results that there are")
    parser.add_argument("--small", action="store_true", help="a short form that writes nothing")
    parser.add_argument("--only", nargs="+", help="these methods only; the other results stay")
    options = parser.parse_args()
    if options.draw:
        return write(json.loads(RESULTS.read_text())["rows"])
    rows = kept_rows(options)
    options.done = {(r["method"], r["level"], r["seed"]) for r in rows}
    with ProcessPoolExecutor(options.jobs) as pool:
        for made in pool.map(partial(rows_of, options=options), range(1 if options.small else options.seeds)):
            rows += made
    if not options.small:
        order = ["dense", *(m.name for m in METHODS)]
        rows.sort(key=lambda r: (order.index(r["method"]), r["level"], r["seed"]))
        write(rows)
    print(table(rows))
    wrong = faults(rows) + (stale_documents() if options.small else [])
    for fault in wrong:
        print(fault, file=sys.stderr)
    sys.exit(1 if wrong else 0)


def kept_rows(options):
    """The results that are not taken again."""
    if options.small or not RESULTS.exists() or not (options.resume or options.only):
        return []
    rows = json.loads(RESULTS.read_text())["rows"]
    return rows if options.resume else [r for r in rows if r["method"] not in options.only]


def write(rows):
    """Writes the results and what is made of them."""
    text = ",\n".join(json.dumps(row) for row in rows)
    RESULTS.write_text(f'{{"rows": [\n{text}\n]}}\n')
    for path, text in documents(rows).items():
        path.write_text(text)


if __name__ == "__main__":
    main()
