"""Probes: images that somebody pins to a training run. The trainer classifies them after every epoch.

`probes.npz`, written by a page, also while the model trains:

    ids       int64 (n,), ascending; an ID is never used again within a run
    pictures  uint8 (n, height, width, channels), as the model takes them

`probes.jsonl`, appended by the trainer after each epoch, with a row of probabilities for each probe of then:

    {"epoch": 3, "ids": [1, 2], "probabilities": [[0.1, 0.9], [0.8, 0.2]]}
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from imgcls import sharing
from imgcls.errors import DamagedFile, RunError
from imgcls.runs.run import Run
from imgcls.sharing import Action
from imgcls.system import atomic, json_files
from imgcls.system.arrays import INTEGERS, Array, read_npz

NAME, LINES = "probes.npz", "probes.jsonl"
MOST = 12
"""So many are classified in one batch, which costs little beside an epoch."""
MOST_ID = 2**31
ARRAYS = {"ids": Array(INTEGERS, ("n",), np.int64), "pictures": Array("u", ("n", None, None, None))}
DAMAGED = "The probes of this run are damaged. Remove the file probes.npz from its folder."


@dataclass(frozen=True, eq=False)
class Probe:
    """One image, uint8 (height, width, channels), and by epoch the probabilities, float (classes,)."""

    id: int
    pixels: np.ndarray
    by_epoch: dict[int, np.ndarray] = field(default_factory=dict)

    def learned_at(self, label: int) -> int | None:
        """The epoch from which on the prediction is this class until the last one; None if the last one is not."""
        found = None
        for epoch in sorted(self.by_epoch):
            is_label = int(self.by_epoch[epoch].argmax()) == label
            found = (found or epoch) if is_label else None
        return found


def pin(run: Run, pixels: np.ndarray) -> None:
    """Pin an image to a run.

    Raises:
        NotAllowed: it is not the visitor's run.
        RunError: there are `MOST` already, the image does not fit to them, or it cannot be written.
    """
    sharing.require(Action.PIN_IMAGES, run.folder)
    ids, pictures = stored(run)
    if len(ids) >= MOST:
        raise RunError(f"A run has at most {MOST} probes. Remove one first.")
    if len(ids) and pictures.shape[1:] != pixels.shape:
        raise RunError("This image has another size than the probes of this run.")
    new = np.asarray(pixels, np.uint8)[None]
    used = [*ids.tolist(), *(number for line in _lines(run) for number in line["ids"])]
    _write(run, [*ids.tolist(), max(used, default=0) + 1], np.concatenate([pictures, new]) if len(ids) else new)


def remove(run: Run, probe_id: int) -> None:
    """Remove a probe: the trainer no longer classifies it.

    Raises:
        NotAllowed: it is not the visitor's run.
        RunError: it cannot be written.
    """
    sharing.require(Action.PIN_IMAGES, run.folder)
    ids, pictures = stored(run)
    kept = ids != probe_id
    _write(run, ids[kept].tolist(), pictures[kept])


def read(run: Run) -> list[Probe]:
    """The probes with what the model predicted after each epoch.

    Raises:
        RunError: the images are damaged. Damaged lines of predictions are skipped.
    """
    ids, pictures = stored(run)
    found = {number: Probe(number, picture) for number, picture in zip(ids.tolist(), pictures, strict=True)}
    for line in _lines(run):
        for number, row in zip(line["ids"], line["probabilities"], strict=True):
            if number in found:
                found[number].by_epoch[line["epoch"]] = np.asarray(row, float)
    return list(found.values())


def stored(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """The IDs (n,) and images (n, height, width, channels); empty without probes.

    Raises:
        RunError: the file is damaged.
    """
    try:
        found = read_npz(run.folder / NAME, ARRAYS)
    except FileNotFoundError:
        return np.zeros(0, np.int64), np.zeros((0, 1, 1, 1), np.uint8)
    except DamagedFile as error:
        raise RunError(DAMAGED) from error
    if len(found["ids"]) > MOST:
        raise RunError(DAMAGED)
    return found["ids"], found["pictures"]


def append(run: Run, epoch: int, ids: Sequence[int], probabilities: np.ndarray) -> None:
    """Called by the trainer after an epoch: `probabilities` are (n, classes), a row for each ID.

    Raises:
        OSError: it cannot be written.
    """
    rows = [[round(float(value), 6) if np.isfinite(value) else 0.0 for value in row] for row in probabilities]
    with (run.folder / LINES).open("a", encoding="utf-8") as file:
        file.write(_text({"epoch": epoch, "ids": list(map(int, ids)), "probabilities": rows}))


def rewind(run: Run, epoch: int) -> None:
    """Called by the trainer before it continues from this epoch: discards what came after it.

    Raises:
        OSError: it cannot be written.
    """
    if (run.folder / LINES).exists():
        kept = [_text(line) for line in _lines(run) if line["epoch"] <= epoch]
        atomic.write_bytes(run.folder / LINES, "".join(kept).encode("utf-8"))


def _lines(run: Run) -> list[dict]:
    """The sound lines; a killed trainer leaves an incomplete last one."""
    try:
        content = (run.folder / LINES).read_bytes()
    except OSError:
        return []
    found = []
    for text in content.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            line = json_files.parse(text)
            ids, rows = line["ids"], line["probabilities"]
            is_sound = json_files.is_integer(line["epoch"], 1, MOST_ID) and len(ids) == len(rows) <= MOST
            if is_sound and all(json_files.is_integer(number, 1, MOST_ID) for number in ids) and _are_numbers(rows):
                found.append(line)
    return found


def _are_numbers(rows: list) -> bool:
    return all(isinstance(row, list) and row and all(json_files.is_number(one, 0, 1) for one in row) for row in rows)


def _write(run: Run, ids: list[int], pictures: np.ndarray) -> None:
    try:
        with atomic.replacing(run.folder / NAME) as aside:
            np.savez_compressed(aside, ids=np.asarray(ids, np.int64), pictures=np.asarray(pictures, np.uint8))
    except OSError as error:
        raise RunError(f"The run's folder is not writable: {error.strerror}.") from error


def _text(line: dict) -> str:
    return json.dumps(line, allow_nan=False) + "\n"
