"""A small trainer in NumPy alone, with PyTorch's names and layouts.

It has what the examples train: convolutions, fully connected layers, ReLU, pooling, and stochastic
gradient descent. A model is a `Sequential` of named layers; `model.backward` takes the gradient of
the loss by the model's answer and leaves each parameter's in `grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from coppice_record.tensor_file import Array


class Parameter:
    """Weights and their gradient."""

    def __init__(self, data: Array) -> None:
        self.data = np.ascontiguousarray(data, np.float32)
        self.grad: Array | None = None
        self.requires_grad = True
        self.hooks: list[Callable[[Array], None]] = []

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.data, dtype)

    def accumulate(self, gradient: Array) -> None:
        """Adds the gradient of one backward pass."""
        if not self.requires_grad:
            return
        gradient = np.asarray(gradient, np.float32).reshape(self.data.shape)
        for hook in self.hooks:
            hook(gradient)
        self.grad = gradient.copy() if self.grad is None else self.grad + gradient


class Layer:
    """Something with a forward and a backward pass."""

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.forward_hooks: list[Callable[[Layer, Array, Array], None]] = []
        self.backward_hooks: list[Callable[[Layer, Array, Array], None]] = []

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        yield from self.parameters.items()

    def forward(self, x: Array) -> Array:
        raise NotImplementedError

    def backward(self, dy: Array) -> Array:
        raise NotImplementedError

    def __call__(self, x: Array) -> Array:
        y = self.forward(x)
        self.output = y
        for hook in self.forward_hooks:
            hook(self, x, y)
        return y

    def pull(self, dy: Array) -> Array:
        """The backward pass, as the hooks see it."""
        for hook in self.backward_hooks:
            hook(self, self.output, dy)
        return self.backward(dy)


class Sequential(Layer):
    """Layers one after the other; parameters are called `layer.weight` and `layer.bias`."""

    def __init__(self, **layers: Layer) -> None:
        super().__init__()
        self.layers = layers

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        for name, layer in self.layers.items():
            for own, parameter in layer.named_parameters():
                yield f"{name}.{own}", parameter

    def forward(self, x: Array) -> Array:
        for layer in self.layers.values():
            x = layer(x)
        return x

    def backward(self, dy: Array) -> Array:
        for layer in reversed(self.layers.values()):
            dy = layer.pull(dy)
        return dy

    def state_dict(self) -> dict[str, Array]:
        """Copies of the weights."""
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: dict[str, Array]) -> None:
        """Takes weights of the same names and shapes."""
        for name, parameter in self.named_parameters():
            parameter.data[...] = state[name]


class Linear(Layer):
    """y = x W^T + b, with W [outputs, inputs]."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        super().__init__()
        deviation = np.sqrt(2.0 / inputs)
        self.parameters = {
            "weight": Parameter(rng.normal(0, deviation, (outputs, inputs))),
            "bias": Parameter(np.zeros(outputs)),
        }

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.asarray(x @ self.parameters["weight"].data.T + self.parameters["bias"].data)

    def backward(self, dy: Array) -> Array:
        self.parameters["weight"].accumulate(dy.T @ self.x)
        self.parameters["bias"].accumulate(dy.sum(axis=0))
        return np.asarray(dy @ self.parameters["weight"].data)


class Conv2d(Layer):
    """A 3x3 convolution of [samples, channels, height, width], padding 1."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        super().__init__()
        deviation = np.sqrt(2.0 / (9 * inputs))
        self.parameters = {
            "weight": Parameter(rng.normal(0, deviation, (outputs, inputs, 3, 3))),
            "bias": Parameter(np.zeros(outputs)),
        }

    def forward(self, x: Array) -> Array:
        n, c, h, w = self.shape = x.shape
        padded = np.zeros((n, c, h + 2, w + 2), np.float32)
        padded[:, :, 1:-1, 1:-1] = x
        taps = [padded[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3)]
        stacked = np.stack(taps, axis=-1).transpose(0, 2, 3, 1, 4)
        self.columns = stacked.reshape(n * h * w, c * 9)
        matrix = self.parameters["weight"].data.reshape(-1, c * 9)
        y = self.columns @ matrix.T + self.parameters["bias"].data
        return np.ascontiguousarray(y.reshape(n, h, w, -1).transpose(0, 3, 1, 2))

    def backward(self, dy: Array) -> Array:
        n, c, h, w = self.shape
        rows = dy.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
        weight = self.parameters["weight"]
        weight.accumulate(rows.T @ self.columns)
        self.parameters["bias"].accumulate(rows.sum(axis=0))
        spread = (rows @ weight.data.reshape(-1, c * 9)).reshape(n, h, w, c, 3, 3)
        padded = np.zeros((n, c, h + 2, w + 2), np.float32)
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + h, j : j + w] += spread[..., i, j].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1]


class ReLU(Layer):
    """max(x, 0)."""

    def forward(self, x: Array) -> Array:
        self.alive = x > 0
        return np.asarray(x * self.alive)

    def backward(self, dy: Array) -> Array:
        return np.asarray(dy * self.alive)


class MaxPool2d(Layer):
    """2x2, stride 2; the gradient goes to the first of equal maxima."""

    def forward(self, x: Array) -> Array:
        n, c, h, w = self.shape = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        windows = windows.reshape(n, c, h // 2, w // 2, 4)
        self.winner = windows.argmax(axis=-1)
        return np.asarray(windows.max(axis=-1))

    def backward(self, dy: Array) -> Array:
        n, c, h, w = self.shape
        windows = np.zeros((n, c, h // 2, w // 2, 4), np.float32)
        np.put_along_axis(windows, self.winner[..., None], dy[..., None], axis=-1)
        windows = windows.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return windows.reshape(n, c, h, w)


class Flatten(Layer):
    """All axes but the first become one."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.shape)


class SGD:
    """Stochastic gradient descent with momentum, as PyTorch defines it."""

    def __init__(
        self, model: Layer, lr: float, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        self.param_groups: list[dict[str, Any]] = [
            {"params": [p for _, p in model.named_parameters() if p.requires_grad], "lr": lr,
             "momentum": momentum, "weight_decay": weight_decay}]
        self.velocity: dict[int, Array] = {}
        self.before_step: list[Callable[[Any], None]] = []
        self.after_step: list[Callable[[Any], None]] = []

    def zero_grad(self) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self) -> None:
        for call in self.before_step:
            call(self)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)
        for call in self.after_step:
            call(self)

    def _move(self, parameter: Parameter, gradient: Array, group: dict[str, Any]) -> None:
        gradient = gradient + np.float32(group["weight_decay"]) * parameter.data
        if group["momentum"]:
            velocity = self.velocity.setdefault(id(parameter), np.zeros_like(parameter.data))
            velocity *= np.float32(group["momentum"])
            velocity += gradient
            gradient = velocity
        parameter.data -= np.float32(group["lr"]) * gradient


def cross_entropy(scores: Array, labels: Array) -> tuple[float, Array]:
    """The mean cross-entropy and its gradient by the scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -float(np.log(np.maximum(shares[rows, labels], 1e-30)).mean())
    shares[rows, labels] -= 1
    return loss, (shares / len(labels)).astype(np.float32)
