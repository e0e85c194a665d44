"""Is one run better than another? The test predictions of both, compared image by image."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, wilson
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

COMPARED_IMAGES = 500
"""At most this many stored test images show whether two datasets are the same."""


@dataclass(frozen=True, eq=False)
class RunComparison:
    """Run B (`second`) against run A (`first`) on the same test images.

    `paired` counts images that are correct (multi-label: by exact match). `loss` is the cross-entropy of B minus that
    of A in nats. `classes` are the differences in recall by class, or in accuracy by label, and `images` (k,) how many
    test images each has.
    """

    first: Run
    second: Run
    names: tuple[str, ...]
    is_multilabel: bool
    paired: Comparison
    loss: Score
    classes: ScoreArray
    images: np.ndarray

    def scores(self) -> tuple[Score, Score]:
        """The accuracy (multi-label: exact match) of A and of B."""
        found = self.paired
        right = found.both_right + found.only_first, found.both_right + found.only_second
        return wilson(right[0], found.count), wilson(right[1], found.count)

    def as_json(self) -> dict[str, Any]:
        """Plain values; fractions run from 0 to 1."""
        first, second = self.scores()
        value, low, high = (np.asarray(part) for part in (self.classes.value, self.classes.low, self.classes.high))
        found = self.paired
        return {
            "a": {"run": self.first.id, "name": self.first.label, **_named(self.is_multilabel, first)},
            "b": {"run": self.second.id, "name": self.second.label, **_named(self.is_multilabel, second)},
            "images": found.count,
            "both_correct": found.both_right,
            "only_a_correct": found.only_first,
            "only_b_correct": found.only_second,
            "both_wrong": found.both_wrong,
            "difference": _interval(found.difference),
            "p_value": found.p_value,
            "cross_entropy_difference": _interval(self.loss),
            "verdict": found.verdict,
            "sentence": found.sentence("A", "B"),
            "classes": [
                {
                    "name": name,
                    "images": int(count),
                    "difference": {"value": float(v), "low": float(one), "high": float(other)},
                }
                for name, count, v, one, other in zip(self.names, self.images, value, low, high, strict=True)
            ],
        }


def decided(run: Run) -> Predictions | Decisions:
    """The test predictions of a run; those of a multi-label run with its own thresholds applied.

    Raises:
        RunError: it has no test predictions, or they are damaged.
    """
    stored, card = predictions.read(run), run.card
    return Decisions(stored, card.thresholds or card.threshold) if card.is_multilabel else stored


def compare(first: Run, second: Run) -> RunComparison:
    """Compares two runs.

    Raises:
        RunError: one has no test predictions, or they were tested on different images.
    """
    a, b = decided(first), decided(second)
    if reason := obstacle(first.card, a, second.card, b):
        raise RunError(reason)
    classes, images = differences(a, b)
    return RunComparison(
        first,
        second,
        tuple(second.card.classes),
        isinstance(b, Decisions),
        significance.compare(a.is_right, b.is_right),
        significance.mean_difference(b.losses - a.losses),
        classes,
        images,
    )


def obstacle(
    first_card: ModelCard,
    first: Predictions | Decisions,
    second_card: ModelCard,
    second: Predictions | Decisions,
) -> str:
    """Why two runs cannot be compared image by image, as a sentence; empty if they can.

    Equal labels alone do not prove equal images: two datasets that are sorted by class have the same labels. So for
    datasets of different names, the images that both runs have stored must be equal, too.
    """
    if first_card.classes != second_card.classes:
        return "These two runs have different classes, so their predictions cannot be compared. Choose another run."
    if not np.array_equal(first.labels, second.labels):
        return (
            f"These two runs were tested on different images ({len(first.labels):,} and {len(second.labels):,}), so "
            "they cannot be compared image by image. Choose a run on the same dataset."
        )
    both = np.flatnonzero((first.row_of >= 0) & (second.row_of >= 0))[:COMPARED_IMAGES]
    if not len(both) or first.images.shape[1:] != second.images.shape[1:]:
        is_same = first_card.data == second_card.data
    else:
        is_same = np.array_equal(first.images[first.row_of[both]], second.images[second.row_of[both]])
    if is_same:
        return ""
    return (
        "These two runs have the same test labels but different test images: their datasets differ. Choose a run on "
        "the same dataset."
    )


def differences(a: Predictions | Decisions, b: Predictions | Decisions) -> tuple[ScoreArray, np.ndarray]:
    """The differences of recall by class, or of accuracy by label (k,), and the number of images of each (k,)."""
    if isinstance(a, Decisions) and isinstance(b, Decisions):
        correct = a.predicted == a.labels, b.predicted == b.labels
        pairs = [significance.compare(correct[0][:, one], correct[1][:, one]) for one in range(len(a.names))]
        parts = (np.array([getattr(pair.difference, part) for pair in pairs]) for part in ("value", "low", "high"))
        return ScoreArray(*parts), np.full(len(a.names), len(a.labels))
    count = np.bincount(a.labels, minlength=len(a.names))
    return significance.by_class(a.labels, a.is_right, b.is_right, len(a.names)), count


def _named(is_multilabel: bool, score: Score) -> dict[str, Any]:
    return {"exact_match" if is_multilabel else "accuracy": _interval(score)}


def _interval(score: Score) -> dict[str, float]:
    return {"value": score.value, "low": score.low, "high": score.high}
