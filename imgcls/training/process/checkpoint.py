"""Checkpoints: everything a training run needs to continue exactly where it was, in one file that is replaced
atomically.

    checkpoint.npz    state       JSON as bytes: position in the data, best epoch, counters, means so far
                      now/00000   each variable of the model, including the states of its random generators
                      opt/00000   each variable of the optimiser
                      mean/00000  the moving average of the weights, if there is one
                      best/00000  the weights of the best epoch

The zip format has a checksum for each entry, so a damaged file is detected.
"""

import json
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.system import atomic
from imgcls.system.arrays import read_npz
from imgcls.training.process import outage

VERSION = 1
PARTS = ("now", "opt", "mean", "best")


@dataclass
class Checkpoint:
    """`arrays` holds a list of arrays for each of `PARTS`; `state` holds plain values."""

    state: dict[str, Any]
    arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Replaces the file. bfloat16 never occurs, because variables are float32 under every dtype policy."""
        content: dict[str, Any] = {
            f"{part}/{number:05d}": value for part in PARTS for number, value in enumerate(self.arrays[part])
        }
        counts = {part: len(self.arrays[part]) for part in PARTS}
        state = json.dumps({**self.state, "version": VERSION, "counts": counts}).encode()
        with atomic.replacing(path) as aside:
            np.savez(aside, state=np.frombuffer(state, np.uint8), **content)

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Reads a checkpoint.

        Raises:
            RunError: the file is damaged or was written by a newer version.
        """
        try:
            stored = read_npz(path)
            state = dict(json.loads(stored.pop("state").tobytes()))
            if state.pop("version") != VERSION:
                raise RunError(
                    "The checkpoint was written by another version of imgcls, so the run cannot be resumed. Start a "
                    "new one."
                )
            arrays: dict[str, list[np.ndarray]] = {part: [] for part in PARTS}
            for name in sorted(stored):
                arrays[name.split("/")[0]].append(stored[name])
            # If the end of the zip directory is damaged, entries are missing although all checksums are right.
            if state.pop("counts") != {part: len(values) for part, values in arrays.items()}:
                raise ValueError("arrays are missing")
        except (DamagedFile, FileNotFoundError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise RunError(
                "The checkpoint of this run is damaged, so the run cannot be resumed. Start a new one."
            ) from error
        return cls(state, arrays)


class Writer:
    """Writes checkpoints in a background thread, so that the training does not wait for the disk.

    If several are waiting, only the newest is written, because an epoch may take less time than writing its checkpoint.
    Errors, such as a full disk, are raised by the next call in the training thread.
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
        """Queues a checkpoint. Its arrays must not be changed afterwards."""
        with self._wanted:
            self._raise()
            self._waiting = checkpoint
            self._wanted.notify_all()

    def flush(self) -> None:
        """Waits until the queued checkpoint is on disk."""
        with self._wanted:
            self._wanted.wait_for(lambda: self._error or (self._waiting is None and not self._busy))
            self._raise()

    def close(self) -> None:
        """Ends the thread after the file it is writing. A queued checkpoint is dropped, so flush first."""
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
                if self._ended or self._waiting is None:
                    return
                checkpoint, self._waiting = self._waiting, None
                self._busy = True
            error: Exception | None = None
            try:
                outage.patiently(partial(checkpoint.write, self.path), self.path.parent)
            except Exception as raised:  # noqa: BLE001 raised in the thread that waits for the file
                error = raised
            with self._wanted:
                self._busy = False
                self._error = error
                self._wanted.notify_all()
