"""An assignment of a class, and its file.

<own data>/.assignments/
    .lock               held while an assignment or its attempts change
    <CODE>.json         the assignment, see `Assignment`
    <CODE>.attempts.json, <CODE>.final.json      see `attempts` and `closing`

The code is a key to a page, not a secret: only the class and its teacher find an assignment by it.
"""

import contextlib
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls import sharing
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.sharing import Action, Mode, Visitor
from imgcls.sharing.classroom import room_files, rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.owner_code import LETTERS
from imgcls.system import atomic, json_files, paths

VERSION = 1
CODE_LENGTH = 6
CODE = re.compile(rf"[{LETTERS}]{{{CODE_LENGTH}}}")
PAGES = ("train", "data", "evaluate", "predict", "lessons")
LESSON = "lesson"
"""What the state of an assignment of the page Lessons has: the name of the lesson."""
TITLE_LENGTH, TEXT_LENGTH = 80, 2_000
MOST_ATTEMPTS = 100
MOST_OF_A_ROOM = 100
MOST_CONTROLS = 200
ALWAYS_FIXED = "data"
"""Scores on different datasets cannot be compared."""

Setting = int | float | bool | str


@dataclass(frozen=True)
class Goal:
    """What a run has to reach; None for what does not matter.

    Attributes:
        val_accuracy: At least this validation accuracy, 0 to 1.
        parameters: Fewer than this many parameters.
        seconds: At most this training time.
    """

    val_accuracy: float | None = None
    parameters: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Assignment:
    """One assignment.

    Attributes:
        state: The controls of the page that it sets, by their name. A number, text or switch each.
        fixed: Which of them cannot be changed. `hidden` ones are fixed, and not shown.
        why: Why these are fixed, for the pupils.
        attempts: How many runs each person may start for it; 0 for any number.
        asks_guess: Whether everybody predicts the result before their first attempt.
        opened, closed: Seconds since 1970; `closed` is 0 while it is open.
    """

    code: str
    room: str
    page: str
    title: str
    instructions: str = ""
    state: Mapping[str, Setting] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    why: str = ""
    goal: Goal = Goal()
    attempts: int = 0
    asks_guess: bool = False
    opened: float = 0.0
    closed: float = 0.0

    @property
    def is_open(self) -> bool:
        return not self.closed

    @property
    def fixed_state(self) -> dict[str, Setting]:
        """The controls that cannot be changed, also the hidden ones, with their values."""
        return {name: value for name, value in self.state.items() if name in {*self.fixed, *self.hidden}}


def folder() -> Path:
    """The folder of all assignments. It need not exist yet."""
    return paths.own_folder() / ".assignments"


def make(room: Room, page: str, title: str, state: Mapping[str, Setting], **values: Any) -> Assignment:
    """Give the room an assignment; `values` are further fields of it.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: something is missing or out of range, or it cannot be written.
    """
    new = checked(room, page, title, state, **values)
    with changing():
        if len(of_room(room)) >= MOST_OF_A_ROOM:
            raise UserError(f"This class has {MOST_OF_A_ROOM} assignments. Delete one first.")
        while not new.code or path_of(new.code).exists():
            new = replace(new, code="".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH)))
        write(new)
    return new


def checked(room: Room, page: str, title: str, state: Mapping[str, Setting], **values: Any) -> Assignment:
    """The assignment that `make` would give the room, without a code; nothing is written.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: something is missing or out of range.
    """
    rooms.require(Action.SET_ASSIGNMENTS, room)
    if not room.is_open:
        raise UserError("This class is closed. Open a class first.")
    new = Assignment("", room.id, page, _tidy(title, TITLE_LENGTH), state=dict(state), opened=time.time(), **values)
    new = replace(new, instructions=new.instructions.strip()[:TEXT_LENGTH], why=_tidy(new.why, TEXT_LENGTH))
    if page == "train":
        new = replace(new, fixed=tuple(dict.fromkeys((ALWAYS_FIXED, *new.fixed))))
    _check(new)
    return new


def find(code: str) -> Assignment:
    """The assignment with this code, if the present visitor is in its class or manages it.

    Raises:
        UserError: there is none; that of another class is refused as if it did not exist.
    """
    found = load(code.strip().upper())
    visitor = sharing.current()
    if found is not None:
        room = rooms.find(found.room)
        if visitor.room == found.room or (room is not None and rooms.manages(visitor, room)):
            return found
    raise UserError("There is no such assignment in your class. Compare the link with the one from your teacher.")


def of_room(room: Room) -> list[Assignment]:
    """The assignments of a room, the latest first. Who may see them is checked by the caller."""
    found = (load(path.stem) for path in folder().glob("?" * CODE_LENGTH + ".json"))
    return sorted((one for one in found if one and one.room == room.id), key=lambda one: one.opened, reverse=True)


