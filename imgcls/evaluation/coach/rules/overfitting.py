"""The network memorises its training images."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Overfitting"
WHY = "Patterns that hold only for the training images do not help with new ones."
ORDER = 7
GAP, RISE, FIT = 0.05, 1.05, 0.97
"""Training is GAP ahead of validation, by more than the resolution. In addition, the validation loss rose from its
minimum, or training accuracy is above FIT."""
DROPOUT = 0.2


def find(evidence: Evidence) -> Finding | None:
    """A gap between training and validation accuracy, and a validation loss that no longer falls."""
    if len(evidence.val_loss) < 4 or not np.isfinite(evidence.val_loss[-1]):
        return None
    gap = evidence.gap
    risen = float(evidence.val_loss[-1] / max(evidence.val_loss[evidence.best], 1e-9))
    if gap < max(GAP, 1.5 * evidence.resolution) or (risen < RISE and evidence.accuracy[-1] < FIT):
        return None
    changes: dict = evidence.new_advice()
    dropout = evidence.setting("dropout")
    if isinstance(dropout, float | int):
        changes["model.dropout"] = evidence.limited("dropout", float(dropout) + DROPOUT)
    if not changes:
        changes = {"weight_decay": max(0.01, 3 * evidence.config.weight_decay)}
    rose = f", and the validation loss is {percent(risen - 1, 0)} above its minimum in epoch {evidence.best + 1}"
    return Finding(
        f"Training accuracy is {100 * gap:.1f} points above validation{rose if risen >= RISE else ''}.",
        "Train with more dropout and augmentation" if "model.dropout" in changes else "Train with regularisation",
        changes,
    )
