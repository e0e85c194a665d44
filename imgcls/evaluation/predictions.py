"""What a model answered to some pictures, and what is left of it after surgery and by a selection."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.evaluation.class_merging import Surgery, operated
from imgcls.evaluation.class_order import soft_confusion
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.selection import SIDE


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities float32 (n, classes) for pictures of these labels (n,); `indices` (n,) are their numbers."""

    names: tuple[str, ...]
    probabilities: np.ndarray
    labels: np.ndarray
    indices: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """The answer to each picture (n,): the class with the largest probability, the first of equal ones."""
        return self.probabilities.argmax(1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of each answer (n,), 0 to 1."""
        return self.probabilities[np.arange(len(self.labels)), self.predicted]

    @cached_property
    def confused(self) -> np.ndarray:
        """Mean probabilities by true class, see `similarity.soft_confusion`."""
        return soft_confusion(self.probabilities, self.labels)

    def after(self, surgery: Surgery, groups: tuple | None = None) -> "Predictions":
        """The same with classes merged or switched off; itself where nothing is asked for."""
        if surgery == Surgery():
            return self
        names, plan = surgery.plan(self.names, groups)
        probabilities, labels, kept = operated(self.probabilities, self.labels, plan)
        return Predictions(names, probabilities, labels, self.indices[kept])

    def report(self, left: np.ndarray, classes: tuple[int, ...] = ()) -> classification.Report | None:
        """The scores of those pictures that are left (bool (n,)); None where none is.

        Averages count the given classes, else those that occur among what is left, as scikit-learn does: a class of
        which nothing is left was not read badly.
        """
        if not left.any():
            return None
        there = np.union1d(self.labels[left], self.predicted[left]) if not left.all() else None
        averaged = list(classes) if classes else there
        return classification.scores(self.probabilities[left], self.labels[left], self.names, averaged)

    @cached_property
    def worst_first(self) -> np.ndarray:
        """All places (n,): wrong answers first, of those the surest first; then right ones, the surest last."""
        is_right = self.predicted == self.labels
        return np.lexsort((np.where(is_right, self.confidence, -self.confidence), is_right))


def spread(points: np.ndarray) -> np.ndarray:
    """Rows of numbers (n, d) laid out on a square map: their two main directions, float32 (n, 2), 0 to `SIDE`.

    Principal components (Hotelling 1933). One scale for both directions, so that distances mean something.
    """
    from imgcls.datasets.analysis.embedding import PrincipalComponents

    flat = PrincipalComponents.of(np.nan_to_num(points), components=2).points(np.nan_to_num(points))
    if flat.shape[1] < 2:
        flat = np.column_stack([flat, np.zeros(len(flat), np.float32)])
    low, high = flat.min(0), flat.max(0)
    widest = max(float((high - low).max()), 1e-12)
    return ((flat - (low + high) / 2) / widest * 0.96 * SIDE + SIDE / 2).astype(np.float32)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities as numbers without bounds, float32 (n, classes): centred logarithms (Aitchison 1982).

    Below a thousandth they count as one, else the map would show nothing but how impossible the impossible is.
    """
    logs = np.log(np.clip(np.nan_to_num(probabilities), 1e-3, 1))
    return (logs - logs.mean(1, keepdims=True)).astype(np.float32)
