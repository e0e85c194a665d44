"""Compare an exported file, run in its own runtime, with the predictions that the run has stored for its test set."""

from dataclasses import dataclass

import numpy as np

from imgcls import datasets
from imgcls.errors import RunError, UserError
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics import significance
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.robustness.evaluate import checked
from imgcls.export.runtimes import Runtime
from imgcls.export.tolerances import Tolerance
from imgcls.runs import Run
from imgcls.system.tasks import Progress

MOST = 10_000
"""Test images that are compared: a random sample of a larger test set, always the same."""
STEP = 500
GALLERY_IDENTICAL = 0.85
"""Smallest fraction of identical predictions on the stored examples, where errors and close calls are frequent."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Test images with the run's stored predictions for them.

    `images` uint8 (m, height, width, channels) may be memory-mapped; `rows` (n,) are the positions of the compared
    images in it and `indices` (n,) their positions in the test set. `probabilities` is float32 (n, classes), `labels`
    (n,) or, if multi-label, bool (n, classes). `threshold` turns probabilities of a multi-label model into
    labels; it may be one for each label.
    Without the dataset, the examples that the run stores are compared; errors are over-represented, so they say nothing
    about the accuracy, and `is_test_set` is False. `fingerprint` identifies the dataset.
    """

    images: np.ndarray
    rows: np.ndarray
    indices: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray
    threshold: np.ndarray | float
    is_test_set: bool
    fingerprint: str = ""

    def decisions(self, probabilities: np.ndarray) -> np.ndarray:
        """Classes (n,), or labels, bool (n, classes)."""
        return probabilities >= self.threshold if self.labels.ndim == 2 else probabilities.argmax(1)

    def is_right(self, decisions: np.ndarray) -> np.ndarray:
        """Which images are predicted correctly (multi-label: all of their labels), bool (n,)."""
        return _same(decisions, self.labels)


@dataclass(frozen=True, eq=False)
class Comparison:
    """An exported file against the stored predictions on the same `count` images.

    `accuracy` is that of the file and `stored_accuracy` that of the stored predictions; None without the test set.
    `changed` (k,) are the positions of the images whose prediction differs; `before` and `after` are the decisions
    there. `paired` is McNemar's paired comparison. `milliseconds` is the time for one image on one thread.
    """

    count: int
    accuracy: Score | None
    stored_accuracy: Score | None
    identical: float
    largest_difference: float
    changed: np.ndarray
    before: np.ndarray
    after: np.ndarray
    paired: significance.Comparison
    milliseconds: float


def reference(run: Run) -> Reference:
    """The images and stored predictions to compare with.

    Raises:
        RunError: the run has no test predictions, or neither its dataset nor any test image is on this machine.
    """
    card, stored = run.card, predictions.read(run)
    fingerprint = ""
    try:
        dataset = checked(run, datasets.open_dataset(card.data), stored.labels)
        images, fingerprint = dataset.x_test, dataset.fingerprint
        rows = indices = np.sort(np.random.default_rng(0).permutation(len(images))[:MOST])
    except UserError as error:
        images = stored.images
        indices = np.flatnonzero(stored.row_of >= 0)
        rows = stored.row_of[indices]
        if not len(indices):
            raise RunError(f"There are no test images to verify the exported file with. {error}") from error
    return Reference(
        images,
        rows,
        indices,
        stored.probabilities[indices],
        stored.labels[indices],
        np.array(card.thresholds or card.threshold),
        bool(fingerprint),
        fingerprint,
    )


def compare(known: Reference, runtime: Runtime, progress: Progress) -> Comparison:
    """Runs the file on all images and compares.

    Raises:
        RunError: the file cannot be run, or returns arrays of another shape.
    """
    count = len(known.rows)
    found = np.empty_like(known.probabilities)
    for start in range(0, count, STEP):
        progress(start / count, "Comparing predictions")
        part = slice(start, start + STEP)
        values = runtime.probabilities(np.asarray(known.images[known.rows[part]]))
        if values.shape != found[part].shape:
            raise RunError(f"The exported file returns {values.shape[1:]} values for an image.")
        found[part] = values
    before, after = known.decisions(known.probabilities), known.decisions(found)
    changed = np.flatnonzero(~_same(before, after))
    right_before, right_after = known.is_right(before), known.is_right(after)
    differences = np.abs(found - known.probabilities)
    return Comparison(
        count,
        wilson(int(right_after.sum()), count) if known.is_test_set else None,
        wilson(int(right_before.sum()), count) if known.is_test_set else None,
        1 - len(changed) / count,
        float(differences.max()) if np.isfinite(found).all() else float("inf"),
        changed,
        before[changed],
        after[changed],
        significance.compare(right_before, right_after),
        runtime.milliseconds(np.asarray(known.images[known.rows[0]])),
    )


def problem(found: Comparison, tolerance: Tolerance) -> str:
    """Why the file does not match, as a sentence; empty if it does."""
    if found.largest_difference == float("inf"):
        return "Some of its probabilities are not numbers."
    if tolerance.difference is not None and found.largest_difference > tolerance.difference:
        return (
            f"Its probabilities differ by up to {found.largest_difference:.4f}; at most {tolerance.difference:g} "
            "counts as rounding."
        )
    least = tolerance.identical if found.accuracy else min(GALLERY_IDENTICAL, tolerance.identical)
    if found.identical < least:
        return f"Only {percent(found.identical)} of its predictions are identical; at least {100 * least:g}% should be."
    drop = -found.paired.difference.value
    if found.accuracy and drop > tolerance.accuracy_drop and found.paired.p_value < significance.SIGNIFICANT_BELOW:
        return f"It is {100 * drop:.1f} percentage points less accurate than the run's model."
    return ""


def _same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    same = np.asarray(first == second)
    return np.asarray(same.all(1)) if same.ndim == 2 else same
