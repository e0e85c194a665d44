"""Deleted runs, kept for a day so that a deletion can be undone.

    <runs>/.trash/<seconds since 1970>-<run ID>/      the run's folder, unchanged

A run is deleted and restored by a rename, so no reader ever finds half of one.
"""

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs import run_name
from imgcls.sharing import Action
from imgcls.system import atomic, paths

FOLDER = ".trash"
KEPT_SECONDS = 86_400.0
NAME = re.compile(r"([0-9]{1,11})-(.+)")


@dataclass(frozen=True)
class DeletedRun:
    """A deleted run: `at` is when it was deleted, in seconds since 1970."""

    folder: Path
    id: str
    label: str
    at: float


def put(folder: Path) -> None:
    """Move the folder of a run, or of a study, to the bin beside it. A missing folder is not an error.

    Raises:
        RunError: it cannot be moved.
    """
    trash = folder.parent / FOLDER
    try:
        trash.mkdir(exist_ok=True)
        target = trash / f"{int(time.time())}-{folder.name}"
        if target.exists():  # deleted, restored and deleted again within a second
            atomic.remove_folder(target)
        folder.rename(target)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"It could not be deleted: {error.strerror}.") from error


def deleted() -> list[DeletedRun]:
    """The runs that the visitor can still restore, the last deleted first."""
    return _kept(Action.RESTORE_RUN)


def restore(run: DeletedRun) -> None:
    """Undo the deletion of a run.

    Raises:
        RunError: it is gone for good, or there is another run with its ID.
    """
    sharing.require(Action.RESTORE_RUN, run.folder)
    target = paths.runs_folder() / run.id
    if target.exists():
        raise RunError(f"“{run.label}” cannot be restored: there is another run with its ID. Delete that one first.")
    try:
        run.folder.rename(target)
    except FileNotFoundError as error:
        raise RunError(f"“{run.label}” cannot be restored: it was removed for good.") from error
    except OSError as error:
        raise RunError(f"“{run.label}” could not be restored: {error.strerror}.") from error


def remove(run: DeletedRun) -> None:
    """Remove a deleted run for good, to free its disk space.

    Raises:
        RunError: it cannot be removed.
    """
    sharing.require(Action.DELETE_RUN, run.folder)
    _remove(run)


def sweep() -> None:
    """Remove the runs and studies that were deleted more than a day ago."""
    root = paths.runs_folder()
    for place in (root, *root.glob("_*")):
        for folder, _, at in entries(place):
            if abs(time.time() - at) >= KEPT_SECONDS:
                with contextlib.suppress(OSError):
                    atomic.remove_folder(folder)


def sentence(run_id: str) -> str:
    """What happened to a run that does not exist: who looks for it and could see it reads its name and when."""
    for run in _kept(Action.VIEW_RUN):
        if run.id == run_id:
            can_restore = sharing.decide(Action.RESTORE_RUN, run.folder)
            what_next = "You can restore it on the Runs page." if can_restore else "Choose another one."
            return f"“{run.label}” was deleted {_ago(_age(run))}. {what_next}"
    shown = run_id if len(run_id) <= 40 else run_id[:40] + "…"
    return f"There is no run '{shown}'. It may have been deleted; choose another one."


def _remove(run: DeletedRun) -> None:
    try:
        atomic.remove_folder(run.folder)
    except OSError as error:
        raise RunError(f"“{run.label}” could not be removed: {error.strerror}.") from error


def entries(root: Path) -> list[tuple[Path, str, float]]:
    """What lies in the bin of a folder of runs or studies: its folder, its ID, and when it was deleted."""
    found = []
    with contextlib.suppress(OSError):
        for folder in (root / FOLDER).iterdir():
            if (match := NAME.fullmatch(folder.name)) and folder.is_dir():
                found.append((folder, match[2], float(match[1])))
    return found


def _kept(action: Action) -> list[DeletedRun]:
    """The runs in the bin with which the visitor may do this, the last deleted first."""
    found = entries(paths.runs_folder())
    kept = [DeletedRun(folder, name, run_name.read(folder) or name, at) for folder, name, at in found]
    allowed = [run for run in kept if _age(run) < KEPT_SECONDS and sharing.decide(action, run.folder)]
    return sorted(allowed, key=lambda run: run.at, reverse=True)


def _age(run: DeletedRun) -> float:
    return abs(time.time() - run.at)  # clocks can be set back


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "a moment ago"
    for unit, length in (("hour", 3600), ("minute", 60)):
        if number := int(seconds // length):
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return ""
