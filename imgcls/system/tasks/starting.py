"""What is asked before a task is started: nothing, until a shared server sets `before_start.check`."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Startable(Protocol):
    """A task as far as a check needs it."""

    @property
    def folder(self) -> Path: ...


class BeforeStart:
    """What `check` raises keeps the task from starting."""

    check: Callable[..., None] | None = None

    def __call__(self, task: Startable) -> None:
        if self.check is not None:
            self.check(task)


before_start = BeforeStart()
