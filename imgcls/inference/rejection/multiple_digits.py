"""Whether a drawing or an image is a single digit, or several digits, or a scribble. Only for models of the ten digits.

People write one digit after the other. So a drawing is cut between its strokes, in the order of writing, wherever each
piece is read with confidence and the pieces are beside or above each other. If that finds nothing, its parts are used
instead: groups of nearby strokes, from left to right. In an image, the parts are connected components of the ink. A pen
path that is much longer, or turns much more often, than that of any digit is a scribble. The bounds were measured with
`benchmarks.prediction.rejection`.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.ink import connected_components, ink_box
from imgcls.inference.rejection.pen_path import resampled, turned
from imgcls.runs.results import ModelCard

GAP = 0.1
"""Strokes nearer to each other than this fraction of the drawing's height belong together."""
SMALL = 0.3
"""The least height of each of two neighbours, as a fraction of the longest side of both."""
SMALL_INK = 0.6
"""The same in images, where specks of ink beside a digit look like a small 1."""
SPECK = 0.25
"""A part of an image that is lower than this fraction of the tallest part is not part of a digit."""
OVERLAP = 0.4
"""How far two digits beside each other may overlap, as a fraction of the narrower one's width."""
OVERLAP_BELOW = 0.1
"""How far two digits above each other may overlap, as a fraction of the lower one's height."""
ROOM = 0.1
"""With this much room between them, as a fraction of the longest side, two neighbours are never halves of one digit."""
INK = 48
"""Intensity, of 255: brighter pixels are ink when the parts of an image are looked for."""
CERTAIN = 0.85
"""The least probability with which each of several digits is read."""
MOST_UNITS = 6
"""With more strokes or parts, no digits are looked for: the model has to classify each run of them."""
MOST_PARTS = 40
"""An image with more parts, including specks, is noise."""
HALVES = {
    "1": {("1", "1")},
    "4": {("1", "1"), ("6", "1")},
    "6": {("1", "0"), ("1", "6"), ("6", "1")},
    "8": {("0", "0")},
    "9": {("0", "1")},
}
"""How a model reads the halves of a single digit, left to right or downwards: a broken stem, an open 4, a 6 of two
strokes, the rings of an 8, a ring and its stem."""
FAR = 6.5
"""Diagonals of the drawing: no digit's pen path is that long."""
TURNS = 6.0
"""Full turns of the pen: no digit needs that many."""
STEP = 1 / 24
"""The path is sampled in steps of this fraction of the longer side, so that a trembling hand makes no turns."""

DIGITS = list("0123456789")


def applies_to(card: ModelCard) -> bool:
    """Whether these rules apply: the model says which of the ten digits an image is."""
    return sorted(card.classes) == DIGITS and not card.is_multilabel


@dataclass(frozen=True)
class Path:
    """The path of the pen: its length in diagonals of the drawing, and its full turns, to either side."""

    length: float
    turns: float


def path(drawing: Handwriting) -> Path:
    """How far the pen went on the canvas and how often it turned; a lifted pen does neither."""
    points = np.concatenate([stroke[:, :2] for stroke in drawing.strokes])
    extent = np.ptp(points, axis=0)
    diagonal = max(float(np.hypot(*extent)), 1.0)
    step = max(float(extent.max()) * STEP, 1.0)
    length = turns = 0.0
    for stroke in drawing.strokes:
        length += float(np.hypot(*np.diff(stroke[:, :2], axis=0).T).sum())
        turns += float(np.abs(turned(resampled(stroke[:, :2], step))).sum())
    return Path(length / diagonal, turns / (2 * np.pi))


def parts(drawing: Handwriting) -> list[Handwriting]:
    """The parts of a drawing from left to right: strokes nearer to each other than `GAP` belong together."""
    _, top, _, bottom = drawing.box
    gap = GAP * (bottom - top)
    paths = [resampled(stroke[:, :2], 3.0) for stroke in drawing.strokes]
    group = list(range(len(paths)))
    for i in range(len(paths)):
        for j in range(i):
            if group[i] != group[j] and _distance(drawing, paths, i, j) < gap:
                group = [group[j] if member == group[i] else member for member in group]
    found = [
        Handwriting(tuple(stroke for stroke, member in zip(drawing.strokes, group, strict=True) if member == name))
        for name in sorted(set(group))
    ]
    return sorted(found, key=lambda part: part.box[0])


def is_scribble(drawing: Handwriting) -> bool:
    """Whether the pen path is longer, or turns more often, than that of any digit."""
    pen_path = path(drawing)
    return pen_path.length > FAR or pen_path.turns > TURNS


def is_dot(drawing: Handwriting) -> bool:
    """Whether the pen stayed within its own width; a model may take such a dot for a 0."""
    points = np.concatenate(drawing.strokes)
    return float(np.ptp(points[:, :2], axis=0).max()) < float(points[:, 2].max())


def digits_in(
    drawing: Handwriting, classify: Callable[[list[Handwriting]], np.ndarray], classes: Sequence[str]
) -> list[str]:
    """The digits of a drawing that contains several, from left to right or downwards; otherwise an empty list.

    `classify` gives the probabilities, float32 (n, classes), of n drawings. It is called only if there are several
    strokes.
    """
    if len(drawing.strokes) < 2:
        return []

    def read(pieces: list[Handwriting]) -> np.ndarray:
        return np.where([[is_dot(piece)] for piece in pieces], 0, classify(pieces))

    strokes = [Handwriting((stroke,)) for stroke in drawing.strokes]
    return _split(strokes, _joined, read, classes, SMALL) or _split(parts(drawing), _joined, read, classes, SMALL)


