"""The table of methods: a line each.

`scheduled` methods train under masks whose sparsity rises at every step, and leave the last word to
a pass that must find the same zeros. `decided` methods let the compiler choose: fine-tune, prune,
apply the masks by name, fine-tune on, and again, by a schedule.

`fisher` is the number of samples that the record takes squared gradients of, one by one. In the passes `{sparsity}` and `{keep}` are the level, `{record}` is the training record and `{data}`
a folder of training samples with labels.
"""

from dataclasses import dataclass, field
from typing import Callable

from coppice_record import MagnitudeSchedule, MovementSchedule

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.97)
FILTER_LEVELS = (0.25, 0.5, 0.75)

# Soft movement has no sparsity to ask for: what comes of these penalties is measured.
PENALTIES = {0.5: 17.0, 0.8: 20.0, 0.9: 28.0, 0.95: 80.0, 0.97: 800.0}
SOFT_THRESHOLD, SOFT_RATE = 0.1, 100.0


@dataclass
class Method:
    """How to prune, and with which passes."""

    name: str
    passes: str
    schedule: Callable | None = None
    rounds: int = 0
    levels: tuple = LEVELS
    final_passes: str | None = None
    recording: dict = field(default_factory=dict)
    needs: tuple = ()
    fisher: int = 0

    @property
    def compiled(self):
        """The passes that the C is made with."""
        return self.passes if self.final_passes is None else self.final_passes


def magnitude(scope):
    return lambda recorder, level, **steps: MagnitudeSchedule(
        recorder, keep=round(1 - level, 6), scope=scope, **steps)


def movement(scope):
    return lambda recorder, level, **steps: MovementSchedule(
        recorder, keep=round(1 - level, 6), scope=scope, **steps)


def soft_movement(recorder, level, **steps):
    return MovementSchedule(
        recorder, threshold=SOFT_THRESHOLD, penalty=PENALTIES[level], score_rate=SOFT_RATE, **steps)


METHODS = [
    Method("magnitude", "prune-magnitude{{sparsity={sparsity}}}", magnitude("local")),
    Method("magnitude, global", "prune-magnitude{{sparsity={sparsity},scope=global}}", magnitude("global")),
    Method("movement", "prune-movement{{record={record},keep={keep}}}", movement("local")),
    Method("movement, global", "prune-movement{{record={record},keep={keep},scope=global}}", movement("global")),
    Method("movement, soft", f"prune-movement{{{{record={{record}},sigmoid={SOFT_THRESHOLD}}}}}", soft_movement),
    Method("magnitude, in rounds", "prune-magnitude{{sparsity={sparsity},keep-zeros=true}}", rounds=4),
    Method("OBD, in rounds", "prune-obd{{record={record},sparsity={sparsity},keep-zeros=true}}", rounds=4,
           final_passes="", fisher=256, needs=("prune-obd", "keep-zeros")),
    Method("OBS, in rounds", "prune-obs{{data={data},sparsity={sparsity},keep-zeros=true}}", rounds=4,
           final_passes="", needs=("prune-obs", "keep-zeros")),
    Method("L1 filters, in rounds", "prune-filters{{criterion=l1,sparsity={sparsity}}}", rounds=4,
           levels=FILTER_LEVELS),
    Method("Taylor filters, in rounds", "prune-filters{{criterion=taylor,record={record},sparsity={sparsity}}}", rounds=4,
           levels=FILTER_LEVELS, final_passes="prune-filters{{criterion=l1,sparsity={sparsity}}}",
           recording=dict(activations=True), needs=("prune-filters", "record")),
]
