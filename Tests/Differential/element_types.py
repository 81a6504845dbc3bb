#!/usr/bin/env python3
"""The page of every operator with every element type that ONNX allows it: computed, or refused by name.

    .venv/bin/python Tests/Differential/element_types.py [--tool .build/release/coppice]    # writes the page; minutes
    .venv/bin/python Tests/Differential/element_types.py --check [--part 3/20]              # all of it, or one part

For each type that a variable of an operator's schema stands for, a node is drawn with that type, compiled, run and compared with
onnxruntime or ONNX's reference. A node may be refused if the diagnostic has an id and names the operator and the type. --check
fails if a node does anything else, or not what the page says; --part N/M takes every M-th pair."""
import argparse, json, os, re, subprocess, sys, tempfile

import numpy as np
import onnx

sys.dont_write_bytecode = True
import cells as drawn
from cells import Cell, Drawer, model_of, named, parts_of, refused_model, schema_of, variables
from compare import difference
from declarations import NEWEST, Declarations
from engine import Case, run_cases
from oracle import Oracle
from recipes import load
from templates import DIRECT, TEMPLATES, Given

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "Sources", "Coppice", "Coppice.docc", "ElementTypes.md")
ORDER = ["float16", "bfloat16", "float32", "float64", *(f"{sign}int{bits}" for bits in (2, 4, 8, 16, 32, 64) for sign in ("", "u")),
         "bool", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "float8e8m0",
         "float6e2m3", "float6e3m2", "float4e2m1", "string", "complex64", "complex128"]
HEAD = f"""# Element types

Every operator of ONNX (opset {NEWEST}, and ai.onnx.ml) with every element type that its schema allows: what is computed, and what is refused, with the
diagnostic's id. `Tests/Differential/element_types.py` makes this page: it draws a node for each pair, compiles and runs it, and compares the answer with
onnxruntime or ONNX's reference; random numbers are compared by type and shape. <doc:Design> says how types that C has none for are computed.

An operator is *direct* if a kernel of its own computes it, else the operators are named that stand for it; *read* means that it is gone when a model
has been read. The cases are those of ONNX's backend suite that have the operator: how many pass, of how many.

| operator | opsets | form | cases | operands and results | computed | refused |
|---|---|---|---|---|---|---|
"""
COVERAGE = os.path.join(ROOT, "Tests", "Conformance", "coverage.txt")


def operators():
    """All operators of ONNX, by domain and name."""
    found = {(f"{s.domain}." if s.domain else "") + s.name for s in onnx.defs.get_all_schemas() if s.domain in ("", "ai.onnx.ml")}
    return sorted(name for name in found if schema_of(name))


def is_stale(name, known):
    """Whether the newest form of an operator says that another stands for it."""
    domain, _, plain = name.rpartition(".")
    return name not in known and onnx.defs.get_schema(plain, domain=domain).deprecated


def every_cell(known):
    for name in operators():
        if is_stale(name, known):
            continue
        schema = schema_of(name)
        found = list(variables(schema))
        # An operand of one type has no choice; what has nothing else is drawn with it.
        for variable, kinds in [each for each in found if len(each[1]) > 1] or found[:1]:
            for kind in sorted(kinds, key=ORDER.index):
                yield Cell(name, variable, kind)


