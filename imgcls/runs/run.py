"""A run, read from its folder. The trainer and the pages share nothing else.

    saved_models/<id>/
      config.json       settings                                        page or shell, once, before anything else
      label.txt         the name that a person gave it                  page
      request.json      what a person asks: stop, pause, a rate ...     page
      queued.json       its ticket and its place in the queue           page; goes when a trainer has begun
      trainer.json      when a trainer was started, for which ticket    whoever starts the trainer
      process.json      the process of the trainer                      trainer
      heartbeat         touched every second, also during long steps    trainer
      data.json         which state of the data it learns from          trainer, before it begins
      metrics.jsonl     phases, batches and epochs, a line each         trainer, append and flush
      log.txt           everything printed                              trainer
      checkpoint.npz    everything needed to go on exactly              trainer, by rename
      parked.json       a long pause: its process has ended             trainer, by rename
      model.keras       best weights; takes raw uint8 pixels            trainer, by rename
      model.tflite      the same for the pages                          trainer, by rename
      model.json        classes, input shape, layer table, checks       trainer, by rename
      doctor.json       what is usual in pictures of writing it learnt  trainer, by rename
      predictions.npz   probabilities and labels of the test set        trainer, by rename
      gallery.npz       the test pictures that pages show               trainer, by rename
      epochs.bin        answers to validation pictures, by epoch        trainer, append; packed at the end
      epochs.npz        the same, for the time machine                  trainer, by rename
      validation.npz    the model's answers to the same pictures        trainer, or a page for older runs, by rename
      tags.json         words that people gave to test pictures         page, by rename
      openings.jsonl    how often its test set was looked at            page, append
      result.json       outcome, scores, seconds, or why it failed      trainer, LAST, by rename
      inside.tflite     the model with all its layers as outputs        trainer, or who looks inside later
      inside.npz        features of test pictures, the first filters    the same
      neighbours.npz    training pictures to compare with               the same
      inside.json       the layers of inside.tflite                     the same, last
        robustness.npz    answers to damaged test pictures                imgcls.evaluation.robustness, by rename
      suspects.npz      training labels that are probably wrong         imgcls.evaluation.label_errors, by rename
      judged.json       what a person said of suspected labels          page

What is of the inside explains the model; a run is finished without it. Each file has one writer, so there are no locks;
what replaces a file is written aside and renamed. The state is derived at each look and stored by no reader.

A ticket is a word that stands for one press of Start or Resume: a run waits as long as trainer.json carries another
one than queued.json, so no clock is asked. Of two trainers on one run the second finds `.trainer.lock` taken, and
leaves.
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
from imgcls.runs.requests import Asked
from imgcls.runs.results import OUTCOMES, ModelCard, checked_result, model_card
from imgcls.system import atomic, paths

SILENT_SECONDS = 5.0
"""A trainer touches its heartbeat each second; after this silence it is taken for dead."""
START_SECONDS = 10.0
"""So long may a trainer take from its start to its first heartbeat."""
HEARTBEAT_WIDTH = 8
"""The word in a heartbeat is filled up to this."""
LABEL_LENGTH = 60

OVER = (*OUTCOMES, "lost", "damaged")
UNDER_WAY = ("starting", "running", "paused")
STATES = ("aside", "queued", *UNDER_WAY, *OVER)


@dataclass(frozen=True)
class Run:
    """One run. Every property looks at the disk anew; nothing is remembered."""

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
        """What the run was asked to do.

        Raises:
            SettingError: config.json is missing, torn or holds a wrong setting.
        """
        return Config.load(self.folder / "config.json")

    @property
    def label(self) -> str:
        """The name that a person gave it, or its id."""
        try:
            text = (self.folder / "label.txt").read_text("utf-8", errors="replace")
        except OSError:
            return self.id
        return clean_label(text) or self.id

    @property
    def result(self) -> dict[str, Any] | None:
        """Outcome and scores, or None while there are none.

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
            raise RunError("This run has no trained model. Pick another run, or train one.")
        return model_card(content)

    @property
    def state(self) -> str:
        """One of `STATES`. It does not ask for a process id: a zombie would say yes."""
        try:
            if self.is_waiting:
                self.config  # noqa: B018  (a run that cannot say what it was asked to do is damaged)
                return "queued"
            result = self.result
            if result is not None:
                return result["outcome"]
            self.config  # noqa: B018
        except UserError:
            return "damaged"
        heartbeat = _age(self.folder / "heartbeat")
        if heartbeat is not None and heartbeat <= SILENT_SECONDS:
            return {"waiting": "queued", "paused": "paused"}.get(self._word, "running")
        started = _age(self.folder / "trainer.json")
        if started is None:
            return "aside"
        if self.is_parked:
            return "paused"
        return "starting" if heartbeat is None and started < START_SECONDS else "lost"

    @property
    def is_waiting(self) -> bool:
        """Whether it stands in the queue: it has a ticket that no trainer was started for.

        Raises:
            RunError: a file is damaged.
        """
        queued = self._json("queued.json")
        return queued is not None and queued.get("ticket") != self.ticket

    @property
    def ticket(self) -> str | None:
        """The ticket of the last trainer that was started; None if there was none, or for a run from a shell."""
        return (self._json("trainer.json") or {}).get("ticket")

    @property
    def is_parked(self) -> bool:
        """Whether it paused for so long that its process has ended."""
        return (self.folder / "parked.json").exists()

    @property
    def can_go_on(self) -> bool:
        """Whether there is a checkpoint."""
        return (self.folder / "checkpoint.npz").exists()

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_ready(self) -> bool:
        """Whether it holds a model that pages can ask."""
        return (self.folder / "model.tflite").exists() and (self.folder / "model.json").exists()

    @property
    def is_tested(self) -> bool:
        """Whether its test predictions can be looked at."""
        return (self.folder / "predictions.npz").exists() and (self.folder / "model.json").exists()

    @property
    def asked(self) -> Asked:
        """What a person asks of it. A damaged file asks nothing."""
        try:
            return Asked.of(self._json(requests.NAME))
        except RunError:
            return Asked()

    @property
    def created(self) -> float:
        """When it was made or first started, in seconds since 1970."""
        try:
            facts = self._json("trainer.json") or {}
            started = float(facts.get("first", facts["started"]))
        except (RunError, KeyError, TypeError, ValueError, OverflowError):
            started = math.nan
        return started if math.isfinite(started) else _mtime(self.folder / "config.json") or 0.0

    def stamp(self, *names: str) -> tuple[float, ...]:
        """The times of these files, as a key for caches: a changed file is another key."""
        return tuple(_mtime(self.folder / name) or 0.0 for name in names)

    def ask(self, **changes: Any) -> None:
        """Leaves a request, such as `ask(stop=True)`; the trainer answers within a batch.

        Raises:
            RunError: it cannot be written.
        """
        with self._written():
            self.asked.changed(**changes).write(self.folder)

    def ask_rate(self, rate: float) -> None:
        """Leaves the request of a learning rate, also of the one that was asked last. Raises as `ask` does."""
        self.ask(learning_rate=rate, rate_number=self.asked.rate_number + 1)

    def begin(self, pid: int) -> None:
        """Called by a trainer that has the run to itself: it is out of the queue now."""
        atomic.write_json(self.folder / "process.json", {"pid": pid})
        with contextlib.suppress(OSError):  # somebody may read it, on Windows; by its ticket it says nothing any more
            (self.folder / "queued.json").unlink()

    def park(self) -> None:
        """Called by a trainer that ends in a long pause."""
        atomic.write_json(self.folder / "parked.json", {"parked": time.time()})

    def rename(self, label: str) -> None:
        """Gives the run another name.

        Raises:
            RunError: nothing readable is left of the name, or the run is gone.
        """
        self._check_is_own("renamed")
        label = clean_label(label)
        if not label:
            raise RunError("A name needs at least one letter or digit.")
        with self._written():
            atomic.write_bytes(self.folder / "label.txt", label.encode("utf-8"))

    def delete(self) -> None:
        """Removes the run and all its files; first out of sight by one rename, so that no half of it is ever seen."""
        self._check_is_own("deleted")
        try:
            atomic.remove_folder(self.folder)
        except OSError as error:
            raise RunError(f"This run could not be deleted: {error.strerror}.") from error

    def _check_is_own(self, what: str) -> None:
        if self.is_shipped:
            raise RunError(
                f"This run is part of the installation, so it cannot be {what}. Train your own to change it."
            )

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self.folder.is_dir():
                raise RunError("This run was deleted meanwhile.") from error
            raise RunError(f"The run's folder cannot be written: {error.strerror}.") from error

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
            raise RunError(f"The file {name} of this run is damaged: it holds no table.")
        return content


def clean_label(text: str) -> str:
    """A name without control and direction characters, at most `LABEL_LENGTH` long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LABEL_LENGTH].strip()


def _mtime(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _age(path: Path) -> float | None:
    """Seconds since a file was touched, never negative (a clock may be set back); None if there is no such file."""
    stamp = _mtime(path)
    return None if stamp is None else abs(time.time() - stamp)
