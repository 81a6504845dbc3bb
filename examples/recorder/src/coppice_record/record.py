"""Training records in the `prunerec/1` format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coppice_record.tensor_file import Array, PathLike, read_tensors, write_tensors

FORMAT = "prunerec/1"

# The tensors that add up over steps, and so over runs and ranks.
SUMS = ("mv", "dww", "g1", "g2", "gw2", "chgw2", "chact", "xnorm2")
# A row for each step or sample; those of several runs follow each other.
ROWS = ("chgw.steps", "chact.samples")
KEYS = ("final", "init", *SUMS, *ROWS)


class RecordError(ValueError):
    """A record that cannot be read, written or asked."""


@dataclass
class ParameterInfo:
    """What a record says of one parameter beside its tensors."""

    shape: tuple[int, ...]
    kind: str = ""
    steps: int = 0
    alias: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    """Sums over the steps of a training, by parameter and key.

    `tensors["conv1.weight/mv"]` is the movement of `conv1.weight`. Sums are never divided: `steps` of
    a parameter, and `steps` and `samples` of the metadata, make means of them.
    """

    parameters: dict[str, ParameterInfo]
    tensors: dict[str, Array]
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: PathLike) -> Record:
        """Reads a record and checks it."""
        tensors, metadata = read_tensors(path)
        if metadata.get("format") != FORMAT:
            raise RecordError(f"{path}: its format is {metadata.get('format')!r}, not '{FORMAT}'")
        try:
            declared = json.loads(metadata["params"])
            parameters = {
                str(name): _info(entry, tensors.get(f"{name}/final"))
                for name, entry in declared.items()
            }
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RecordError(f"{path}: 'params' of its metadata is not usable: {error}") from None
        kept = {key: value for key, value in metadata.items() if key not in ("format", "params")}
        record = cls(parameters, tensors, kept)
        record.check(str(path))
        return record

    def save(self, path: PathLike) -> None:
        """Writes the record; nothing is written where it is faulty."""
        self.check(str(path))
        declared = {name: self._declaration(name) for name in sorted(self.parameters)}
        metadata = self.metadata | {"format": FORMAT, "params": json.dumps(declared)}
        write_tensors(path, self.tensors, metadata)

    def __getitem__(self, place: tuple[str, str]) -> Array:
        """The tensor of a parameter and a key."""
        name, key = place
        try:
            return self.tensors[f"{name}/{key}"]
        except KeyError:
            raise RecordError(f"the record has no '{key}' of '{name}'") from None

    def keys(self, name: str) -> list[str]:
        """The keys that a parameter has."""
        return [key for key in KEYS if f"{name}/{key}" in self.tensors]

    def check(self, path: str = "record") -> None:
        """Raises unless every parameter has its weights and every number is finite."""
        for name, info in self.parameters.items():
            final = self.tensors.get(f"{name}/final")
            if final is None:
                raise RecordError(f"{path}: there is no '{name}/final'")
            if final.shape != info.shape:
                raise RecordError(
                    f"{path}: '{name}' is declared with shape {list(info.shape)},"
                    f" but '{name}/final' has {list(final.shape)}")
        for name, array in self.tensors.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
                raise RecordError(
                    f"{path}: '{name}' has a NaN or infinity at {place}; the training diverged")

    def __add__(self, other: Record) -> Record:
        """The record of two runs or ranks that ended at the same weights."""
        if self.parameters.keys() != other.parameters.keys():
            raise RecordError("records of different parameters cannot be added")
        for name in self.parameters:
            if not np.array_equal(self[name, "final"], other[name, "final"]):
                raise RecordError(f"'{name}' ended at different weights in the two records")
        tensors = {
            name: _joined(name.rsplit("/", 1)[-1], array, other.tensors[name])
            for name, array in self.tensors.items() if name in other.tensors
        }
        parameters = {
            name: ParameterInfo(
                info.shape, info.kind, info.steps + other.parameters[name].steps, info.alias,
                info.extra)
            for name, info in self.parameters.items()
        }
        metadata = {k: v for k, v in self.metadata.items() if other.metadata.get(k) == v}
        for key in ("steps", "samples"):
            counts = (self.metadata.get(key), other.metadata.get(key))
            if counts[0] is not None and counts[1] is not None:
                metadata[key] = str(int(counts[0]) + int(counts[1]))
        return Record(parameters, tensors, metadata)

    def score(self, name: str, criterion: str) -> Array:
        """What a criterion says of each weight, or of each filter; the lowest go first.

        `movement`, `movement-midpoint`, `movement-deltas`, `taylor`, `taylor-squares`,
        `taylor-gates`, `taylor-maps` and `obd`.
        """
        final = self[name, "final"].astype(np.float64)
        steps = max(1, self.parameters[name].steps)
        if criterion == "movement":
            return self[name, "mv"]
        if criterion == "movement-midpoint":
            return np.asarray((final**2 - self[name, "init"].astype(np.float64) ** 2) / 2)
        if criterion == "movement-deltas":
            return self[name, "dww"]
        if criterion == "taylor":
            return np.asarray(np.abs(final * self[name, "g1"] / steps))
        if criterion == "taylor-squares":
            return self[name, "gw2"] / steps
        if criterion == "taylor-gates":
            return self[name, "chgw2"] / steps
        if criterion == "taylor-maps":
            return self[name, "chact"]
        if criterion == "obd":
            counts = self._fisher_count(name)
            return np.asarray(final**2 * self[name, "g2"] / counts / 2)
        raise RecordError(f"there is no criterion '{criterion}'")

    def _fisher_count(self, name: str) -> int:
        if self.metadata.get("g2_per") == "sample":
            return max(1, int(self.metadata.get("samples", "1")))
        return max(1, self.parameters[name].steps)

    def _declaration(self, name: str) -> dict[str, Any]:
        info = self.parameters[name]
        final = np.ascontiguousarray(self[name, "final"], np.float32)
        return {
            "shape": list(info.shape), "kind": info.kind, "steps": info.steps,
            "alias": list(info.alias), "sha256": hashlib.sha256(final.tobytes()).hexdigest(),
            **info.extra,
        }


def _joined(key: str, array: Array, other: Array) -> Array:
    if key in ROWS:
        return np.concatenate([array, other])
    return array + other if key in SUMS else array


def _info(entry: Mapping[str, Any], final: Array | None) -> ParameterInfo:
    known = {"shape", "kind", "steps", "alias", "sha256"}
    shape = entry.get("shape", final.shape if final is not None else ())
    return ParameterInfo(
        tuple(int(extent) for extent in shape), str(entry.get("kind", "")),
        int(entry.get("steps", 0)), tuple(str(name) for name in entry.get("alias", ())),
        {key: value for key, value in entry.items() if key not in known})