class Run:
    def __init__(self, tool, folder):
        self.tool, self.folder, self.problems = tool, folder, []
        self.declarations, self.oracle, recipes = Declarations(tool, True), Oracle(), load()
        self.declarations.narrow = False
        self.known = {name for name in self.declarations.ops}
        self.drawer = Drawer(self.declarations, self.oracle, recipes)
        self.recipes = recipes
        self.refused, self.forms = {}, {}

    def opsets(self, name):
        op = self.declarations.ops.get(name)
        return f"{op['since']}-{op['through']}" if op else ""

    def form(self, name):
        """Which operators the kernels of its nodes compute."""
        plain = name.rpartition(".")[2]
        found = self.forms.get(name, set()) | ({plain} if name in ("If", "Loop") else set())
        if plain in found or name in found:
            return "direct"
        if name not in self.known:
            return "read" if name in TEMPLATES else ""
        return ", ".join(sorted(found)) or "direct"

    def judge(self, cells):
        """Notes the refusal of each cell that has one, and what is wrong."""
        cases, count = [], 0
        for cell in cells:
            if cell.name in self.known & set(self.recipes) or cell.name in (*TEMPLATES, *DIRECT, "ai.onnx.ml.CategoryMapper"):
                try:
                    self.drawer.fill(cell)
                except Exception as error:
                    cell.why = f"{type(error).__name__}: {error}"
            elif cell.name in self.known:
                cell.why = "it has no recipe"
                self.problems.append(f"{cell}: {cell.why}")
                continue
            else:
                self.refuse(cell, refused_model(cell.name, cell.kind))
                continue
            if cell.graph is None:
                self.problems.append(f"{cell}: no node is drawn: {cell.why}")
            elif self.unanswered(cell):
                self.refuse(cell, cell.graph.model() if isinstance(cell.graph, Given) else model_of(cell))
            else:
                count += 1
                cases.append((cell, Case(f"t{count}", cell.graph)))
        results = run_cases(self.tool, self.folder, [case for _, case in cases]) if cases else {}
        for cell, case in cases:
            self.compare(cell, case, results.get(case.name))

    def unanswered(self, cell):
        """Whether no oracle has the cell's answer, so that it may only be refused."""
        return cell.kind in drawn.DATA or any(array is None for array in cell.graph.expected.values())

    def refuse(self, cell, model):
        path = os.path.join(self.folder, "refused.onnx")
        onnx.save(model, path)
        done = subprocess.run([self.tool, "compile", path, "-o", os.path.join(self.folder, "refused"), "--name", "cell"], capture_output=True, text=True)
        if done.returncode:
            return self.note(cell, done.stderr)
        if self.is_known(cell):
            return None
        self.problems.append(f"{cell}: compiles, and nothing says what it should give: {cell.why}")

    def is_known(self, cell):
        """Whether the answer needs no oracle: of texts the places are computed, and some operators look at shapes only."""
        if cell.name in ("Shape", "Size", "RandomNormalLike", "RandomUniformLike"):
            return True
        with open(os.path.join(self.folder, "refused", "cell.json")) as file:
            return any("texts" in output for output in json.load(file)["outputs"])

    def note(self, cell, text):
        """A refusal, which must have an id, and name the operator and the type."""
        found = re.search(r"error\[([\w-]+)\]", text)
        short = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16"}.get(
            cell.kind, re.sub(r"^(u?)int(\d+)$", lambda m: (m[1] or "i") + m[2], cell.kind))
        if not found:
            self.problems.append(f"{cell}: {text[:300]}")
            return
        if cell.name == "ai.onnx.ml.CategoryMapper":
            short = "string"  # the operand, if the result is of the other type
        is_interface = found[1] in ("input-type", "output-type") or cell.name in TEMPLATES
        if cell.name.rpartition(".")[2] not in text and not is_interface or not re.search(rf"\b({cell.kind}|{short}|is {named(cell.kind)})\b", text):
            self.problems.append(f"{cell}: the refusal does not name operator and type: {text.strip()[:400]}")
        self.refused[cell.key] = found[1]

    def compare(self, cell, case, result):
        if case.manifest and len(case.graph.nodes) == 1:
            self.forms.setdefault(cell.name, set()).update(
                name for layer in case.manifest["layers"] for name in layer["operators"])
        if case.refusal:
            self.note(cell, case.refusal)
        elif isinstance(result, Exception):
            self.problems.append(f"{cell}: {result}")
        else:
            got = dict(zip(case.graph.outputs, result.values()))
            wrong = [self.difference(cell, case.graph, name, got[name]) for name in case.graph.outputs]
            self.problems += [f"{cell}: {text}" for text in wrong if text]


    def difference(self, cell, graph, name, array):
        want = graph.expected[name]
        if cell.name in DIRECT and cell.name != "BitCast":
            return None if (array.shape, array.dtype) == (want.shape, want.dtype) else f"{name} is {array.dtype}{list(array.shape)}"
        if want.dtype.kind == "c":
            return None if np.array_equal(array, want) else f"{name} is {array}, not {want}"
        return difference(graph, name, array)


