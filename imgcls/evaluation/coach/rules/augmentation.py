"""Augmentation that suits the dataset and was not used."""

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Helpful augmentation"
WHY = "Slightly changed copies are new images for free, as long as their class stays what it was."
ORDER = 9
FIT, GAP = 0.97, 0.04


def find(evidence: Evidence) -> Finding | None:
    """Nearly perfect training accuracy, a gap, and no augmentation."""
    changes = evidence.new_advice()
    if not changes or len(changes) < len(evidence.advice) or not len(evidence.accuracy):
        return None
    fit, gap = float(evidence.accuracy[-1]), evidence.gap
    if fit < FIT or gap < max(GAP, 1.5 * evidence.resolution):
        return None
    names = ", ".join(name.replace("_", " ") for name in changes)
    return Finding(
        f"Training accuracy is {percent(fit)}, validation {100 * gap:.1f} points lower, and there was no augmentation.",
        f"Train with {names}",
        changes,
    )
