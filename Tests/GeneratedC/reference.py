"""The answers that a build must give."""

import tempfile
from functools import cache
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

from common import command
from generate import PRUNED


def answers(coppice, build):
    """The outputs for each vector: recorded ones, else by an independent runtime."""
    model = build.model
    if build.passes == "dense":
        return model.answers or evaluated(model.path, model)
    return pruned_answers(coppice, model)


@cache
def sessions():
    return {}


def pruned_answers(coppice, model):
    """The answers of the model that `prune` writes; every storage has to give them."""
    known = sessions()
    if model.name not in known:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pruned.onnx"
            status, output = command([coppice, "prune", model.path, "-o", path, "--passes", PRUNED])
            if status:
                raise ValueError(f"{model.name}: coppice prune ended with {status}: {output}")
            known[model.name] = evaluated(path, model)
    return known[model.name]


def evaluated(path, model):
    """onnxruntime's answers; for what it cannot run those of ONNX's own evaluator."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options)
        names = [value.name for value in session.get_inputs()]
        return [session.run(None, dict(zip(names, inputs))) for inputs in model.inputs]
    except Exception:  # onnxruntime has no common class for what it cannot do.
        evaluator = ReferenceEvaluator(onnx.load(str(path)))
        return [evaluator.run(None, dict(zip(evaluator.input_names, inputs)))
                for inputs in model.inputs]


def difference(got, wanted, model):
    """What is wrong with an output, in words."""
    wanted = np.asarray(wanted)
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return f"{got.dtype}{list(got.shape)} instead of {wanted.dtype}{list(wanted.shape)}"
    if wanted.dtype.kind in "biu":
        return None if np.array_equal(got, wanted) else "integers differ"
    # Of narrow floats a step of the largest, as `check` has it: sums are float32 here, and narrow elsewhere.
    step = float(ml_dtypes.finfo(wanted.dtype).eps) if wanted.dtype.itemsize < 4 else 0
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    finite = np.abs(wanted[np.isfinite(wanted)])
    slack = model.atol + max(model.relative, step) * (finite.max() if finite.size else 0)
    close = np.isclose(got, wanted, rtol=model.rtol, atol=slack, equal_nan=True)
    if close.all():
        return None
    worst = np.nanmax(np.abs(got - wanted)[~close])
    return f"{np.count_nonzero(~close)} of {close.size} elements differ, by {worst:.2g} at most"
