"""Classes with so few images that the network neglects them."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Imbalanced classes"
WHY = "Errors on a rare class add little to the loss, so the network prefers the frequent classes."
ORDER = 6
TIMES, BELOW = 4.0, 0.05
"""The largest class has TIMES as many images as the smallest, whose recall is BELOW under the average."""


def find(evidence: Evidence) -> Finding | None:
    """A ratio of class sizes, and lower recall of the rare classes on validation images."""
    counts = evidence.counts
    if evidence.config.class_weights or not len(counts) or not counts.min():
        return None
    if counts.max() < TIMES * counts.min():
        return None
    is_rare = counts < np.median(counts)
    here = np.isin(evidence.labels, np.flatnonzero(is_rare))
    if not here.any() or here.all():
        return None
    right = evidence.probabilities.argmax(1) == evidence.labels
    rare, others = float(right[here].mean()), float(right[~here].mean())
    if rare > others - BELOW:
        return None
    small, large = int(counts.argmin()), int(counts.argmax())
    return Finding(
        f"“{evidence.classes[large]}” has {counts[large]:,} training images, “{evidence.classes[small]}” "
        f"{counts[small]:,}. Validation accuracy is {percent(rare)} on rare classes and "
        f"{percent(others)} on the others.",
        "Train with class weights",
        {"class_weights": True},
    )
