"""Whose a folder is, and who sees it: owner.json in the folder of a run, a dataset or an import.

    {"version": 1, "owner": "<visitor ID>", "name": "Ada", "visibility": "private", "room": "", "created": 1767225600.0}

A folder without the file belongs to the owner of the server, and everybody sees it: so it was before there were owners.
In local mode the file is not written. A damaged file hides the folder from everybody but the owner of the server.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from imgcls.sharing import modes, people, visitors
from imgcls.sharing.permissions import Thing, Visibility
from imgcls.sharing.visitors import SERVER, Role, Visitor
from imgcls.system import atomic, json_files

NAME = "owner.json"
VERSION = 1
DAMAGED = Thing("", Visibility.PRIVATE)
_names: Callable[[Thing], str] | None = None


def of(folder: Path) -> Thing:
    """Whose a folder is."""
    try:
        stamp = (folder / NAME).stat().st_mtime_ns
    except FileNotFoundError:
        return Thing()
    except OSError:
        return DAMAGED
    return _read(folder, stamp)[0]


def provide_names(names: Callable[[Thing], str]) -> None:
    """Let `names` say what owners are called: a page on the projector may not name everybody."""
    global _names
    _names = names


def name_of(thing: Thing) -> str:
    """Whose it is, as whoever looks at the page may read it; "" if they may not."""
    return thing.shown_owner if _names is None else _names(thing)


def readable(thing: Thing) -> Thing:
    """The same without a name that whoever looks at the page may not read."""
    return thing if name_of(thing) == thing.shown_owner else replace(thing, owner_name="")


def created(folder: Path) -> float:
    """When its owner made it, in seconds since 1970; 0 if it has none."""
    try:
        return _read(folder, (folder / NAME).stat().st_mtime_ns)[1]
    except OSError:
        return 0.0


def record(folder: Path, visitor: Visitor | None = None) -> None:
    """Note that a new folder belongs to a visitor, by default the one who acts. Nothing in local mode.

    Raises:
        OSError: the file cannot be written.
    """
    if not modes.is_shared():
        return
    visitor = visitors.current() if visitor is None else visitor
    if visitor.id:
        visibility = Visibility.ROOM if visitor.room else Visibility.PRIVATE
        _write(folder, Thing(visitor.id, visibility, visitor.room, visitor.name), time.time())


def maker(folder: Path) -> Visitor:
    """For whom a process works that was started for this folder: what it makes belongs to the folder's owner.

    It has at least the rights of a member, because what it does was allowed before it was started. The limits of a
    teacher and of the owner of the server are those of their role.
    """
    thing = of(folder)
    if not thing.owner:
        return SERVER
    role = people.find(thing.owner).role
    role = role if role in (Role.TEACHER, Role.OWNER) else Role.MEMBER
    return Visitor(thing.owner, role, thing.owner_name, thing.room)


def share(folder: Path, visibility: Visibility) -> None:
    """Change who sees a folder; who may do so is checked by `guarding.share`.

    Raises:
        OSError: the file cannot be written.
    """
    thing = of(folder)
    _write(folder, Thing(thing.owner, visibility, thing.room, thing.owner_name), created(folder) or time.time())


def _write(folder: Path, thing: Thing, made: float) -> None:
    content = {"owner": thing.owner, "name": thing.owner_name, "visibility": str(thing.visibility), "room": thing.room}
    atomic.write_json(folder / NAME, {"version": VERSION, **content, "created": made})


@lru_cache(8192)
def _read(folder: Path, _stamp: int) -> tuple[Thing, float]:
    try:
        content = json_files.read_object(folder / NAME)
        if content["version"] != VERSION:
            return DAMAGED, 0.0
        owner, room, name = (content[key] for key in ("owner", "room", "name"))
        if not all(isinstance(text, str) for text in (owner, room, name)):
            return DAMAGED, 0.0
        made = content.get("created")
        return (
            Thing(owner, Visibility(content["visibility"]), room, name),
            float(made) if json_files.is_number(made, 0.0) else 0.0,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return DAMAGED, 0.0
