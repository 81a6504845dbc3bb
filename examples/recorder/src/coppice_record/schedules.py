"""Training under masks whose sparsity rises: by movement or by magnitude."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from coppice_record.arrays import copied, floats, highest, joined, sigmoid, to_numpy, zeros
from coppice_record.recorder import Recorder, Tracked
from coppice_record.tensor_file import Array


def cubic(
    step: int, steps: int, initial: float, final: float, initial_steps: int = 0,
    final_steps: int = 0,
) -> float:
    """A value that stays `initial`, falls or rises by a cubic, and stays `final`.

    Args:
        step: The step asked for.
        steps: All steps.
        initial: The value in the first `initial_steps`.
        final: The value in the last `final_steps`.
        initial_steps: How long it stays at first.
        final_steps: How long it stays at last.
    """
    if step >= steps - final_steps:
        return final
    if step <= initial_steps:
        return initial
    share = (step - initial_steps) / (steps - initial_steps - final_steps)
    return final + (initial - final) * (1 - share) ** 3


def kept_count(keep: float, count: int) -> int:
    """The whole number of weights that a fraction keeps, rounded up; exact for decimals."""
    return min(count, math.ceil(Fraction(repr(float(keep))) * count))


class MaskSchedule:
    """Masks that follow their scores at every step of a training.

    Between the steps the model holds masked weights, so that its answers, also in validation, are
    those of the pruned model. The step itself changes the weights behind the masks: a masked
    weight keeps its value and comes back if its score rises.

    Args:
        recorder: What sees the training; it has one optimizer.
        steps: The steps of the training.
        initial_steps: Steps before the sparsity begins to rise.
        final_steps: Steps at the final sparsity; a tenth to a half of all is usual.
        names: The parameters to mask; if not given, each of rank 2 or more that is trained and is
            not an embedding.
        scope: `local` ranks inside each parameter, `global` over all of them.
    """

    kind = "masks"

    def __init__(
        self, recorder: Recorder, *, steps: int, initial: float, final: float,
        initial_steps: int = 0, final_steps: int = 0, names: Sequence[str] | None = None,
        scope: str = "local",
    ) -> None:
        if len(recorder.optimizers) != 1:
            raise ValueError("a schedule of masks works with one optimizer")
        if recorder.listener is not None:
            raise ValueError("this recorder has a schedule already")
        if scope not in ("local", "global"):
            raise ValueError(f"scope is 'local' or 'global', not {scope!r}")
        if not 0 <= initial_steps <= steps - final_steps:
            raise ValueError("initial_steps and final_steps leave no room in steps")
        self.steps, self.scope = steps, scope
        self.initial, self.final = initial, final
        self.initial_steps, self.final_steps = initial_steps, final_steps
        self.tracked = _chosen(recorder, names)
        self.step = 0
        self.is_active = True
        self._kept = {t.name: copied(t.parameter.data) for t in self.tracked}
        self._masks: dict[str, Any] = {}
        self._mask()
        recorder.listener = self

    @property
    def value(self) -> float:
        """The fraction kept, or the threshold, of the present step."""
        return cubic(
            self.step, self.steps, self.initial, self.final, self.initial_steps, self.final_steps)

    def masks(self) -> dict[str, Array]:
        """The masks now, 1 where a weight is left."""
        return {name: (to_numpy(mask) != 0).astype("u1") for name, mask in self._masks.items()}

    def finish(self, masked: bool = True) -> None:
        """Ends masking.

        Args:
            masked: Whether the model keeps the zeros, or gets the weights behind them back.
        """
        if not masked:
            self.restore()
        self.is_active = False

    def restore(self) -> None:
        if self.is_active:
            for item in self.tracked:
                item.parameter.data[...] = self._kept[item.name]

    def observe(self, name: str, gradient: Any, weight: Any) -> None:
        if self.is_active and name in self._masks:
            self._score(name, floats(gradient), floats(weight))
            gradient *= self._masks[name]

    def apply(self) -> None:
        if self.is_active:
            self._kept = {t.name: copied(t.parameter.data) for t in self.tracked}
            self.step += 1
            self._mask()

    def scores(self) -> Mapping[str, Any]:
        return {}

    def notes(self) -> Mapping[str, str]:
        return {"masks_active": "true", "schedule": self.kind, "schedule_final": repr(self.final)}

    def _score(self, name: str, gradient: Any, weight: Any) -> None:
        """Takes what a step says of a parameter."""

    def _ranked(self) -> dict[str, Any]:
        """The scores of which the highest stay."""
        raise NotImplementedError

    def _mask(self) -> None:
        self._masks = {k: m.reshape(self._kept[k].shape) for k, m in self._chosen_masks().items()}
        for item in self.tracked:
            item.parameter.data[self._masks[item.name] == 0] = 0.0

    def _chosen_masks(self) -> dict[str, Any]:
        scores = {name: score.reshape(-1) for name, score in self._ranked().items()}
        if self.scope == "local":
            return {n: highest(s, kept_count(self.value, len(s))) for n, s in scores.items()}
        marks = joined(list(scores.values()))
        marks = highest(marks, kept_count(self.value, len(marks)))
        masks, start = {}, 0
        for name, score in scores.items():
            masks[name] = marks[start : start + len(score)]
            start += len(score)
        return masks


class MagnitudeSchedule(MaskSchedule):
    """Keeps the weights of the largest magnitude: gradual magnitude pruning.

    Args:
        recorder: What sees the training.
        keep: The fraction that is left at the end.
        steps: The steps of the training.
        options: `initial_steps`, `final_steps`, `names` and `scope` of `MaskSchedule`.
    """

    kind = "magnitude"

    def __init__(self, recorder: Recorder, *, keep: float, steps: int, **options: Any) -> None:
        _require_fraction("keep", keep)
        super().__init__(recorder, steps=steps, initial=1.0, final=keep, **options)

    def _ranked(self) -> dict[str, Any]:
        return {name: abs(weight) for name, weight in self._kept.items()}


class MovementSchedule(MaskSchedule):
    """Movement pruning: keeps the weights that training moves away from zero.

    A score gathers minus gradient times weight, straight through the mask: the gradient is that by
    the masked weight, the weight the one behind the mask. With `keep` (hard) the highest scores
    stay. With `threshold` (soft) those stay whose sigmoid is above it, and `penalty` drives scores
    down: it is lambda of the loss term lambda * mean over layers of mean(sigmoid(score)), and rises
    with the threshold.

    The record's `mv` are these scores, so that `prune-movement` finds the same masks.

    Args:
        recorder: What sees the training.
        steps: The steps of the training.
        keep: The fraction that is left at the end; hard.
        threshold: The sigmoid that scores must be above at the end; soft.
        penalty: The weight of the penalty at the end; soft.
        score_rate: The learning rate of the scores.
        options: `initial_steps`, `final_steps`, `names` and `scope` of `MaskSchedule`.
    """

    def __init__(
        self, recorder: Recorder, *, steps: int, keep: float | None = None,
        threshold: float | None = None, penalty: float = 0.0, score_rate: float = 1.0,
        **options: Any,
    ) -> None:
        if (keep is None) == (threshold is None):
            raise ValueError("give keep (hard movement) or threshold (soft movement)")
        self.is_soft = threshold is not None
        self.kind = "movement-soft" if self.is_soft else "movement-hard"
        self.penalty, self.score_rate = penalty, score_rate
        if threshold is not None:
            if not 0 < threshold < 1:
                raise ValueError(f"threshold lies between 0 and 1, not at {threshold}")
            bounds = (0.0, threshold)
        else:
            _require_fraction("keep", keep)
            if penalty:
                raise ValueError("a penalty belongs to soft movement: give threshold")
            bounds = (1.0, keep or 0.0)
        self._scores = {
            t.name: zeros(t.parameter.data, tuple(t.parameter.data.shape))
            for t in _chosen(recorder, options.get("names"))
        }
        super().__init__(
            recorder, steps=steps, initial=bounds[0], final=bounds[1], **options)

    def scores(self) -> Mapping[str, Any]:
        return self._scores

    def notes(self) -> Mapping[str, str]:
        said = {"score_rate": repr(self.score_rate)}
        if self.is_soft:
            said["score_penalty"] = repr(self.penalty)
        return {**super().notes(), **said}

    def _score(self, name: str, gradient: Any, weight: Any) -> None:
        change = gradient * weight
        strength = self.penalty * self.value / self.final if self.is_soft else 0.0
        if strength:
            share = sigmoid(self._scores[name])
            count = math.prod(share.shape) * len(self._scores)
            change = change + share * (1 - share) * (strength / count)
        self._scores[name] -= change * self.score_rate

    def _ranked(self) -> dict[str, Any]:
        return self._scores

    def _chosen_masks(self) -> dict[str, Any]:
        if not self.is_soft:
            return super()._chosen_masks()
        if self.value == 0:
            return {name: score == score for name, score in self._scores.items()}
        cut = math.log(self.value / (1 - self.value))
        return {name: score > cut for name, score in self._scores.items()}


def _chosen(recorder: Recorder, names: Sequence[str] | None) -> list[Tracked]:
    if names is None:
        return [
            t for t in recorder.tracked
            if len(t.parameter.shape) >= 2 and t.parameter.requires_grad
            and not t.kind.startswith("Embedding")
        ]
    known = {name: t for t in recorder.tracked for name in (t.name, *t.alias)}
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(f"the model has no parameter {', '.join(map(repr, missing))}")
    return [known[name] for name in names]


def _require_fraction(name: str, value: float | None) -> None:
    if value is None or not 0 < value <= 1:
        raise ValueError(f"{name} is above 0 and at most 1, not {value}")
