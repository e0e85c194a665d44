"""How much each stroke contributes to the prediction: it is removed, and the rest is classified again.

Occlusion (M. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014) with strokes instead
of squares: what is removed is what a hand would not have written.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.explain import STROKES, classified_strokes
from imgcls.languages import N_
from imgcls.runs.results import ModelCard
from imgcls.runs.run import Run

KIND = STROKES
TITLE = N_("Stroke contributions")
HELP = N_("Each stroke is removed in turn. Orange strokes support the prediction, blue ones oppose it.")

MOST_PIECES = 12
PIECES_OF_ONE = 5
"""A single stroke is divided into this many pieces of equal length."""
SHORTEST = 30
"""Canvas pixels: a shorter single stroke is not divided."""


@dataclass(frozen=True)
class Contribution:
    """One stroke, or a piece of one, and what the model predicts without it.

    `points` are those of the stroke, float64 (points, 3). `weight` is the drop in the probability of the prediction
    when it is removed, -1 to 1; a negative one opposes the prediction. `other` is the index of the most probable class
    without it, which has this `probability`.
    """

    points: np.ndarray
    weight: float
    other: int
    probability: float


def contributions(run: Run, card: ModelCard, drawing: Handwriting, probabilities: np.ndarray) -> list[Contribution]:
    """The contribution of each stroke to the prediction for a drawing with these probabilities, float32 (classes,).

    Raises:
        RunError: the run has no model, or it is damaged.
    """

    def classify_drawings(drawings: list[Handwriting]) -> np.ndarray:
        return classified_strokes.probabilities_of(run, card, drawings)

    target = int(probabilities.argmax())
    return by_stroke(drawing, target, float(probabilities[target]), classify_drawings)


def by_stroke(
    drawing: Handwriting,
    target: int,
    confidence: float,
    classify_drawings: Callable[[list[Handwriting]], np.ndarray],
) -> list[Contribution]:
    """The contribution of each stroke to the class `target`, in the order of writing; of a single stroke its pieces.

    `classify_drawings` gives the probabilities, float32 (n, classes), of n drawings; it is called once. The list is
    empty for more than `MOST_PIECES` strokes, and if nothing would be left.
    """
    pieces = drawing if len(drawing.strokes) > 1 else _divided(drawing)
    if not 1 < len(pieces.strokes) <= MOST_PIECES:
        return []
    probabilities = classify_drawings([pieces.without(number) for number in range(len(pieces.strokes))])
    return [
        Contribution(stroke, confidence - float(row[target]), int(row.argmax()), float(row.max()))
        for stroke, row in zip(pieces.strokes, probabilities, strict=True)
    ]


def _divided(drawing: Handwriting) -> Handwriting:
    """A single stroke as adjoining pieces of equal length."""
    if not drawing:
        return drawing
    stroke = drawing.strokes[0]
    path = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke[:, :2], axis=0).T))])
    if path[-1] < SHORTEST:
        return drawing
    marks = np.linspace(0, path[-1], PIECES_OF_ONE + 1)
    pieces = []
    for start, end in itertools.pairwise(marks):
        inner = path[(path > start) & (path < end)]
        where = np.concatenate([[start], inner, [end]])
        pieces.append(np.column_stack([np.interp(where, path, stroke[:, axis]) for axis in range(3)]))
    return Handwriting(tuple(pieces))
