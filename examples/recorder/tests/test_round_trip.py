"""Pruned by the compiler, masked by name, trained on, exported: the zeros are the same.

COPPICE names the compiler; without it there is nothing to test. What needs PyTorch is tested where
it is installed; the models and records of `exported`, which PyTorch wrote, are tested anywhere:

    PYTHONPATH=src:tests python3 tests/test_round_trip.py --export
"""

import inspect
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from coppice_record import MaskedOptimizer, Record, Recorder, apply_masks, read_masks
from frameworks import torch

if torch:
    from torch import nn
    import torch.nn.functional as F

COPPICE = os.environ.get("COPPICE")
EXPORTED = Path(__file__).parent / "exported"

MASKED = ["conv.weight", "dw.weight", "fc.weight", "lstm.weight_hh_l0", "lstm.weight_ih_l0",
          "tied1.weight"]


def exporters():
    """The exporters that this PyTorch has."""
    if "dynamo" not in inspect.signature(torch.onnx.export).parameters:
        return {"torchscript": {}}
    found = {"torchscript": {"dynamo": False}}
    try:
        import onnxscript  # noqa: F401
    except ImportError:
        return found
    return found | {"dynamo": {"dynamo": True}}


if torch:
    class Network(nn.Module):
        """BatchNorm behind a convolution and a depthwise one, an LSTM, and one weight used twice."""

        def __init__(self):
            super().__init__()
            self.conv, self.bn1 = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)
            self.dw = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
            self.bn2 = nn.BatchNorm2d(6)
            self.lstm = nn.LSTM(36, 8, batch_first=True)
            self.tied1, self.tied2 = nn.Linear(8, 8), nn.Linear(8, 8)
            self.tied2.weight = self.tied1.weight
            self.fc = nn.Linear(8, 4)

        def forward(self, x):
            x = F.relu(self.bn2(self.dw(F.relu(self.bn1(self.conv(x))))))
            x = self.lstm(x.permute(0, 2, 1, 3).flatten(2))[0]
            return self.fc(torch.tanh(self.tied2(torch.tanh(self.tied1(x)))).mean(1))


def train(model, optimizer, steps):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(16, 1, 6, 6, generator=generator)
    y = torch.randint(0, 4, (16,), generator=generator)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()


def export(model, path, options):
    torch.onnx.export(
        model, (torch.zeros(1, 1, 6, 6),), str(path), input_names=["x"], output_names=["y"],
        **options)


def trained():
    """A network, its optimizer and its record."""
    torch.manual_seed(7)
    model = Network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    with Recorder(model, optimizer) as recorder:
        train(model, optimizer, 8)
    return model, optimizer, recorder


def lowest_pruned(scores, sparsity):
    """The mask that a count of the lowest scores gives; of equal ones the later indices go."""
    mask = np.ones(scores.size, np.uint8)
    order = np.lexsort((-np.arange(scores.size), scores.ravel()))
    mask[order[: int(sparsity * scores.size)]] = 0
    return mask.reshape(scores.shape)


@unittest.skipUnless(COPPICE, "needs COPPICE, the path of the compiler")
class RoundTripTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def prune(self, model, passes):
        """The masks by the passes."""
        subprocess.run(
            [COPPICE, "prune", model, "-o", "pruned.onnx", "--passes", passes, "--masks",
             "masks.safetensors"], cwd=self.folder, check=True, capture_output=True, text=True)
        return read_masks(self.folder / "masks.safetensors")

    def test_masks_are_those_of_the_record_in_its_names_and_layout(self):
        models = sorted(EXPORTED.glob("*.onnx"))
        self.assertEqual([path.stem for path in models], ["dynamo", "torchscript"])
        for path in models:
            with self.subTest(path.stem):
                shutil.copy(path, self.folder)
                shutil.copy(path.with_suffix(".prunerec.safetensors"), self.folder / "record")
                record = Record.load(self.folder / "record")
                masks = self.prune(path.name, "prune-movement{record=record,sparsity=0.75}")
                self.assertEqual(sorted(masks), MASKED)
                for name, mask in masks.items():
                    expected = lowest_pruned(record.score(name, "movement"), 0.75)
                    np.testing.assert_array_equal(mask, expected, name)

    @unittest.skipUnless(torch, "PyTorch is not installed")
    def test_masks_come_back_as_the_same_zeros(self):
        for exporter, options in exporters().items():
            with self.subTest(exporter):
                model, optimizer, recorder = trained()
                export(model, self.folder / "model.onnx", options)
                recorder.save(self.folder / "first.safetensors")
                first = self.prune(
                    "model.onnx", "prune-movement{record=first.safetensors,sparsity=0.6}")

                report = apply_masks(model, first)
                self.assertEqual(sorted(report.applied), MASKED)
                self.assertEqual(report.unknown, [])
                guard = MaskedOptimizer(optimizer, model, report)
                with Recorder(model, optimizer) as recorder:
                    train(model, optimizer, 8)
                guard.close()
                export(model, self.folder / "model.onnx", options)
                recorder.save(self.folder / "second.safetensors")

                again = self.prune(
                    "model.onnx",
                    "prune-movement{record=second.safetensors,sparsity=0.6,keep-zeros=true}")
                self.assertEqual(sorted(again), sorted(first))
                for name, mask in first.items():
                    np.testing.assert_array_equal(again[name], mask, name)
                    weight = model.get_parameter(name).detach().numpy()
                    np.testing.assert_array_equal(weight != 0, mask != 0, name)

                before = self.prune("model.onnx", "prune-magnitude{sparsity=0,keep-zeros=true}")
                after = self.prune("model.onnx", "prune-magnitude{sparsity=0.6,keep-zeros=true}")
                for name, mask in before.items():
                    np.testing.assert_array_equal(after[name], mask, name)


def write_exported():
    for exporter, options in exporters().items():
        if exporter == "dynamo":
            options = options | {"external_data": False}
        model, _, recorder = trained()
        export(model, EXPORTED / f"{exporter}.onnx", options)
        recorder.save(EXPORTED / f"{exporter}.prunerec.safetensors")


if __name__ == "__main__":
    if "--export" in sys.argv:
        write_exported()
    else:
        unittest.main()
