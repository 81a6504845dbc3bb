#!/usr/bin/python3
"""A net whose exporter loses most names: BatchNorm, depthwise, LSTM and tied weights.

    make_masks.py make FOLDER                  writes masks.onnx, masks.prunerec.safetensors and masks.safetensors
    make_masks.py check FOLDER MASKS OUT       applies masks to the net, checks that all six fit, trains on under them,
                                               writes OUT.onnx and OUT.safetensors

Needs PyTorch; coppice_record of examples/recorder applies the masks. The files beside it were made by torch 1.13.0."""
import json
import sys
from pathlib import Path

import numpy
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples/recorder/src"))
from coppice_record import MaskedOptimizer, apply_masks  # noqa: E402
from coppice_record.tensor_file import read_tensors, write_tensors  # noqa: E402


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(2, 6, 3, bias=False), nn.BatchNorm2d(6)
        self.dw, self.bn2 = nn.Conv2d(6, 6, 3, groups=6, bias=False), nn.BatchNorm2d(6)
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.proj = nn.Linear(5, 4)
        self.emb = nn.Embedding(7, 4)
        self.out = nn.Linear(4, 7, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, x, token):
        x = torch.relu(self.bn(self.conv(x)))
        x = torch.relu(self.bn2(self.dw(x)))
        x, _ = self.lstm(x.flatten(2).transpose(1, 2))
        return self.out(torch.relu(self.proj(x)) + self.emb(token))


def inputs():
    return torch.randn(8, 2, 6, 6), torch.randint(0, 7, (8, 4))


def export(net, path):
    x, token = inputs()
    torch.onnx.export(
        net.eval(), (x[:1], token[:1]), path, input_names=["x", "token"], output_names=["y"], opset_version=17)


def tensors(net):
    return {name: p.detach().numpy().astype("float32").copy() for name, p in net.named_parameters()}


def make(folder):
    torch.manual_seed(5)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    init, mv = tensors(net), {name: numpy.zeros_like(p) for name, p in tensors(net).items()}
    for _ in range(6):
        x, token = inputs()
        loss = nn.functional.cross_entropy(net(x, token).flatten(0, 1), token.flatten())
        optimizer.zero_grad()
        loss.backward()
        for name, p in net.named_parameters():
            mv[name] -= (p.grad * p.data).numpy()
        optimizer.step()
    final = tensors(net)
    params = {name: {"shape": list(p.shape)} for name, p in final.items()}
    params["emb.weight"]["alias"] = ["out.weight"]
    record = {f"{name}/{key}": held[name] for key, held in (("final", final), ("init", init), ("mv", mv)) for name in held}
    metadata = {"format": "prunerec/1", "masks_active": "false", "steps": "6", "params": json.dumps(params)}
    write_tensors(folder / "masks.prunerec.safetensors", record, metadata)
    write_tensors(folder / "masks.safetensors", final, {})
    export(net, folder / "masks.onnx")


def check(folder, masks, output):
    net = Net()
    final, _ = read_tensors(folder / "masks.safetensors")
    net.load_state_dict({name: torch.from_numpy(numpy.array(p)) for name, p in final.items()}, strict=False)
    report = apply_masks(net, masks)
    print(len(report.applied), "masks,", report.zeros, "zeros")
    assert len(report.applied) == 6, report.applied
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
    MaskedOptimizer(optimizer, net, report)
    for _ in range(5):
        x, token = inputs()
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x, token).flatten(0, 1), token.flatten()).backward()
        optimizer.step()
    write_tensors(output + ".safetensors", tensors(net), {})
    export(net, output + ".onnx")


if __name__ == "__main__":
    verb, folder, *rest = sys.argv[1:]
    make(Path(folder)) if verb == "make" else check(Path(folder), *rest)
