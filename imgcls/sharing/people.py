"""What the server remembers about visitors: names, roles and rooms. Nothing about who only looks.

<own data>/.people/
    cookie.key        signs cookies, see `cookies`                                   mode 0600
    <visitor ID>.json {"version": 1, "name": "Ada", "role": "member", "room": "", "valid_from": 0, "changed": …,
                       "dismissed": …, "taught": ["<room ID>", …]}
    <visitor ID>.lessons.json                                       see `lesson_progress`

A visitor has a file once they enter a name, get a role or join a room, or sign out everywhere.
"""

import contextlib
import re
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls.errors import UserError
from imgcls.sharing.visitors import NOBODY, Role, Visitor
from imgcls.system import atomic, json_files, paths

VERSION = 1
ID = re.compile(r"[A-Za-z0-9_-]{22}")
NAME_LENGTH = 30
MOST_TAUGHT = 500
"""Of the rooms that somebody has taught, only the latest are remembered."""
JOINERS = "\u200c\u200d"
"""Invisible, but part of names in Persian, Sinhala and others, and of emoji. Only between two letters or signs."""
_STRAY_JOINERS = re.compile(rf"(?<![^\s{JOINERS}])[{JOINERS}]|[{JOINERS}](?![^\s{JOINERS}])")
_writing = threading.Lock()


@dataclass(frozen=True)
class Person:
    """`valid_from`: cookies issued before are worthless, in seconds since 1970. `changed`: when name, role or room were
    written. `dismissed`: messages to the class that were sent until then are not shown again. `taught`: the rooms whose
    teacher they are or were."""

    id: str
    name: str = ""
    role: Role = Role.GUEST
    room: str = ""
    valid_from: float = 0.0
    changed: float = 0.0
    dismissed: float = 0.0
    taught: tuple[str, ...] = ()


def folder() -> Path:
    """The folder of what the server remembers about people. It need not exist yet."""
    return paths.own_folder() / ".people"


def find(visitor_id: str) -> Person:
    """What the server remembers about a visitor; somebody without a name and without rights if nothing."""
    if not ID.fullmatch(visitor_id):
        return Person("")
    path = folder() / f"{visitor_id}.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return Person(visitor_id)


def everybody() -> list[Person]:
    """All people whom the server remembers, by name."""
    try:
        ids = [path.stem for path in folder().glob("*.json") if ID.fullmatch(path.stem)]
    except OSError:
        return []
    return sorted(map(find, ids), key=lambda person: (person.name.casefold(), person.id))


def visitor(visitor_id: str) -> Visitor:
    """The visitor with this ID, with their role as it is now."""
    if not ID.fullmatch(visitor_id):
        return NOBODY
    person = find(visitor_id)
    return Visitor(person.id, person.role, person.name, person.room, frozenset(person.taught))


def change(visitor_id: str, **values: Any) -> Person:
    """Change what the server remembers: name, role, room or valid_from. Who may do so is checked by the caller.

    Raises:
        UserError: the name is empty, or it cannot be written.
    """
    if not ID.fullmatch(visitor_id):
        raise UserError("Your browser sends no cookie. Allow cookies for this site and reload the page.")
    if "name" in values:
        values["name"] = checked_name(values["name"])
    with _writing:
        return _write(replace(find(visitor_id), **values, changed=time.time()))


def dismiss(visitor_id: str, until: float) -> None:
    """Remember that a visitor has dismissed the messages to their class that were sent until then.

    Raises:
        UserError: it cannot be written.
    """
    with _writing:
        person = find(visitor_id)
        if person.id and person.changed:  # who has joined no class gets no messages
            _write(replace(person, dismissed=until))


def forget(visitor_id: str) -> None:
    """Remove what the server remembers about a visitor: whoever has their cookie is a guest without a name."""
    for name in (f"{visitor_id}.json", f"{visitor_id}.lessons.json"):
        with _writing, contextlib.suppress(OSError):
            (folder() / name).unlink(missing_ok=True)


def checked_name(name: str) -> str:
    """A name as others see it: printable characters, at most `NAME_LENGTH`.

    Raises:
        UserError: it has none.
    """
    printable = "".join(letter if letter.isprintable() or letter in JOINERS else " " for letter in name)
    name = " ".join(_STRAY_JOINERS.sub("", printable).split())[:NAME_LENGTH].strip(f" {JOINERS}")
    if not any(letter.isalnum() for letter in name):
        raise UserError("A name needs at least one letter or digit.")
    return name


def _write(person: Person) -> Person:
    names = ("name", "role", "room", "valid_from", "changed", "dismissed", "taught")
    content = {key: getattr(person, key) for key in names}
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.write_json(folder() / f"{person.id}.json", {"version": VERSION, **content})
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error
    return person


@lru_cache(1024)
def _read(path: Path, _stamp: int) -> Person:
    try:
        content = json_files.read_object(path)
        if content["version"] != VERSION:
            return Person(path.stem)
        taught = content.get("taught")
        taught = [room for room in taught if isinstance(room, str)] if isinstance(taught, list) else []
        found = [content.get(name) for name in ("valid_from", "changed", "dismissed")]
        times = [float(value) if json_files.is_number(value, 0.0) else 0.0 for value in found]
        return Person(
            path.stem,
            str(content["name"])[:NAME_LENGTH],
            Role(content["role"]),
            str(content["room"]),
            times[0],
            times[1],
            times[2],
            tuple(taught[-MOST_TAUGHT:]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Person(path.stem)  # damaged: no rights
