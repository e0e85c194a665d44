"""A run, read from its folder. The trainer and the pages share nothing else.

    saved_models/<id>/
      config.json       settings                                        page or shell, once, before anything else
      label.txt         the name that a person gave it                  page
      request.json      what a person asks: stop                        page
      trainer.json      when a trainer was started for it               whoever starts the trainer
      heartbeat         touched every second, also during long steps    trainer
      metrics.jsonl     phases, batches and epochs, a line each         trainer, append and flush
      log.txt           everything printed                              trainer
      model.keras       best weights; takes raw uint8 pixels            trainer, by rename
      model.tflite      the same for the pages                          trainer, by rename
      model.json        classes, input shape, layer table, checks       trainer, by rename
      predictions.npz   probabilities and labels of the test set        trainer, by rename
      gallery.npz       the test pictures that pages show               trainer, by rename
      result.json       outcome, scores, seconds, or why it failed      trainer, LAST, by rename

Each file has one writer, so there are no locks; what replaces a file is written aside and renamed. The state is derived
at each look and stored by no reader.
"""

import contextlib
import json
import math
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls import atomic, places
from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.outcome import OUTCOMES, checked_model, checked_result

SILENT_SECONDS = 5.0
"""A trainer touches its heartbeat each second; after this silence it is taken for dead."""
START_SECONDS = 10.0
"""So long may a trainer take from its start to its first heartbeat."""
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}|[a-z0-9][a-z0-9_-]{2,40}")
LABEL_LENGTH = 60

OVER = (*OUTCOMES, "lost", "damaged")
STATES = ("queued", "starting", "running", *OVER)


@dataclass(frozen=True)
class Run:
    """One run. Every property looks at the disk anew; nothing is remembered."""

    folder: Path

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
        if result is None:
            return None
        return checked_result(result)

    @property
    def model(self) -> dict[str, Any]:
        """Classes, input shape and layer table of the trained model.

        Raises:
            RunError: the run has no model yet, or model.json is damaged.
        """
        facts = self._json("model.json")
        if facts is None:
            raise RunError("This run has no trained model. Pick another run, or train one.")
        return checked_model(facts)

    @property
    def state(self) -> str:
        """One of `STATES`. It does not ask for a process id: a zombie would say yes."""
        try:
            result = self.result
            if result is not None:
                return result["outcome"]
            self.config  # noqa: B018  (a run that cannot say what it was asked to do is damaged)
        except UserError:
            return "damaged"
        heartbeat = _age(self.folder / "heartbeat")
        if heartbeat is not None:
            if heartbeat > SILENT_SECONDS:
                return "lost"
            return "running" if (self.folder / "metrics.jsonl").exists() else "queued"
        started = _age(self.folder / "trainer.json")
        if started is None:
            # Made, but its trainer was never started: whoever was about to do so is gone.
            made = _age(self.folder / "config.json") or 0.0
            return "queued" if made < START_SECONDS else "lost"
        return "starting" if started < START_SECONDS else "lost"

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
    def asked_to_stop(self) -> bool:
        try:
            return bool((self._json("request.json") or {}).get("stop"))
        except RunError:
            return False

    @property
    def created(self) -> float:
        """When it was started, in seconds since 1970."""
        try:
            started = float((self._json("trainer.json") or {})["started"])
        except (RunError, KeyError, TypeError, ValueError, OverflowError):
            started = math.nan
        return started if math.isfinite(started) else _mtime(self.folder / "config.json") or 0.0

    def stamp(self, *names: str) -> tuple[float, ...]:
        """The times of these files, as a key for caches: a changed file is another key."""
        return tuple(_mtime(self.folder / name) or 0.0 for name in names)

    def ask_to_stop(self) -> None:
        """Leaves the request; the trainer answers within a batch. Raises RunError where that cannot be written."""
        with self._written():
            atomic.write_json(self.folder / "request.json", {"stop": True, "asked": time.time()})

    def rename(self, label: str) -> None:
        """Gives the run another name.

        Raises:
            RunError: nothing readable is left of the name, or the run is gone.
        """
        label = clean_label(label)
        if not label:
            raise RunError("A name needs at least one letter or digit.")
        with self._written():
            atomic.write_bytes(self.folder / "label.txt", label.encode("utf-8"))

    def delete(self) -> None:
        """Removes the run and all its files; first out of sight by one rename, so that no half of it is ever seen."""
        grave = self.folder.with_name(f".deleted-{uuid.uuid4().hex}")
        try:
            self.folder.rename(grave)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunError(f"This run could not be deleted: {error.strerror}.") from error
        shutil.rmtree(grave, ignore_errors=True)

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self.folder.is_dir():
                raise RunError("This run was deleted meanwhile.") from error
            raise RunError(f"The run's folder cannot be written: {error.strerror}.") from error

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


def new_id() -> str:
    """An id that sorts by time. A form makes it before Start can be pressed, so that three presses are one run."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"


def create(config: Config, label: str = "", *, run_id: str = "") -> Run:
    """A run folder with its settings, not yet started; the folder of this id as it is, if it is already there.

    Raises:
        RunError: the id is none, or the folder for runs cannot be written.
    """
    if run_id and not ID.fullmatch(run_id):
        raise RunError(f"A run cannot have the id '{run_id}': use 3 to 41 of a-z, 0-9, _ and -, no other signs.")
    run_id = run_id or new_id()
    root = places.runs_folder()
    folder = root / run_id
    aside = root / f".new-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        atomic.write_json(aside / "config.json", config.as_dict())
        atomic.write_bytes(aside / "label.txt", (clean_label(label) or default_label(config)).encode("utf-8"))
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if folder.is_dir():
            return Run(folder)
        raise RunError(
            f"No run can be started: the folder for runs cannot be written ({error.strerror}). "
            "Free some space, or name another folder in IMGCLS_RUNS."
        ) from error
    return Run(folder)


def find(run_id: str) -> Run:
    """The run with this id.

    Raises:
        RunError: there is none. Whatever the id holds, no file outside the runs folder is touched.
    """
    if exists(run_id):
        return Run(places.runs_folder() / run_id)
    shown = run_id if len(run_id) <= 40 else run_id[:40] + "..."
    raise RunError(f"There is no run '{shown}'. It may have been deleted; pick another one.")


def exists(run_id: str) -> bool:
    """Whether there is a run with this id."""
    return bool(ID.fullmatch(run_id)) and (places.runs_folder() / run_id).is_dir()


def everything() -> list[Run]:
    """All runs, newest first."""
    try:
        entries = list(places.runs_folder().iterdir())
    except OSError:
        return []
    found = [Run(entry) for entry in entries if ID.fullmatch(entry.name) and entry.is_dir()]
    return sorted(found, key=lambda run: (run.created, run.id), reverse=True)


def clean_label(text: str) -> str:
    """A name without control and direction characters, at most `LABEL_LENGTH` long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LABEL_LENGTH].strip()


def default_label(config: Config) -> str:
    return f"{config.model} on {config.data}"


def _mtime(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _age(path: Path) -> float | None:
    """Seconds since a file was touched, never negative (a clock may be set back); None if there is no such file."""
    stamp = _mtime(path)
    return None if stamp is None else abs(time.time() - stamp)
