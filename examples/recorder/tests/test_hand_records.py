"""What is recorded equals what was worked out by hand."""

import tempfile
import unittest
from pathlib import Path

import numpy as np

import cases
from coppice_record import MovementSchedule, Record, Recorder, RecordError, cubic
from frameworks import KITS

RECORDS = Path(__file__).parent / "records"


def train_by_hand(kit, **options):
    model = kit.bare(weight=cases.WEIGHTS[0])
    optimizer = kit.sgd(model, cases.RATE)
    recorder = Recorder(model, optimizer, **options)
    for gradient in cases.GRADIENTS:
        optimizer.zero_grad()
        kit.give(recorder.parameter("weight"), gradient)
        optimizer.step()
    return recorder


def train_toy(kit, **schedule):
    model, name, backward = kit.linear(cases.TOY["weight"])
    optimizer = kit.sgd(model, cases.TOY_RATE)
    recorder = Recorder(model, optimizer)
    masks = MovementSchedule(recorder, steps=cases.TOY_STEPS, **schedule)
    for _ in range(cases.TOY_STEPS):
        optimizer.zero_grad()
        backward(cases.TOY["x"], cases.TOY["y"])
        optimizer.step()
    return recorder, masks, name


class HandRecordTests(unittest.TestCase):
    def close(self, got, expected, tolerance=1e-6):
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)

    def test_every_sum_of_a_small_training(self):
        for kit in KITS:
            with self.subTest(kit.name):
                record = train_by_hand(kit).record()
                self.close(record["weight", "final"], cases.WEIGHTS[-1], 0)
                self.close(record["weight", "init"], cases.WEIGHTS[0], 0)
                self.close(record["weight", "mv"], cases.MOVEMENT, 0)
                self.close(record["weight", "dww"], cases.MOVEMENT, 0)
                self.close(record.score("weight", "movement-midpoint"), cases.MIDPOINT, 0)
                self.close(record.score("weight", "taylor-squares"), cases.TAYLOR_SQUARES)
                self.close(record.score("weight", "taylor"), cases.TAYLOR)
                self.close(record.score("weight", "obd"), cases.OBD_OF_BATCHES)
                self.assertEqual(record.metadata["masks_active"], "false")
                self.assertEqual(record.metadata["g2_per"], "batch")
                self.assertEqual(record.parameters["weight"].steps, 3)

    def test_first_steps_may_be_left_out(self):
        for kit in KITS:
            with self.subTest(kit.name):
                record = train_by_hand(kit, start_step=1).record()
                first = -np.array(cases.GRADIENTS[0]) * np.array(cases.WEIGHTS[0])
                self.close(record["weight", "init"], cases.WEIGHTS[1], 0)
                self.close(record["weight", "mv"], np.array(cases.MOVEMENT) - first, 0)
                self.assertEqual(record.metadata["steps"], "2")

    def test_fisher_information_has_one_backward_a_sample(self):
        case = cases.FISHER
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=case["weight"])
                optimizer = kit.sgd(model, 0.0)
                count = len(case["gradients"])
                recorder = Recorder(model, optimizer, per_sample=True, accumulation=count)
                for gradient in case["gradients"]:
                    kit.give(recorder.parameter("weight"), np.array(gradient) / count)
                optimizer.step()
                record = recorder.record()
                self.close(record.score("weight", "obd"), case["scores"])
                self.assertEqual(record.metadata["samples"], "4")
                self.assertEqual(record.metadata["g2_per"], "sample")
                self.assertEqual(record.metadata["steps"], "1")

    def test_filters_as_a_whole(self):
        case = cases.GATES
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=case["weight"])
                optimizer = kit.sgd(model, 0.0)
                recorder = Recorder(model, optimizer)
                for gradient in case["gradients"]:
                    optimizer.zero_grad()
                    kit.give(recorder.parameter("weight"), gradient)
                    optimizer.step()
                record = recorder.record()
                self.close(record.score("weight", "taylor-squares"), case["squares"])
                self.close(record.score("weight", "taylor-gates"), case["gates"])

    def test_rows_of_coupled_filters(self):
        """Each step and sample by itself; records of two runs follow each other."""
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=cases.GATES["weight"])
                optimizer = kit.sgd(model, 0.0)
                recorder = Recorder(model, optimizer, coupled=True)
                for gradient in cases.GATES["gradients"]:
                    optimizer.zero_grad()
                    kit.give(recorder.parameter("weight"), gradient)
                    optimizer.step()
                record = recorder.record()
                rows = record["weight", "chgw.steps"]
                self.close(rows, cases.GATE_ROWS)
                self.close((rows**2).sum(0), record["weight", "chgw2"])
                self.close((record + record)["weight", "chgw.steps"], 2 * cases.GATE_ROWS)

                model, names, backward = kit.products(cases.MAPS)
                recorder = Recorder(model, kit.sgd(model, 0.0), activations=True, coupled=True)
                backward()
                record = recorder.record()
                self.close(record[names[0], "chact.samples"], cases.MAP_ROWS)
                self.assertNotIn("chact.samples", train_by_hand(kit).record().keys("weight"))

    def test_feature_maps_take_the_magnitude_of_each_sample(self):
        for kit in KITS:
            with self.subTest(kit.name):
                model, names, backward = kit.products(cases.MAPS)
                recorder = Recorder(model, kit.sgd(model, 0.0), activations=True)
                backward()
                record = recorder.record()
                self.assertEqual(record.metadata["samples"], "2")
                for name, expected in zip(names, cases.MAP_TAYLOR):
                    self.close(record[name, "chact"] / 2, expected)

    def test_movement_scores_of_the_reference(self):
        for kit in KITS:
            with self.subTest(kit.name):
                recorder, masks, name = train_toy(kit, keep=1.0)
                self.close(recorder.record()[name, "mv"], cases.TOY_DENSE, 1e-5)
                self.assertTrue((masks.masks()[name] == 1).all())

    def test_movement_under_masks_scores_straight_through(self):
        for kit in KITS:
            with self.subTest(kit.name):
                recorder, masks, name = train_toy(kit, keep=0.5, final_steps=cases.TOY_STEPS)
                record = recorder.record()
                self.close(record[name, "mv"], cases.TOY_HALF, 1e-5)
                self.assertEqual(masks.masks()[name].tolist(), cases.TOY_HALF_MASK)
                self.assertEqual(record.metadata["masks_active"], "true")
                final = record[name, "final"]
                self.assertTrue((final[np.array(cases.TOY_HALF_MASK) == 0] == 0).all())
                masks.finish(masked=False)
                self.assertTrue((recorder.record()[name, "final"] != 0).all())

    def test_soft_movement_and_its_penalty(self):
        case = cases.SOFT
        for kit in KITS:
            with self.subTest(kit.name):
                model = kit.bare(weight=case["weight"])
                optimizer = kit.sgd(model, 0.0)
                recorder = Recorder(model, optimizer)
                masks = MovementSchedule(
                    recorder, steps=1, final_steps=1, threshold=0.5, penalty=case["penalty"],
                    score_rate=case["rate"])
                masks.scores()["weight"][...] = kit.array(case["scores"])
                kit.give(recorder.parameter("weight"), case["gradient"])
                optimizer.step()
                self.close(kit.numbers(masks.scores()["weight"]), case["after"])
                self.assertEqual(masks.masks()["weight"].tolist(), [[1, 0], [1, 1]])
                self.close(recorder.record()["weight", "mv"], case["after"])

    def test_cubic_schedules(self):
        keep = {0: 1, 10: 1, 11: .964089, 30: .459767, 45: .25625, 60: .169825, 79: .150002,
                80: .15, 100: .15}
        for step, value in keep.items():
            self.assertAlmostEqual(cubic(step, 100, 1.0, .15, 10, 20), value, 6)
        tau = {0: 0, 11: .004225, 45: .0875, 79: .1, 80: .1}
        for step, value in tau.items():
            self.assertAlmostEqual(cubic(step, 100, 0.0, .1, 10, 20), value, 6)
        for step, value in {10: .2168, 25: .4625, 50: .7, 75: .7875, 100: .8}.items():
            self.assertAlmostEqual(cubic(step, 100, 0.0, .8), value, 6)

    def test_a_training_that_diverged_is_not_written(self):
        for kit in KITS:
            with self.subTest(kit.name), tempfile.TemporaryDirectory() as folder:
                model = kit.bare(weight=[[1.0, 2.0]])
                optimizer = kit.sgd(model, 0.5)
                recorder = Recorder(model, optimizer)
                kit.give(recorder.parameter("weight"), [[float("nan"), 0.0]])
                optimizer.step()
                path = Path(folder) / "record.safetensors"
                with self.assertRaisesRegex(RecordError, r"weight/.*NaN or infinity at \[0, 0\]"):
                    recorder.save(path)
                self.assertEqual(list(Path(folder).iterdir()), [])

    def test_committed_records_of_pytorch_equal_those_of_numpy(self):
        for name, record in committed(KITS[0]).items():
            with self.subTest(name):
                theirs = Record.load(RECORDS / f"{name}.prunerec.safetensors")
                self.assertTrue(theirs.metadata["framework"].startswith("torch"))
                self.assertEqual(set(theirs.tensors), set(record.tensors))
                for place, array in record.tensors.items():
                    self.close(theirs.tensors[place], array, 1e-6)
                for key in ("steps", "masks_active", "g2_per", "start_step", "weight_decay"):
                    self.assertEqual(theirs.metadata[key], record.metadata[key])


def committed(kit):
    """The records of `records/`, made anew."""
    dense, half = train_toy(kit, keep=1.0)[0], train_toy(kit, keep=0.5, final_steps=5)[0]
    made = {"hand": train_by_hand(kit).record(), "toy": dense.record(), "toy_half": half.record()}
    for record in made.values():
        for name in [n for n in record.parameters if n.endswith("bias")]:
            del record.parameters[name], record.tensors[f"{name}/final"]
    return made


if __name__ == "__main__":
    for name, record in committed(KITS[-1]).items():
        record.save(RECORDS / f"{name}.prunerec.safetensors")