def lessons_of(visitor: Visitor) -> set[str]:
    """The names of the lessons that the class of a visitor is to do at present."""
    room = rooms.find(visitor.room) if sharing.mode() is Mode.CLASSROOM else None
    if room is None or not room.is_open:
        return set()
    return {str(one.state[LESSON]) for one in of_room(room) if one.page == "lessons" and one.is_open}


def describe(assignment: Assignment, title: str, instructions: str) -> Assignment:
    """Give an assignment another title and other instructions. Nothing else can be changed: runs count for it.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it has no title, it was deleted meanwhile, or it cannot be written.
    """
    require_teacher(assignment)
    with changing():
        present = load(assignment.code)
        if present is None:
            raise UserError("This assignment was deleted.")
        text = instructions.strip()[:TEXT_LENGTH]
        present = replace(present, title=_tidy(title, TITLE_LENGTH), instructions=text)
        _check(present)
        write(present)
    return present


def delete(assignment: Assignment) -> None:
    """Delete an assignment. The runs stay, as runs of their own that the test set was spared.

    Raises:
        NotAllowed: the present visitor is not the teacher.
        UserError: it cannot be removed.
    """
    require_teacher(assignment)
    remove(assignment)


def remove(assignment: Assignment) -> None:
    """The same for whoever has checked that it may be deleted."""
    with changing():
        for path in folder().glob(f"{assignment.code}.*"):
            path.unlink(missing_ok=True)


def require_teacher(assignment: Assignment) -> None:
    """Stop here if the present visitor does not manage the class of this assignment.

    Raises:
        NotAllowed: they do not.
    """
    room = rooms.find(assignment.room)
    if room is None:
        sharing.require(Action.SET_ASSIGNMENTS)  # of the owner of the server, if the class is gone
    else:
        rooms.require(Action.SET_ASSIGNMENTS, room)


def settings_of(config: Config) -> dict[str, Setting]:
    """The settings of a run by the name of their control; those of the model family are named FAMILY.SETTING."""
    values = {name: value for name, value in config.as_dict().items() if name not in ("version", "model_settings")}
    return values | {f"{config.model}.{name}": value for name, value in config.model_settings.items()}


def path_of(code: str, kind: str = "") -> Path:
    """The file of an assignment, or one that belongs to it."""
    return folder() / f"{code}{kind}.json"


def load(code: str) -> Assignment | None:
    """The assignment with this code, whoever asks; None if there is none or its file is damaged."""
    if not CODE.fullmatch(code):
        return None
    try:
        facts = path_of(code).stat()
    except OSError:
        return None
    return _read(path_of(code), (facts.st_mtime_ns, facts.st_ino))


@contextlib.contextmanager
def changing() -> Iterator[None]:
    """Of all processes and threads that change assignments, one at a time.

    Raises:
        UserError: the server is busy, or a file cannot be written.
    """
    with room_files.changing_files_of(folder()):
        yield


def write(assignment: Assignment) -> None:
    """Replace the file. Inside `changing`."""
    content = asdict(assignment)
    atomic.write_json(path_of(content.pop("code")), {"version": VERSION, **content})


def _tidy(text: str, most: int) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:most].strip()


def _check(new: Assignment) -> None:
    """Raises UserError for what no form sends, and for what is missing."""
    goal = new.goal
    if not new.title:
        raise UserError("The assignment needs a title.")
    if new.page not in PAGES:
        raise UserError(f"Assignments can be made on the pages {', '.join(PAGES)}.")
    if new.page == "lessons" and not isinstance(new.state.get(LESSON), str):
        raise UserError("An assignment on the Lessons page needs a lesson.")
    if not 0 <= new.attempts <= MOST_ATTEMPTS:
        raise UserError(f"The number of attempts must be between 0 and {MOST_ATTEMPTS}.")
    if goal.val_accuracy is not None and not 0 < goal.val_accuracy <= 1:
        raise UserError("The validation accuracy of the goal must be above 0% and at most 100%.")
    if any(limit is not None and limit <= 0 for limit in (goal.parameters, goal.seconds)):
        raise UserError("The limits of the goal must be positive.")
    if len(new.state) > MOST_CONTROLS or not all(isinstance(value, Setting) for value in new.state.values()):
        raise UserError("The state of this page cannot be made an assignment.")
    if unknown := {*new.fixed, *new.hidden} - set(new.state):
        raise UserError(f"The page has no control '{min(unknown)}' that could be fixed.")


@lru_cache(512)
def _read(path: Path, _stamp: tuple[int, int]) -> Assignment | None:
    try:
        content = json_files.read_object(path)
        if content.pop("version") != VERSION or not isinstance(content["state"], dict):
            return None
        for name in ("fixed", "hidden"):
            content[name] = tuple(map(str, content[name]))
        found = Assignment(path.stem, **{**content, "goal": Goal(**content["goal"])})
        _check(found)
        if not (json_files.is_number(found.opened, 0) and json_files.is_number(found.closed, 0)):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError):
        return None
    return found
