"""Whether a drawing is one digit: or several, or a scribble. Nothing of it holds for hearts and spirals.

People write one digit after the other. So a drawing is cut between its strokes, in the order of writing, wherever each
piece is read with certainty and the pieces stand beside or above each other. Where that gives nothing, its parts are
taken instead: strokes that lie near each other, from left to right. Of a picture they are the ink that touches. A pen
that went much further, or turned much more often, than any digit needs has scribbled. The bounds were measured, see
`benchmarks.prediction.rejection`.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.ink import connected, ink_box
from imgcls.runs.results import ModelCard

GAP = 0.1
"""Of the height of the drawing: strokes nearer than that belong together."""
SMALL = 0.3
"""Of the longest side of two neighbours: so tall is each of them at least."""
SMALL_INK = 0.6
"""The same in pictures, where crumbs of ink beside a digit look like a small 1."""
CRUMB = 0.25
"""Of the height of the tallest part of a picture: what is less tall is no part of a digit."""
OVERLAP = 0.4
"""Of the narrower one's width: so far two digits beside each other reach over each other at most."""
BELOW = 0.1
"""Of the height of the less tall one: so far two digits above each other reach over each other at most."""
ROOM = 0.1
"""Of the longest side of two neighbours: with so much room between them they are never halves of one digit."""
INK = 48
"""Grey levels of 255: what is brighter is ink, where the parts of a picture are looked for."""
CERTAIN = 0.85
"""Each of several digits is read with at least this probability."""
MOST_UNITS = 6
"""Strokes or parts: in more of them no digits are looked for, as each run of them is asked about."""
MOST_PARTS = 40
"""A picture of more parts, with the crumbs, is noise."""
HALVES = {
    "1": {("1", "1")},
    "4": {("1", "1"), ("6", "1")},
    "6": {("1", "0"), ("1", "6"), ("6", "1")},
    "8": {("0", "0")},
    "9": {("0", "1")},
}
"""As what the halves of one digit are read, from left to right or downwards: a stem that the pen left, an open four, a
six of two strokes, the rings of an eight, a ring and its stem."""
FAR = 6.5
"""Lengths of the drawing's diagonal: what no digit's pen path reaches."""
TURNS = 6.0
"""Full turns of the pen: what no digit needs."""
STEP = 1 / 24
"""Of the drawing's longer side: the path is looked at in such steps, so that a trembling hand is no turn."""


DIGITS = list("0123456789")


def hold_for(card: ModelCard) -> bool:
    """Whether these rules hold for a model with these card: it says which of the ten digits a picture is."""
    return sorted(card.classes) == DIGITS and not card.is_multilabel


@dataclass(frozen=True)
class Path:
    """How the pen went: its way in diagonals of the drawing, and its full turns to either side."""

    length: float
    turns: float


def path(drawn: Handwriting) -> Path:
    """How far the pen went on the field and how often it turned around; lifted, it does neither."""
    points = np.concatenate([stroke[:, :2] for stroke in drawn.strokes])
    extent = np.ptp(points, axis=0)
    diagonal = max(float(np.hypot(*extent)), 1.0)
    step = max(float(extent.max()) * STEP, 1.0)
    length = turned = 0.0
    for stroke in drawn.strokes:
        steps = np.diff(_even(stroke[:, :2], step), axis=0)
        length += float(np.hypot(*np.diff(stroke[:, :2], axis=0).T).sum())
        angles = np.arctan2(steps[:, 1], steps[:, 0])
        turned += float(np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi).sum())
    return Path(length / diagonal, turned / (2 * np.pi))


def parts(drawn: Handwriting) -> list[Handwriting]:
    """The parts of a drawing from left to right: strokes that come nearer to each other than `GAP` belong together."""
    _, top, _, bottom = drawn.box
    gap = GAP * (bottom - top)
    paths = [_even(stroke[:, :2], 3.0) for stroke in drawn.strokes]
    group = list(range(len(paths)))
    for i in range(len(paths)):
        for j in range(i):
            if group[i] != group[j] and _distance(drawn, paths, i, j) < gap:
                group = [group[j] if member == group[i] else member for member in group]
    found = [
        Handwriting(tuple(stroke for stroke, member in zip(drawn.strokes, group, strict=True) if member == name))
        for name in sorted(set(group))
    ]
    return sorted(found, key=lambda part: part.box[0])


def is_scribble(drawn: Handwriting) -> bool:
    """Whether the pen went further or turned more often than digits need."""
    way = path(drawn)
    return way.length > FAR or way.turns > TURNS


def digits_in(
    drawn: Handwriting, ask: Callable[[Sequence[Handwriting]], np.ndarray], names: Sequence[str]
) -> list[str]:
    """The digits of a drawing that holds several, as they are read from left to right or downwards; else none.

    `ask` gives the probabilities, float32 (n, classes), of n drawings, for classes of these `names`; it is asked only
    where there are several strokes.
    """
    if len(drawn.strokes) < 2:
        return []

    def read(some: Sequence[Handwriting]) -> np.ndarray:
        return np.where([[is_blot(piece)] for piece in some], 0, ask(some))

    in_time = [Handwriting((stroke,)) for stroke in drawn.strokes]
    return _multilabel(in_time, _joined, read, names, SMALL) or _multilabel(parts(drawn), _joined, read, names, SMALL)


