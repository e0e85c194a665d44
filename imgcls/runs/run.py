"""A run, read from its folder. The trainer and the pages share nothing else.

    saved_models/<id>/
      config.json       settings                                           page or command line, before anything else
      label.txt         the name of the run                                page
      request.json      requests: stop, pause, learning rate …             page
      queued.json       ticket and position in the queue                   page; deleted when the trainer starts
      trainer.json      when the trainer was started, and for which ticket whoever starts the trainer
      process.json      process ID of the trainer                          trainer
      heartbeat         touched every second, also during long steps       trainer
      data.json         the dataset edits in effect                        trainer, before training
      metrics.jsonl     phases, batches and epochs, one per line           trainer, append and flush
      log.txt           everything printed                                 trainer
      checkpoint.npz    everything needed to resume exactly                trainer, by rename
      parked.json       a long pause: the process has ended                trainer, by rename
      model.keras       best weights; takes raw uint8 pixels               trainer, by rename
      model.tflite      the same for the pages                             trainer, by rename
      model.json        classes, input shape, layer table, checks          trainer, by rename
      doctor.json       typical input statistics of handwriting            trainer, by rename
      predictions.npz   probabilities and labels of the test set           trainer, by rename
      gallery.npz       test images shown on pages                         trainer, by rename
      epochs.bin        validation predictions by epoch                    trainer, append; packed at the end
      epochs.npz        the same, for the time machine                     trainer, by rename
      validation.npz    validation predictions of the final model          trainer, or a page for older runs, by rename
      tags.json         tags on test images                                page, by rename
      openings.jsonl    how often the test set was evaluated               page, append
      result.json       outcome, scores, seconds, or why it failed         trainer, LAST, by rename
      inside.tflite     the model with all layers as outputs               trainer or explanation task
      inside.npz        features of test images, filters of layer 1        the same
      neighbours.npz    training images to compare with                    the same
      inside.json       the layers of inside.tflite                        the same, last
      robustness.npz    predictions for corrupted test images              imgcls.evaluation.robustness, by rename
      suspects.npz      training labels that are probably wrong            imgcls.evaluation.label_errors, by rename
      judged.json       the user's reviews of suspected labels             page

The inside.* and neighbours files explain the model; a run is complete without them. Each file has one writer, so no
locks are needed; files are replaced by writing a temporary file and renaming it. The state is derived from the files on
each access and never stored.

A ticket is a unique string for one press of Start or Resume. A run waits as long as the ticket in trainer.json differs
from the one in queued.json, so that no clocks are compared. If a second trainer starts on the same run, it finds
`.trainer.lock` taken and exits.
"""

import contextlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.runs import requests
from imgcls.runs.requests import RunRequest
from imgcls.runs.results import OUTCOMES, ModelCard, checked_result, model_card
from imgcls.system import atomic, file_times, paths

SILENT_SECONDS = 5.0
"""A trainer touches its heartbeat every second; after this long without one it is considered dead."""
START_SECONDS = 30.0
"""Time allowed from the start of a trainer to its first heartbeat."""
HEARTBEAT_WIDTH = 8
"""The word in a heartbeat is padded to this length."""
LABEL_LENGTH = 60

ENDED = (*OUTCOMES, "lost", "damaged")
UNDER_WAY = ("starting", "running", "paused")
STATES = ("aside", "queued", *UNDER_WAY, *ENDED)


