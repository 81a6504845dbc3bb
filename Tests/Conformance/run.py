#!/usr/bin/env python3
"""ONNX's backend cases in three variants, held against the committed list of expected failures.

    .venv/bin/python Tests/Conformance/run.py [--match REGEX] [--part N/M] [--update] [--variant NAME]... [--shuffle SEED] [--interpret]

The variants: `plain`, `stripped` (declared shapes of results removed) and `constant` (stripped, shape-like operands as constants).
The list, expected_failures.txt beside this file, has a line for each case that does not pass: its name, the variants, how it fails
and the reason. A case that fails and is not listed, and one that is listed and passes, both fail the run. --update writes the list
anew. --shuffle SEED runs the exact passes in another order for each batch, --interpret the loop IR instead of C: what is listed
for C is what they may fail.

coverage.txt lists for each operator how many cases with it pass and fail; --update writes it too.
An operator that no passing case has, and that uncovered_operators.txt does not name with the reason, fails the run too."""
import argparse, concurrent.futures, json, os, random, re, subprocess, sys, time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE = os.path.join(ROOT, "..", "shared", "conformance")
UNCOVERED = os.path.join(HERE, "uncovered_operators.txt")
COVERAGE = os.path.join(HERE, "coverage.txt")
LIST = os.path.join(HERE, "expected_failures.txt")
CASES = os.path.join(ROOT, ".build", "onnx-node-cases")
# Cases in one run of the C compiler.
BATCH = 40

os.environ["ONNX_NODE_CASES"] = CASES
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, SUITE]
import batch


def reason(case):
    match = re.search(r"error\[[\w-]+\]: .*", case["reason"])
    text = match.group(0) if match else case["reason"]
    return re.sub(r"\s+", " ", text)[:160]


def nodes_of(nodes):
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in [attribute.g, *attribute.graphs]:
                yield from nodes_of(graph.node)


def operators_of(case):
    """The operators of the model of a case, by `domain.name` outside of ai.onnx."""
    import onnx
    model = onnx.load(case.model_path, load_external_data=False)
    found = set()
    for node in nodes_of(list(model.graph.node) + [n for f in model.functions for n in f.node]):
        domain = "" if node.domain in ("", "ai.onnx") else node.domain + "."
        found.add(domain + node.op_type)
    return found


def counted(every, results):
    """For each operator how many cases with it pass and fail, in the plain variant."""
    counts = {}
    for case in every:
        result = results.get((case.id, "plain"))
        for name in operators_of(case) if result else ():
            counts.setdefault(name, [0, 0])[result["status"] != "pass"] += 1
    return {name: tuple(count) for name, count in sorted(counts.items())}


def write_counts(counts):
    with open(COVERAGE, "w") as file:
        file.writelines(f"{name}\t{passed}\t{failed}\n" for name, (passed, failed) in counts.items())


def stale_counts(counts):
    """How many lines of the list of cases by operator are not what came out."""
    with open(COVERAGE) as file:
        known = {name: (int(passed), int(failed)) for name, passed, failed in (line.split("\t") for line in file)}
    changed = [name for name in {**known, **counts} if known.get(name) != counts.get(name)]
    for name in changed:
        print(f"{name}: {counts.get(name)} cases pass and fail, but {os.path.basename(COVERAGE)} has {known.get(name)}: --update it")
    return len(changed)


def check_operators(tool, found):
    """How many operators no case tests without a reason, or are excused though one does."""
    listed = json.loads(subprocess.run([tool, "ops", "--json"], check=True, capture_output=True, text=True).stdout)
    names = {f"{op['domain']}.{op['name']}" if op["domain"] else op["name"]: set(op["aliases"]) for op in listed}
    with open(UNCOVERED) as file:
        excused = {line.split("\t")[0] for line in file if line.strip()}
    missing = {name for name, aliases in names.items() if not ({name} | aliases) & found}
    for name in sorted(missing - excused):
        print(f"operator {name} has no case that passes: add one, or a reason to uncovered_operators.txt")
    for name in sorted(excused - missing):
        print(f"operator {name} has a case that passes: take it off uncovered_operators.txt")
    print(f"{len(names) - len(missing)} of {len(names)} operators have a case that passes")
    return len(missing ^ excused)


def options_of(seed, number, tool):
    """The exact passes in another order for each batch."""
    if seed is None:
        return []
    listed = json.loads(subprocess.run([tool, "passes", "--json"], check=True, capture_output=True, text=True).stdout)
    passes = [each["name"] for each in listed["passes"]
              if each["exactness"] == "exact" and not any(option["required"] for option in each["options"])]
    random.Random(f"{seed} {number}").shuffle(passes)
    return ["--passes", ",".join(passes)]


