"""Masks find their parameters and stay."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from coppice_record import (
    MagnitudeSchedule, MaskedOptimizer, Recorder, TensorFileError, apply_masks, read_masks,
    write_masks, write_tensors)
from frameworks import KITS


class MaskTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "masks.safetensors"

    def test_a_file_of_masks_zeroes_weights_and_keeps_them_at_zero(self):
        for kit in KITS:
            with self.subTest(kit.name):
                write_masks(self.path, {"weight": np.array([[1, 0], [0, 1]])})
                model = kit.bare(weight=[[1.0, -2.0], [3.0, 4.0]])
                optimizer = kit.sgd(model, 0.1, momentum=0.9, weight_decay=0.1)
                parameter = dict(model.named_parameters())["weight"]
                kit.give(parameter, [[1.0, 1.0], [1.0, 1.0]])
                optimizer.step()
                report = apply_masks(model, self.path)
                self.assertEqual((report.applied, report.unknown, report.zeros), (["weight"], [], 2))
                weights = kit.numbers(parameter.data)
                self.assertEqual(np.signbit(weights).tolist(), [[False, False], [False, False]])
                masked = MaskedOptimizer(optimizer, model, report)
                for _ in range(3):
                    masked.zero_grad()
                    kit.give(parameter, [[1.0, 1.0], [1.0, 1.0]])
                    masked.step()
                    weights = kit.numbers(parameter.data)
                    self.assertEqual((weights == 0).tolist(), [[False, True], [True, False]])
                masked.close()
                optimizer.zero_grad()
                kit.give(parameter, [[1.0, 1.0], [1.0, 1.0]])
                optimizer.step()
                self.assertTrue((kit.numbers(parameter.data) != 0).all())

    def test_names_and_shapes_must_fit(self):
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=[[1.0, 2.0]])
                masks = {"onnx::MatMul_7": np.ones((1, 2))}
                with self.assertRaisesRegex(ValueError, "onnx::MatMul_7.*training record"):
                    apply_masks(model, masks)
                self.assertEqual(apply_masks(model, masks, strict=False).unknown, list(masks))
                with self.assertRaisesRegex(ValueError, r"shape \[2, 1\], the parameter \[1, 2\]"):
                    apply_masks(model, {"weight": np.ones((2, 1))})
                self.assertEqual(kit.numbers(model_weight(model)).tolist(), [[1, 2]])

    def test_files_that_are_no_masks_are_refused(self):
        write_tensors(self.path, {"w": np.array([2], np.uint8)}, {"format": "coppice-masks/1"})
        with self.assertRaisesRegex(TensorFileError, "'w' holds more than 0 and 1"):
            read_masks(self.path)
        write_tensors(self.path, {"w/final": np.array([1.0])}, {"format": "prunerec/1"})
        with self.assertRaisesRegex(TensorFileError, "prunerec/1"):
            read_masks(self.path)

    def test_gradual_magnitude_rises_to_its_sparsity_and_ends(self):
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=[[1.0, -0.5, 0.25, 2.0]], other=[[0.1, 4.0]])
                optimizer = kit.sgd(model, 1.0)
                recorder = Recorder(model, optimizer)
                masks = MagnitudeSchedule(
                    recorder, keep=0.5, steps=4, final_steps=2, scope="global")
                weight = recorder.parameter("weight")
                kept = []
                for gradient in ([[0, 0, 0, 0]], [[0, 0, 0, 0]], [[0, -3.5, 0, 0]]):
                    optimizer.zero_grad()
                    kit.give(weight, gradient)
                    optimizer.step()
                    kept.append(sum(int(m.sum()) for m in masks.masks().values()))
                self.assertEqual(kept, [4, 3, 3])
                self.assertEqual(masks.masks()["weight"].tolist(), [[1, 0, 0, 1]])
                self.assertEqual(masks.masks()["other"].tolist(), [[0, 1]])
                masks.finish()
                optimizer.zero_grad()
                kit.give(weight, [[0, 0, -1.0, 0]])
                optimizer.step()
                self.assertEqual(kit.numbers(weight.data)[0, 2], 1.0)


def model_weight(model):
    return dict(model.named_parameters())["weight"].data


if __name__ == "__main__":
    unittest.main()
