"""Compiles models to C by the command line tool, each in a process of its own."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common import command
from models import Model

PRUNED = "@default,prune-magnitude{sparsity=0.8}"
CHOSEN = {"dense": "@default", "pruned": f"{PRUNED},sparsify"}
REFUSED = 2


def pipeline(kind):
    """The passes of a kind of build: dense, pruned, or pruned into one storage."""
    return CHOSEN.get(kind, f"{PRUNED},sparsify{{storage={kind}}}")


def storages(coppice):
    """The storages that leave zeros out, as the command line lists them."""
    status, output = command([coppice, "passes", "--json"])
    if status:
        raise SystemExit(f"coppice passes ended with {status}: {output}")
    passes = {one["name"]: one for one in json.loads(output)["passes"]}
    options = {one["name"]: one for one in passes["sparsify"]["options"]}
    names = options["storage"]["allowed"].removeprefix("one of ").split(", ")
    return [name for name in names if name not in ("auto", "dense")]


@dataclass(eq=False)
class Build:
    """One compile: a model with a target, a place of the weights and a kind of pipeline."""

    model: Model
    name: str
    target: str
    weights: str
    passes: str
    folder: Path
    answers: list = None

    def file(self, ending):
        return self.folder / f"{self.name}{ending}"

    @property
    def files(self):
        endings = {"inline": [], "split": ["_weights.c"], "blob": ["_weights.bin"]}[self.weights]
        return [f"{self.name}{e}" for e in [".h", ".c", ".json", "_selftest.c", *endings]]

    @cached_property
    def manifest(self):
        return json.loads(self.file(".json").read_text())

    def arguments(self, model, folder):
        return ["compile", model, "-o", folder, "--name", self.name, "--target", self.target,
                "--weights", self.weights, "--passes", pipeline(self.passes)]


def compiled(coppice, build):
    """Whether a model was compiled or refused, else what went wrong."""
    status, output = command([coppice, *build.arguments(build.model.path, build.folder)])
    if status == 0:
        return "done"
    if status == REFUSED:
        return "refused"
    return f"{build.name}: coppice ended with {status}: {output}"
