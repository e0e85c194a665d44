"""The filters of the first convolution after each epoch, for the replay of a training run.

`filters.jsonl`, appended by the trainer, a line for each recorded epoch:

    {"epoch": 3, "shape": [16, 3, 3, 1], "weights": "<base64 of int8>"}

The shape is filters, rows, columns, channels. Weights are relative to the largest of that epoch, which is 127. They are
for the eye: the exact ones are in the model.
"""

import base64
import contextlib
import json
import math

import numpy as np

from imgcls.runs.run import Run
from imgcls.system import atomic, json_files

NAME = "filters.jsonl"
MOST, LONGEST = 16, 16
"""Filters, and pixels of a side: no more is stored."""


def append(run: Run, epoch: int, kernel: np.ndarray) -> None:
    """Called by the trainer after an epoch, with the weights, float (rows, columns, channels, filters).

    Raises:
        OSError: it cannot be written.
    """
    filters = np.moveaxis(np.nan_to_num(np.asarray(kernel, np.float32)), -1, 0)[:MOST, :LONGEST, :LONGEST]
    whole = np.rint(filters * (127 / max(float(np.abs(filters).max()), 1e-12))).astype(np.int8)
    line = {"epoch": epoch, "shape": whole.shape, "weights": base64.b64encode(whole.tobytes()).decode("ascii")}
    with (run.folder / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read(run: Run) -> dict[int, np.ndarray]:
    """Epoch -> int8 (filters, rows, columns, channels), ascending. Damaged lines are skipped; {} if there are none."""
    try:
        lines = (run.folder / NAME).read_bytes().splitlines()
    except OSError:
        return {}
    found: dict[int, np.ndarray] = {}
    for text in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            line = json_files.parse(text)
            shape, weights = line["shape"], base64.b64decode(line["weights"], validate=True)
            sizes = (MOST, LONGEST, LONGEST, 3)
            is_sound = json_files.is_integer(line["epoch"], 1, 2**31) and len(shape) == len(sizes)
            is_sound = is_sound and all(map(json_files.is_integer, shape, (1,) * len(sizes), sizes))
            if is_sound and math.prod(shape) == len(weights):
                found[line["epoch"]] = np.frombuffer(weights, np.int8).reshape(shape)
    return dict(sorted(found.items()))


def rewind(run: Run, epoch: int) -> None:
    """Called by the trainer before it continues from this epoch: discards what came after it.

    Raises:
        OSError: it cannot be written.
    """
    path = run.folder / NAME
    if not path.exists():
        return
    kept = []
    for text in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            if json_files.parse(text)["epoch"] <= epoch:
                kept.append(text + b"\n")
    atomic.write_bytes(path, b"".join(kept))
