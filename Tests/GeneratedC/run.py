#!/usr/bin/env python3
"""What the generated C promises, on models: operators one by one, small nets and whole ones.

    Tests/GeneratedC/run.py [--coppice FILE] [--match REGEX] [--toolchains REGEX] [--thorough]

Every file is compiled without a warning by every compiler, and runs under the sanitizers in guarded
memory with the answers known; it has no data that can change, no foreign symbols and little stack,
an arena in which nothing is overwritten while it is needed, no store that nobody reads, and the
same bytes in every process."""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import operators
import product
from arena import arena_faults
from check import checked, header_faults
from common import ROOT, SHARED, command, flattened, in_parallel
from determinism import repeated, told
from generate import compiled, storages
from reference import answers
from stores import dead_assignments, unread_memory
from toolchains import all_toolchains
from units import write_inputs, write_units


class Check:
    """The steps of the whole check, each timed, and the faults found so far."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.faults = []

    def step(self, title, function, items):
        """Does a step on all items and keeps the faults."""
        start, worked = time.monotonic(), os.times()
        found = flattened(in_parallel(lambda item: list(function(item)), items))
        self.faults += found
        now = os.times()
        work = sum(now[:4]) - sum(worked[:4])
        seconds = time.monotonic() - start
        print(f"{title:45} {len(items):5} {len(found):7} {seconds:7.1f} {work:7.1f}", flush=True)
        for fault in found:
            print(f"    {fault}", flush=True)

    def compile(self, builds):
        """The builds that were made; what is neither made nor refused is a fault."""
        results = {}

        def one(build):
            results[build] = compiled(self.options.coppice, build)
            return [] if results[build] in ("done", "refused") else [results[build]]

        self.step("compiled to C", one, builds)
        return [build for build in builds if results[build] == "done"]

    def answer(self, builds):
        def one(build):
            build.answers = answers(self.options.coppice, build)
            write_inputs(build)
            return []

        self.step("answered by the reference", one, builds)

    def cover(self, builds):
        """Every declared operator is in some build."""
        status, output = command([self.options.coppice, "ops", "--json"])
        if status:
            self.faults.append(f"coppice ops ended with {status}")
            return
        declared = {one["name"] for one in json.loads(output) if not one["domain"]} - set(operators.UNSAMPLED)
        seen = set().union(*(build.model.operators for build in builds))
        self.step("operators that are declared",
                  lambda name: [] if name in seen else [f"{name}: no model of it was compiled"],
                  sorted(declared))


def wanted(builds, options):
    return [b for b in builds if re.search(options.match, f"{b.target}/{b.name}")]


def prepared(check, options):
    """All builds that could be made; refused cases again with constant operands."""
    plan = product.Product(check.folder, storages(options.coppice))
    models = check.folder / "models"
    models.mkdir()
    cases = operators.sampled()
    product.of_operators(plan, cases, models)
    if SHARED.is_dir():
        product.of_networks(plan)
    else:
        print("skipped: the models of ../shared are not beside the project")
    made = check.compile(wanted(plan.builds, options))
    given = {build.model.case.name for build in made if build.model.case}
    again = product.Product(check.folder, plan.stored[1:])
    again.counts = plan.counts
    refused = [case for case in cases if case.name not in given]
    again.add([operators.with_constants(case, models) for case in refused], ["generic"])
    made += check.compile(wanted(again.builds, options))
    return made, plan.groups(made)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coppice", type=Path, default=ROOT / ".build" / "release" / "coppice")
    parser.add_argument("--match", default="", help="only builds whose TARGET/NAME matches")
    parser.add_argument("--toolchains", default="", help="only toolchains whose name matches")
    parser.add_argument("--thorough", action="store_true", help="clang's sanitizers too")
    parser.add_argument("--keep", type=Path, help="keep all files here")
    options = parser.parse_args()
    options.coppice = options.coppice.resolve()
    print(f"{'what':45} items  faults seconds     CPU")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        check = Check(options, folder.resolve())
        everything(check, options)
    sys.exit(f"{len(check.faults)} faults" if check.faults else 0)


def everything(check, options):
    toolchains, missing = all_toolchains(options.thorough)
    if missing:
        print(f"skipped: {', '.join(missing)} cannot be found")
    builds, groups = prepared(check, options)
    if not options.match:
        check.cover(builds)
    check.step("compiled again elsewhere: the same bytes",
               lambda build: [*repeated(options.coppice, build), *told(build)], builds)
    check.step("arena replayed from the emitted calls", arena_faults, builds)
    check.step("results and scratch that nobody reads", unread_memory, builds)
    check.answer(builds)
    check.step("written", lambda group: write_units(group) or [], groups)
    check.step("headers as C++", header_faults, groups)
    check.step("variables that nobody reads", dead_assignments, groups)
    for toolchain in toolchains:
        if not re.search(options.toolchains, toolchain.name):
            continue
        chosen = [(group, toolchain) for group in groups if group.target in toolchain.targets]
        check.step(toolchain.name, checked, chosen)


if __name__ == "__main__":
    main()
