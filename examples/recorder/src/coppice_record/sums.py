"""What is summed up of one parameter, and of activations."""

from __future__ import annotations

from typing import Any

from coppice_record.arrays import copied, floats, shape_of, to_numpy, zeros
from coppice_record.tensor_file import Array

ELEMENTWISE = ("mv", "dww", "g1", "g2", "gw2")


class Sums:
    """The sums of one parameter; weights and gradients are NumPy's or PyTorch's."""

    def __init__(
        self, weight: Any, transposed_groups: int | None = None, keeps_rows: bool = False
    ) -> None:
        shape = shape_of(weight)
        self.transposed_groups = transposed_groups
        self.init = copied(weight)
        self.values = {key: zeros(weight, shape) for key in ELEMENTWISE}
        if len(shape) >= 2:
            self.values["chgw2"] = zeros(weight, (self._filters(shape),))
        self.keeps_rows = keeps_rows
        # What each filter loses in each step.
        self.rows: list[Array] = []
        self.steps = 0
        self.samples = 0

    def step(self, gradient: Any, weight: Any, with_squares: bool) -> None:
        """Adds one step, with the gradient that it will apply and the weight before it."""
        g, w, sums = floats(gradient), floats(weight), self.values
        product = g * w
        sums["mv"] -= product
        sums["g1"] += g
        sums["gw2"] += product * product
        if with_squares:
            sums["g2"] += g * g
        if "chgw2" in sums:
            channels = self._by_filter(product)
            sums["chgw2"] += channels * channels
            if self.keeps_rows:
                self.rows.append(to_numpy(channels))
        self.steps += 1

    def sample(self, gradient: Any) -> None:
        """Adds the squared gradient of one sample."""
        g = floats(gradient)
        self.values["g2"] += g * g
        self.samples += 1

    def moved(self, before: Any, after: Any, rate: float) -> None:
        """Adds how the step changed the weight."""
        w = floats(before)
        self.values["dww"] += (floats(after) - w) * w / rate

    def _filters(self, shape: tuple[int, ...]) -> int:
        return shape[0] if self.transposed_groups is None else shape[1] * self.transposed_groups

    def _by_filter(self, product: Any) -> Any:
        if self.transposed_groups is None:
            return product.reshape(product.shape[0], -1).sum(-1)
        groups, (inputs, outputs) = self.transposed_groups, shape_of(product)[:2]
        return product.reshape(groups, inputs // groups, outputs, -1).sum(-1).sum(1).reshape(-1)


def by_channel(array: Any, axis: int) -> Any:
    """An array [samples, channels, the rest]."""
    moved = array.swapaxes(1, axis) if axis != 1 else array
    return moved.reshape(moved.shape[0], moved.shape[1], -1)


def map_taylor(activation: Any, gradient: Any, axis: int) -> Any:
    """The sum over samples of |the mean over positions of activation times gradient|."""
    return abs(by_channel(floats(activation) * floats(gradient), axis).mean(-1)).sum(0)


def map_products(activation: Any, gradient: Any, axis: int) -> Any:
    """The sum over positions of activation times gradient, of each sample and channel."""
    return by_channel(floats(activation) * floats(gradient), axis).sum(-1)


def input_squares(operand: Any, axis: int) -> Any:
    """The sum of the squares of each input channel."""
    x = floats(operand)
    return by_channel(x * x, axis).sum(-1).sum(0)
