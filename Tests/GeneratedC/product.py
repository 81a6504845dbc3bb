"""Which models are compiled for which targets, with the weights where, dense and pruned."""

from itertools import cycle

import operators
from generate import Build
from models import digits, light_models, small_nets, whole_models
from toolchains import TARGETS
from units import Group

PLACES = ("inline", "split", "blob")
LIGHT = ("shufflenet",)
LONGEST_STEM = 48
# Builds that are compiled together: whole networks need an optimiser to run soon.
GROUP_SIZES = {"parts": 40, "networks": 6}


class Product:
    """Collects builds in groups; the place of the weights goes round unless it is given."""

    def __init__(self, folder, storages):
        self.folder = folder
        self.stored = ("pruned", *storages)
        self.builds = []
        self.places = cycle(PLACES)
        self.counts = {}

    def add(self, models, targets, passes=("dense",), places=None, size="parts"):
        for model in models:
            for target in targets:
                for kind in passes:
                    for place in places or (next(self.places),):
                        folder = self.next_folder(target, size)
                        name = f"{self.stem(model)}_{kind.replace('-', '_')}_{place}"
                        self.builds.append(Build(model, name, target, place, kind, folder))

    def stem(self, model):
        """A model's name for C symbols, of which Coppice takes 64 letters."""
        if len(model.name) <= LONGEST_STEM:
            return model.name
        return f"{model.name[:LONGEST_STEM - 6]}_{len(self.builds)}"

    def next_folder(self, target, size):
        number = self.counts.get((target, size), 0)
        self.counts[target, size] = number + 1
        folder = self.folder / f"{target}-{size}-{number // GROUP_SIZES[size]:02}"
        folder.mkdir(exist_ok=True)
        return folder

    def groups(self, builds):
        """What is left of the builds, by folder."""
        folders = {}
        for build in builds:
            folders.setdefault(build.folder, []).append(build)
        return [Group(folder.name, group[0].target, folder, "networks" in folder.name, tuple(group))
                for folder, group in folders.items()]


def of_operators(product, cases, folder):
    """Cases of every operator, and their weights as constants in every storage."""
    weighted = [operators.with_constants(c, folder) for c in cases if operators.is_weighted(c)]
    product.add(operators.hand_made(folder), ["generic"])
    product.add([operators.as_given(case, folder) for case in cases], ["generic"])
    product.add(weighted, ["generic"], ("dense", *product.stored))
    product.add(weighted, ["x86-64"], ("dense", "pruned"))
    product.add(weighted, ["aarch64", "cortex-m55"], ("dense", "pruned"))


def of_networks(product):
    """Small nets for every target, the models of MLPerf Tiny and a large one."""
    everywhere = list(TARGETS)
    product.add([digits()], ["generic"], ("dense", *product.stored), PLACES)
    product.add([digits()], everywhere[1:], ("dense", "pruned", "blocks"))
    product.add(small_nets(), everywhere, ("dense", "pruned"))
    product.add(whole_models(), everywhere, ("dense", "pruned"), size="networks")
    product.add(light_models(LIGHT), ["x86-64"], size="networks")