def run_cases(tool, arguments, numbers):
    """Results by case and variant, and the compiler's seconds for each model."""
    chunks = [numbers[start:start + BATCH] for start in range(0, len(numbers), BATCH)]
    jobs = [(tool, options_of(arguments.shuffle, place, tool), arguments.variant, arguments.interpret, SUITE, chunk)
            for place, chunk in enumerate(chunks)]
    results, seconds = {}, []
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for found, times in pool.map(batch.work, jobs):
            results.update(found)
            seconds += times
    return results, seconds


def read_list():
    """How each case and variant is expected to fail."""
    expected = {}
    with open(LIST) as file:
        for line in filter(str.strip, file):
            name, variants, status, text = line.rstrip("\n").split("\t")
            expected.update({(name, variant): (status, text) for variant in variants.split(",")})
    return expected


def write_list(failures, expected):
    """A line for each case, its variants together where they fail alike; reasons by hand stay while the status does."""
    lines = {}
    for key, result in failures.items():
        status, text = result["status"], reason(result)
        if expected.get(key, ("",))[0] == status == "wrong-result":
            text = expected[key][1]
        lines.setdefault((key[0], status, text), []).append(key[1])
    with open(LIST, "w") as file:
        for (name, status, text), variants in sorted(lines.items()):
            file.write(f"{name}\t{','.join(variants)}\t{status}\t{text}\n")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--coppice", default=os.path.join(ROOT, ".build", "release", "coppice"))
parser.add_argument("--match", help="only these cases")
parser.add_argument("--part", default="0/1", metavar="N/M", help="every M-th case, from the N-th")
parser.add_argument("--variant", action="append", choices=batch.VARIANTS, help="only these variants")
parser.add_argument("--shuffle", type=int, metavar="SEED", help="the exact passes in another order")
parser.add_argument("--interpret", action="store_true", help="run loop IR instead of C")
parser.add_argument("--update", action="store_true", help="write the list of expected failures anew")

if __name__ == "__main__":
    arguments = parser.parse_args()
    arguments.variant = [v for v in batch.VARIANTS if not arguments.variant or v in arguments.variant]
    if not os.path.isdir(SUITE):
        print("skipped: the conformance cases are not beside the project")
        sys.exit(0)
    if not os.path.isdir(CASES):
        subprocess.run([sys.executable, "make_cases.py", CASES], cwd=SUITE, check=True, stdout=subprocess.DEVNULL)
    import cases as suite
    start, tool = time.time(), os.path.abspath(arguments.coppice)
    every = suite.find_cases(suite.SUITES, None)
    numbers = [n for n, case in enumerate(every) if not arguments.match or re.search(arguments.match, case.id)]
    first, step = map(int, arguments.part.split("/"))
    numbers = [n for place, n in enumerate(numbers) if place % step == first]
    is_whole = not arguments.match and step == 1
    results, seconds = run_cases(tool, arguments, numbers)
    expected = read_list() if os.path.exists(LIST) else {}
    failures = {key: result for key, result in sorted(results.items()) if result["status"] != "pass"}
    failed = Counter(variant for _, variant in failures)
    problems = 0
    for key, result in failures.items():
        if result["status"].startswith("exit ") or "returned -" in result["reason"]:
            problems += 1
            print(f"{key[0]} ({key[1]}): {result['status']}: {result['reason']}")
        elif not arguments.update and expected.get(key, ("",))[0] != result["status"]:
            problems += 1
            print(f"unexpected {result['status']}: {key[0]} ({key[1]}): {reason(result)}")
    if arguments.update:
        write_list({**{k: {"status": s, "reason": t} for k, (s, t) in expected.items() if k not in results}, **failures}, expected)
        if is_whole and "plain" in arguments.variant:
            write_counts(counted(every, results))
    else:
        for key in sorted(set(expected) & set(results) - set(failures)):
            problems += 1
            print(f"unexpected pass: {key[0]} ({key[1]}): take it off the list with --update")
        if is_whole:
            passed = {name for name, _ in set(results) - set(failures)}
            found = {name for case in every if case.id in passed for name in operators_of(case)}
            if set(arguments.variant) == set(batch.VARIANTS):
                problems += check_operators(tool, found)
            if "plain" in arguments.variant and arguments.shuffle is None and not arguments.interpret:
                problems += stale_counts(counted(every, results))
    for variant in arguments.variant:
        print(f"{variant}: {len(numbers) - failed[variant]} of {len(numbers)} cases pass")
    mean = sum(seconds) / max(len(seconds), 1)
    print(f"{mean * 1000:.0f} ms a model in the mean for the compiler, {time.time() - start:.0f} s in all")
    print(f"conformance: {len(results) - len(failures)} passed, {problems} failed")
    sys.exit(1 if problems else 0)
