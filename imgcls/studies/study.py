"""A study, read from its folder. Its trials are ordinary runs, and they are the only record of what was tried.

    saved_models/_studies/<id>/
      study.json        the plan                                   whoever creates the study, or adds trials
      label.txt         its name, if it was renamed                page
      owner.json        whose it is, see `imgcls.sharing`          page, on a shared server
      stop.json         a request to end it                        page or command line
      .driver.lock      held for as long as a driver lives         driver
      log.txt           everything the driver printed              driver
      energy.json       the energy used so far                     driver
      result.json       winner, test scores, or why it failed      driver, LAST, by rename
    saved_models/<id>-0000/                                        a trial: its trial.json names the study

Whatever is killed, nothing can contradict the runs: a driver that starts reads them again and goes on from there. The
number of a trial is part of its folder's name, so that the same trial cannot be created twice.
"""

import contextlib
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcls import runs, sharing
from imgcls.errors import RunError, SettingError, UserError
from imgcls.jobs import backends, fair_use
from imgcls.params import Value
from imgcls.runs import Run, metrics_log, run_name, trials
from imgcls.runs.run import ENDED
from imgcls.sharing import Action, guarding, ownership
from imgcls.studies import plan as plans
from imgcls.studies import space
from imgcls.studies.plan import Plan
from imgcls.system import atomic, file_times, json_files, paths, processes

FOLDER = "_studies"
"""Below the runs folder; no run can have this ID."""
ID = re.compile(r"[a-z0-9][a-z0-9-]{2,34}")
"""The ID of a trial is longer by five characters."""
RESULT_VERSION, LOCK = 1, ".driver.lock"
LOCK_SECONDS = 1.0  # checking whether a study is driven holds its lock for a moment
STARTING, START_SECONDS = ".starting", 60.0  # a file that the driver removes, and for how long it is believed
OUTCOMES = ("finished", "stopped", "failed")
STATES = ("running", "stopping", "interrupted", *OUTCOMES, "damaged")


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial as it is now. `value` is its validation score, None if it has none (yet). `curve` holds the score after
    each epoch, None where an epoch reported none."""

    run: Run
    number: int
    params: Mapping[str, Value]
    state: str
    value: float | None = None
    curve: tuple[float | None, ...] = ()
    result: Mapping[str, Any] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits or trains."""
        return self.state in ("queued", "starting", "running", "paused")

    @property
    def is_complete(self) -> bool:
        """Whether it trained to its end and has a score: only such scores can be averaged and explained."""
        return self.state == "finished" and self.value is not None


