"""Records what pruning needs while a network is trained, and trains under masks.

Reading and writing records and masks, the schedules and the NumPy trainer (`coppice_record.nn`)
need NumPy alone. `Recorder` takes PyTorch modules as well as those of `coppice_record.nn`; torch is
imported only where a PyTorch module comes in.
"""

from coppice_record.masks import MaskedOptimizer, MaskReport, apply_masks, read_masks, write_masks
from coppice_record.record import ParameterInfo, Record, RecordError
from coppice_record.recorder import Recorder
from coppice_record.schedules import MagnitudeSchedule, MaskSchedule, MovementSchedule, cubic
from coppice_record.tensor_file import TensorFileError, read_tensors, write_tensors

__all__ = [
    "MagnitudeSchedule",
    "MaskReport",
    "MaskSchedule",
    "MaskedOptimizer",
    "MovementSchedule",
    "ParameterInfo",
    "Record",
    "RecordError",
    "Recorder",
    "TensorFileError",
    "apply_masks",
    "cubic",
    "read_masks",
    "read_tensors",
    "write_masks",
    "write_tensors",
]
