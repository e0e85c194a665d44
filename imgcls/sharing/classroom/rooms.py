"""A room: one class with its teacher, for a lesson or a term.

<own data>/.rooms/
    .lock          held while a room or its members change
    <ID>.json      {"version": 1, "teacher": "<visitor ID>", "opened": 1767225600.0, "closed": 0.0, "message": "",
                    "is_paused": false}

An ID is the code that pupils enter and a random part: a code may be used again once its room is closed, an ID never is,
so that nobody sees the runs of an earlier class. Who belongs to a room is a fact about a person (`people.Person.room`).
Joining makes a guest a member; who leaves, is removed, or whose class is closed, is a guest again.
"""

import contextlib
import re
import secrets
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import filelock

from imgcls import sharing
from imgcls.errors import UserError
from imgcls.sharing import Mode, NotAllowed, Role, Visitor, people
from imgcls.sharing.classroom import guessing
from imgcls.sharing.owner_code import LETTERS
from imgcls.sharing.people import NAME_LENGTH, Person
from imgcls.system import atomic, json_files, paths

VERSION = 1
CODE_LENGTH = 5
ID = re.compile(rf"([{LETTERS}]{{{CODE_LENGTH}}})-[0-9a-f]{{8}}")
MESSAGE_LENGTH = 200
MOST_MEMBERS = 200
LOCK_SECONDS = 10.0
WRONG_CODE = "There is no open class with this code. Compare it with the one that your teacher shows."


@dataclass(frozen=True)
class Room:
    """`opened` and `closed` are seconds since 1970; `closed` is 0 while the room is open."""

    id: str
    teacher: str
    opened: float = 0.0
    closed: float = 0.0
    message: str = ""
    is_paused: bool = False

    @property
    def code(self) -> str:
        """What pupils enter to join."""
        return self.id[:CODE_LENGTH]

    @property
    def is_open(self) -> bool:
        return not self.closed


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
    found = [room for path in folder().glob("*.json") if (room := find(path.stem)) is not None and room.is_open]
    return sorted(found, key=lambda room: room.opened, reverse=True)


def tidy(code: str) -> str:
    """A code as it was given out, from what somebody typed."""
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def members(room: Room) -> list[Person]:
    """Who has joined, by name, without the teacher."""
    return [person for person in people.everybody() if person.room == room.id and person.id != room.teacher]


def manages(visitor: Visitor, room: Room) -> bool:
    """Whether a visitor is the room's teacher, or the owner of the server."""
    return visitor.role is Role.OWNER or (visitor.role is Role.TEACHER and visitor.id == room.teacher)


def require_teacher(room: Room) -> None:
    """Stop here if the present visitor does not manage this room.

    Raises:
        NotAllowed: they do not.
    """
    if not manages(sharing.current(), room):
        raise NotAllowed("Only the teacher of this class may do this.")


def may_open(visitor: Visitor) -> bool:
    """Whether a visitor may have a class."""
    return sharing.mode() is Mode.CLASSROOM and bool(visitor.id) and visitor.role in (Role.TEACHER, Role.OWNER)


def open_new() -> Room:
    """Open a room whose teacher is the present visitor.

    Raises:
        NotAllowed: they are no teacher.
        UserError: they have an open room, or it cannot be written.
    """
    visitor = sharing.current()
    if not may_open(visitor):
        raise NotAllowed("Only teachers and the owner of the server may open a class.")
    with _changing():
        present = find(people.find(visitor.id).room)
        if present is not None and present.is_open:
            raise UserError("You have an open class. Close it first.")
        code = ""
        while not code or find_open(code):
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        room = Room(f"{code}-{secrets.token_hex(4)}", visitor.id, time.time())
        _write(room)
        people.change(visitor.id, room=room.id)
    return room


