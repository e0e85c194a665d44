"""The drawings of a class, stored and counted; see `database` for where they are."""

import json
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from imgcls.errors import UserError
from imgcls.jobs.together import database, photos
from imgcls.jobs.together.database import NAME
from imgcls.sharing.classroom import rooms

SHAPES = {math.prod(shape): shape for shape in ((28, 28, 1), photos.SHAPE)}
"""Bytes of stored pixels -> their shape: of a drawing and of a photo."""
COLUMNS = "id, writer, state, made, label, predicted, confidence, strokes"


class State(IntEnum):
    """Whether others see a drawing. REMOVED: by the teacher, who can take it back."""

    SHOWN = 0
    REMOVED = 1
    WAITING = 2


@dataclass(frozen=True)
class Drawing:
    """`label`, `predicted`: indices of classes, None if unknown. `strokes`: JSON, as the canvas sends them.

    Of a photo, `strokes` is a text, its data URL.
    """

    id: int
    writer: str
    state: State
    made: float
    label: int | None
    predicted: int | None
    confidence: float | None
    strokes: str

    @property
    def is_rejected(self) -> bool:
        """Whether it is not a digit: it has a confidence, but the class that the model would read counts nowhere."""
        return self.predicted is None and self.confidence is not None


class Pool:
    """The drawings of one activity. `folder` is that of the class, see `activities.folder`."""

    def __init__(self, folder: Path, activity: str):
        self.folder, self.activity, self._path, self._activity = folder, activity, folder / NAME, activity

    def add(
        self,
        writer: str,
        strokes: list[list[float]] | str,
        *,
        state: State = State.SHOWN,
        label: int | None = None,
        predicted: int | None = None,
        confidence: float | None = None,
        pixels: np.ndarray | None = None,
        most: tuple[int, int],
    ) -> int:
        """Store a drawing and return its ID. `pixels` are uint8; `most`: drawings of this writer, and of everybody.

        Raises:
            UserError: there are too many, or it cannot be written.
        """
        with database.opened(self._path) as base, base:
            base.execute("BEGIN IMMEDIATE")
            count = "SELECT count(*) FROM drawings WHERE activity = ?"
            own = base.execute(f"{count} AND writer = ?", (self._activity, writer)).fetchone()[0]
            everybodys = base.execute(count, (self._activity,)).fetchone()[0]
            if own >= most[0] or everybodys >= most[1]:
                whose = f"You have sent {own:,}" if own >= most[0] else f"The class has sent {everybodys:,}"
                raise UserError(f"{whose}, which is the limit. Thank you!")
            values = (self._activity, writer, int(state), time.time(), label, predicted, confidence)
            row = base.execute(
                "INSERT INTO drawings (activity, writer, state, made, label, predicted, confidence, strokes, pixels)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, json.dumps(strokes, separators=(",", ":")), None if pixels is None else pixels.tobytes()),
            )
            return int(row.lastrowid or 0)

    def find(self, number: int) -> Drawing | None:
        """The drawing with this ID."""
        return next(iter(self._select("id = ?", (number,))), None)

    def of_writer(self, writer: str, most: int) -> list[Drawing]:
        """The newest that somebody has drawn, the newest first."""
        return self._select("writer = ? ORDER BY id DESC LIMIT ?", (writer, most))

    def counts_of(self, writer: str) -> list[tuple[int | None, int, int, int]]:
        """By class: how many drawings of a writer there are, have a prediction, and have a wrong one."""
        with database.opened(self._path) as base:
            return base.execute(
                "SELECT label, count(*), count(predicted), coalesce(sum(label != predicted), 0) FROM drawings "
                "WHERE activity = ? AND writer = ? GROUP BY 1",
                (self._activity, writer),
            ).fetchall()

    def newest(self, states: tuple[State, ...], most: int, after: int = 0) -> list[Drawing]:
        """The newest drawings in one of these states, the newest first, of those with a larger ID than `after`."""
        marks = ",".join(map(str, map(int, states)))
        return self._select(f"state IN ({marks}) AND id > ? ORDER BY id DESC LIMIT ?", (after, most))

    def everything(self) -> list[Drawing]:
        """All drawings, the oldest first."""
        return self._select("1 ORDER BY id")

    def oldest(self, state: State, most: int) -> list[Drawing]:
        """The oldest drawings in a state, the oldest first: they wait in this order."""
        return self._select("state = ? ORDER BY id LIMIT ?", (int(state), most))

    def count(self, state: State, after: int = 0) -> int:
        """How many drawings are in a state and have a larger ID than `after`."""
        with database.opened(self._path) as base:
            query = "SELECT count(*) FROM drawings WHERE activity = ? AND state = ? AND id > ?"
            return int(base.execute(query, (self._activity, int(state), after)).fetchone()[0])

    def all_of(self, label: int, most: int) -> list[Drawing]:
        """The newest drawings of a class, also those that were removed."""
        return self._select("label = ? ORDER BY id DESC LIMIT ?", (label, most))

    def pixels(self) -> dict[int, np.ndarray]:
        """The pixels of all that are shown and have a class, by ID: those of a drawing or of a photo."""
        with database.opened(self._path) as base:
            rows = base.execute(
                "SELECT id, pixels FROM drawings WHERE activity = ? AND state = ? AND label IS NOT NULL AND pixels IS "
                "NOT NULL ORDER BY id",
                (self._activity, int(State.SHOWN)),
            ).fetchall()
        return {
            number: np.frombuffer(data, np.uint8).reshape(SHAPES[len(data)])
            for number, data in rows
            if len(data) in SHAPES
        }

    def pairs(self) -> list[tuple[int | None, int | None, int]]:
        """How many of the drawings that are shown have which label and which prediction."""
        with database.opened(self._path) as base:
            return base.execute(
                "SELECT label, predicted, count(*) FROM drawings WHERE activity = ? AND state = ? GROUP BY 1, 2",
                (self._activity, int(State.SHOWN)),
            ).fetchall()

    def by_writer(self) -> dict[str, int]:
        """How many drawings each writer has in the pool."""
        with database.opened(self._path) as base:
            return dict(
                base.execute(
                    "SELECT writer, count(*) FROM drawings WHERE activity = ? AND state = ? GROUP BY 1",
                    (self._activity, int(State.SHOWN)),
                ).fetchall()
            )

    def surest_mistake(self) -> Drawing | None:
        """The drawing whose wrong prediction is the most confident one."""
        found = self._select(
            f"state = {int(State.SHOWN)} AND label IS NOT NULL AND predicted IS NOT NULL AND label != predicted "
            "ORDER BY confidence DESC LIMIT 1"
        )
        return found[0] if found else None

    def note_predictions(self, found: Iterable[tuple[int, int, float]]) -> None:
        """Replace predictions: ID of the drawing, the predicted class, its probability."""
        with database.opened(self._path) as base, base:
            base.execute("BEGIN IMMEDIATE")
            base.executemany(
                "UPDATE drawings SET predicted = ?, confidence = ? WHERE id = ? AND activity = ?",
                [(predicted, confidence, number, self._activity) for number, predicted, confidence in found],
            )

    def scores(self) -> dict[str, tuple[int, int]]:
        """By writer: how many drawings have a class and a prediction, and how many predictions are wrong."""
        with database.opened(self._path) as base:
            rows = base.execute(
                "SELECT writer, count(*), sum(label != predicted) FROM drawings WHERE activity = ? AND state = ? AND "
                "label IS NOT NULL AND predicted IS NOT NULL GROUP BY 1",
                (self._activity, int(State.SHOWN)),
            ).fetchall()
        return {writer: (count, wrong) for writer, count, wrong in rows}

    def writers_of(self) -> dict[int, str]:
        """The writer of each drawing that is shown, by its ID."""
        with database.opened(self._path) as base:
            return dict(
                base.execute(
                    "SELECT id, writer FROM drawings WHERE activity = ? AND state = ? ORDER BY id",
                    (self._activity, int(State.SHOWN)),
                ).fetchall()
            )

    def labels(self) -> dict[int, int]:
        """The class of each drawing that is shown and has one, by its ID."""
        query = "SELECT id, label FROM drawings WHERE activity = ? AND state = ? AND label IS NOT NULL"
        with database.opened(self._path) as base:
            return dict(base.execute(query, (self._activity, int(State.SHOWN))).fetchall())

    def distinct(self) -> dict[int, int]:
        """How many drawings of each class training uses: of identical ones, only the first counts."""
        query = (
            "SELECT label, count(*) FROM (SELECT label, min(id) FROM drawings WHERE activity = ? AND state = ? AND "
            "label IS NOT NULL AND pixels IS NOT NULL GROUP BY pixels) GROUP BY 1"
        )
        with database.opened(self._path) as base:
            return dict(base.execute(query, (self._activity, int(State.SHOWN))).fetchall())

    def note_dataset(self, name: str, classes: Sequence[str]) -> None:
        """Remember which dataset was made of these drawings."""
        with database.opened(self._path) as base, base:
            base.execute(
                "INSERT OR REPLACE INTO datasets VALUES (?, ?, ?)", (self._activity, name, json.dumps(list(classes)))
            )

    def move(self, number: int, state: State) -> None:
        """Remove a drawing from the pool, or take it back."""
        with database.opened(self._path) as base, base:
            query = "UPDATE drawings SET state = ? WHERE id = ? AND activity = ?"
            base.execute(query, (int(state), number, self._activity))

    def delete(self, number: int) -> list[np.ndarray]:
        """Delete a drawing for good; returns its pixels, if it had any."""
        with database.opened(self._path) as base, base:
            where = (number, self._activity)
            rows = base.execute("DELETE FROM drawings WHERE id = ? AND activity = ? RETURNING pixels", where).fetchall()
        database.empty_log(self._path)
        return [image for (data,) in rows if (image := _image(data)) is not None]

    def _select(self, condition: str, values: tuple = ()) -> list[Drawing]:
        with database.opened(self._path) as base:
            rows = base.execute(
                f"SELECT {COLUMNS} FROM drawings WHERE activity = ? AND {condition}", (self._activity, *values)
            ).fetchall()
        return [_drawing(row) for row in rows]