@dataclass(frozen=True)
class Run:
    """One run. Every property reads the disk again; nothing is cached."""

    folder: Path

    @property
    def is_shipped(self) -> bool:
        """Whether the run is part of an installed copy, where it is read-only."""
        return self.folder.parent == paths.shipped_runs_folder()

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def config(self) -> Config:
        """The settings of the run.

        Raises:
            SettingError: config.json is missing or damaged, or has an invalid setting.
        """
        return Config.load(self.folder / "config.json")

    @property
    def label(self) -> str:
        """The name the user gave it, or its ID."""
        try:
            text = (self.folder / "label.txt").read_text("utf-8", errors="replace")
        except OSError:
            return self.id
        return clean_label(text) or self.id

    @property
    def result(self) -> dict[str, Any] | None:
        """Outcome and scores, or None if there are none yet.

        Raises:
            RunError: result.json is unreadable or was written by a newer version.
        """
        result = self._json("result.json")
        return None if result is None else checked_result(result)

    @property
    def card(self) -> ModelCard:
        """Classes, input shape and layer table of the trained model.

        Raises:
            RunError: the run has no model yet, or model.json is damaged.
        """
        content = self._json("model.json")
        if content is None:
            raise RunError("This run has no trained model. Choose another run or train one.")
        return model_card(content)

    @property
    def state(self) -> str:
        """One of `STATES`. Process IDs are not used: a zombie process still has one, and they are reused."""
        try:
            if self.is_waiting:
                self.config  # noqa: B018  (a run without readable settings is damaged)
                return "queued"
            result = self.result
            if result is not None:
                return result["outcome"]
            self.config  # noqa: B018
        except UserError:
            return "damaged"
        heartbeat = file_times.age(self.folder / "heartbeat")
        if heartbeat is not None and heartbeat <= SILENT_SECONDS:
            return {"waiting": "queued", "paused": "paused"}.get(self._word, "running")
        started = file_times.age(self.folder / "trainer.json")
        if started is None:
            return "aside"
        if self.is_parked:
            return "paused"
        return "starting" if heartbeat is None and started < START_SECONDS else "lost"

    @property
    def is_waiting(self) -> bool:
        """Whether it waits in the queue: it has a ticket for which no trainer was started.

        Raises:
            RunError: a file is damaged.
        """
        queued = self._json("queued.json")
        return queued is not None and queued.get("ticket") != self.ticket

    @property
    def ticket(self) -> str | None:
        """The ticket of the last trainer that was started; None if there was none or it came from the command line."""
        return (self._json("trainer.json") or {}).get("ticket")

    @property
    def is_parked(self) -> bool:
        """Whether it was paused for so long that its process has ended."""
        return (self.folder / "parked.json").exists()

    @property
    def can_resume(self) -> bool:
        """Whether there is a checkpoint to resume from."""
        return (self.folder / "checkpoint.npz").exists()

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_ready(self) -> bool:
        """Whether it has a model that pages can use."""
        return (self.folder / "model.tflite").exists() and (self.folder / "model.json").exists()

    @property
    def is_tested(self) -> bool:
        """Whether it has test predictions."""
        return (self.folder / "predictions.npz").exists() and (self.folder / "model.json").exists()

    @property
    def request(self) -> RunRequest:
        """What the user requests of it. A damaged file requests nothing."""
        try:
            return RunRequest.of(self._json(requests.NAME))
        except RunError:
            return RunRequest()

    @property
    def created(self) -> float:
        """When it was first started or, before that, created, in seconds since 1970."""
        try:
            facts = self._json("trainer.json") or {}
            started = float(facts.get("first", facts["started"]))
        except (RunError, KeyError, TypeError, ValueError, OverflowError):
            started = math.nan
        return started if math.isfinite(started) else file_times.modified(self.folder / "config.json") or 0.0

    def stamp(self, *names: str) -> tuple[float, ...]:
        """The modification times of these files, as a cache key."""
        return tuple(file_times.modified(self.folder / name) or 0.0 for name in names)

    def send_request(self, **changes: Any) -> None:
        """Changes the request, for example `send_request(stop=True)`; the trainer reacts within a batch.

        Raises:
            RunError: it cannot be written.
        """
        with self._written():
            self.request.changed(**changes).write(self.folder)

    def request_learning_rate(self, rate: float) -> None:
        """Requests a learning rate, even if it is the same as before. Raises RunError as `send_request` does."""
        self.send_request(learning_rate=rate, rate_number=self.request.rate_number + 1)

    def begin(self, pid: int) -> None:
        """Called by the trainer when it holds the lock: takes the run out of the queue."""
        atomic.write_json(self.folder / "process.json", {"pid": pid})
        with contextlib.suppress(OSError):  # on Windows it may be open; with its ticket used it no longer matters
            (self.folder / "queued.json").unlink()

    def park(self) -> None:
        """Called by a trainer that exits during a long pause."""
        atomic.write_json(self.folder / "parked.json", {"parked": time.time()})

    def rename(self, label: str) -> None:
        """Renames the run.

        Raises:
            RunError: the name has no printable characters, or the run no longer exists.
        """
        self._check_is_own("renamed")
        label = clean_label(label)
        if not label:
            raise RunError("A name needs at least one letter or digit.")
        with self._written():
            atomic.write_bytes(self.folder / "label.txt", label.encode("utf-8"))

    def delete(self) -> None:
        """Deletes the run and all its files. It is renamed first, so that a half-deleted run is never visible.

        Raises:
            RunError: it cannot be deleted.
        """
        self._check_is_own("deleted")
        try:
            atomic.remove_folder(self.folder)
        except OSError as error:
            raise RunError(f"This run could not be deleted: {error.strerror}.") from error

    def _check_is_own(self, what: str) -> None:
        if self.is_shipped:
            raise RunError(
                f"This run is part of the installation, so it cannot be {what}. Train a run of your own instead."
            )

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self.folder.is_dir():
                raise RunError("This run has been deleted in the meantime.") from error
            raise RunError(f"The run's folder is not writable: {error.strerror}.") from error

    @property
    def _word(self) -> str:
        try:
            return (self.folder / "heartbeat").read_text("ascii", errors="replace").strip()
        except OSError:
            return ""

    def _json(self, name: str) -> dict[str, Any] | None:
        try:
            content = json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"The file {name} of this run is damaged and cannot be read.") from error
        if not isinstance(content, dict):
            raise RunError(f"The file {name} of this run is damaged: it is not a JSON object.")
        return content


def clean_label(text: str) -> str:
    """A name without control and direction characters, at most `LABEL_LENGTH` long, possibly empty."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LABEL_LENGTH].strip()
