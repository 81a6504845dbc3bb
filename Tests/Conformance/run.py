#!/usr/bin/env python3
"""ONNX's backend cases through `coppice run`, held against the committed list of expected failures.

    .venv/bin/python Tests/Conformance/run.py [--match REGEX] [--update]

The list, expected_failures.txt beside this file, has a line for each case that does not pass: its name, how it fails and the
reason. A case that fails and is not listed, and one that is listed and passes, both fail the run. --update writes the list anew.

An operator that no passing case has, and that uncovered_operators.txt does not name with the reason, fails the run too."""
import argparse, concurrent.futures, json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE = os.path.join(ROOT, "..", "shared", "conformance")
UNCOVERED = os.path.join(HERE, "uncovered_operators.txt")
LIST = os.path.join(HERE, "expected_failures.txt")
CASES = os.path.join(ROOT, ".build", "onnx-node-cases")

# Cases whose shapes, axes and sizes are inputs of the model, tried once more with them as constants: "constant/..." in the list.
CONSTANT = (r"^node/test_(affine_grid|col2im|constant_pad|cumprod|cumsum|dft|edge_pad|reflect_pad|slice|wrap_pad|range|"
            r"reduce_\w+_do_not_keepdims|resize_(down|up)sample_scales|upsample)(?!\w*_expanded)")

# Two halves of about the same time, so that two cores are busy.
PARTS = [r"^node/test_[a-l]", r"^(?!node/test_[a-l])"]


def run_part(tool, pattern, extra, folder):
    out = f"{folder}/{patterns.index(pattern)}.json"
    constant = pattern == CONSTANT
    extra = [*extra, "--constant-operands"] if constant else extra
    command = [sys.executable, "run.py", "--adapter", "cli", "--tool", tool, "--out", out, "--match", pattern, *extra]
    environment = dict(os.environ, ONNX_NODE_CASES=CASES, PYTHONDONTWRITEBYTECODE="1")
    process = subprocess.run(command, cwd=SUITE, env=environment, capture_output=True, text=True)
    if process.returncode or not os.path.exists(out):
        sys.exit(f"{' '.join(command)}\n{process.stdout[-2000:]}{process.stderr[-2000:]}")
    with open(out) as file:
        cases = json.load(file)["cases"]
    return [dict(case, id="constant/" + case["id"]) for case in cases] if constant else cases


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


def covered_operators(passed):
    """The operators of the models of cases, by `domain.name` outside of ai.onnx."""
    os.environ["ONNX_NODE_CASES"] = CASES
    sys.dont_write_bytecode = True
    sys.path.insert(0, SUITE)
    import cases as suite, onnx
    found = set()
    for case in suite.find_cases(suite.SUITES, None):
        if case.id in passed or "constant/" + case.id in passed:
            model = onnx.load(case.model_path, load_external_data=False)
            for node in nodes_of(list(model.graph.node) + [n for f in model.functions for n in f.node]):
                domain = "" if node.domain in ("", "ai.onnx") else node.domain + "."
                found.add(domain + node.op_type)
    return found


def check_operators(tool, passed):
    """How many operators no case tests without a reason, or are excused though one does."""
    listed = json.loads(subprocess.run([tool, "ops", "--json"], check=True, capture_output=True, text=True).stdout)
    names = {f"{op['domain']}.{op['name']}" if op["domain"] else op["name"]: set(op["aliases"]) for op in listed}
    with open(UNCOVERED) as file:
        excused = {line.split("\t")[0] for line in file if line.strip()}
    found = covered_operators(passed)
    missing = {name for name, aliases in names.items() if not ({name} | aliases) & found}
    for name in sorted(missing - excused):
        print(f"operator {name} has no case that passes: add one, or a reason to uncovered_operators.txt")
    for name in sorted(excused - missing):
        print(f"operator {name} has a case that passes: take it off uncovered_operators.txt")
    print(f"{len(names) - len(missing)} of {len(names)} operators have a case that passes")
    return len(missing ^ excused)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--coppice", default=os.path.join(ROOT, ".build", "release", "coppice"))
parser.add_argument("--match", help="only these cases")
parser.add_argument("--strip-shapes", action="store_true")
parser.add_argument("--constant-operands", action="store_true")
parser.add_argument("--update", action="store_true", help="write the list of expected failures anew")
arguments = parser.parse_args()

if not os.path.isdir(SUITE):
    print("skipped: the conformance cases are not beside the project")
    sys.exit(0)
if not os.path.isdir(CASES):
    subprocess.run([sys.executable, "make_cases.py", CASES], cwd=SUITE, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
extra = [f for f, on in (("--strip-shapes", arguments.strip_shapes), ("--constant-operands", arguments.constant_operands)) if on]
patterns = [arguments.match] if arguments.match else PARTS if extra else [*PARTS, CONSTANT]
with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor() as pool:
    parts = list(pool.map(lambda p: run_part(os.path.abspath(arguments.coppice), p, extra, folder), patterns))
cases = sorted((case for part in parts for case in part), key=lambda case: case["id"])
failures = {case["id"]: case for case in cases if case["status"] != "pass"}
constant = [name for name in (case["id"] for case in cases) if name.startswith("constant/")]
constant_passed = sum(name not in failures for name in constant)
passed = len(cases) - len(failures) - constant_passed

if arguments.update:
    with open(LIST, "w") as file:
        for name, case in failures.items():
            file.write(f"{name}\t{case['status']}\t{reason(case)}\n")
    print(f"{passed} passed, {len(failures)} listed")
    sys.exit(0)

with open(LIST) as file:
    expected = {line.split("\t")[0]: line.split("\t")[1] for line in file if line.strip()}
seen = {case["id"] for case in cases}
problems = 0
if extra:
    print(f"{passed} passed, {len(failures)} refused or failed, of {len(cases)}; not compared with the list")
else:
    for name, case in failures.items():
        if expected.get(name) != case["status"]:
            problems += 1
            print(f"unexpected {case['status']}: {name}: {reason(case)}")
    for name in sorted(set(expected) & seen - set(failures)):
        problems += 1
        print(f"unexpected pass: {name}: take it off the list with --update")
    if not arguments.match:
        problems += check_operators(os.path.abspath(arguments.coppice), seen - set(failures))
    if constant:
        print(f"{constant_passed} of {len(constant)} cases pass that are tried again with constant operands")
    print(f"{len(failures)} cases fail as expected_failures.txt says, unless named above")
    print(f"conformance: {passed} passed, {problems} failed")
sys.exit(1 if problems else 0)
