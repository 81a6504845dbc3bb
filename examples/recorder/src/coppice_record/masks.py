"""Masks that the compiler wrote, on the model that is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coppice_record.arrays import like, shape_of
from coppice_record.recorder import framework_of
from coppice_record.tensor_file import Array, PathLike, TensorFileError, read_tensors, write_tensors

FORMAT = "coppice-masks/1"


@dataclass
class MaskReport:
    """What became of the masks of a file."""

    applied: list[str] = field(default_factory=list)
    """The parameters that were masked, under the names of the model."""
    unknown: list[str] = field(default_factory=list)
    """The masks that no parameter has the name of."""
    zeros: int = 0
    """The weights that are masked."""
    masks: dict[str, Any] = field(default_factory=dict)
    """The masks by parameter, as the model's own arrays: True where a weight is left."""


def read_masks(path: PathLike) -> dict[str, Array]:
    """Reads what `coppice prune --masks` wrote: 1 where a weight is left."""
    tensors, metadata = read_tensors(path)
    if metadata.get("format", FORMAT) != FORMAT:
        raise TensorFileError(f"{path}: its format is {metadata['format']!r}, not '{FORMAT}'")
    for name, mask in tensors.items():
        if not np.isin(mask, (0, 1)).all():
            raise TensorFileError(f"{path}: '{name}' holds more than 0 and 1")
    return tensors


def write_masks(path: PathLike, masks: Mapping[str, Array]) -> None:
    """Writes masks as the compiler does."""
    whole = {name: (np.asarray(mask) != 0).astype("u1") for name, mask in masks.items()}
    write_tensors(path, whole, {"format": FORMAT})


def apply_masks(
    model: Any, masks: PathLike | Mapping[str, Array], *, strict: bool = True
) -> MaskReport:
    """Zeroes the weights that are masked.

    The masks stand under the parameters' names, those of `state_dict()`, with every alias of a tied
    parameter; what DistributedDataParallel and torch.compile put before names does not matter.
    Zeros alone do not stay when training goes on: see `MaskedOptimizer`.

    Args:
        model: A PyTorch module, or one of `coppice_record.nn`.
        masks: A file of `coppice prune --masks`, or masks by name.
        strict: Whether a mask that no parameter has the name of is an error.

    Raises:
        ValueError: If a mask has no parameter, or another shape than its own.
    """
    given = masks if isinstance(masks, Mapping) else read_masks(masks)
    report = MaskReport()
    owners = _parameters(model)
    for name, mask in given.items():
        owner = owners.get(name)
        if owner is None:
            report.unknown.append(name)
            continue
        own, parameter = owner
        if shape_of(parameter) != tuple(mask.shape):
            raise ValueError(
                f"the mask of '{name}' has shape {list(mask.shape)}, the parameter"
                f" {list(shape_of(parameter))}")
        if own in report.masks and not _equal(report.masks[own], mask):
            raise ValueError(f"'{own}' is tied, and the masks of its names differ")
        report.masks[own] = like(np.asarray(mask) != 0, parameter.data)
        report.applied.append(name)
    if strict and report.unknown:
        raise ValueError(
            "no parameter has the name of the masks " + ", ".join(map(repr, report.unknown))
            + ": prune with a training record, so that masks have the names of the training, or"
            " give strict=False")
    for own, mask in report.masks.items():
        parameter = owners[own][1]
        parameter.data[mask == 0] = 0.0
        report.zeros += int((mask == 0).sum())
    return report


class MaskedOptimizer:
    """Keeps masked weights at zero in every step of an optimizer.

    It acts on the optimizer itself: give that to learning-rate schedulers and gradient scalers as
    before. Masked weights get no gradient and are zeroed again after the step, so that neither
    momentum nor weight decay moves them.

    Args:
        optimizer: The optimizer of the model.
        model: The model.
        masks: What `apply_masks` takes, or the report that it gave.
    """

    def __init__(
        self, optimizer: Any, model: Any, masks: PathLike | Mapping[str, Array] | MaskReport
    ) -> None:
        report = masks if isinstance(masks, MaskReport) else apply_masks(model, masks)
        owners = _parameters(model)
        self.optimizer = optimizer
        self._masked = [(owners[name][1], mask) for name, mask in report.masks.items()]
        self._end = framework_of(model).on_step(optimizer, self._before, self._after)

    def step(self) -> None:
        """The optimizer's step."""
        self.optimizer.step()

    def zero_grad(self, *args: Any, **kwargs: Any) -> None:
        """The optimizer's `zero_grad`."""
        self.optimizer.zero_grad(*args, **kwargs)

    def close(self) -> None:
        """Lets masked weights move again."""
        self._end()

    def _before(self, _: Any) -> None:
        for parameter, mask in self._masked:
            if parameter.grad is not None:
                parameter.grad[mask == 0] = 0.0

    def _after(self, _: Any) -> None:
        for parameter, mask in self._masked:
            parameter.data[mask == 0] = 0.0


def _parameters(model: Any) -> dict[str, tuple[str, Any]]:
    """Parameters by each of their names, with the first."""
    found = {}
    for item in framework_of(model).tracked():
        for name in (item.name, *item.alias):
            found[name] = (item.name, item.parameter)
    return found


def _equal(mask: Any, other: Array) -> bool:
    return bool((mask == like(np.asarray(other) != 0, mask)).all())
