"""The recorder: hooks into a training, and writes what it summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from coppice_record.arrays import all_finite, copied, floats, shape_of, to_numpy, zeros
from coppice_record.record import ParameterInfo, Record, RecordError
from coppice_record.sums import Sums, input_squares, map_products, map_taylor
from coppice_record.tensor_file import PathLike

PRODUCER = "coppice-record 0.1.0"


@dataclass
class Tracked:
    """A parameter under the name that its owner knows."""

    name: str
    parameter: Any
    kind: str = ""
    alias: tuple[str, ...] = ()
    transposed_groups: int | None = None


class Framework(Protocol):
    """What a recorder needs of a training framework."""

    name: str

    def tracked(self) -> list[Tracked]:
        """The parameters of the model, each once."""

    def on_step(
        self, optimizer: Any, before: Callable[[Any], None], after: Callable[[Any], None]
    ) -> Callable[[], None]:
        """Calls functions around each step of an optimizer; returns what ends that."""

    def on_gradient(self, parameter: Any, call: Callable[[Any], None]) -> Callable[[], None]:
        """Calls a function with the parameter's gradient of each single backward pass."""

    def on_activation(self, call: Callable[[str, Any, Any, int], None]) -> Callable[[], None]:
        """Calls a function with a weight's name, the feature map, its gradient and its axis."""

    def on_input(self, call: Callable[[str, Any, int], None]) -> Callable[[], None]:
        """Calls a function with a weight's name, what it is multiplied with, and its axis."""

    def unscaling(self, optimizer: Any) -> float | None:
        """What the step's gradients must be multiplied with; `None` if the step does nothing."""

    def backward_unscaling(self, scaler: Any) -> float:
        """What the gradients of a backward pass must be multiplied with."""

    def writes(self) -> bool:
        """Whether this process is the one that writes files."""


class StepListener(Protocol):
    """Something that acts around the steps that a recorder sees, such as a schedule of masks."""

    def restore(self) -> None:
        """Puts back the weights that the step shall change."""

    def observe(self, name: str, gradient: Any, weight: Any) -> None:
        """Takes a gradient before the step, and may change it in place."""

    def apply(self) -> None:
        """Prepares the weights for what follows the step."""

    def scores(self) -> Mapping[str, Any]:
        """The movement scores that the record shall hold."""

    def notes(self) -> Mapping[str, str]:
        """What the record's metadata shall say."""


