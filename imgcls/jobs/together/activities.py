"""What a class draws for at the moment, one thing at a time: a wall, or a collection to train a model on.

<own data>/.rooms/<room ID>/activity.json, by rename
<own data>/.rooms/<room ID>/activity-<its ID>.json, those before, for the export
"""

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcls import runs
from imgcls.datasets.importing import class_names
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.sharing import Action, Thing, Visibility, acting_as
from imgcls.sharing.classroom import rooms
from imgcls.sharing.classroom.rooms import Room
from imgcls.sharing.visitors import SERVER
from imgcls.system import atomic, json_files

NAME = "activity.json"
VERSION = 1
CLASSES = (2, 36)
CLASS_NAME_LENGTH = 20
DIGITS = tuple("0123456789")


class Kind(StrEnum):
    """WALL: anybody with the code draws and a model reads it. COLLECTION: members draw what a model will learn."""

    WALL = "wall"
    COLLECTION = "collection"


@dataclass(frozen=True)
class Activity:
    """`model` is the ID of the run that reads the drawings, "" if there is none (yet); `data` the dataset made of them.

    `is_moderated`: a drawing appears on the wall only once its moderator has approved it. `has_photos`: members take
    photos in place of drawings. `started` and `finished` are seconds since 1970; `finished` is 0 while drawings are
    accepted. Drawings with a larger ID than `trained_until` came after the training; `has_groups`: its test keeps the
    drawings of each person together.
    """

    id: str
    kind: Kind
    classes: tuple[str, ...]
    model: str = ""
    data: str = ""
    is_moderated: bool = False
    has_photos: bool = False
    started: float = 0.0
    finished: float = 0.0
    trained_until: int = 0
    has_groups: bool = False

    def is_late(self, number: int) -> bool:
        """Whether the drawing with this ID came after the training began."""
        return 0 < self.trained_until < number

    @property
    def is_open(self) -> bool:
        return not self.finished


def folder(room: Room) -> Path:
    """Where the drawings of a class are. It need not exist."""
    return rooms.folder() / room.id


def thing(room: Room, activity: Activity) -> Thing:
    """For whom it is: a wall for everybody with the code, a collection for the members of the class."""
    is_for_all = activity.kind is Kind.WALL
    return Thing(room.teacher, Visibility.PUBLIC if is_for_all else Visibility.ROOM, room.id)


def require_teacher(room: Room) -> None:
    """Stop here if the present visitor may not collect drawings in this class.

    Raises:
        NotAllowed: they may not.
    """
    rooms.require(Action.COLLECT_DRAWINGS, room)


def find(room: Room) -> Activity | None:
    """What the class draws for, or did last; None if nothing yet."""
    path = folder(room) / NAME
    try:
        facts = path.stat()
    except OSError:
        return None
    return _read(path, (facts.st_mtime_ns, facts.st_ino))


def all_of(room: Room) -> list[Activity]:
    """What the class has drawn for, the first one first. One that cannot be read is left out."""
    paths = [*folder(room).glob("activity-*.json"), folder(room) / NAME]
    found = [activity for path in paths if (activity := _load(path)) is not None]
    return sorted(found, key=lambda activity: activity.started)


def start_wall(room: Room, model: str, *, is_moderated: bool = False) -> Activity:
    """Start a wall whose drawings this run reads.

    Raises:
        NotAllowed: the present visitor is not the teacher of the class.
        UserError: the run reads no handwriting, the class is closed, or it cannot be written.
    """
    run = runs.find(model)
    card = run.card if run.is_ready else None
    if card is None or not card.is_ink or card.is_multilabel:
        raise UserError(f"The model of “{run.label}” does not read handwriting. Choose a model trained on drawings.")
    return _start(room, Activity("", Kind.WALL, card.classes, model=run.id, is_moderated=is_moderated))


def start_collection(room: Room, classes: Sequence[str], *, has_photos: bool = False) -> Activity:
    """Start to collect drawings, or photos, of these classes.

    Raises:
        NotAllowed: the present visitor is not the teacher of the class.
        UserError: the class names are invalid, the class is closed, or it cannot be written.
    """
    return _start(room, Activity("", Kind.COLLECTION, checked_classes(classes), has_photos=has_photos))


def checked_classes(names: Sequence[str]) -> tuple[str, ...]:
    """The names of classes as they are shown, each once.

    Raises:
        UserError: there are too few or too many, or one is too long.
    """
    found: dict[str, str] = {}
    for name in (class_names.visible(name) for name in names):
        if len(name) > CLASS_NAME_LENGTH:
            raise UserError(f"“{name[:CLASS_NAME_LENGTH]}…” is too long: at most {CLASS_NAME_LENGTH} characters.")
        if name:
            found.setdefault(class_names.merge_key(name), name)
    low, high = CLASSES
    if not low <= len(found) <= high:
        raise UserError(f"There are {len(found)} different class names. Enter {low} to {high}, such as: A, B, C")
    return tuple(found.values())


def finish(room: Room) -> None:
    """Accept no more drawings. Raises as `start_wall` does."""
    change(room, finished=time.time())


def change(room: Room, **values: Any) -> Activity:
    """Change the activity of a class.

    Raises:
        NotAllowed: the present visitor is not the teacher of the class.
        UserError: there is none, or it cannot be written.
    """
    require_teacher(room)
    return note(room, **values)


def note(room: Room, **values: Any) -> Activity:
    """The same for what follows from something that was allowed. Raises UserError."""
    activity = find(room)
    if activity is None:
        raise UserError("Nothing has been started in this class.")
    return _write(room, replace(activity, **values))


def model_of(activity: Activity) -> Run | None:
    """The run that reads the drawings; None if there is none, or it has no model (any more).

    Its teacher sees it and has chosen it for all who draw, so it does not matter whether they see it, too.
    """
    if not activity.model:
        return None
    with contextlib.suppress(UserError), acting_as(SERVER):
        run = runs.find(activity.model)
        return run if run.is_ready else None
    return None


def _start(room: Room, activity: Activity) -> Activity:
    require_teacher(room)
    if not room.is_open:
        raise UserError("This class is closed. Open a class first.")
    earlier = find(room)
    if earlier is not None and earlier.id.isalnum():
        _write(room, earlier, f"activity-{earlier.id}.json")
    return _write(room, replace(activity, id=secrets.token_hex(6), started=time.time()))


def _write(room: Room, activity: Activity, name: str = NAME) -> Activity:
    try:
        folder(room).mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.write_json(folder(room) / name, {"version": VERSION, **asdict(activity)})
    except OSError as error:
        raise UserError(f"It could not be saved: {error.strerror}. Free some disk space.") from error
    return activity


@lru_cache(256)
def _read(path: Path, _stamp: tuple[int, int]) -> Activity | None:
    return _load(path)


def _load(path: Path) -> Activity | None:
    try:
        content = json_files.read_object(path)
        if content.pop("version") != VERSION:
            return None
        classes = tuple(map(str, content.pop("classes")))
        content.pop("names_until", None)  # approved names are in a file of their own now
        times = [content.get(name, 0.0) for name in ("started", "finished", "trained_until")]
        if not all(json_files.is_number(value, 0.0) for value in times):
            return None
        return Activity(kind=Kind(content.pop("kind")), classes=classes, **content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