def rows(cells, run):
    """A line for each operator and variable; what is said of the operator stands in its first one."""
    groups = {}
    for cell in cells:
        groups.setdefault((cell.name, cell.variable), []).append(cell)
    with open(COVERAGE) as file:
        cases = {name: (int(passed), int(failed)) for name, passed, failed in (line.split("\t") for line in file)}
    told = set()
    for (name, variable), group in groups.items():
        done = [cell.kind for cell in group if cell.key not in run.refused]
        by_id = {}
        for cell in group:
            if cell.key in run.refused:
                by_id.setdefault(run.refused[cell.key], []).append(cell.kind)
        left = "; ".join(f"{', '.join(kinds)} (`{key}`)" for key, kinds in by_id.items())
        passed, failed = cases.get(name, (0, 0))
        lead = [name, "", "", ""] if name in told else [name, run.opsets(name), run.form(name), f"{passed} of {passed + failed}"]
        told.add(name)
        yield "| " + " | ".join([*lead, parts_text(name, variable), ", ".join(done), left]) + " |"


def by_operator(lines):
    found = {}
    for line in lines:
        found.setdefault(line.split(" | ")[0][2:], []).append(line)
    return found


def parts_text(name, variable):
    return " ".join(dict.fromkeys(parts_of(schema_of(name), variable)))


def written():
    """What the page says of each cell: the id of its refusal, or None."""
    with open(PAGE) as file:
        lines = [line.rstrip("\n")[2:-2].split(" | ") for line in file if line.startswith("| ")][1:]
    said = {}
    for name, _, _, _, parts, done, refused in ([part.strip() for part in line] for line in lines):
        said.update({(name, parts, kind): None for kind in filter(None, done.split(", "))})
        for group in filter(None, refused.split("; ")):
            kinds, key = re.fullmatch(r"(.*) \(`([\w-]+)`\)", group).groups()
            said.update({(name, parts, kind): key for kind in kinds.split(", ")})
    return said


def stale(cells, refused):
    said = written()
    for cell in cells:
        key = (cell.name, parts_text(cell.name, cell.variable), cell.kind)
        if key not in said:
            yield f"{cell}: the page has no such pair"
        elif said[key] != refused.get(cell.key):
            yield f"{cell}: {refused.get(cell.key) or 'computed'}, but the page says {said[key] or 'computed'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build", "release", "coppice"))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--part", default="0/1", help="N/M: every M-th pair, from the N-th")
    parser.add_argument("--match", help="only these operators; their lines are written")
    options = parser.parse_args()
    first, step = map(int, options.part.split("/"))
    cells = list(every_cell(Declarations(options.tool).ops))
    cells = [c for n, c in enumerate(cells) if n % step == first and (not options.match or re.search(options.match, c.name))]
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options.tool, folder)
        for start in range(0, len(cells), 100):
            seen = len(run.problems)
            run.judge(cells[start:start + 100])
            print("\n".join(run.problems[seen:]), end="\n" if run.problems[seen:] else "", flush=True)
    old = list(stale(cells, run.refused)) if options.check else []
    print("\n".join(old), end="\n" if old else "")
    problems = run.problems + old
    print(f"{len(cells)} pairs: {len(cells) - len(run.refused)} computed, {len(run.refused)} refused; {len(problems)} problems")
    if not options.check and step == 1:
        lines = by_operator(rows(cells, run))
        if options.match:
            with open(PAGE) as file:
                lines = {**by_operator(line.rstrip("\n") for line in file if line.startswith("| ")), **lines}
            lines.pop("operator")
        with open(PAGE, "w") as file:
            file.write(HEAD + "\n".join(line for name in sorted(lines) for line in lines[name]) + "\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