class Recorder:
    """Sums up, around every step of an optimizer, what pruning asks of a training.

    Make it when the optimizer exists, train as before, and call `save` when the weights are those
    that are exported:

        recorder = Recorder(model, optimizer)
        ...
        recorder.save("model.prunerec.safetensors")

    Parameters are recorded under the names of `model.state_dict()`, without what
    DistributedDataParallel and torch.compile put before them. Tied parameters are recorded once,
    with their other names as aliases; frozen ones have their weights only. Sums over samples that saw
    different numbers of them (calibration data, for example) are scaled to one number, so that
    their means stay.

    Args:
        model: A PyTorch module, or one of `coppice_record.nn`.
        optimizer: Its optimizer, or several.
        start_step: The steps to leave out first, such as those of a warm-up.
        per_sample: Each backward pass is of one sample: `g2` becomes the empirical Fisher
            information, summed over samples. Let the gradients of several backward passes add up
            before each step.
        accumulation: What the loss is divided by before each backward pass, beside the mean over
            its samples.
        loss_reduction: Whether the loss is the `mean` or the `sum` over the samples of a pass.
        scaler: The GradScaler, which `per_sample` and `activations` need under mixed precision.
        activations: Also sum up the Taylor criterion of feature maps (`chact`), after the
            BatchNorm that reads a convolution if there is one.
        coupled: Keep what each filter loses in each step (`chgw.steps`), and with `activations` in
            each sample (`chact.samples`), for filters that can only go together, such as those of
            layers joined by an addition: the square of a sum cannot be made from sums of squares.
            The record grows with the steps.
    """

    def __init__(
        self, model: Any, optimizer: Any, *, start_step: int = 0, per_sample: bool = False,
        accumulation: int = 1, loss_reduction: str = "mean", scaler: Any = None,
        activations: bool = False, coupled: bool = False,
    ) -> None:
        if loss_reduction not in ("mean", "sum"):
            raise ValueError(f"loss_reduction is 'mean' or 'sum', not {loss_reduction!r}")
        self.optimizers = list(optimizer) if isinstance(optimizer, Sequence) else [optimizer]
        self.framework = framework_of(model)
        self.start_step, self.per_sample = start_step, per_sample
        self.accumulation, self.loss_reduction, self.scaler = accumulation, loss_reduction, scaler
        self.coupled = coupled
        self.steps = self.samples = self.skipped = 0
        self.listener: StepListener | None = None
        self.tracked = self.framework.tracked()
        self._sums: dict[str, Sums] = {}
        self._extra: dict[str, Any] = {}
        self._extra_samples: dict[str, int] = {}
        self._rows: dict[str, list[Any]] = {}
        self._seen = dict.fromkeys(map(id, self.optimizers), 0)
        self._before: dict[str, Any] = {}
        self._owned = {id(o): self._of(o) for o in self.optimizers}
        self._ends = [
            self.framework.on_step(o, self._before_step, self._after_step) for o in self.optimizers
        ]
        if per_sample:
            self._ends += [self._watch(t) for t in self.tracked if t.parameter.requires_grad]
        if activations:
            self._ends.append(self.framework.on_activation(self._activation))

    def parameter(self, name: str) -> Any:
        """The parameter of a name."""
        return next(t.parameter for t in self.tracked if t.name == name)

    @contextmanager
    def calibration(self) -> Iterator[None]:
        """Sums up the squares of the layers' inputs (`xnorm2`) in what is run inside."""
        end = self.framework.on_input(self._input)
        try:
            yield
        finally:
            end()

    def record(
        self, final: Mapping[str, Any] | None = None, metadata: Mapping[str, str] | None = None
    ) -> Record:
        """What was recorded so far.

        Args:
            final: The exported weights by name, where they are not those of the model (an average
                of weights, for example).
            metadata: What else the record shall say.
        """
        parameters, tensors = {}, {}
        scores = self.listener.scores() if self.listener else {}
        for item in self.tracked:
            weight = item.parameter.data if final is None else self._exported(final, item)
            sums = self._sums.get(item.name)
            extra = {} if item.transposed_groups is None else {"groups": item.transposed_groups}
            parameters[item.name] = ParameterInfo(
                shape_of(weight), item.kind, sums.steps if sums else 0, item.alias, extra)
            tensors[f"{item.name}/final"] = to_numpy(floats(weight))
            for key, value in self._values(item.name, scores):
                tensors[f"{item.name}/{key}"] = to_numpy(value)
        for place, value in self._extra.items():
            share = self._sample_count() / self._extra_samples[place]
            tensors[place] = to_numpy(value if share == 1 else value * share)
        tensors |= {place: np.stack(rows) for place, rows in self._rows.items()}
        return Record(parameters, tensors, self._metadata() | dict(metadata or {}))

    def save(
        self, path: PathLike, *, final: Mapping[str, Any] | None = None, **metadata: str
    ) -> None:
        """Writes the record, in one process of several only.

        Call it with the weights that are exported, before or after the export.
        """
        record = self.record(final, metadata)
        if self.framework.writes():
            record.save(path)

    def close(self) -> None:
        """Ends recording."""
        while self._ends:
            self._ends.pop()()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _of(self, optimizer: Any) -> list[tuple[Tracked, dict[str, Any]]]:
        groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
        return [(t, groups[id(t.parameter)]) for t in self.tracked if id(t.parameter) in groups]

    def _sum(self, item: Tracked) -> Sums:
        if item.name not in self._sums:
            self._sums[item.name] = Sums(
                item.parameter.data, item.transposed_groups, keeps_rows=self.coupled)
        return self._sums[item.name]

    def _before_step(self, optimizer: Any) -> None:
        self._before = {}
        factor = self.framework.unscaling(optimizer)
        if self.listener:
            self.listener.restore()
        if factor is None:
            self.skipped += 1
            return
        self._seen[id(optimizer)] += 1
        is_recording = self._seen[id(optimizer)] > self.start_step
        for item, _ in self._owned[id(optimizer)]:
            gradient, weight = item.parameter.grad, item.parameter.data
            if gradient is None:
                continue
            unscaled = gradient if factor == 1 else gradient * factor
            if is_recording:
                self._sum(item).step(unscaled, weight, with_squares=not self.per_sample)
                self._before[item.name] = copied(weight)
            if self.listener:
                self.listener.observe(item.name, unscaled, weight)
                if unscaled is not gradient:
                    gradient[...] = unscaled / factor

    def _after_step(self, optimizer: Any) -> None:
        for item, group in self._owned[id(optimizer)]:
            rate = float(group["lr"])
            if item.name in self._before and rate != 0:
                sums = self._sums[item.name]
                sums.moved(self._before[item.name], item.parameter.data, rate)
        if self._before:
            self.steps = max(self.steps, self._seen[id(optimizer)] - self.start_step)
        self._before = {}
        if self.listener:
            self.listener.apply()

    def _is_recording(self) -> bool:
        return min(self._seen.values()) >= self.start_step

    def _watch(self, item: Tracked) -> Callable[[], None]:
        def call(gradient: Any) -> None:
            if not self._is_recording():
                return
            g = gradient * (self.accumulation * self.framework.backward_unscaling(self.scaler))
            if all_finite(g):
                sums = self._sum(item)
                sums.sample(g)
                self.samples = max(self.samples, sums.samples)

        return self.framework.on_gradient(item.parameter, call)

    def _activation(self, name: str, activation: Any, gradient: Any, axis: int) -> None:
        if not self._is_recording():
            return
        count = int(activation.shape[0]) if self.loss_reduction == "mean" else 1
        factor = count * self.accumulation * self.framework.backward_unscaling(self.scaler)
        term = map_taylor(activation, gradient, axis) * factor
        if all_finite(term):
            self._add(f"{name}/chact", term, int(activation.shape[0]))
            if self.coupled:
                products = map_products(activation, gradient, axis) * factor
                self._rows.setdefault(f"{name}/chact.samples", []).extend(to_numpy(products))

    def _input(self, name: str, operand: Any, axis: int) -> None:
        self._add(f"{name}/xnorm2", input_squares(operand, axis), int(operand.shape[0]))

    def _add(self, place: str, term: Any, samples: int) -> None:
        if place not in self._extra:
            self._extra[place] = zeros(term, shape_of(term))
            self._extra_samples[place] = 0
        self._extra[place] += term
        self._extra_samples[place] += samples

    def _sample_count(self) -> int:
        """The samples that all sums over samples are said to be of."""
        return self.samples or max(self._extra_samples.values(), default=0)

    def _values(self, name: str, scores: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        sums = self._sums.get(name)
        if sums is None:
            return
        yield "init", sums.init
        for key, value in sums.values.items():
            if key == "g2" and self.per_sample and sums.samples == 0:
                continue
            yield key, scores[name] if key == "mv" and name in scores else value
        if sums.rows:
            yield "chgw.steps", np.stack(sums.rows)

    def _exported(self, final: Mapping[str, Any], item: Tracked) -> Any:
        for name in (item.name, *item.alias):
            if name in final:
                return final[name]
        raise RecordError(f"the exported weights lack '{item.name}'")

    def _metadata(self) -> dict[str, str]:
        groups = [group for o in self.optimizers for group in o.param_groups]
        decays = sorted({float(group.get("weight_decay", 0)) for group in groups})
        said = {
            "producer": PRODUCER, "framework": self.framework.name,
            "optimizer": ", ".join(type(o).__name__ for o in self.optimizers),
            "amp": "true" if self.scaler is not None else "false", "steps": str(self.steps),
            "loss_reduction": self.loss_reduction, "lr_convention": "none",
            "weight_decay": ", ".join(f"{decay:g}" for decay in decays),
            "masks_active": "false", "start_step": str(self.start_step),
            "g2_per": "sample" if self.per_sample else "batch",
        }
        if self._sample_count():
            said["samples"] = str(self._sample_count())
        if self.listener:
            said |= self.listener.notes()
        return said


def framework_of(model: Any) -> Framework:
    """What stands between a recorder and the framework that a model is of."""
    from coppice_record import nn

    if isinstance(model, nn.Layer):
        from coppice_record.numpy_framework import NumpyFramework

        return NumpyFramework(model)
    from coppice_record.torch_framework import TorchFramework

    return TorchFramework(model)
