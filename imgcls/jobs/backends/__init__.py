"""Where trainers run: one file per backend, chosen by its name in the environment variable IMGCLS_BACKEND.

With several names, such as "local,slurm", each run says where it trains, and the first name is the default. To add a
backend, add a file here with a function `create() -> Backend` and a `TITLE`. The file's name is the value to set.
"""

import importlib
import os
import pkgutil
from functools import lru_cache
from types import ModuleType
from typing import Protocol

from imgcls.errors import RunError, SettingError
from imgcls.jobs import waiting_list
from imgcls.runs import Run
from imgcls.system import paths

DEFAULT = "local"


class Unreachable(RunError):
    """The place where trainers run cannot be reached, or takes no run at all; runs stay queued and are tried again."""


class Refused(RunError):
    """This run is not taken, though others may be: they go on, and it is tried again a few times."""


class Backend(Protocol):
    """A place where trainers run. The queue calls all of these; a method that does not apply may do nothing.

    The run folder is the source of truth: whatever a cluster says about a job, a run with a live heartbeat trains, one
    with a result has ended, and a trainer whose ticket is no longer the run's exits.
    """

    def capacity(self) -> int:
        """How many runs the queue may hand over at a time."""

    def submit(self, run: Run) -> None:
        """Start a trainer for a claimed run.

        Raises:
            Unreachable: No run can be started at the moment.
            Refused: This one cannot.
        """

    def alive(self, run: Run) -> bool:
        """Whether a trainer is working on this run, however long it has been silent."""

    def activity(self, run: Run) -> float:
        """A number that grows as long as the run's trainer works, such as its CPU seconds, however slowly it works."""

    def stop(self, run: Run) -> None:
        """End the run's trainer at once and return when it has ended. Does nothing if there is none."""

    def log(self, run: Run) -> str:
        """What the run's trainer printed, as far as the backend knows; for the local one, log.txt."""

    def warm_up(self) -> None:
        """Prepare for a training run that is likely to start soon."""

    def cool_down(self) -> None:
        """Undo `warm_up`."""

    def reap(self) -> None:
        """Collect trainers that have ended. Called every few seconds."""


def names() -> list[str]:
    """The backends there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def configured() -> list[str]:
    """The backends that IMGCLS_BACKEND lists, the default first.

    Raises:
        SettingError: There is no such backend.
    """
    listed = [name.strip() for name in os.environ.get("IMGCLS_BACKEND", "").split(",") if name.strip()] or [DEFAULT]
    for name in listed:
        if name not in names():
            raise SettingError(
                f"IMGCLS_BACKEND is '{name}', but there is no such backend. Choose one of: {', '.join(names())}."
            )
    return list(dict.fromkeys(listed))


def recorded(name: str = "") -> str:
    """What a new run records about where it trains: `name`, or the default; "" if there is no choice.

    Raises:
        SettingError: The backend is not configured, or IMGCLS_BACKEND is invalid.
    """
    found = configured()
    if name and name not in found:
        raise SettingError(
            f"The backend '{name}' is not configured. IMGCLS_BACKEND lists: {', '.join(found)}. Add it there, or "
            "choose one of these."
        )
    return name or (found[0] if len(found) > 1 else "")


def name_for(run: Run) -> str:
    """The backend that a run was queued for; the default if it names none, or one that is no longer configured.

    Raises:
        SettingError: IMGCLS_BACKEND is invalid.
    """
    found = configured()
    wanted = waiting_list.wanted_backend(run) if len(found) > 1 else ""
    return wanted if wanted in found else found[0]


def of(run: Run) -> Backend:
    """The backend of `name_for`. Raises SettingError."""
    return get(name_for(run))


def most_at_once(name: str) -> int | None:
    """How many runs could train on a backend at the same time; None if only its workers know. Asks no cluster.

    Not `capacity` for this machine: that is less while others use its memory.
    """
    return paths.trainings_at_once() if name == DEFAULT else get(name).capacity() or None


def title(name: str) -> str:
    """What pages call a backend, such as "Slurm"."""
    return str(getattr(_module(name), "TITLE", name))


def get(name: str) -> Backend:
    """The backend of this name; the same object each time."""
    return _create(name)


@lru_cache
def _create(name: str) -> Backend:
    return _module(name).create()


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