def join(code: str, name: str, address: str = "") -> Room:
    """Let the present visitor join the open room with this code. Of two people with the same name, one gets a number.

    Args:
        address: The IP address they come from, for the limit on wrong codes; "" if unknown.

    Raises:
        UserError: there is no such room, too many codes were wrong, the name is empty, or the room is full.
        NotAllowed: they are a teacher, or the server is not in classroom mode.
    """
    visitor = sharing.current()
    if sharing.mode() is not Mode.CLASSROOM:
        raise NotAllowed("There are no classes on this server.")
    if visitor.role in (Role.TEACHER, Role.OWNER):
        raise NotAllowed("You are a teacher here. To see a class as a pupil does, join it in another browser.")
    with _changing():
        guessing.check(visitor.id, address)
        room = find_open(code)
        if room is None:
            guessing.note_wrong(visitor.id, address)
            raise UserError(WRONG_CODE)
        others = [person for person in members(room) if person.id != visitor.id]
        if len(others) >= MOST_MEMBERS:
            raise UserError(f"This class is full: it has {len(others)} members.")
        taken = [person.name for person in (*others, people.find(room.teacher))]
        people.change(visitor.id, name=_free_name(people.checked_name(name), taken), role=Role.MEMBER, room=room.id)
    return room


def leave() -> None:
    """The present visitor leaves their room. A teacher closes it instead.

    Raises:
        UserError: it cannot be written.
    """
    with _changing():
        _dismiss(sharing.current().id, room="")


def remove(room: Room, visitor_id: str) -> None:
    """Remove a member. Their runs stay; they can join again with the code.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require_teacher(room)
    with _changing():
        if people.find(visitor_id).room == room.id and visitor_id != room.teacher:
            _dismiss(visitor_id, room="")


def close(room: Room) -> Room:
    """Close a room: nobody can join, and its members can no longer start trainings. They still see its runs.

    Trainings in progress go on; the teacher can stop them.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require_teacher(room)
    with _changing():
        room = _changed(room, closed=time.time(), is_paused=False)
        for person in members(room):
            _dismiss(person.id, room=room.id)
    return room


def announce(room: Room, text: str) -> Room:
    """Show a message on the pages of all members; "" removes it. At most `MESSAGE_LENGTH` characters are kept.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require_teacher(room)
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    with _changing():
        return _changed(room, message=" ".join(printable.split())[:MESSAGE_LENGTH].strip())


def note_paused(room: Room, is_paused: bool) -> Room:
    """Note that the teacher has paused all trainings, or no longer has. `work.pause_all` pauses them.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be written.
    """
    require_teacher(room)
    with _changing():
        return _changed(room, is_paused=is_paused)


def _free_name(name: str, taken: list[str]) -> str:
    used = {_folded(other) for other in taken}
    number, candidate = 1, name
    while _folded(candidate) in used:
        number += 1
        ending = f" {number}"
        candidate = name[: NAME_LENGTH - len(ending)].rstrip() + ending
    return candidate


def _folded(name: str) -> str:
    """Names that look the same are the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def _dismiss(visitor_id: str, *, room: str) -> None:
    person = people.find(visitor_id)
    if person.id:
        people.change(person.id, room=room, role=Role.GUEST if person.role is Role.MEMBER else person.role)


@contextlib.contextmanager
def _changing() -> Iterator[None]:
    """Of all processes and threads that change rooms, one at a time."""
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        with filelock.FileLock(folder() / ".lock", timeout=LOCK_SECONDS, poll_interval=0.02):
            yield
    except filelock.Timeout as error:
        raise UserError("The server is busy. Try again in a moment.") from error
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error


def _changed(room: Room, **values: object) -> Room:
    """The room as it is on disk with these values, written. A room that is gone stays as it was given."""
    room = replace(find(room.id) or room, **values)  # type: ignore[arg-type]
    _write(room)
    return room


def _write(room: Room) -> None:
    content = {name: getattr(room, name) for name in ("teacher", "opened", "closed", "message", "is_paused")}
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
        return Room(path.stem, teacher, float(opened), float(closed), str(message)[:MESSAGE_LENGTH], is_paused)
    except (OSError, ValueError, KeyError, TypeError):
        return None
