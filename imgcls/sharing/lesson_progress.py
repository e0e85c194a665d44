"""How far a visitor is in the lessons, so that they can go on later: <own data>/.people/<visitor ID>.lessons.json.

    {"version": 1, "current": "draw", "lessons": {"draw": {"step": 2, "since": 1767225600.0, "answers": {"0": 1},
     "done": [0, 1], "is_finished": false, "found": {"0": {"confidence": "97.1%"}}}}}

In local mode there is one person, whose file is `local.lessons.json`. Who has no cookie gets no file. Which lesson is
open in a browser is decided by `ui.app.lessons.stored`.
"""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from imgcls.errors import UserError
from imgcls.sharing import modes, people
from imgcls.sharing.visitors import Visitor
from imgcls.system import atomic, json_files

VERSION = 1
LOCAL = "local"
ENDING = ".lessons.json"
MOST = 200
"""Steps and answers of a lesson are numbers below this; no value that was found is longer."""


@dataclass(frozen=True)
class Standing:
    """A visitor in one lesson.

    Attributes:
        step: The number of the step they are at, from 0.
        since: When they began the lesson, in seconds since 1970.
        answers: Step -> the choice they made in its question.
        done: Steps whose task they have done.
        is_finished: Whether they have reached the end.
        found: Step -> the values that its text states, by name, as they were when the task was done. Only of steps
            about something that does not stay, such as a drawing.
    """

    step: int = 0
    since: float = 0.0
    answers: Mapping[int, int] = field(default_factory=dict)
    done: frozenset[int] = frozenset()
    is_finished: bool = False
    found: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """All lessons of a visitor. `current` is the one whose bar is shown on the pages; "" if none."""

    current: str = ""
    lessons: Mapping[str, Standing] = field(default_factory=dict)

    def of(self, lesson: str) -> Standing:
        return self.lessons.get(lesson, Standing())

    def begun(self, lesson: str, *, again: bool = False) -> "Progress":
        """The same with this lesson as the current one: where the visitor left it, or `again` from its first step.

        A lesson that was finished stays so while it is repeated.
        """
        standing = self.lessons.get(lesson)
        if standing is None or again:
            standing = Standing(since=time.time(), is_finished=standing is not None and standing.is_finished)
        return self.changed(lesson, standing, current=lesson)

    def changed(self, lesson: str, standing: Standing, *, current: str | None = None) -> "Progress":
        """The same with another standing in one lesson."""
        lessons = {**self.lessons, lesson: standing}
        return replace(self, lessons=lessons, current=self.current if current is None else current)


def path_of(visitor: Visitor) -> Path | None:
    """The file of a visitor, which need not exist; None for one without a cookie."""
    if not modes.is_shared():
        return people.folder() / f"{LOCAL}{ENDING}"
    return people.folder() / f"{visitor.id}{ENDING}" if people.ID.fullmatch(visitor.id) else None


def read(visitor: Visitor) -> Progress:
    """How far a visitor is; at the beginning if nothing is stored or the file is damaged."""
    path = path_of(visitor)
    if path is None:
        return Progress()
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return Progress()


def write(visitor: Visitor, progress: Progress) -> None:
    """Remember how far a visitor is. One without a cookie is not remembered.

    Raises:
        UserError: it cannot be written.
    """
    path = path_of(visitor)
    if path is None:
        return
    lessons = {
        name: {
            "step": standing.step,
            "since": standing.since,
            "answers": {str(step): choice for step, choice in standing.answers.items()},
            "done": sorted(standing.done),
            "is_finished": standing.is_finished,
            "found": {str(step): dict(values) for step, values in standing.found.items()},
        }
        for name, standing in progress.lessons.items()
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.write_json(path, {"version": VERSION, "current": progress.current, "lessons": lessons})
    except OSError as error:
        raise UserError(f"Your progress could not be saved: {error.strerror}. Free some disk space.") from error


def sweep(seconds: float) -> None:
    """Delete what has not changed for this long; only a demo does so."""
    for path in people.folder().glob(f"*{ENDING}"):
        with contextlib.suppress(OSError):
            if abs(time.time() - path.stat().st_mtime) > seconds:
                path.unlink()


@lru_cache(256)
def _read(path: Path, _stamp: int) -> Progress:
    try:
        content = json_files.read_object(path)
        if content["version"] != VERSION:
            return Progress()
        lessons = {str(name): _standing(entry) for name, entry in content["lessons"].items()}
        return Progress(str(content["current"]), lessons)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Progress()


def _standing(entry: Mapping) -> Standing:
    """Raises ValueError, KeyError or TypeError if it is none."""
    step, since, done = entry["step"], entry["since"], entry["done"]
    answers = {int(key): choice for key, choice in entry["answers"].items()}
    found = {int(key): _texts(values) for key, values in entry.get("found", {}).items()}
    numbers = [step, *answers, *answers.values(), *done, *found]
    if not all(json_files.is_integer(number, 0, MOST) for number in numbers) or not json_files.is_number(since, 0):
        raise ValueError("standing")
    return Standing(step, float(since), answers, frozenset(done), entry["is_finished"] is True, found)


def _texts(values: Mapping) -> dict[str, str]:
    return {str(name)[:MOST]: str(value)[:MOST] for name, value in values.items()}