@dataclass(frozen=True)
class Study:
    """One study. Every property reads the disk again."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def plan(self) -> Plan:
        """The values to try, and how.

        Raises:
            SettingError: study.json is missing or damaged, or was edited into something invalid.
        """
        try:
            return plans.from_dict(json_files.read(self.folder / "study.json"))
        except OSError as error:
            raise SettingError(f"The plan of study '{self.id}' cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise SettingError(f"The plan of study '{self.id}', study.json, is not valid JSON.") from error

    @property
    def title(self) -> str:
        """The name that it was given later, the title in its plan, or its ID."""
        with contextlib.suppress(UserError):
            return run_name.read(self.folder, plans.MOST_TITLE) or self.plan.title or self.id
        return self.id

    @property
    def created(self) -> float:
        """When it was created, in seconds since 1970."""
        return file_times.modified(self.folder / "study.json") or 0.0

    @property
    def result(self) -> dict[str, Any] | None:
        """Winner and scores, or None before it has ended; without entries that cannot be true.

        Raises:
            RunError: result.json is damaged.
        """
        try:
            found = json_files.read_object(self.folder / "result.json")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(plans.DAMAGED_RESULT.format(self.id)) from error
        if found.get("version") != RESULT_VERSION or found.get("outcome") not in OUTCOMES:
            raise RunError(plans.DAMAGED_RESULT.format(self.id))
        return plans.sound_result(found)

    @property
    def is_stop_requested(self) -> bool:
        return (self.folder / "stop.json").exists()

    @property
    def is_driven(self) -> bool:
        """Whether a driver works on it, or was started a moment ago and has yet to take the lock."""
        age = file_times.age(self.folder / STARTING)
        return (age is not None and age < START_SECONDS) or processes.is_locked(self.folder / LOCK)

    @property
    def state(self) -> str:
        """One of `STATES`. An interrupted study has no result and no driver; it can be resumed."""
        try:
            self.plan  # noqa: B018
            is_driven = self.is_driven  # asked first: a driver writes the result before it ends
            if (result := self.result) is not None:
                return result["outcome"]
        except UserError:
            return "damaged"
        return "interrupted" if not is_driven else "stopping" if self.is_stop_requested else "running"

    def request_stop(self) -> None:
        """Asks the driver to end: running trials keep their best epoch, and the best trial so far wins.

        Raises:
            RunError: the request cannot be written.
            NotAllowed: it is not the visitor's, on a shared server.
        """
        sharing.require(Action.STOP_STUDY, self.folder)
        try:
            atomic.write_json(self.folder / "stop.json", {"requested": time.time()})
        except OSError as error:
            raise RunError(f"The folder of the study is not writable: {error.strerror}.") from error

    def run_id(self, number: int) -> str:
        """The ID of the run of a trial."""
        return f"{self.id}-{number:04d}"

    def runs(self) -> list[Run]:
        """The runs of its trials by number."""
        found = paths.runs_folder().glob(f"{self.id}-[0-9][0-9][0-9][0-9]")
        return [Run(folder) for folder in sorted(found) if trials.exists(Run(folder))]

    def trials(self, known: Mapping[str, Trial] | None = None) -> list[Trial]:
        """Its trials by number. Those in `known` (by run ID) that have ended for good are not read again.

        Raises:
            SettingError: the plan cannot be read.
        """
        plan, known = self.plan, known or {}
        found = []
        for run in self.runs():
            before = known.get(run.id)
            found.append(before if before is not None and before.state in OUTCOMES else read_trial(run, plan))
        return found


def read_trial(run: Run, plan: Plan) -> Trial:
    """The trial that a run is."""
    state, result = run.state, None
    with contextlib.suppress(RunError):
        result = run.result
    value = None if result is None else result.get(plan.metric)
    epochs = metrics_log.Curves(run.folder / "metrics.jsonl").refresh().epochs
    curve = tuple(line.get(plan.metric) for line in epochs)
    score = float(value) if state in ("finished", "stopped") and json_files.is_number(value) else None
    return Trial(run, int(run.id[-4:]), _params(run, plan), state, score, curve, result)


def _params(run: Run, plan: Plan) -> Mapping[str, Value]:
    """The varied settings of a trial: those in trial.json, or if it is damaged those that the run has; else none."""
    with contextlib.suppress(UserError):
        if (record := trials.read(run)) is not None and record.params:
            space.config_of(plan.base, record.params)  # raises SettingError if a value is none of that setting
            return record.params
    with contextlib.suppress(UserError):
        config = run.config
        found = {name: config.model_settings.get(name, getattr(config, name, None)) for name in plan.vary}
        return {name: value for name, value in found.items() if value is not None}
    return {}


def folder() -> Path:
    """The folder with one subfolder per study. It need not exist yet."""
    return paths.runs_folder() / FOLDER


def create(plan: Plan, *, study_id: str = "") -> Study:
    """Creates a study folder with its plan. The same ID and plan again give the same study.

    Raises:
        RunError: the ID is invalid or taken, or the folder is not writable.
        SettingError: its backend is not configured.
        NotAllowed: the visitor may not train, on a shared server.
        LimitReached: its first trials exceed the visitor's limits.
    """
    sharing.require(Action.START_STUDY)
    fair_use.check_new_runs([plan.base] * plan.parallel)
    backends.recorded(plan.backend)
    study_id = study_id or f"study-{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:4]}"
    if not ID.fullmatch(study_id):
        raise RunError(f"Invalid study ID '{study_id}': use 3 to 35 characters from a-z, 0-9 and -.")
    study = Study(folder() / study_id)
    if study.folder.is_dir():
        if study.plan != plan:
            raise RunError(f"There is already a study '{study_id}'. Choose another ID.")
        return study
    if runs.exists(study.run_id(0)):
        raise RunError(f"There are already runs named '{study_id}-0000' and so on. Choose another ID for the study.")
    aside = folder() / f".new-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        atomic.write_json(aside / "study.json", plan.as_dict())
        ownership.record(aside)
        aside.rename(study.folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            atomic.remove_folder(aside)
        if not study.folder.is_dir():
            raise RunError(
                f"The study cannot be created: the folder for runs is not writable ({error.strerror}). Free some "
                "space, or set IMGCLS_RUNS to another folder."
            ) from error
    return study


def find(study_id: str) -> Study:
    """The study with this ID.

    Raises:
        RunError: there is none.
    """
    study = Study(folder() / study_id)
    if not ID.fullmatch(study_id) or not study.folder.is_dir() or not guarding.is_visible(study.folder):
        raise RunError(f"No study is called '{study_id[:60]}'. List all with: imgcls study status")
    return study


def all_studies() -> list[Study]:
    """All studies, the newest first."""
    try:
        entries = [entry for entry in folder().iterdir() if ID.fullmatch(entry.name) and entry.is_dir()]
        entries = [entry for entry in entries if guarding.is_visible(entry)]
    except OSError:
        return []
    return sorted(map(Study, entries), key=lambda study: (study.created, study.id), reverse=True)


def unused_title(title: str) -> str:
    """The title, or the title with the first number, from 2, with which no visible study has it."""
    taken, found, number = {study.title for study in all_studies()}, title, 1
    while found in taken:
        number += 1
        found = run_name.with_ending(title, f" {number}")
    return found


def ended(found: Iterable[Run | Trial]) -> int:
    """How many of these trials have ended; those that wait or train are not among them."""
    return sum(one.state in ENDED for one in found)


def best(found: list[Trial], plan: Plan) -> Trial | None:
    """The trial with the best validation score, the first of equal ones; None if none has a score."""
    sign = -1.0 if plan.is_higher_better else 1.0
    scored = [(sign * trial.value, trial.number, trial) for trial in found if trial.value is not None]
    return min(scored, key=lambda one: one[:2])[2] if scored else None
