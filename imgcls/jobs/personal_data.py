"""Deleting all work of a visitor: at their wish, and in a demo when it is a day old."""

import contextlib
import time
from pathlib import Path

from imgcls.errors import UserError
from imgcls.evaluation import golden
from imgcls.jobs import backends, fair_use, waiting_list
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.jobs.classroom.assignments import attempts
from imgcls.jobs.together import activities, dataset, names, pool
from imgcls.runs import Run
from imgcls.runs.index import views
from imgcls.sharing import Visitor, lesson_progress, ownership, people
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.system import atomic, paths

DEMO_SECONDS = 86_400.0
"""How long a demo keeps the work of its visitors."""


def delete_everything(visitor: Visitor) -> None:
    """Delete all of a visitor for good: runs, datasets, drawings, pinned images, views, imports, what the server knows.

    Who may do so is checked by the caller: the visitor alone. Their training runs are ended.
    """
    if visitor.id:
        for folder in fair_use.folders_of(visitor):
            _remove(folder)
        _remove_kept(visitor.id)
        with contextlib.suppress(UserError, OSError):
            dataset.forget(visitor.id)
        with contextlib.suppress(UserError):
            attempts.forget(visitor.id)
        with contextlib.suppress(UserError):
            names.forget(visitor.id)
        with contextlib.suppress(UserError, OSError):
            for room in rooms.forget(visitor.id):
                _remove_class(room)
        people.forget(visitor.id)


def sweep_demo() -> None:
    """Delete visitors' work that is older than a day, but nothing of teachers and of the owner. Only for a demo."""
    for root in (paths.runs_folder(), paths.runs_folder() / "_studies", paths.own_folder()):
        for folder in list(root.iterdir()) if root.is_dir() else ():
            owner = ownership.of(folder).owner if (folder / ownership.NAME).exists() else ""
            is_visitors = bool(owner) and people.find(owner).role not in (people.Role.OWNER, people.Role.TEACHER)
            if is_visitors and abs(time.time() - ownership.created(folder)) > DEMO_SECONDS:
                _remove(folder)
    for visitor_id, changed in _keepers():
        is_old = abs(time.time() - changed) > DEMO_SECONDS
        if is_old and people.find(visitor_id).role not in (people.Role.OWNER, people.Role.TEACHER):
            _remove_kept(visitor_id)
    for person in people.everybody():
        is_guest = person.role not in (people.Role.OWNER, people.Role.TEACHER)
        if is_guest and abs(time.time() - person.changed) > DEMO_SECONDS:
            people.forget(person.id)
    lesson_progress.sweep(DEMO_SECONDS)


def _remove_class(room: Room) -> None:
    """Of a teacher: the drawings and the assignments of their class. The runs of its members stay."""
    pool.delete_all(activities.folder(room))
    with contextlib.suppress(OSError):
        atomic.remove_folder(activities.folder(room))
    for assignment in assignments.of_room(room):
        assignments.remove(assignment)


def _keepers() -> list[tuple[str, float]]:
    """The IDs of visitors who have saved views, and when they changed them last. A demo pins no images."""
    return [(path.stem[1:], path.stat().st_mtime) for path in views.path_of("").parent.glob("~*.json")]


def _remove_kept(visitor_id: str) -> None:
    """Delete pinned images and saved views."""
    with contextlib.suppress(OSError):
        atomic.remove_folder(golden.root(Visitor(visitor_id)))
    for path in (views.path_of(visitor_id), views.path_of(visitor_id).with_suffix(".lock")):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    if folder.parent == paths.runs_folder():
        with contextlib.suppress(UserError):
            waiting_list.take_out(Run(folder))
        backends.of(Run(folder)).stop(Run(folder))
    with contextlib.suppress(OSError):
        atomic.remove_folder(folder)
    if folder.parent == paths.own_folder():
        for edits in folder.parent.glob(f"{folder.name}.edits-*"):
            edits.unlink(missing_ok=True)
