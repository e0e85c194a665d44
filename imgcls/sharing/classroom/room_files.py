"""The files of rooms: reading, finding and changing them. What may be done to a room is in `rooms`.

<own data>/.rooms/
    .lock          held while a room or its members change
    <ID>.json      {"version": 1, "teacher": "<visitor ID>", "opened": 1767225600.0, "closed": 0.0, "message": "",
                    "said": 0.0, "is_paused": false, "on_stage": "", "name": "9b, Tuesday"}

An ID is the code that pupils enter and a random part: a code may be used again once its room is closed, an ID never is,
so that nobody sees the runs of an earlier class.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import filelock

from imgcls.errors import UserError
from imgcls.sharing import Thing, Visibility, people
from imgcls.sharing.owner_code import LETTERS
from imgcls.system import atomic, json_files, paths

VERSION = 1
CODE_LENGTH = 5
ID = re.compile(rf"([{LETTERS}]{{{CODE_LENGTH}}})-[0-9a-f]{{8}}")
MESSAGE_LENGTH, CLASS_NAME_LENGTH = 200, 40
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class Room:
    """`opened`, `said` and `closed` are seconds since 1970; `closed` is 0 while the room is open.

    `said` is when the message was sent: the same text sent again is another message. `on_stage` is the ID of the member
    whose work the teacher shows to all; "" if nobody. `name` is what its teacher calls the class; "" if nothing.
    """

    id: str
    teacher: str
    opened: float = 0.0
    closed: float = 0.0
    message: str = ""
    is_paused: bool = False
    on_stage: str = ""
    said: float = 0.0
    name: str = ""

    @property
    def code(self) -> str:
        """What pupils enter to join."""
        return self.id[:CODE_LENGTH]

    @property
    def is_open(self) -> bool:
        return not self.closed

    @property
    def thing(self) -> Thing:
        """The class as the table of rights knows it: its teacher's."""
        return Thing(self.teacher, Visibility.ROOM, self.id)


def folder() -> Path:
    """The folder of all rooms. It need not exist yet."""
    return paths.own_folder() / ".rooms"


def find(room_id: str) -> Room | None:
    """The room with this ID; None if there is none, or its file is damaged."""
    if not ID.fullmatch(room_id):
        return None
    path = folder() / f"{room_id}.json"
    try:
        facts = path.stat()
    except OSError:
        return None
    return _read(path, (facts.st_mtime_ns, facts.st_ino))


def find_open(code: str) -> Room | None:
    """The open room with this code; spaces and lower case do not matter."""
    code = tidy(code)
    if len(code) != CODE_LENGTH:
        return None
    found = (find(path.stem) for path in folder().glob(f"{code}-*.json"))
    return next((room for room in found if room is not None and room.is_open), None)


def all_open() -> list[Room]:
    """All open rooms, the latest first."""
    return sorted((room for room in all_of() if room.is_open), key=lambda room: room.opened, reverse=True)


def all_of() -> list[Room]:
    """All rooms, also closed ones."""
    return [room for path in folder().glob("*.json") if (room := find(path.stem)) is not None]


def tidy(code: str) -> str:
    """A code as it was given out, from what somebody typed."""
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def tidy_text(text: str, most: int) -> str:
    """A line of printable characters, at most so many."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:most].strip()


@contextlib.contextmanager
def changing() -> Iterator[None]:
    """Of all processes and threads that change rooms, one at a time."""
    with changing_files_of(folder()):
        yield


@contextlib.contextmanager
def changing_files_of(place: Path) -> Iterator[None]:
    """Of all processes and threads that change files in this folder, one at a time. It is created if it is missing.

    Raises:
        UserError: the server is busy, or a file cannot be written.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with filelock.FileLock(place / ".lock", timeout=LOCK_SECONDS, poll_interval=0.02):
            yield
    except filelock.Timeout as error:
        raise UserError("The server is busy. Try again in a moment.") from error
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error


def changed(room: Room, **values: Any) -> Room:
    """The room as it is on disk with these values, written. A room that is gone stays as it was given."""
    room = replace(find(room.id) or room, **values)
    write(room)
    return room


def note_taught(room: Room) -> None:
    """Note that this is the room of its teacher, who keeps their rights over what was done in their earlier ones."""
    before = people.find(room.teacher).taught
    known = [other.id for other in all_of() if other.teacher == room.teacher and other.id not in before]
    taught = dict.fromkeys([*known, *before, room.id])
    people.change(room.teacher, room=room.id, taught=tuple(taught)[-people.MOST_TAUGHT :])


def write(room: Room) -> None:
    names = ("teacher", "opened", "closed", "message", "said", "is_paused", "on_stage", "name")
    content = {name: getattr(room, name) for name in names}
    atomic.write_json(folder() / f"{room.id}.json", {"version": VERSION, **content})


@lru_cache(256)
def _read(path: Path, _stamp: tuple[int, int]) -> Room | None:
    try:
        content = json_files.read_object(path)
        if content["version"] != VERSION:
            return None
        teacher, opened, closed = content["teacher"], content["opened"], content["closed"]
        message, is_paused = content["message"], content["is_paused"] is True
        if not (people.ID.fullmatch(teacher) and json_files.is_number(opened, 0) and json_files.is_number(closed, 0)):
            return None
        on_stage, said = content.get("on_stage"), content.get("said")
        return Room(
            path.stem,
            teacher,
            float(opened),
            float(closed),
            str(message)[:MESSAGE_LENGTH],
            is_paused,
            on_stage if isinstance(on_stage, str) and people.ID.fullmatch(on_stage) else "",
            float(said) if json_files.is_number(said, 0) else 0.0,
            tidy_text(name, CLASS_NAME_LENGTH) if isinstance(name := content.get("name"), str) else "",
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
