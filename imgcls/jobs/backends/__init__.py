"""Where trainers run: one file per backend, chosen by its name in the environment variable IMGCLS_BACKEND.

To add a backend, add a file here with a function `create() -> Backend`. The file's name is the value to set.
"""

import importlib
import os
import pkgutil
from functools import lru_cache
from typing import Protocol

from imgcls.errors import RunError, SettingError
from imgcls.runs import Run

DEFAULT = "local"


class Unreachable(RunError):
    """The place where trainers run cannot be reached, or refuses; the run stays queued and is tried again."""


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
            Unreachable: Not at the moment.
            RunError: It cannot be started.
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
        """Prepare for a training that is likely to start soon."""

    def cool_down(self) -> None:
        """Undo `warm_up`."""

    def reap(self) -> None:
        """Collect trainers that have ended. Called every few seconds."""


def names() -> list[str]:
    """The backends there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def chosen_name() -> str:
    """The backend that IMGCLS_BACKEND names.

    Raises:
        SettingError: There is no such backend.
    """
    name = os.environ.get("IMGCLS_BACKEND", "").strip() or DEFAULT
    if name not in names():
        raise SettingError(
            f"IMGCLS_BACKEND is '{name}', but there is no such backend. Choose one of: {', '.join(names())}."
        )
    return name


def choose() -> Backend:
    """The chosen backend; the same object each time.

    Raises:
        SettingError: There is no such backend.
    """
    return _create(chosen_name())


@lru_cache
def _create(name: str) -> Backend:
    return importlib.import_module(f"{__name__}.{name}").create()
