"""Writes well-known networks, with random weights and three opsets each, as ONNX files.

Needs Debian's python3-torch and python3-torchvision; run it with the system's Python:

    apt-get install python3-torch python3-torchvision python3-onnx
    /usr/bin/python3 Tests/Networks/export.py FOLDER [NAME...]
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import models

OPSETS = (9, 13, 17)
IMAGE = (1, 3, 64, 64)


def double_convolution(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())


class UNet(nn.Module):
    """Two levels; one goes up by a transposed convolution, the other by interpolation."""

    def __init__(self):
        super().__init__()
        self.fine, self.middle = double_convolution(3, 8), double_convolution(8, 16)
        self.coarse = double_convolution(16, 32)
        self.to_middle = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.middle_up = double_convolution(32, 16)
        self.to_fine = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.fine_up, self.head = double_convolution(24, 8), nn.Conv2d(8, 2, 1)

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(nn.functional.max_pool2d(fine, 2))
        coarse = self.coarse(nn.functional.max_pool2d(middle, 2))
        y = self.middle_up(torch.cat([self.to_middle(coarse), middle], 1))
        return self.head(self.fine_up(torch.cat([self.to_fine(y), fine], 1)))


class Encoder(nn.Module):
    """A small transformer encoder over token numbers."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 32)
        self.position = nn.Parameter(torch.randn(1, 16, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, activation="gelu")
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 5)

    def forward(self, tokens):
        return self.head(self.layers(self.embedding(tokens) + self.position).mean(1))


class Sequence(nn.Module):
    """A classifier over the last step of a recurrent layer."""

    def __init__(self, layer, bidirectional):
        super().__init__()
        self.layer = layer(12, 20, 2, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(40 if bidirectional else 20, 4)

    def forward(self, x):
        return torch.softmax(self.head(self.layer(x)[0][:, -1]), -1)


def vision_transformer():
    return models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=128,
        num_classes=10)


NETWORKS = {
    "resnet18": (models.resnet18, IMAGE),
    "resnet50": (models.resnet50, IMAGE),
    "mobilenet_v1": (lambda: mobilenet_v1(), IMAGE),
    "mobilenet_v2": (models.mobilenet_v2, IMAGE),
    "mobilenet_v3_small": (models.mobilenet_v3_small, IMAGE),
    "mobilenet_v3_large": (models.mobilenet_v3_large, IMAGE),
    "squeezenet1_0": (models.squeezenet1_0, IMAGE),
    "shufflenet_v2": (models.shufflenet_v2_x0_5, IMAGE),
    "densenet121": (models.densenet121, IMAGE),
    "inception_v3": (lambda: models.inception_v3(init_weights=False), (1, 3, 96, 96)),
    "googlenet": (lambda: models.googlenet(init_weights=False), IMAGE),
    "efficientnet_b0": (models.efficientnet_b0, IMAGE),
    "mnasnet0_5": (models.mnasnet0_5, IMAGE),
    "regnet_y_400mf": (models.regnet_y_400mf, IMAGE),
    "convnext_tiny": (models.convnext_tiny, IMAGE),
    "swin_t": (models.swin_t, IMAGE),
    "vision_transformer": (vision_transformer, (1, 3, 32, 32)),
    "unet": (UNet, (1, 3, 32, 32)),
    "transformer": (Encoder, None),
    "lstm": (lambda: Sequence(nn.LSTM, True), (1, 9, 12)),
    "gru": (lambda: Sequence(nn.GRU, True), (1, 9, 12)),
    "rnn": (lambda: Sequence(nn.RNN, False), (1, 9, 12)),
}


def mobilenet_v1():
    """Thirteen depthwise-separable blocks at a quarter of the width."""
    widths = [8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    layers = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6()]
    for (inputs, outputs), stride in zip(zip(widths, widths[1:]), strides):
        layers += [
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs), nn.ReLU6(),
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def randomise(network):
    """Gives normalisations statistics that change what passes through."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)


def export(name, folder):
    make, shape = NETWORKS[name]
    for opset in OPSETS:
        torch.manual_seed(0)
        network = make().eval()
        randomise(network)
        x = torch.randn(*shape) if shape else torch.randint(0, 100, (1, 16))
        path = folder / f"{name}_{opset}.onnx"
        axes = {"x": {0: "batch"}} if opset == 13 else None
        try:
            torch.onnx.export(
                network, x, path, opset_version=opset, input_names=["x"], dynamic_axes=axes,
                do_constant_folding=opset != 17)
        except torch.onnx.errors.OnnxExporterError as error:
            path.unlink(missing_ok=True)
            print(f"{name} cannot be written in opset {opset}: {str(error).splitlines()[0]}")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NETWORKS:
        export(name, folder)


if __name__ == "__main__":
    main()
