#!/usr/bin/env python3
"""What passes that run the model take on the digits model with its 360 held-out samples.

    Tests/Benchmarks/measured_pruning.py [--busy] [--evaluations 2000]

Prints CPU and wall-clock seconds. Fails where `prune-oracle{search=once}` takes 60 s or more, greedy to 50 % of the filters 10 minutes, or
`prune-particle{evaluations=2000}` 2 minutes (of the processors' time spread over two cores with --busy, for a machine that does other work),
where two runs of a seed differ, or where particles are not more accurate than the L1 norm's filters at 50 %."""
import argparse, json, os, re, resource, subprocess, sys, tempfile, time

import numpy as np

from common import COPPICE, ROOT

DIGITS = os.path.join(ROOT, "examples", "digits")


def samples(folder):
    rows = np.fromfile(f"{DIGITS}/heldout.bin", np.uint8).reshape(-1, 66)
    np.save(f"{folder}/input_0.npy", (rows[:, :64].astype(np.float32) / 16).reshape(-1, 1, 8, 8))
    np.save(f"{folder}/label_0.npy", rows[:, 64].astype(np.int64))
    return len(rows)


def prune(work, passes):
    """The pruned model's bytes, its accuracy, CPU and wall-clock seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([COPPICE, "prune", f"{DIGITS}/digits.onnx", "-o", "pruned.onnx", "--passes", f"@default,{passes}", "--json"],
                          cwd=work, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    notes = [d["text"] for d in json.loads(done.stdout)["diagnostics"] if d["id"] == "measured-loss"]
    accuracy = float(re.search(r"-> ([0-9.]+) %", notes[-1]).group(1))
    return open(f"{work}/pruned.onnx", "rb").read(), accuracy, cpu, wall


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busy", action="store_true", help="hold half of the processors' time against the limits")
    parser.add_argument("--evaluations", type=int, default=2000)
    options = parser.parse_args()
    particle = f"prune-particle{{data=.,sparsity=0.5,evaluations={options.evaluations}}}"
    cases = [("oracle, once", "prune-oracle{data=.,search=once,sparsity=0.5}", 60),
             ("oracle, greedy to 50 %", "prune-oracle{data=.,search=greedy,sparsity=0.5}", 600),
             (f"particle, {options.evaluations} evaluations", particle, 120), ("the same again", particle, 120),
             ("L1 norm", "prune-particle{data=.,sparsity=0.5,evaluations=1}", 60)]
    wrong, found = [], {}
    with tempfile.TemporaryDirectory() as work:
        print(f"{samples(work)} samples\n| search | CPU s | s | accuracy |\n|---|--:|--:|--:|")
        for name, passes, limit in cases:
            found[name] = prune(work, passes)
            _, accuracy, cpu, wall = found[name]
            print(f"| {name} | {cpu:.1f} | {wall:.1f} | {accuracy:.1f} % |", flush=True)
            if (cpu / 2 if options.busy else wall) >= limit:
                wrong.append(f"{name} takes more than {limit} s")
    first, again, norm = found[cases[2][0]], found["the same again"], found["L1 norm"]
    if first[0] != again[0]:
        wrong.append("two runs of a seed differ")
    if first[1] <= norm[1]:
        wrong.append("particles are not better than the L1 norm")
    for fault in wrong:
        print(fault, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
