"""Whether a drawing is one digit: or two side by side, or a scribble. Nothing of it holds for hearts and spirals.

Strokes that lie near each other are one part. Two parts of nearly one height, side by side, each of which the model
reads with certainty, are two digits. A pen that went much further, or turned much more often, than any digit needs has
scribbled. The bounds were measured, see `benchmarks.doubts`.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.handwriting import Handwriting
from imgcls.ink import connected, ink_box

GAP = 0.1
"""Of the height of the drawing: strokes nearer than that belong together."""
TALL = 0.6
"""Of the height of the drawing: so tall is each of two digits at least."""
INK = 48
"""Grey levels of 255: what is brighter is ink, where the parts of a picture are looked for."""
CERTAIN = 0.8
"""Each of two digits is read with at least this probability."""
FAR = 9.0
"""Lengths of the drawing's diagonal: what no digit's pen path reaches."""
TURNS = 7.0
"""Full turns of the pen: what no digit needs."""
STEP = 1 / 24
"""Of the drawing's longer side: the path is looked at in such steps, so that a trembling hand is no turn."""


DIGITS = list("0123456789")


def hold_for(facts: dict) -> bool:
    """Whether these rules hold for a model with these facts: it says which of the ten digits a picture is."""
    return sorted(facts["classes"]) == DIGITS and not facts.get("several")


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


def side_by_side(drawn: Handwriting, ask: Callable[[Sequence[Handwriting]], np.ndarray]) -> list[int]:
    """The classes of several digits that stand beside each other, from left to right; empty where it is one.

    `ask` gives the probabilities, float32 (n, classes), of n drawings; it is asked only where the strokes fall apart.
    """
    if len(drawn.strokes) < 2:
        return []
    found = parts(drawn)
    return _several(found, [part.box for part in found], ask)


def side_by_side_in(picture: np.ndarray, ask: Callable[[Sequence[np.ndarray]], np.ndarray]) -> list[int]:
    """The same for a picture of writing, uint8 (height, width, 1), light on black, in which ink that touches is a part.

    `ask` gives the probabilities of n pieces of ink, uint8 (height, width).
    """
    grey = picture[..., 0]
    part = connected(grey > INK)
    pieces = [np.where(part == name, grey, 0) for name in np.unique(part[part > 0])]
    boxes = []
    for piece in pieces:
        top, bottom, left, right = ink_box(piece)
        boxes.append((left, top, right, bottom))
    order = sorted(range(len(pieces)), key=lambda number: boxes[number][0])
    return _several([pieces[number] for number in order], [boxes[number] for number in order], ask)


def _several(found: Sequence, boxes: Sequence[tuple], ask: Callable) -> list[int]:
    """What the tall ones of these parts are, which are sorted by their left edges, if they are several digits."""
    if len(found) < 2:
        return []
    height = max(box[3] for box in boxes) - min(box[1] for box in boxes)
    tall = [number for number, box in enumerate(boxes) if box[3] - box[1] >= TALL * height]
    if len(tall) < 2 or any(boxes[left][2] > boxes[right][0] for left, right in itertools.pairwise(tall)):
        return []
    probabilities = ask([found[number] for number in tall])
    return probabilities.argmax(1).tolist() if (probabilities.max(1) >= CERTAIN).all() else []


def _even(points: np.ndarray, step: float) -> np.ndarray:
    """A line (points, 2) as points of equal distance along it, at least its two ends."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    marks = np.linspace(0, along[-1], max(2, int(along[-1] / step) + 1))
    return np.column_stack([np.interp(marks, along, points[:, axis]) for axis in range(2)])


def _distance(drawn: Handwriting, paths: list[np.ndarray], i: int, j: int) -> float:
    """The room between the ink of two strokes, in pixels of the field."""
    between = np.hypot(*(paths[i][:, None] - paths[j][None]).transpose(2, 0, 1)).min()
    return float(between - (drawn.strokes[i][:, 2].mean() + drawn.strokes[j][:, 2].mean()) / 2)
