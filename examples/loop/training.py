"""The trainings of the loop."""

import numpy as np
from coppice_record import nn

BATCH = 32
MOMENTUM = 0.9


def batches(half, epochs, rng):
    """The rows of each step."""
    steps = len(half.images) // BATCH
    for _ in range(epochs):
        order = rng.permutation(len(half.images))
        for step in range(steps):
            yield order[step * BATCH : (step + 1) * BATCH]


def step_count(half, epochs):
    """How many steps `batches` makes."""
    return len(half.images) // BATCH * epochs


def train(model, optimizer, half, epochs, rng, falling=True):
    """Trains, with a rate that falls to zero unless it is to stay."""
    rate = optimizer.param_groups[0]["lr"]
    steps = step_count(half, epochs)
    for step, rows in enumerate(batches(half, epochs, rng)):
        if falling:
            optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        optimizer.zero_grad()
        _, gradient = nn.cross_entropy(model(half.images[rows]), half.labels[rows])
        model.pull(gradient)
        optimizer.step()
    optimizer.param_groups[0]["lr"] = rate


def accuracy(model, images, labels):
    """The share of right answers of the trainer's own model."""
    return float((model(images).argmax(axis=1) == labels).mean())


def pretrained(make, half, seed, recipe):
    """A network trained on the first half."""
    rng = np.random.default_rng(seed)
    model = make(rng)
    optimizer = nn.SGD(model, recipe["rate"], MOMENTUM, recipe["decay"])
    train(model, optimizer, half, recipe["epochs"], rng)
    return model
