"""Which stroke speaks for the answer: each is taken away in turn, and the model is asked again.

Occlusion (M. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014), with strokes in place
of squares: what is taken away is what a hand would not have written.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.images.canvas_strokes import Handwriting

MOST_PIECES = 12
PIECES_OF_ONE = 5
"""A single stroke is looked at in so many pieces of equal length."""
SHORTEST = 30
"""Of the field: a shorter single stroke is not cut."""


@dataclass(frozen=True)
class Blame:
    """One stroke, or a piece of one: what the model says without it.

    `weight` is how much the probability of the answer falls without it, -1 to 1; below 0 it speaks against the answer.
    """

    points: np.ndarray
    weight: float
    other: int
    probability: float


def by_stroke(
    drawn: Handwriting,
    answer: int,
    confidence: float,
    ask: Callable[[Sequence[Handwriting]], np.ndarray],
) -> list[Blame]:
    """What each stroke does to the answer, in the order of writing; of a single stroke its pieces.

    `ask` gives the probabilities, float32 (n, classes), of n drawings; it is asked once. Where more than
    `MOST_PIECES` strokes were drawn, the list is empty, and so it is where nothing would be left.
    """
    pieces = drawn if len(drawn.strokes) > 1 else _cut(drawn)
    if not 1 < len(pieces.strokes) <= MOST_PIECES:
        return []
    probabilities = ask([pieces.without(number) for number in range(len(pieces.strokes))])
    return [
        Blame(stroke, confidence - float(row[answer]), int(row.argmax()), float(row.max()))
        for stroke, row in zip(pieces.strokes, probabilities, strict=True)
    ]


def _cut(drawn: Handwriting) -> Handwriting:
    """A single stroke as pieces of equal length that touch."""
    if not drawn:
        return drawn
    stroke = drawn.strokes[0]
    path = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke[:, :2], axis=0).T))])
    if path[-1] < SHORTEST:
        return drawn
    marks = np.linspace(0, path[-1], PIECES_OF_ONE + 1)
    pieces = []
    for start, end in itertools.pairwise(marks):
        inner = path[(path > start) & (path < end)]
        where = np.concatenate([[start], inner, [end]])
        pieces.append(np.column_stack([np.interp(where, path, stroke[:, axis]) for axis in range(3)]))
    return Handwriting(tuple(pieces))
