"""What PyTorch does to gradients, names and steps does not reach the record."""

import copy
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np

from coppice_record import MaskedOptimizer, MovementSchedule, Record, Recorder, apply_masks
from frameworks import needs_torch, torch

if torch:
    from torch import nn
    import torch.nn.functional as F


def network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4))


def data(count=8):
    generator = torch.Generator().manual_seed(5)
    return (torch.randn(count, 1, 4, 4, generator=generator),
            torch.randint(0, 4, (count,), generator=generator))


def train(model, optimizer, steps=3, batch=8):
    x, y = data(batch)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


@needs_torch
class TorchTests(unittest.TestCase):
    def same(self, record, other, tolerance=1e-6):
        self.assertEqual(set(record.tensors), set(other.tensors))
        for name, array in record.tensors.items():
            np.testing.assert_allclose(
                array, other.tensors[name], rtol=1e-5, atol=tolerance, err_msg=name)

    def plain(self, **options):
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer, **options)
        train(model, optimizer)
        return recorder.record()

    def test_gradients_that_are_still_scaled(self):
        """As a fused optimizer gets them: scaled, with the scale and what overflowed beside."""
        class Fused(torch.optim.SGD):
            def step(self):
                scale, self.grad_scale = self.grad_scale, None
                skips, self.found_inf = bool(self.found_inf), None
                if not skips:
                    for parameter in self.param_groups[0]["params"]:
                        parameter.grad /= scale
                    super().step()

        model = network()
        optimizer = Fused(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer)
        x, y = data()
        for step in range(4):
            optimizer.zero_grad()
            (1024 * F.cross_entropy(model(x), y)).backward()
            optimizer.grad_scale = torch.tensor(1024.0)
            optimizer.found_inf = torch.tensor(float(step == 1))
            if step == 1:
                model[4].weight.grad[0, 0] = float("inf")
            optimizer.step()
        self.assertEqual(recorder.skipped, 1)
        self.same(recorder.record(), self.plain())

    def test_a_gradient_scaler(self):
        scaler_type = getattr(torch.amp, "GradScaler", None)
        if scaler_type is None:
            self.skipTest("this PyTorch scales gradients on GPUs only")
        for fused in (False, True):
            with self.subTest(fused=fused):
                model = network()
                optimizer = torch.optim.SGD(model.parameters(), 0.1, fused=fused)
                scaler = scaler_type("cpu", init_scale=512.0)
                recorder = Recorder(
                    model, optimizer, scaler=scaler, activations=True, per_sample=True)
                x, y = data()
                for _ in range(3):
                    optimizer.zero_grad()
                    scaler.scale(F.cross_entropy(model(x), y)).backward()
                    scaler.step(optimizer)
                    scaler.update()
                self.same(recorder.record(), self.plain(activations=True, per_sample=True))
                self.assertEqual(recorder.record().metadata["amp"], "true")

    def test_gradients_of_several_passes_are_one_step(self):
        model = network().eval()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        whole = Recorder(model, optimizer, activations=True)
        train(model, optimizer, steps=1)
        model = network().eval()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        parts = Recorder(model, optimizer, accumulation=2, activations=True)
        x, y = data()
        for part in (slice(0, 4), slice(4, 8)):
            (F.cross_entropy(model(x[part]), y[part]) / 2).backward()
        optimizer.step()
        self.assertEqual(parts.steps, 1)
        self.same(parts.record(), whole.record())

    def test_one_backward_a_sample(self):
        model = network().eval()
        optimizer = torch.optim.SGD(model.parameters(), 0.0)
        recorder = Recorder(model, optimizer, per_sample=True, accumulation=8)
        x, y = data()
        expected = 0
        for k in range(8):
            (F.cross_entropy(model(x[k : k + 1]), y[k : k + 1]) / 8).backward()
            loss = F.cross_entropy(model(x[k : k + 1]), y[k : k + 1])
            expected = expected + torch.autograd.grad(loss, model[4].weight)[0] ** 2
        optimizer.step()
        record = recorder.record()
        np.testing.assert_allclose(record["4.weight", "g2"], expected.numpy(), rtol=1e-4)
        self.assertEqual(record.metadata["samples"], "8")
        self.assertEqual(record.parameters["4.weight"].steps, 1)

    def test_names_of_wrapped_and_compiled_models(self):
        plain = self.plain()
        with tempfile.TemporaryDirectory() as folder:
            torch.distributed.init_process_group(
                "gloo", init_method=f"file://{folder}/store", rank=0, world_size=1)
            try:
                model = nn.parallel.DistributedDataParallel(network())
                optimizer = torch.optim.SGD(model.parameters(), 0.1)
                recorder = Recorder(model, optimizer)
                train(model, optimizer)
                self.same(recorder.record(), plain)
                masks = {"4.weight": np.zeros((4, 12))}
                self.assertEqual(apply_masks(model, masks).zeros, 48)
            finally:
                torch.distributed.destroy_process_group()
        model = network()
        model[4] = Compiled(model[4])
        outer = Compiled(model)
        optimizer = torch.optim.SGD(outer.parameters(), 0.1)
        recorder = Recorder(outer, optimizer)
        train(outer, optimizer)
        self.same(recorder.record(), plain)
        with self.assertRaisesRegex(ValueError, "before torch.compile"):
            Recorder(outer, optimizer, activations=True)

    @unittest.skipUnless(torch and hasattr(torch, "compile"), "no torch.compile")
    def test_a_compiled_model(self):
        model = torch.compile(network(), backend="eager")
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer, per_sample=True)
        train(model, optimizer)
        self.same(recorder.record(), self.plain(per_sample=True))

    def test_frozen_parameters_have_their_weights_only(self):
        model = network()
        model[0].weight.requires_grad_(False)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
        recorder = Recorder(model, optimizer, per_sample=True)
        train(model, optimizer)
        record = recorder.record()
        self.assertEqual(record.keys("0.weight"), ["final"])
        self.assertIn("mv", record.keys("4.weight"))

    def test_tied_parameters_are_recorded_once(self):
        class Tied(nn.Module):
            def __init__(self):
                super().__init__()
                self.emb, self.out = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
                self.out.weight = self.emb.weight

            def forward(self, i):
                return self.out(torch.tanh(self.emb(i)))

        model = Tied()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer, per_sample=True)
        i = torch.arange(5)
        F.cross_entropy(model(i), i).backward()
        gradient = model.emb.weight.grad.clone()
        expected = -gradient * model.emb.weight.detach()
        optimizer.step()
        record = recorder.record()
        self.assertEqual(list(record.parameters), ["emb.weight"])
        self.assertEqual(record.parameters["emb.weight"].alias, ("out.weight",))
        np.testing.assert_allclose(record["emb.weight", "mv"], expected.numpy(), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(record["emb.weight", "g2"], (gradient**2).numpy(), rtol=1e-5)
        mask = np.ones((5, 3))
        mask[0] = 0
        self.assertEqual(apply_masks(model, {"out.weight": mask}).zeros, 3)
        with self.assertRaisesRegex(ValueError, "tied"):
            apply_masks(model, {"out.weight": mask, "emb.weight": 1 - mask})

    def test_filters_of_transposed_convolutions(self):
        model = nn.ConvTranspose2d(4, 6, 2, groups=2)
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer)
        x = torch.randn(2, 4, 3, 3)
        model(x).square().mean().backward()
        product = (model.weight.grad * model.weight).detach().numpy()
        optimizer.step()
        record = recorder.record()
        expected = [product[g * 2 : g * 2 + 2, o].sum() ** 2 for g in range(2) for o in range(3)]
        np.testing.assert_allclose(record["weight", "chgw2"], expected, rtol=1e-4)
        self.assertEqual(record.parameters["weight"].extra, {"groups": 2})

    def test_feature_maps_are_taken_after_the_normalisation(self):
        model = network().eval()
        x, y = data()
        z = model[1](model[0](x)).detach().requires_grad_()
        F.cross_entropy(model[4](F.relu(z).flatten(1)), y, reduction="sum").backward()
        expected = (z * z.grad).flatten(2).mean(2).abs().sum(0).detach()
        recorder = Recorder(model, torch.optim.SGD(model.parameters(), 0.1), activations=True)
        F.cross_entropy(model(x), y).backward()
        record = recorder.record()
        np.testing.assert_allclose(record["0.weight", "chact"], expected.numpy(), rtol=1e-4)

    def test_input_norms_of_calibration_data(self):
        model = network().eval()
        recorder = Recorder(model, torch.optim.SGD(model.parameters(), 0.1))
        x, _ = data()
        model(x)
        with recorder.calibration():
            model(x)
        model(x)
        record = recorder.record()
        np.testing.assert_allclose(
            record["0.weight", "xnorm2"], [float((x * x).sum())], rtol=1e-5)
        self.assertEqual(record["4.weight", "xnorm2"].shape, (12,))
        self.assertEqual(record.metadata["samples"], "8")

    def test_sums_over_different_numbers_of_samples_keep_their_means(self):
        model = nn.Sequential(nn.Linear(3, 2))
        optimizer = torch.optim.SGD(model.parameters(), 0.0)
        recorder = Recorder(model, optimizer, per_sample=True)
        x = torch.randn(4, 5, 3)
        for k in range(2):
            model(x[k]).sum().backward()
        with recorder.calibration():
            model(x)
        record = recorder.record()
        self.assertEqual(record.metadata["samples"], "2")
        expected = (x * x).sum(dim=(0, 1)) / 4
        np.testing.assert_allclose(record["0.weight", "xnorm2"] / 2, expected.numpy(), rtol=1e-5)

    def test_what_cannot_be_recorded_is_refused(self):
        model = network()
        optimizer = torch.optim.LBFGS(model.parameters())
        Recorder(model, optimizer)
        with self.assertRaisesRegex(ValueError, "closure"):
            optimizer.step(lambda: 0.0)
        model = nn.Sequential(nn.Linear(2, 2))
        nn.utils.parametrizations.spectral_norm(model[0])
        with self.assertRaisesRegex(ValueError, "parametrization"):
            Recorder(model, torch.optim.SGD(model.parameters(), 0.1))

    def test_a_scheduler_may_come_after_the_recorder(self):
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        for _ in range(2):
            train(model, optimizer, steps=1)
            scheduler.step()
        self.assertEqual(recorder.steps, 2)
        record = recorder.record()
        np.testing.assert_allclose(
            record["4.weight", "dww"], record["4.weight", "mv"], rtol=1e-3, atol=1e-6)
        recorder.close()
        train(model, optimizer, steps=1)
        self.assertEqual(recorder.steps, 2)

    def test_other_weights_than_the_model_s_may_be_exported(self):
        model = network()
        average = copy.deepcopy(model).state_dict()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        recorder = Recorder(model, optimizer)
        train(model, optimizer)
        record = recorder.record(final=average)
        np.testing.assert_array_equal(record["4.weight", "final"], average["4.weight"].numpy())

    def test_a_schedule_trains_what_is_left(self):
        model = network()
        optimizer = torch.optim.Adam(model.parameters(), 0.02)
        recorder = Recorder(model, optimizer)
        masks = MovementSchedule(recorder, steps=60, final_steps=20, keep=0.3)
        train(model, optimizer, steps=60)
        masks.finish()
        zeros = int((model[4].weight == 0).sum())
        self.assertEqual(zeros, 48 - 15)
        guard = MaskedOptimizer(optimizer, model, masks.masks())
        train(model, optimizer, steps=3)
        self.assertEqual(int((model[4].weight == 0).sum()), zeros)
        guard.close()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.prunerec.safetensors"
            recorder.save(path, dataset="none")
            record = Record.load(path)
            self.assertEqual(record.metadata["dataset"], "none")
            self.assertEqual(os.listdir(folder), [path.name])


if torch:
    class Compiled(nn.Module):
        """What torch.compile leaves of a module, where there is no compiler."""

        def __init__(self, module):
            super().__init__()
            self._orig_mod = module

        def forward(self, *operands):
            return self._orig_mod(*operands)


if __name__ == "__main__":
    unittest.main()
