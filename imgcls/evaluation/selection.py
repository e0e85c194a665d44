"""Which test pictures are looked at: one selection, written in the URL, that matrix, table, map and gallery share.

    class=3.5       pictures that belong to one of these classes, or were given one
    answers=wrong   "wrong" or "right"
    sure=20-60      how sure the model was of its answer, in percent
    tag=blurred     a word that somebody gave them
    area=1.2_3.4_.. a polygon on the map, points of 0 to 1000
    cell=3-5        true class and answer; one side may be empty

All but the cell narrow: matrix and scores are those of what they leave. The cell is a place in that matrix, whose
pictures the gallery shows; narrowing the matrix to one of its own cells would leave nothing to compare it with.
What a URL says may come from anybody: a part that names nothing is left out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from imgcls.runs.tags import cleaned

NAMES = ("class", "answers", "sure", "tag", "area", "cell")
"""What a selection has in the URL."""
PREDICTIONS = ("wrong", "right")
MOST_CLASSES = 200
MOST_CORNERS = 60
SIDE = 1000
"""The map is this wide and high, in the units of an area."""


@dataclass(frozen=True)
class Selection:
    """`low` and `high` are whole percents, both ends included; `area` holds corners (x, y); `cell` classes or None."""

    classes: tuple[int, ...] = ()
    predictions: str = ""
    low: int = 0
    high: int = 100
    tag: str = ""
    area: tuple[tuple[float, float], ...] = ()
    cell: tuple[int | None, int | None] | None = None

    @classmethod
    def parse(cls, query: Mapping[str, str], num_classes: int) -> "Selection":
        """What these parameters of a URL say about answers with so many classes; whatever is hostile is left out."""
        low, high = _range(query.get("sure", ""))
        predictions = query.get("answers", "")
        return cls(
            classes=tuple(sorted(set(_numbers(query.get("class", ""), num_classes)))),
            predictions=predictions if predictions in PREDICTIONS else "",
            low=low,
            high=high,
            tag=cleaned(query.get("tag", "")[:200]),
            area=_corners(query.get("area", "")),
            cell=_cell(query.get("cell", ""), num_classes),
        )

    def query(self) -> dict[str, str]:
        """The parameters that say it, without those that say nothing; `parse` gives it back."""
        said = {
            "class": ".".join(map(str, self.classes)),
            "answers": self.predictions,
            "sure": "" if (self.low, self.high) == (0, 100) else f"{self.low}-{self.high}",
            "tag": self.tag,
            "area": "_".join(f"{value:g}" for corner in self.area for value in corner),
            "cell": "" if self.cell is None else "-".join("" if side is None else str(side) for side in self.cell),
        }
        return {name: text for name, text in said.items() if text}

    @property
    def narrowed(self) -> "Selection":
        """The same without the cell: what matrix and scores are counted from."""
        return replace(self, cell=None)

    @property
    def narrows(self) -> bool:
        """Whether matrix and scores are of fewer than all pictures."""
        return self.narrowed != Selection()


def kept(
    selection: Selection,
    labels: np.ndarray,
    predicted: np.ndarray,
    confidence: np.ndarray,
    *,
    places: np.ndarray | None = None,
    tagged: np.ndarray | None = None,
) -> np.ndarray:
    """Which pictures a selection leaves, bool (n,), for their classes, answers and certainties (0 to 1), all (n,).

    `places` float (n, 2) says where they lie on the map, and `tagged` bool (n,) which of them have the selection's
    tag. A part of the selection for which nothing is known leaves all.
    """
    left = np.ones(len(labels), bool)
    if selection.classes:
        left &= np.isin(labels, selection.classes) | np.isin(predicted, selection.classes)
    if selection.predictions:
        left &= (predicted == labels) == (selection.predictions == "right")
    if (selection.low, selection.high) != (0, 100):
        # The upper end belongs to a range, so that bars next to each other share no picture but 100% has its place.
        percent = np.float32(100) * confidence.astype(np.float32)
        left &= (percent >= selection.low) & ((percent < selection.high) | (selection.high == 100))
    if selection.tag and tagged is not None:
        left &= tagged
    if selection.area and places is not None:
        left &= inside(selection.area, places)
    if selection.cell is not None:
        true, answer = selection.cell
        if true is not None:
            left &= labels == true
        if answer is not None:
            left &= predicted == answer
    return left


def inside(corners: tuple[tuple[float, float], ...], points: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie in a polygon, by the even-odd rule: bool (n,)."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    found = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        found ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return found


def simplified(corners: list[tuple[float, float]], most: int = MOST_CORNERS) -> tuple[tuple[float, float], ...]:
    """A drawn line with at most `most` corners, rounded to a tenth: evenly thinned, as a hand draws at one speed."""
    step = max(1, -(-len(corners) // most))
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners[::step])


def _numbers(text: str, below: int) -> list[int]:
    parts = text.split(".")[:MOST_CLASSES] if len(text) <= 6 * MOST_CLASSES else []
    return [number for part in parts if (number := _number(part, below)) is not None]


def _number(text: str, below: int) -> int | None:
    """A whole number from 0 that is smaller than `below`, in plain digits, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > 5:
        return None
    return int(text) if int(text) < below else None


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    low, high = _number(first, 101), _number(last, 101)
    return (low, high) if low is not None and high is not None and low < high else (0, 100)


def _cell(text: str, num_classes: int) -> tuple[int | None, int | None] | None:
    first, dash, last = text.partition("-")
    true, answer = _number(first, num_classes), _number(last, num_classes)
    is_wrong = (first and true is None) or (last and answer is None)
    return None if not dash or is_wrong or (true is None and answer is None) else (true, answer)


def _corners(text: str) -> tuple[tuple[float, float], ...]:
    parts = text.split("_") if len(text) <= 16 * MOST_CORNERS else []
    if len(parts) % 2 or not 6 <= len(parts) <= 2 * MOST_CORNERS:
        return ()
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return ()
    if not all(math.isfinite(value) and abs(value) <= 2 * SIDE for value in values):
        return ()
    return tuple(zip(values[::2], values[1::2], strict=True))
