"""What the loop asks of the compiler, the host's C compiler and the emulated Cortex-M4."""

import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "firmware"))

import run as firmware  # noqa: E402
import tensors  # noqa: E402

NAME = "halves"


class Compiler:
    """The command line of the compiler."""

    def __init__(self, program):
        self.program = Path(program).resolve()

    def call(self, *words, cwd=None):
        done = subprocess.run([str(self.program), *map(str, words)], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, cwd=cwd)
        if done.returncode != 0:
            sys.exit(f"coppice {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def offers(self, needs):
        """Whether there is such a pass, with such an option."""
        if not needs:
            return True
        known = json.loads(self.call("passes", "--json"))
        passes = known["passes"] if isinstance(known, dict) else known
        options = {p["name"]: {o["name"] for o in p.get("options", [])} for p in passes}
        return needs[0] in options and set(needs[1:]) <= options[needs[0]]

    def prune(self, model, passes, pruned, masks):
        self.call("prune", model.name, "-o", pruned.name, "--passes", passes, "--masks", masks.name, cwd=model.parent)

    def compile(self, model, passes, folder):
        """The C for a Cortex-M4; the manifest."""
        self.call("compile", model.name, "-o", folder, "--name", NAME, "--target", "cortex-m4",
                  "--passes", f"{passes + ',' if passes else ''}@default,sparsify", cwd=model.parent)
        return json.loads((folder / f"{NAME}.json").read_text())


def answers(folder, images):
    """What the compiled C says of each image, on this machine."""
    manifest = json.loads((folder / f"{NAME}.json").read_text())
    library = Path(tempfile.mkdtemp(dir=folder)) / f"{NAME}.so"  # a name that was never loaded before
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(folder / f"{NAME}.c"), "-lm"],
                   check=True)
    run = ctypes.CDLL(str(library))[f"{NAME}_run"]
    room = np.zeros(manifest["arena_bytes"] + 128, np.uint8)
    arena = room.ctypes.data + -room.ctypes.data % 128
    scores = np.zeros((len(images), 1, *manifest["outputs"][0]["shape"][1:]), np.float32)
    for image, row in zip(np.ascontiguousarray(images, np.float32), scores):
        status = run(ctypes.c_void_p(arena), ctypes.c_void_p(image.ctypes.data), ctypes.c_void_p(row.ctypes.data))
        if status != 0:
            sys.exit(f"the compiled model ended with {status}")
    return scores.reshape(len(images), -1)


class Emulator:
    """Builds firmware for a Cortex-M4 and runs it under QEMU."""

    def __init__(self, work):
        work.mkdir()
        self.core = firmware.Firmware(firmware.CORES["m4"], work)

    def measure(self, folder, images):
        """Flash and instructions, of code whose answers must be those of this machine."""
        cases = [firmware.pack([tensors.floats(image.ravel())]) for image in images]
        result = self.core.measure(folder, NAME, cases)
        if result.selftest != "pass":
            sys.exit(f"the self-test on Cortex-M4: {result.selftest}")
        own = answers(folder, images)
        theirs = np.array([outputs[0] for outputs in result.outputs])
        if np.abs(own - theirs).max() > 1e-4 * np.abs(own).max():
            sys.exit("the Cortex-M4 answers otherwise than this machine")
        return result.flash, round(sum(result.instructions) / len(result.instructions))
