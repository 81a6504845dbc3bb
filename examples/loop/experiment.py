"""One run of the loop: a seed, a method, a level."""

from pathlib import Path

import numpy as np
from coppice_record import MaskedOptimizer, MaskReport, Recorder, apply_masks, cubic, nn, read_masks

import compiler as tools
from network import export, halves, network, weights_of
from training import MOMENTUM, accuracy, pretrained, step_count, train

RECIPE = dict(
    pretraining=dict(rate=0.05, epochs=15, decay=1e-4), rate=0.01, decay=1e-4, epochs=30,
    initial_part=0.1, final_part=0.4)


class Experiment:
    """What the runs of one seed share: the data and the pre-trained network."""

    def __init__(self, compiler, seed, recipe, work):
        self.emulator = None
        self.compiler, self.seed, self.recipe, self.work = compiler, seed, recipe, Path(work)
        first, self.half = halves(seed)
        self.start = pretrained(network, first, seed, recipe["pretraining"]).state_dict()
        data = self.work / "data"
        data.mkdir(parents=True, exist_ok=True)
        np.save(data / "input_0.npy", self.half.images)
        np.save(data / "label_0.npy", self.half.labels.astype(np.int64))

    def model(self):
        """The pre-trained network, and the generator of this seed's batches."""
        rng = np.random.default_rng(100 + self.seed)
        model = network(rng)
        model.load_state_dict(self.start)
        return model, rng

    def optimizer(self, model):
        return nn.SGD(model, self.recipe["rate"], MOMENTUM, self.recipe["decay"])

    def passes(self, text, level):
        return text.format(sparsity=f"{level:g}", keep=f"{round(1 - level, 6):g}",
                           record="model.prunerec.safetensors", data="data")

    def dense(self):
        """Fine-tuned without pruning."""
        model, rng = self.model()
        train(model, self.optimizer(model), self.half, self.recipe["epochs"], rng)
        export(model, self.work / "model.onnx")
        return self.measure(model, "")

    def run(self, method, level):
        """Fine-tuned and pruned; the row of the results."""
        trained = self.scheduled if method.schedule else self.decided
        model, masks = trained(method, level)
        export(model, self.work / "model.onnx")
        passes = self.passes(method.compiled, level)
        if masks is not None:
            self.require_same_masks(passes, masks)
        return self.measure(model, passes)

    def scheduled(self, method, level):
        model, rng = self.model()
        optimizer = self.optimizer(model)
        recorder = Recorder(model, optimizer, **method.recording)
        steps = step_count(self.half, self.recipe["epochs"])
        schedule = method.schedule(
            recorder, level, steps=steps, initial_steps=int(steps * self.recipe["initial_part"]),
            final_steps=int(steps * self.recipe["final_part"]))
        train(model, optimizer, self.half, self.recipe["epochs"], rng)
        schedule.finish()
        recorder.save(self.work / "model.prunerec.safetensors")
        return model, schedule.masks()

    def decided(self, method, level):
        """A third of the epochs dense, then as many rounds as the method has."""
        model, rng = self.model()
        epochs = self.recipe["epochs"]
        first = epochs // 3
        parts = [first] + [(epochs - first) // method.rounds] * method.rounds
        report = MaskReport()
        for number, part in enumerate(parts):
            if number > 0:
                share = cubic(number, method.rounds, 0.0, level)
                report = self.pruned(model, self.passes(method.passes, round(share, 4)))
            optimizer = self.optimizer(model)
            guard = MaskedOptimizer(optimizer, model, report)
            with Recorder(model, optimizer, **method.recording) as recorder:
                train(model, optimizer, self.half, part, rng, falling=number == method.rounds)
            if method.fisher:
                recorder = self.fisher(model, method.fisher)
            recorder.save(self.work / "model.prunerec.safetensors", masks_active="true")
            guard.close()
        return model, None

    def fisher(self, model, count):
        """A record of squared gradients, one backward pass a sample."""
        with Recorder(model, nn.SGD(model, 0.0), per_sample=True) as recorder:
            for row in range(count):
                _, gradient = nn.cross_entropy(model(self.half.images[row : row + 1]), self.half.labels[row : row + 1])
                model.pull(gradient)
        return recorder

    def pruned(self, model, passes):
        """Lets the compiler prune, and puts weights and masks back into the trained model."""
        path, result, masks = (self.work / name for name in ("model.onnx", "pruned.onnx", "masks.safetensors"))
        export(model, path)
        self.compiler.prune(path, passes, result, masks)
        parameters = dict(model.named_parameters())
        for name, weight in weights_of(result).items():
            if name in parameters and parameters[name].shape == weight.shape:
                parameters[name].data[...] = weight
        return apply_masks(model, masks)

    def require_same_masks(self, passes, masks):
        """The pass must find the zeros that the training had."""
        path = self.work / "masks.safetensors"
        self.compiler.prune(self.work / "model.onnx", passes, self.work / "pruned.onnx", path)
        found = read_masks(path)
        for name, mask in masks.items():
            if not np.array_equal(found[name] != 0, mask != 0):
                raise SystemExit(f"{passes}: other zeros in {name} than in training")

    def measure(self, model, passes):
        """Accuracy of the compiled C, and what it takes."""
        folder = self.work / "c"
        manifest = self.compiler.compile(self.work / "model.onnx", passes, folder)
        images, labels = self.half.held_images, self.half.held_labels
        right = float((tools.answers(folder, images).argmax(axis=1) == labels).mean())
        weights = [t for t in self.start.values() if t.ndim >= 2]
        dense = sum(t.size for t in weights)
        left = sum(t["nonzeros"] for t in manifest["tensors"] if len(t["shape"]) >= 2)
        return dict(accuracy=right, trained=accuracy(model, images, labels), sparsity=1 - left / dense,
                    weights_bytes=manifest["weights_bytes"], macs_nonzero=manifest["macs_nonzero"])

    def emulate(self):
        """Flash and instructions of what was measured last."""
        if self.emulator is None:
            self.emulator = tools.Emulator(self.work / "m4")
        return self.emulator.measure(self.work / "c", self.half.held_images[:3])