def digits_in_image(
    image: np.ndarray, ask: Callable[[Sequence[np.ndarray]], np.ndarray], names: Sequence[str]
) -> list[str]:
    """The same for a picture of writing, uint8 (height, width, 1), light on black, in which ink that touches is a part.

    `ask` gives the probabilities of n pieces of ink, uint8 (height, width).
    """
    grey = image[..., 0]
    part = connected(grey > INK)
    numbers = np.unique(part[part > 0])
    if len(numbers) > MOST_PARTS:
        return []
    pieces = [_Ink(np.where(part == number, grey, 0)) for number in numbers]
    heights = [piece.box[3] - piece.box[1] for piece in pieces]
    if sum(height >= SMALL_INK * max(heights) for height in heights) < 2:
        return []
    large = [piece for piece, height in zip(pieces, heights, strict=True) if height >= CRUMB * max(heights)]
    large.sort(key=lambda piece: piece.box[0])
    return _multilabel(large, _Ink.joined, lambda some: ask([piece.grey for piece in some]), names, SMALL_INK)


@dataclass(frozen=True)
class _Ink:
    """A piece of the ink of a picture, uint8 (height, width), in its place."""

    grey: np.ndarray

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        top, bottom, left, right = ink_box(self.grey)
        return left, top, right, bottom

    @staticmethod
    def joined(pieces: "Sequence[_Ink]") -> "_Ink":
        """Several pieces as one."""
        return _Ink(np.maximum.reduce([piece.grey for piece in pieces]))


def _joined(some: Sequence[Handwriting]) -> Handwriting:
    return Handwriting(tuple(stroke for drawn in some for stroke in drawn.strokes))


def is_blot(drawn: Handwriting) -> bool:
    """Whether the pen stayed within its own width: a dot, which a model may take for a 0."""
    points = np.concatenate(drawn.strokes)
    return float(np.ptp(points[:, :2], axis=0).max()) < float(points[:, 2].max())


@dataclass(frozen=True)
class _Read:
    """A run of units that is read as this digit."""

    digit: str
    probability: float
    box: tuple[float, float, float, float]


def _multilabel(units: Sequence, joined: Callable, ask: Callable, names: Sequence[str], small: float) -> list[str]:
    """The digits into which these units fall, each of which is a run of neighbours among them; none where it is one.

    `small` is the least height of each of two neighbours, over the longest side of both.
    """
    count = len(units)
    if not 2 <= count <= MOST_UNITS:
        return []
    runs = [(start, stop) for start in range(count) for stop in range(start + 1, count + 1)]
    pieces = [joined(units[start:stop]) for start, stop in runs]
    read = {
        run: _Read(names[int(row.argmax())], float(row.max()), piece.box)
        for run, piece, row in zip(runs, pieces, ask(pieces), strict=True)
    }
    ways = [(way, order) for way in _cuts(count, read) if (order := _order(way, read, small))]
    if not ways:
        return []
    # The finest cut: two digits that are read as one are still two. Of several, the surest.
    _, order = max(ways, key=lambda found: (len(found[0]), np.mean([read[run].probability for run in found[0]])))
    return [read[run].digit for run in order]


def _cuts(count: int, read: dict[tuple[int, int], _Read], start: int = 0) -> Iterator[list[tuple[int, int]]]:
    """Each way to cut the units from `start` on into runs, all of which are read with certainty."""
    if start == count:
        yield []
    for stop in range(start + 1, count + 1):
        if read[start, stop].probability >= CERTAIN:
            yield from ([(start, stop), *rest] for rest in _cuts(count, read, stop))


def _order(way: list[tuple[int, int]], read: dict[tuple[int, int], _Read], small: float) -> list[tuple[int, int]]:
    """The runs from left to right, or downwards, if they are digits that stand so; else none."""
    if len(way) < 2:
        return []
    for axis, most in ((0, OVERLAP), (1, BELOW)):
        order = sorted(way, key=lambda run: read[run].box[axis] + read[run].box[axis + 2])
        if all(_are_two(read, first, second, small, axis, most) for first, second in itertools.pairwise(order)):
            return order
    return []


def _are_two(read: dict, first: tuple[int, int], second: tuple[int, int], small: float, axis: int, most: float) -> bool:
    """Whether these neighbours along an axis are two digits, and not the halves of one."""
    a, b = read[first], read[second]
    height = min(a.box[3] - a.box[1], b.box[3] - b.box[1])
    sides = [box[side + 2] - box[side] for box in (a.box, b.box) for side in (0, 1)]
    over = a.box[axis + 2] - b.box[axis]
    if height < small * max(sides) or over > most * min(box[axis + 2] - box[axis] for box in (a.box, b.box)):
        return False
    together = read.get((min(first[0], second[0]), max(first[1], second[1])))
    is_one = together is not None and (a.digit, b.digit) in HALVES.get(together.digit, ())
    return not is_one or -over >= ROOM * max(sides)


def _even(points: np.ndarray, step: float) -> np.ndarray:
    """A line (points, 2) as points of equal distance along it, at least its two ends."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    marks = np.linspace(0, along[-1], max(2, int(along[-1] / step) + 1))
    return np.column_stack([np.interp(marks, along, points[:, axis]) for axis in range(2)])


def _distance(drawn: Handwriting, paths: list[np.ndarray], i: int, j: int) -> float:
    """The room between the ink of two strokes, in pixels of the field."""
    between = np.hypot(*(paths[i][:, None] - paths[j][None]).transpose(2, 0, 1)).min()
    return float(between - (drawn.strokes[i][:, 2].mean() + drawn.strokes[j][:, 2].mean()) / 2)
