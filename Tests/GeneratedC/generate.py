"""Compiles models to C by the command line tool, each in a process of its own."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common import command
from models import Model

PRUNED = "@default,prune-magnitude{sparsity=0.8}"
PASSES = {
    "dense": "@default",
    "pruned": f"{PRUNED},sparsify",
    "rows": f"{PRUNED},sparsify{{storage=index-rows}}",
    "bitmap": f"{PRUNED},sparsify{{storage=bitmap}}",
    "blocks": f"{PRUNED},sparsify{{storage=blocks}}",
    "equal": f"{PRUNED},sparsify{{storage=equal-rows}}",
}
REFUSED = 2


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
                "--weights", self.weights, "--passes", PASSES[self.passes]]


def compiled(coppice, build):
    """Whether a model was compiled or refused, else what went wrong."""
    status, output = command([coppice, *build.arguments(build.model.path, build.folder)])
    if status == 0:
        return "done"
    if status == REFUSED:
        return "refused"
    return f"{build.name}: coppice ended with {status}: {output}"
