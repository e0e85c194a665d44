"""Everything that a training needs to go on exactly where it was, in one file, so that one rename replaces it.

    checkpoint.npz    state       JSON as bytes: where in the data, best epoch, counters, means so far
                      now/00000   each variable of the model, those of its random numbers included
                      opt/00000   each variable of the optimiser
                      mean/00000  the running mean of the weights, where there is one
                      best/00000  the weights of the best epoch

The zip format carries a checksum for each entry, so a damaged file is told from a sound one.
"""

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.system import atomic
from imgcls.system.arrays import read_npz

VERSION = 1
PARTS = ("now", "opt", "mean", "best")


@dataclass
class Checkpoint:
    """`arrays` holds, for each of `PARTS`, a list of arrays; `state` is plain values."""

    state: dict[str, Any]
    arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Replaces the file. bfloat16 never occurs: variables are float32 in every policy."""
        content = {f"{part}/{number:05d}": value for part in PARTS for number, value in enumerate(self.arrays[part])}
        counts = {part: len(self.arrays[part]) for part in PARTS}
        state = json.dumps({**self.state, "version": VERSION, "counts": counts}).encode()
        with atomic.replacing(path) as aside:
            np.savez(aside, state=np.frombuffer(state, np.uint8), **content)

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """The checkpoint in a file.

        Raises:
            RunError: it is damaged, or of a newer version.
        """
        try:
            stored = read_npz(path)
            state = dict(json.loads(stored.pop("state").tobytes()))
            if state.pop("version") != VERSION:
                raise RunError(
                    "The checkpoint of this run was made by another version of the program. Train it again instead."
                )
            arrays: dict[str, list[np.ndarray]] = {part: [] for part in PARTS}
            for name in sorted(stored):
                arrays[name.split("/")[0]].append(stored[name])
            # If the end of the zip directory is damaged, entries are missing although all checksums are right.
            if state.pop("counts") != {part: len(values) for part, values in arrays.items()}:
                raise ValueError("arrays are missing")
        except (DamagedFile, FileNotFoundError, KeyError, TypeError, ValueError) as error:
            raise RunError(
                "The checkpoint of this run is damaged, so it cannot go on. Train it again instead."
            ) from error
        return cls(state, arrays)


class Writer:
    """Writes checkpoints in a thread of its own, so that the training does not wait for the disk.

    Only the newest that waits is written: an epoch may be shorter than the writing of its checkpoint. What goes wrong,
    a full disk above all, is raised by the next call, in the training's thread.
    """

    def __init__(self, path: Path):
        self.path = path
        self._wanted = threading.Condition()
        self._waiting: Checkpoint | None = None
        self._busy = False
        self._ended = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="checkpoint", daemon=True)
        self._thread.start()

    def submit(self, checkpoint: Checkpoint) -> None:
        """Hands over a checkpoint whose arrays nobody changes any more."""
        with self._wanted:
            self._raise()
            self._waiting = checkpoint
            self._wanted.notify_all()

    def flush(self) -> None:
        """Waits until everything that was handed over is on the disk."""
        with self._wanted:
            self._wanted.wait_for(lambda: self._error or (self._waiting is None and not self._busy))
            self._raise()

    def close(self) -> None:
        """Ends the thread after its present file; what still waits is dropped. Flush before."""
        with self._wanted:
            self._ended = True
            self._waiting = None
            self._wanted.notify_all()
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _work(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._ended or self._waiting is not None)
                if self._ended:
                    return
                checkpoint, self._waiting = self._waiting, None
                self._busy = True
            error: Exception | None = None
            try:
                checkpoint.write(self.path)
            except Exception as raised:  # noqa: BLE001
                error = raised
            with self._wanted:
                self._busy = False
                self._error = error
                self._wanted.notify_all()
