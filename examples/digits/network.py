"""The digits network and its training, forward and backward, in numpy alone."""

import numpy as np

EPSILON = 1e-5
MOMENTUM = 0.1


def patches(x):
    """The 3x3 neighbourhoods of a zero-padded batch, as [N, H, W, C, 9]."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2, w + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    shifted = [padded[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3)]
    return np.stack(shifted, axis=-1).transpose(0, 2, 3, 1, 4)


class Conv:
    """A 3x3 convolution, padding 1, no bias (a normalisation follows it)."""

    def __init__(self, name, channels_in, channels_out, rng):
        deviation = np.sqrt(2.0 / (9 * channels_in))
        shape = (channels_out, channels_in, 3, 3)
        self.weight = name + ".weight"
        self.parameters = {self.weight: rng.normal(0, deviation, shape).astype(np.float32)}

    def forward(self, x, training):
        n, c, h, w = x.shape
        self.columns = patches(x).reshape(n * h * w, c * 9)
        matrix = self.parameters[self.weight].reshape(-1, c * 9)
        self.shape = x.shape
        return (self.columns @ matrix.T).reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, dy, gradients):
        n, c, h, w = self.shape
        weight = self.parameters[self.weight]
        rows = dy.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
        gradients[self.weight] = (rows.T @ self.columns).reshape(weight.shape)
        spread = (rows @ weight.reshape(-1, c * 9)).reshape(n, h, w, c, 3, 3)
        padded = np.zeros((n, c, h + 2, w + 2), np.float32)
        for i in range(3):
            for j in range(3):
                padded[:, :, i : i + h, j : j + w] += spread[..., i, j].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1]


class BatchNorm:
    """Normalisation over the batch; running statistics are what the exported model uses."""

    def __init__(self, name, channels):
        self.scale, self.shift = name + ".weight", name + ".bias"
        self.parameters = {
            self.scale: np.ones(channels, np.float32),
            self.shift: np.zeros(channels, np.float32),
        }
        self.mean = np.zeros(channels, np.float32)
        self.variance = np.ones(channels, np.float32)

    def forward(self, x, training):
        self.training = training
        if training:
            mean, variance = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
            self.mean += np.float32(MOMENTUM) * (mean - self.mean)
            self.variance += np.float32(MOMENTUM) * (variance - self.variance)
        else:
            mean, variance = self.mean, self.variance
        self.inverse = 1 / np.sqrt(variance + np.float32(EPSILON))
        self.normal = (x - mean[:, None, None]) * self.inverse[:, None, None]
        scale, shift = self.parameters[self.scale], self.parameters[self.shift]
        return self.normal * scale[:, None, None] + shift[:, None, None]

    def backward(self, dy, gradients):
        axes = (0, 2, 3)
        gradients[self.scale] = (dy * self.normal).sum(axis=axes)
        gradients[self.shift] = dy.sum(axis=axes)
        factor = (self.parameters[self.scale] * self.inverse)[:, None, None]
        if not self.training:
            return factor * dy
        mean = dy.mean(axis=axes)[:, None, None]
        projection = (dy * self.normal).mean(axis=axes)[:, None, None]
        return factor * (dy - mean - self.normal * projection)


class Relu:
    parameters = {}

    def forward(self, x, training):
        self.alive = x > 0
        return x * self.alive

    def backward(self, dy, gradients):
        return dy * self.alive


class MaxPool:
    """2x2, stride 2; the gradient goes to the first of equal maxima."""

    parameters = {}

    def forward(self, x, training):
        n, c, h, w = x.shape
        self.shape = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
        windows = windows.reshape(n, c, h // 2, w // 2, 4)
        self.winner = windows.argmax(axis=-1)
        return windows.max(axis=-1)

    def backward(self, dy, gradients):
        n, c, h, w = self.shape
        windows = np.zeros((n, c, h // 2, w // 2, 4), np.float32)
        np.put_along_axis(windows, self.winner[..., None], dy[..., None], axis=-1)
        windows = windows.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        return windows.reshape(n, c, h, w)


class Dense:
    """Flatten and a fully connected layer, its weight stored [classes, features]."""

    def __init__(self, name, features, classes, rng):
        self.weight, self.bias = name + ".weight", name + ".bias"
        deviation = np.sqrt(1.0 / features)
        self.parameters = {
            self.weight: rng.normal(0, deviation, (classes, features)).astype(np.float32),
            self.bias: np.zeros(classes, np.float32),
        }

    def forward(self, x, training):
        self.shape = x.shape
        self.rows = x.reshape(len(x), -1)
        return self.rows @ self.parameters[self.weight].T + self.parameters[self.bias]

    def backward(self, dy, gradients):
        gradients[self.weight] = dy.T @ self.rows
        gradients[self.bias] = dy.sum(axis=0)
        return (dy @ self.parameters[self.weight]).reshape(self.shape)


class Network:
    """Three convolutions, the third bridged by a residual connection, and a classifier.

    x -> conv1 bn1 relu -> conv2 bn2 relu maxpool -> p
    p -> conv3 bn3 -> + p -> relu -> fc -> scores
    """

    def __init__(self, rng, first=16, second=24):
        self.first, self.second = first, second
        self.stem = [
            Conv("conv1", 1, first, rng), BatchNorm("bn1", first), Relu(),
            Conv("conv2", first, second, rng), BatchNorm("bn2", second), Relu(), MaxPool(),
        ]
        self.branch = [Conv("conv3", second, second, rng), BatchNorm("bn3", second)]
        self.head = [Relu(), Dense("fc", second * 16, 10, rng)]

    @property
    def layers(self):
        return self.stem + self.branch + self.head

    @property
    def parameters(self):
        return {name: value for layer in self.layers for name, value in layer.parameters.items()}

    def forward(self, x, training=False):
        for layer in self.stem:
            x = layer.forward(x, training)
        bridge = x
        for layer in self.branch:
            x = layer.forward(x, training)
        x = x + bridge
        for layer in self.head:
            x = layer.forward(x, training)
        return x

    def backward(self, dy):
        gradients = {}
        for layer in reversed(self.head):
            dy = layer.backward(dy, gradients)
        bridge = dy
        for layer in reversed(self.branch):
            dy = layer.backward(dy, gradients)
        dy = dy + bridge
        for layer in reversed(self.stem):
            dy = layer.backward(dy, gradients)
        return gradients


def cross_entropy_gradient(scores, labels):
    """The gradient of the mean cross-entropy by the scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    gradient = powers / powers.sum(axis=1, keepdims=True)
    gradient[np.arange(len(labels)), labels] -= 1
    return (gradient / len(labels)).astype(np.float32)
