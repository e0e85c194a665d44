"""One class that causes an outsized part of the errors."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding, larger
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import percent

TITLE = "One class drags the score down"
WHY = "This class has the most to gain. Look at its mistakes: are the images hard, few, or mislabelled?"
ORDER = 10
BELOW, SHARE, FEWEST = 0.08, 0.3, 12


def find(evidence: Evidence) -> Finding | None:
    """A recall whose interval is BELOW that of the other classes, and SHARE of all errors."""
    wrong = evidence.probabilities.argmax(1) != evidence.labels if len(evidence.labels) else np.zeros(0, bool)
    if wrong.sum() < FEWEST or len(evidence.classes) < 3:
        return None
    errors = np.bincount(evidence.labels[wrong], minlength=len(evidence.classes))
    images = np.bincount(evidence.labels, minlength=len(evidence.classes))
    worst = int(errors.argmax())
    others = 1 - (wrong.sum() - errors[worst]) / max(1, len(wrong) - images[worst])
    found = wilson(int(images[worst] - errors[worst]), int(images[worst]))
    if found.high > others - BELOW or errors[worst] < SHARE * wrong.sum():
        return None
    changes: dict = {"class_weights": True}
    action = "Train with class weights"
    if (
        evidence.config.class_weights
        or not len(evidence.counts)
        or evidence.counts[worst] >= np.median(evidence.counts)
    ):
        changes, action = larger(evidence), "Train a larger network"
    return Finding(
        f"“{evidence.classes[worst]}” causes {errors[worst]} of {wrong.sum()} validation errors: "
        f"{percent(found.value)} of its images are recognised, {percent(others)} of the others.",
        action,
        changes,
    )
