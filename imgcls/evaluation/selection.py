"""Which test images are shown: one selection, stored in the URL and shared by matrix, table, map and gallery.

    class=3.5           images that belong to one of these classes, or were predicted as one
    predictions=wrong   "wrong" or "right"; for multi-label runs also "missing" or "extra" (a label)
    confidence=20-60    the confidence of the prediction, in percent
    tag=blurred         a tag given by a user
    area=1.2_3.4_..     a polygon on the map, points from 0 to 1000
    cell=3-5            true and predicted class; either side may be empty
    cell=3~5            a pair of classes: 3 predicted as 5, and 5 predicted as 3

All parts except the cell are filters: matrix and scores are computed from the images they keep. The cell is a place in
that matrix, whose images the gallery shows; filtering the matrix by one of its own cells would leave nothing to
compare. A URL may come from anybody, so invalid parts are ignored.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from imgcls.runs.annotations.tags import cleaned

NAMES = ("class", "predictions", "confidence", "tag", "area", "cell")
"""The URL parameters of a selection."""
PAIR = "~"
"""Between the classes of a cell: the errors in both directions."""
PREDICTIONS = ("wrong", "right", "missing", "extra")
MOST_CLASSES = 200
MOST_CORNERS = 60
SIDE = 1000
"""Width and height of the map, in the units of an area."""


@dataclass(frozen=True)
class Selection:
    """`low` and `high` are whole percents, both included; `area` holds corners (x, y); `cell` holds classes or None.

    `is_pair` adds the errors of the cell's classes the other way round.
    """

    classes: tuple[int, ...] = ()
    predictions: str = ""
    low: int = 0
    high: int = 100
    tag: str = ""
    area: tuple[tuple[float, float], ...] = ()
    cell: tuple[int | None, int | None] | None = None
    is_pair: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, str], num_classes: int) -> "Selection":
        """The selection in these URL parameters, for so many classes; invalid parts are ignored."""
        low, high = _range(query.get("confidence", ""))
        predictions = query.get("predictions", "")
        return cls(
            classes=tuple(sorted(set(_numbers(query.get("class", ""), num_classes)))),
            predictions=predictions if predictions in PREDICTIONS else "",
            low=low,
            high=high,
            tag=cleaned(query.get("tag", "")[:200]),
            area=_corners(query.get("area", "")),
            cell=(pair := _pair(query.get("cell", ""), num_classes)) or _cell(query.get("cell", ""), num_classes),
            is_pair=pair is not None,
        )

    def query(self) -> dict[str, str]:
        """The URL parameters of this selection, without empty ones; `parse` is the inverse."""
        parameters = {
            "class": ".".join(map(str, self.classes)),
            "predictions": self.predictions,
            "confidence": "" if (self.low, self.high) == (0, 100) else f"{self.low}-{self.high}",
            "tag": self.tag,
            "area": "_".join(f"{value:g}" for corner in self.area for value in corner),
            "cell": ""
            if self.cell is None
            else (PAIR if self.is_pair else "-").join("" if side is None else str(side) for side in self.cell),
        }
        return {name: text for name, text in parameters.items() if text}

    @property
    def narrowed(self) -> "Selection":
        """The same without the cell: the filters that matrix and scores depend on."""
        return replace(self, cell=None, is_pair=False)

    @property
    def narrows(self) -> bool:
        """Whether matrix and scores cover fewer than all images."""
        return self.narrowed != Selection()


def mask(
    selection: Selection,
    labels: np.ndarray,
    predicted: np.ndarray,
    confidence: np.ndarray,
    *,
    positions: np.ndarray | None = None,
    tagged: np.ndarray | None = None,
) -> np.ndarray:
    """Which images a selection keeps, bool (n,), given their classes, predictions and confidences (0 to 1), all (n,).

    `positions` float (n, 2) are the images' points on the map, and `tagged` bool (n,) says which have the selection's
    tag. A part of the selection for which the data is missing keeps all images.
    """
    chosen = np.ones(len(labels), bool)
    if selection.classes:
        chosen &= np.isin(labels, selection.classes) | np.isin(predicted, selection.classes)
    if selection.predictions:
        chosen &= (predicted == labels) == (selection.predictions == "right")
    if (selection.low, selection.high) != (0, 100):
        # The upper bound is excluded, so that neighbouring bars share no image, except for 100%.
        percent = np.float32(100) * confidence.astype(np.float32)
        chosen &= (percent >= selection.low) & ((percent < selection.high) | (selection.high == 100))
    if selection.tag and tagged is not None:
        chosen &= tagged
    if selection.area and positions is not None:
        chosen &= inside(selection.area, positions)
    if selection.cell is not None:
        true, prediction = selection.cell
        if selection.is_pair:
            forth = (labels == true) & (predicted == prediction)
            return chosen & (forth | ((labels == prediction) & (predicted == true)))
        if true is not None:
            chosen &= labels == true
        if prediction is not None:
            chosen &= predicted == prediction
    return chosen


def inside(corners: tuple[tuple[float, float], ...], points: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie inside a polygon, by the even-odd rule: bool (n,)."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    found = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        found ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return found


def simplified(corners: list[tuple[float, float]], most: int = MOST_CORNERS) -> tuple[tuple[float, float], ...]:
    """A drawn line thinned evenly to at most `most` corners, rounded to a tenth."""
    step = max(1, -(-len(corners) // most))
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners[::step])


def _numbers(text: str, below: int) -> list[int]:
    parts = text.split(".")[:MOST_CLASSES] if len(text) <= 6 * MOST_CLASSES else []
    return [number for part in parts if (number := _number(part, below)) is not None]


def _number(text: str, below: int) -> int | None:
    """A whole number from 0 to `below` - 1, in ASCII digits, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > 5:
        return None
    return int(text) if int(text) < below else None


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    low, high = _number(first, 101), _number(last, 101)
    return (low, high) if low is not None and high is not None and low < high else (0, 100)


def _cell(text: str, num_classes: int) -> tuple[int | None, int | None] | None:
    first, dash, last = text.partition("-")
    true, prediction = _number(first, num_classes), _number(last, num_classes)
    is_invalid = (first and true is None) or (last and prediction is None)
    return None if not dash or is_invalid or (true is None and prediction is None) else (true, prediction)


def _pair(text: str, num_classes: int) -> tuple[int, int] | None:
    first, _, last = text.partition(PAIR)
    one, other = _number(first, num_classes), _number(last, num_classes)
    return None if one is None or other is None or one == other else (one, other)


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
