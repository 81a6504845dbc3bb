"""The same small models in NumPy and, where it is installed, in PyTorch."""

import unittest

import numpy as np

from coppice_record import nn

try:
    import torch
except ImportError:
    torch = None

needs_torch = unittest.skipUnless(torch, "PyTorch is not installed")


class Bare(nn.Layer):
    """Parameters without a network, for gradients made by hand."""

    def __init__(self, **weights):
        super().__init__()
        self.parameters = {name: nn.Parameter(np.array(w)) for name, w in weights.items()}

    @property
    def layers(self):
        return {"": self}


class NumpyKit:
    """Makes models, optimizers and gradients of the NumPy trainer."""

    name = "numpy"

    def bare(self, **weights):
        return Bare(**weights)

    def sgd(self, model, lr, **options):
        return nn.SGD(model, lr, **options)

    def give(self, parameter, gradient):
        """One backward pass that has this gradient."""
        parameter.accumulate(np.array(gradient, np.float32))

    def numbers(self, array):
        return np.array(array)

    def array(self, values):
        return np.array(values, np.float32)

    def linear(self, weight):
        """y = x W^T and the backward pass of half the mean of squares."""
        layer = nn.Linear(len(weight[0]), len(weight), np.random.default_rng(0))
        layer.parameters = {"weight": nn.Parameter(np.array(weight)),
                            "bias": nn.Parameter(np.zeros(len(weight)))}
        layer.parameters["bias"].requires_grad = False
        model = nn.Sequential(fc=layer)

        def backward(x, y):
            error = model(np.array(x, np.float32)) - np.array(y, np.float32)
            model.pull(error / error.size)

        return model, "fc.weight", backward

    def products(self, factors):
        """A layer whose backward pass has given activations and gradients: [samples, channels, rest]."""
        class Given(nn.Layer):
            def __init__(self, channels):
                super().__init__()
                self.parameters = {"weight": nn.Parameter(np.zeros((channels, 1)))}

            def backward(self, dy):
                return dy

        layers = {f"l{n}": Given(np.shape(a)[1]) for n, (a, _) in enumerate(factors)}
        model = nn.Sequential(**layers)

        def backward():
            for layer, (activation, gradient) in zip(layers.values(), factors):
                layer.output = np.array(activation, np.float32)
                layer.pull(np.array(gradient, np.float32) / len(activation))

        return model, [f"{name}.weight" for name in layers], backward


class TorchKit:
    """The same of PyTorch."""

    name = "torch"

    def bare(self, **weights):
        model = torch.nn.Module()
        for name, weight in weights.items():
            model.register_parameter(name, torch.nn.Parameter(torch.tensor(weight).float()))
        return model

    def sgd(self, model, lr, **options):
        return torch.optim.SGD(model.parameters(), lr, **options)

    def give(self, parameter, gradient):
        (parameter * torch.tensor(gradient).float()).sum().backward()

    def numbers(self, array):
        return array.detach().numpy()

    def array(self, values):
        return torch.tensor(values).float()

    def linear(self, weight):
        model = torch.nn.Sequential()
        model.add_module("fc", torch.nn.Linear(len(weight[0]), len(weight), bias=False))
        model.fc.weight.data[...] = torch.tensor(weight).float()

        def backward(x, y):
            error = model(torch.tensor(x).float()) - torch.tensor(y).float()
            (0.5 * (error**2).mean()).backward()

        return model, "fc.weight", backward

    def products(self, factors):
        class Given(torch.nn.Conv1d):
            def forward(self, activation):
                return activation + 0 * self.weight.sum()

        model = torch.nn.Sequential()
        for n, (activation, _) in enumerate(factors):
            model.add_module(f"l{n}", Given(1, np.shape(activation)[1], 1))

        def backward():
            for layer, (activation, gradient) in zip(model, factors):
                output = layer(torch.tensor(activation).float())
                (output * torch.tensor(gradient).float()).sum(dim=(1, 2)).mean().backward()

        return model, [f"l{n}.weight" for n in range(len(factors))], backward


KITS = [NumpyKit()] + ([TorchKit()] if torch else [])
