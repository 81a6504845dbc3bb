"""What every part of the check of generated C shares."""

import concurrent.futures
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "models"
TIME_LIMIT = 600


def command(words, **options):
    """Runs a program and gives its status and all that it said."""
    process = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT, errors="replace", timeout=TIME_LIMIT,
                             **options)
    return process.returncode, process.stdout


def in_parallel(function, items):
    """The results of a function on every item, in the order of the items."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def flattened(lists):
    return [item for one in lists for item in one]
