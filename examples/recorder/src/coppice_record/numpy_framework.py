"""What a recorder needs of the NumPy trainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from coppice_record import nn
from coppice_record.recorder import Tracked
from coppice_record.tensor_file import Array


class NumpyFramework:
    """Hooks of `coppice_record.nn`."""

    def __init__(self, model: nn.Layer) -> None:
        self.name = f"numpy {np.__version__}"
        self.model = model

    def tracked(self) -> list[Tracked]:
        found: dict[int, Tracked] = {}
        for name, parameter in self.model.named_parameters():
            if id(parameter) in found:
                found[id(parameter)].alias += (name,)
            else:
                found[id(parameter)] = Tracked(name, parameter, self._kind(name))
        return list(found.values())

    def on_step(
        self, optimizer: Any, before: Callable[[Any], None], after: Callable[[Any], None]
    ) -> Callable[[], None]:
        return _listed((optimizer.before_step, before), (optimizer.after_step, after))

    def on_gradient(self, parameter: Any, call: Callable[[Any], None]) -> Callable[[], None]:
        return _listed((parameter.hooks, call))

    def on_activation(self, call: Callable[[str, Any, Any, int], None]) -> Callable[[], None]:
        def watch(name: str) -> Callable[[nn.Layer, Array, Array], None]:
            return lambda _, output, gradient: call(name, output, gradient, 1)

        return _listed(*((layer.backward_hooks, watch(name)) for name, layer in self._weighted()))

    def on_input(self, call: Callable[[str, Any, int], None]) -> Callable[[], None]:
        def watch(name: str) -> Callable[[nn.Layer, Array, Array], None]:
            return lambda _, operand, __: call(name, operand, 1)

        return _listed(*((layer.forward_hooks, watch(name)) for name, layer in self._weighted()))

    def unscaling(self, optimizer: Any) -> float | None:
        return 1.0

    def backward_unscaling(self, scaler: Any) -> float:
        return 1.0

    def writes(self) -> bool:
        return True

    def _layers(self) -> dict[str, nn.Layer]:
        return self.model.layers if isinstance(self.model, nn.Sequential) else {"": self.model}

    def _weighted(self) -> list[tuple[str, nn.Layer]]:
        names = {id(t.parameter): t.name for t in self.tracked()}
        return [
            (names[id(layer.parameters["weight"])], layer)
            for layer in self._layers().values() if "weight" in layer.parameters
        ]

    def _kind(self, name: str) -> str:
        return type(self._layers()[name.rpartition(".")[0]]).__name__


def _listed(*calls: tuple[list[Any], Any]) -> Callable[[], None]:
    """Puts functions into lists; the answer takes them out."""
    for place, call in calls:
        place.append(call)

    def end() -> None:
        for place, call in calls:
            place.remove(call)

    return end
