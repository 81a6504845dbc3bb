"""The same files from another process, another folder and another seed of the hashes."""

import getpass
import os
import shutil
import socket
import tempfile
from pathlib import Path

from common import ROOT, command


def repeated(coppice, build):
    """What differs when a model is compiled again elsewhere, in words."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model = folder / "elsewhere" / "renamed.onnx"
        model.parent.mkdir()
        shutil.copy(build.model.path, model)
        for data in build.model.path.parent.glob(f"{build.model.path.name}.data"):
            shutil.copy(data, model.parent)
        environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1", TZ="Asia/Tokyo",
                           LC_ALL="C", HOME=str(folder))
        words = build.arguments(Path("elsewhere") / model.name, "again")
        status, output = command([coppice, *words], cwd=folder, env=environment)
        if status:
            return [f"{build.name}: compiled once, but then ended with {status}: {output}"]
        again = folder / "again"
        faults = [f"{build.name}: {name} differs from run to run" for name in build.files
                  if (again / name).read_bytes() != (build.folder / name).read_bytes()]
        if sorted(file.name for file in again.iterdir()) != sorted(build.files):
            faults.append(f"{build.name}: other files than it should have")
        return faults


def private_words(build):
    """What tells where, by whom or on what a file was made."""
    home, user, host = os.path.expanduser("~"), getpass.getuser(), socket.gethostname()
    return {str(ROOT), str(build.folder.parent), str(build.model.path.parent), f"{home}/",
            *(word for word in (user, host) if len(word) > 5)}


def told(build):
    words = [word.encode() for word in private_words(build)]
    for name in build.files:
        data = build.file(name.removeprefix(build.name)).read_bytes()
        yield from (f"{build.name}: {name} tells {word.decode()}" for word in words if word in data)
