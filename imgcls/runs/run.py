"""A run, read from its folder. `imgcls.runs` lists the files of the folder.

A run is complete without the inside.* and neighbours files, which explain the model. Each file has one writer and is
replaced by a rename. The state is derived from the files on each access. A trainer lives as long as it holds its lock,
which the system releases when the process ends; its silence says nothing, as a busy machine may delay any heartbeat.

A ticket is a unique string for one press of Start or Resume. A run waits as long as the ticket in trainer.json differs
from the one in queued.json, so that no clocks are compared. A second trainer finds the run's lock taken and exits.
Not every shared folder shows a lock to other machines; there, a heartbeat that keeps changing shows a live trainer.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.config import Config, imported_model
from imgcls.errors import RunError, SettingError, UserError
from imgcls.runs import requests, run_name, trash
from imgcls.runs.requests import RunRequest
from imgcls.runs.results import OUTCOMES, ModelCard, checked_result, damaged, model_card
from imgcls.sharing import Action
from imgcls.system import atomic, file_times, json_files, nodes, paths, processes

SILENT_SECONDS = 10.0
"""A trainer touches its heartbeat every second; if it is silent for longer, the machine is too busy for it."""
ELSEWHERE_SECONDS = 8.0
"""A trainer on another machine, whose lock is not visible here, is taken for dead after this long: with the second
between two heartbeats and the time between two looks, its run is called lost within ten seconds."""
START_SECONDS = 30.0
"""Time allowed from the claim of a run until its trainer, or who starts it, holds a lock."""
TRAINER_LOCK, STARTING_LOCK = ".trainer.lock", ".starting.lock"
HEARTBEAT_WIDTH = 8
"""The word in a heartbeat is padded to this length."""
FULL_DISK = "diskfull"
"""The last word of a trainer that cannot write its result. The file has this length already, so the word fits in."""
LATEST = 1e11  # seconds since 1970: a start after the year 5138 is a damaged number that no calendar can show

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
        """The settings of the run. Raises SettingError if they are missing or damaged, or the model was imported."""
        if imported_model.exists(self.folder):
            raise SettingError(imported_model.NOT_TRAINED)
        return Config.load(self.folder / "config.json")

    @property
    def label(self) -> str:
        """The name the user gave it, or its ID."""
        return run_name.read(self.folder) or self.id

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

        Raises RunError if the run has no model yet, or model.json is damaged.
        """
        content = self._json("model.json")
        if content is None:
            if not self.folder.is_dir():
                raise RunError(trash.sentence(self.id))
            raise RunError("This run has no trained model. Choose another run or train one.")
        return model_card(content)

    @property
    def state(self) -> str:
        """One of `STATES`. A trainer lives as long as it holds its lock, however long it has been silent.

        Process IDs are not used: a zombie process still has one, and they are reused.
        """
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
        has_begun = (self.folder / "heartbeat").exists()
        if self.is_held:
            return {"waiting": "queued", "paused": "paused"}.get(self._word, "running") if has_begun else "starting"
        with contextlib.suppress(UserError):  # it may have ended since the first look
            if (result := self.result) is not None:
                return result["outcome"]
        job = self.job
        is_elsewhere = job.get("node", nodes.name()) != nodes.name()
        started = (nodes.unchanged_for if is_elsewhere else file_times.age)(self.folder / "trainer.json")
        if started is None:
            return "aside"
        if self.is_parked:
            return "paused"
        if job.get("pending") is True and not has_begun:
            return "queued"  # by a cluster
        if processes.is_locked(self.folder / STARTING_LOCK):
            return "starting"
        return "starting" if not has_begun and started < START_SECONDS else "lost"

    @property
    def is_held(self) -> bool:
        """Whether a trainer holds the run's lock, which is free as soon as it ends, or has a heartbeat elsewhere."""
        if processes.is_locked(self.folder / TRAINER_LOCK):
            return True
        has_ended = self._word in ("ended", FULL_DISK)
        silent = None if self.is_local or has_ended else nodes.unchanged_for(self.folder / "heartbeat")
        return silent is not None and silent < ELSEWHERE_SECONDS

    @property
    def is_local(self) -> bool:
        """Whether its trainer runs, or ran, on this machine."""
        with contextlib.suppress(RunError):
            return (self._json("process.json") or {}).get("node", nodes.name()) == nodes.name()
        return True

    @property
    def silence(self) -> float:
        """Seconds since the trainer's last heartbeat; 0 if there was none yet."""
        return (file_times.age if self.is_local else nodes.unchanged_for)(self.folder / "heartbeat") or 0.0

    @property
    def job(self) -> dict[str, Any]:
        """Where the trainer was started: "node", and for a cluster "backend", "id", "pending" and "reason"."""
        with contextlib.suppress(RunError):
            found = (self._json("trainer.json") or {}).get("job")
            return found if isinstance(found, dict) else {}
        return {}

    @property
    def is_waiting(self) -> bool:
        """Whether it waits in the queue: it has a ticket for which no trainer was started. Raises as `result` does."""
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
    def ended_on_full_disk(self) -> bool:
        """Whether its trainer ended because the disk was so full that not even a result could be written."""
        return self.state == "lost" and self._word == FULL_DISK

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
        model = imported_model.NAME if imported_model.exists(self.folder) else "model.tflite"
        return (self.folder / model).exists() and (self.folder / "model.json").exists()

    @property
    def is_tested(self) -> bool:
        """Whether it has test predictions."""
        return (self.folder / "predictions.npz").exists() and (self.folder / "model.json").exists()

    @property
    def is_example(self) -> bool:
        """Whether it is one of the trained models that come with the project, here or in a copy of its folder."""
        return (self.folder / "shipped").exists()

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
        if (started := self.first_start) is not None:
            return started
        return max(file_times.modified(self.folder / name) or 0.0 for name in ("config.json", imported_model.NAME))

    @property
    def first_start(self) -> float | None:
        """When it was first started, in seconds since 1970; it never changes. None before that, or if it is damaged."""
        with contextlib.suppress(RunError):
            facts = self._json("trainer.json") or {}
            started = facts.get("first", facts.get("started"))
            return float(started) if json_files.is_number(started, 0.0, LATEST) else None
        return None

    def stamp(self, *names: str) -> tuple[float, ...]:
        """The modification times of these files, as a cache key."""
        return tuple(file_times.modified(self.folder / name) or 0.0 for name in names)

    def send_request(self, **changes: Any) -> None:
        """Changes the request, for example `send_request(stop=True)`; the trainer reacts within a batch.

        Raises:
            RunError, NotAllowed: it cannot be written, an assignment fixes it; it is not the visitor's run.
        """
        requests.require(changes, self.folder)
        with self._written():
            self.request.changed(**changes).write(self.folder)

    def request_learning_rate(self, rate: float) -> None:
        """Requests a learning rate, even if it is the same as before. Raises as `send_request` does."""
        self.send_request(learning_rate=rate, rate_number=self.request.rate_number + 1)

    def begin(self, pid: int) -> None:
        """Called by the trainer when it holds the lock: takes the run out of the queue."""
        atomic.write_json(self.folder / "process.json", {"pid": pid, "node": nodes.name()})
        with contextlib.suppress(OSError):  # on Windows it may be open; with its ticket used it no longer matters
            (self.folder / "queued.json").unlink()

    def park(self) -> None:
        """Called by a trainer that exits during a long pause."""
        atomic.write_json(self.folder / "parked.json", {"parked": time.time()})

    def rename(self, label: str) -> None:
        """Renames the run. Raises RunError if the name has no printable characters, or the run no longer exists."""
        self._check_may(Action.RENAME_RUN, "renamed")
        label = run_name.clean(label)
        if not label:
            raise RunError("A name needs at least one letter or digit.")
        with self._written():
            atomic.write_bytes(self.folder / run_name.NAME, label.encode("utf-8"))

    def delete(self) -> None:
        """Deletes the run; `imgcls.runs.trash` can restore it for a day. Raises RunError if it cannot be deleted."""
        self._check_may(Action.DELETE_RUN, "deleted")
        trash.put(self.folder)

    def _check_may(self, action: Action, what: str) -> None:
        sharing.require(action, self.folder)
        if self.is_shipped:
            raise RunError(f"This run is part of the installation, so it cannot be {what}. Train one of your own.")

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self.folder.is_dir():
                raise RunError(trash.sentence(self.id)) from error
            raise RunError(f"The run's folder is not writable: {error.strerror}.") from error

    @property
    def _word(self) -> str:
        try:
            return (self.folder / "heartbeat").read_text("ascii", errors="replace").strip()
        except OSError:
            return ""

    def _json(self, name: str) -> dict[str, Any] | None:
        try:
            return json_files.read_object(self.folder / name)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(damaged(name)) from error