def digits_in_image(
    image: np.ndarray, classify: Callable[[list[np.ndarray]], np.ndarray], classes: Sequence[str]
) -> list[str]:
    """The same for an image of handwriting, uint8 (height, width, 1), light on black, whose parts are its connected
    components.

    `classify` gives the probabilities of n pieces of ink, uint8 (height, width).
    """
    grey = image[..., 0]
    labels, count = connected_components(grey > INK)
    if not 2 <= count <= MOST_PARTS:
        return []
    pieces = [_Ink(np.where(labels == number, grey, 0)) for number in range(1, count + 1)]
    heights = [piece.box[3] - piece.box[1] for piece in pieces]
    if sum(height >= SMALL_INK * max(heights) for height in heights) < 2:
        return []
    large = [piece for piece, height in zip(pieces, heights, strict=True) if height >= SPECK * max(heights)]
    large.sort(key=lambda piece: piece.box[0])
    return _split(large, _Ink.joined, lambda some: classify([piece.grey for piece in some]), classes, SMALL_INK)


Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True)
class _Ink:
    """A piece of the ink of an image, uint8 (height, width), in its place."""

    grey: np.ndarray

    @cached_property
    def box(self) -> Box:
        box = ink_box(self.grey)
        assert box is not None, "a component has pixels"
        top, bottom, left, right = box
        return left, top, right, bottom

    @staticmethod
    def joined(pieces: "Sequence[_Ink]") -> "_Ink":
        """Several pieces as one."""
        return _Ink(np.maximum.reduce([piece.grey for piece in pieces]))


def _joined(drawings: Sequence[Handwriting]) -> Handwriting:
    return Handwriting(tuple(stroke for drawing in drawings for stroke in drawing.strokes))


@dataclass(frozen=True)
class _Reading:
    """How the model reads a run of units."""

    digit: str
    probability: float
    box: Box


Span = tuple[int, int]
"""A run of neighbouring units: the first, and the one after the last."""


def _split(
    units: Sequence[Any], joined: Callable, classify: Callable, classes: Sequence[str], least_height: float
) -> list[str]:
    """The digits into which these units can be split, each of them a run of neighbouring units; empty if it is one.

    `least_height` is the least height of each of two neighbours, as a fraction of the longest side of both.
    """
    count = len(units)
    if not 2 <= count <= MOST_UNITS:
        return []
    spans = [(start, stop) for start in range(count) for stop in range(start + 1, count + 1)]
    pieces = [joined(units[start:stop]) for start, stop in spans]
    readings = {
        span: _Reading(classes[int(row.argmax())], float(row.max()), piece.box)
        for span, piece, row in zip(spans, pieces, classify(pieces), strict=True)
    }
    splits = [(cuts, order) for cuts in _cuts(count, readings) if (order := _order(cuts, readings, least_height))]
    if not splits:
        return []
    # The finest split: two digits that are read as one are still two. Of several such splits, the most confident.
    _, order = max(
        splits, key=lambda split: (len(split[0]), np.mean([readings[span].probability for span in split[0]]))
    )
    return [readings[span].digit for span in order]


def _cuts(count: int, readings: dict[Span, _Reading], start: int = 0) -> Iterator[list[Span]]:
    """Each way to cut the units from `start` on into runs that are all read with confidence."""
    if start == count:
        yield []
    for stop in range(start + 1, count + 1):
        if readings[start, stop].probability >= CERTAIN:
            yield from ([(start, stop), *rest] for rest in _cuts(count, readings, stop))


def _order(cuts: list[Span], readings: dict[Span, _Reading], least_height: float) -> list[Span]:
    """The runs from left to right, or downwards, if they are digits in such a row; otherwise an empty list."""
    if len(cuts) < 2:
        return []
    for axis, overlap in ((0, OVERLAP), (1, OVERLAP_BELOW)):
        order = sorted(cuts, key=lambda span: readings[span].box[axis] + readings[span].box[axis + 2])
        if all(
            _are_two(readings, first, second, least_height, axis, overlap)
            for first, second in itertools.pairwise(order)
        ):
            return order
    return []


def _are_two(
    readings: dict[Span, _Reading], first: Span, second: Span, least_height: float, axis: int, overlap: float
) -> bool:
    """Whether these neighbours along an axis are two digits, and not the halves of one."""
    a, b = readings[first], readings[second]
    height = min(a.box[3] - a.box[1], b.box[3] - b.box[1])
    sides = [box[side + 2] - box[side] for box in (a.box, b.box) for side in (0, 1)]
    over = a.box[axis + 2] - b.box[axis]
    narrower = min(box[axis + 2] - box[axis] for box in (a.box, b.box))
    if height < least_height * max(sides) or over > overlap * narrower:
        return False
    together = readings.get((min(first[0], second[0]), max(first[1], second[1])))
    is_one = together is not None and (a.digit, b.digit) in HALVES.get(together.digit, ())
    return not is_one or -over >= ROOM * max(sides)


def _distance(drawing: Handwriting, paths: list[np.ndarray], i: int, j: int) -> float:
    """The gap between the ink of two strokes, in canvas pixels."""
    between = np.hypot(*(paths[i][:, None] - paths[j][None]).transpose(2, 0, 1)).min()
    return float(between - (drawing.strokes[i][:, 2].mean() + drawing.strokes[j][:, 2].mean()) / 2)
