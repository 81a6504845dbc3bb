"""The few operations that arrays of NumPy and tensors of PyTorch do not spell alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from coppice_record.tensor_file import Array


def is_numpy(array: Any) -> bool:
    """Whether this is NumPy's, or else PyTorch's."""
    return isinstance(array, np.ndarray)


def floats(array: Any) -> Any:
    """The elements as 32-bit floats, not tied to a gradient; the array itself if it can be."""
    if is_numpy(array):
        return np.asarray(array, np.float32)
    return array.detach().float()


def copied(array: Any) -> Any:
    """A copy as 32-bit floats."""
    return floats(array).copy() if is_numpy(array) else floats(array).clone()


def zeros(template: Any, shape: tuple[int, ...]) -> Any:
    """Zeros as 32-bit floats, where the template lives."""
    if is_numpy(template):
        return np.zeros(shape, np.float32)
    return template.detach().new_zeros(shape).float()


def to_numpy(array: Any) -> Array:
    """A NumPy copy as 32-bit floats."""
    if is_numpy(array):
        return np.array(array, np.float32)
    return np.array(array.detach().cpu().float().numpy(), np.float32)


def like(values: Array, template: Any) -> Any:
    """NumPy's values as what the template is, where it lives."""
    if is_numpy(template):
        return np.asarray(values)
    import torch

    return torch.as_tensor(np.ascontiguousarray(values), device=template.device)


def shape_of(array: Any) -> tuple[int, ...]:
    """The extents."""
    return tuple(int(extent) for extent in array.shape)


def all_finite(array: Any) -> bool:
    """Whether there is no NaN and no infinity."""
    if is_numpy(array):
        return bool(np.isfinite(array).all())
    return bool(array.isfinite().all())


def highest(scores: Any, count: int) -> Any:
    """Marks the highest scores of a flat array; of equal ones the earlier indices."""
    if is_numpy(scores):
        if count == 0:
            return np.zeros(scores.shape, bool)
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        chosen = np.asarray(scores > least)
        chosen[np.flatnonzero(scores == least)[: count - int(chosen.sum())]] = True
        return chosen
    import torch

    marks = torch.zeros_like(scores, dtype=torch.bool)
    marks[torch.sort(scores, descending=True, stable=True).indices[:count]] = True
    return marks


def joined(arrays: list[Any]) -> Any:
    """Flat arrays, one after the other."""
    if is_numpy(arrays[0]):
        return np.concatenate(arrays)
    import torch

    return torch.cat(arrays)


def sigmoid(array: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    if is_numpy(array):
        return (0.5 * (1 + np.tanh(0.5 * array))).astype(np.float32)
    return array.sigmoid()
