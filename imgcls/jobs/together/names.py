"""Which names the projector shows: those that the teacher or a moderator has approved. Anybody with the code can join.

<own data>/.rooms/<room ID>/names.json   {"version": 1, "shown": ["Ada"], "hidden": ["Rude"]}

What is approved is a text: a name that is entered or changed later waits for approval. Names that no member has (any
more) are dropped when the file is next written.
"""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from imgcls.errors import UserError
from imgcls.jobs.together import activities
from imgcls.jobs.together.pool import State
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.sharing import Action, people
from imgcls.sharing.classroom import room_files, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.people import Person
from imgcls.system import atomic, json_files

NAME = "names.json"
VERSION = 1
HIDDEN, GONE, TEACHER = N_("Name to approve"), N_("Someone who has left"), N_("Teacher")
"""In place of a name."""


@dataclass(frozen=True)
class Judged:
    """The names that may be shown, and those that may not."""

    shown: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    def state(self, name: str) -> State:
        """Of one name; it is `WAITING` until the teacher has shown or hidden it."""
        return State.SHOWN if name in self.shown else State.REMOVED if name in self.hidden else State.WAITING


def judged(room: Room) -> Judged:
    """What was decided about the names of a class."""
    path = _path(room)
    try:
        facts = path.stat()
    except OSError:
        return Judged()
    return _read(path, (facts.st_mtime_ns, facts.st_ino))


def in_state(room: Room, state: State) -> list[Person]:
    """The members whose names wait for approval, are shown or are hidden."""
    found = judged(room)
    return [person for person in rooms.members(room) if found.state(person.name) is state]


def on_screen(room: Room) -> dict[str, str]:
    """Visitor ID -> what the projector shows, of the members and the teacher; `HIDDEN` in place of some names."""
    found, hidden = judged(room), _(HIDDEN)
    members = {
        person.id: person.name if found.state(person.name) is State.SHOWN else hidden for person in rooms.members(room)
    }
    return members | {room.teacher: people.find(room.teacher).name or _(TEACHER)}


def moderate(room: Room, names: Collection[str], *, is_shown: bool) -> None:
    """Let the projector show these names, or hide them, as they were when somebody looked at them.

    Raises:
        NotAllowed: the present visitor is neither the teacher of the class nor one of its moderators.
        UserError: it cannot be written.
    """
    rooms.require(Action.MODERATE, room)
    with room_files.changing():
        before, chosen = judged(room), frozenset(names)
        shown = before.shown | chosen if is_shown else before.shown - chosen
        hidden = before.hidden - chosen if is_shown else before.hidden | chosen
        present = {person.name for person in rooms.members(room)}
        _write(_path(room), Judged(shown & present, hidden & present))


def forget(visitor_id: str) -> None:
    """Drop the name of a visitor in all classes, at their wish.

    Raises:
        UserError: a file cannot be written.
    """
    name = people.find(visitor_id).name
    with room_files.changing():
        for path in rooms.folder().glob(f"*/{NAME}"):
            found = _load(path)
            if name in found.shown | found.hidden:
                _write(path, Judged(found.shown - {name}, found.hidden - {name}))


def _path(room: Room) -> Path:
    return activities.folder(room) / NAME


def _write(path: Path, found: Judged) -> None:
    content = {"version": VERSION, "shown": sorted(found.shown), "hidden": sorted(found.hidden)}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.write_json(path, content)
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error


@lru_cache(256)
def _read(path: Path, _stamp: tuple[int, int]) -> Judged:
    return _load(path)


def _load(path: Path) -> Judged:
    """A damaged file has approved nothing."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        content = json_files.read_object(path)
        if content["version"] == VERSION:
            return Judged(frozenset(map(str, content["shown"])), frozenset(map(str, content["hidden"])))
    return Judged()
