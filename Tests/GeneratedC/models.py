"""The models whose C is checked: their files, inputs and the answers that are known."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from common import ROOT, SHARED


VECTORS = 1


@dataclass
class Model:
    """A model file with vectors; without answers onnxruntime is asked."""

    name: str
    path: Path
    inputs: list
    answers: list = None
    rtol: float = 1e-3
    atol: float = 1e-7
    relative: float = 0  # A part of the largest element of the output, allowed besides.
    operators: frozenset = frozenset()
    case: object = None  # The backend case that it stems from.


def identifier(text):
    return re.sub(r"\W", "_", text.removeprefix("test_"))


def tensors(folder, stem):
    files = sorted(folder.glob(f"{stem}_*.pb"), key=lambda f: int(f.stem.rpartition("_")[2]))
    return [numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]


def recorded(path, name, relative):
    """A model with test_data_set folders beside it."""
    folder = path.with_suffix("") if path.with_suffix("").is_dir() else path.parent
    sets = sorted(folder.glob("test_data_set_*"))[:VECTORS]
    return Model(name, path, [tensors(s, "input") for s in sets],
                 [tensors(s, "output") for s in sets], 0, 0, relative)


def drawn(path, name, relative=1e-5, steps=False):
    """A model with one vector: drawn anew, or the steps that ONNX's own light models are fed."""
    model = onnx.load(str(path), load_external_data=False)
    constants = {tensor.name for tensor in model.graph.initializer}
    random = np.random.default_rng(1)
    inputs = []
    for value in model.graph.input:
        if value.name in constants:
            continue
        kind = value.type.tensor_type
        shape = [max(extent.dim_value, 1) for extent in kind.shape.dim]
        count = int(np.prod(shape))
        values = np.arange(count) / count if steps else random.standard_normal(count)
        dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
        inputs.append(values.reshape(shape).astype(dtype))
    return Model(name, path, [inputs], None, 0, 0, relative)


def digits():
    return recorded(ROOT / "examples" / "digits" / "digits.onnx", "digits", 1e-5)


def whole_models():
    """The float models of MLPerf Tiny; empty where they are not beside the project."""
    return [recorded(path, path.stem, 1e-5)
            for path in sorted((SHARED / "mlperf-tiny").glob("*_f32.onnx"))]


def small_nets():
    """Nets of one structure each, and those of the training records."""
    files = sorted((SHARED / "structured").glob("*.onnx"))
    files += sorted((SHARED / "records").glob("*.onnx"))
    return [drawn(path, "net_" + identifier(path.stem), 1e-4) for path in files]


def light_models(names):
    """ONNX's own copies of famous networks with made-up weights."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    models = [drawn(folder / f"light_{name}.onnx", name, steps=True) for name in names]
    for model in models:
        model.answers = [tensors(folder, f"{model.path.stem}_output")]
        model.rtol, model.relative = 2e-3, 0
    return models