def datasets(folder: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """The datasets that were made of drawings of a class: the activity, the name of the dataset, and its classes."""
    if not (folder / NAME).exists():
        return []
    with database.opened(folder / NAME) as base:
        rows = base.execute("SELECT activity, name, classes FROM datasets").fetchall()
    return [(activity, name, tuple(json.loads(classes))) for activity, name, classes in rows]


def delete_all(folder: Path) -> None:
    """Delete all drawings of a class for good. Datasets made of them stay, and are no longer connected with them."""
    if (folder / NAME).exists():
        with database.opened(folder / NAME) as base, base:
            base.execute("DELETE FROM drawings")
            base.execute("DELETE FROM datasets")
        database.empty_log(folder / NAME)


def total(folder: Path) -> int:
    """How many drawings of a class there are, of all that it has drawn for."""
    if not (folder / NAME).exists():
        return 0
    with database.opened(folder / NAME) as base:
        return int(base.execute("SELECT count(*) FROM drawings").fetchone()[0])


def forget(writer: str) -> dict[Path, list[np.ndarray]]:
    """Delete everything that somebody has drawn, in all classes; returns the pixels by the folder of each class."""
    found = {}
    for path in rooms.folder().glob(f"*/{NAME}"):
        with database.opened(path) as base, base:
            rows = base.execute("DELETE FROM drawings WHERE writer = ? RETURNING pixels", (writer,)).fetchall()
        if rows:
            found[path.parent] = [image for (data,) in rows if (image := _image(data)) is not None]
        database.empty_log(path)
    return found


def count_of(writer: str) -> int:
    """How many drawings of somebody there are, in all classes."""
    found = 0
    for path in rooms.folder().glob(f"*/{NAME}"):
        with database.opened(path) as base:
            found += int(base.execute("SELECT count(*) FROM drawings WHERE writer = ?", (writer,)).fetchone()[0])
    return found


def _image(data: bytes | None) -> np.ndarray | None:
    """The stored pixels of a drawing or photo; None if there are none, as on a wall."""
    shape = SHAPES.get(len(data or b""))
    return None if shape is None else np.frombuffer(data or b"", np.uint8).reshape(shape)


def _drawing(row: tuple) -> Drawing:
    number, writer, state, made, label, predicted, confidence, strokes = row
    return Drawing(number, writer, State(state), made, label, predicted, confidence, strokes)
