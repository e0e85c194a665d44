"""The network is too small, or held back too much, even for its training images."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding, larger
from imgcls.evaluation.metrics.percent import percent

TITLE = "Underfitting"
WHY = (
    "A network that cannot fit its training images cannot fit new ones either: it needs more capacity or less "
    "regularisation."
)
ORDER = 8
LOW, FLAT = 0.9, 0.03
"""Training accuracy below LOW that gained less than FLAT in the last third of the epochs."""


def find(evidence: Evidence) -> Finding | None:
    """Low training accuracy that no longer rises, and validation no worse than training."""
    accuracy = evidence.accuracy
    if len(accuracy) < 6 or not np.isfinite(accuracy).all() or evidence.diverged:
        return None
    third = accuracy[-max(3, len(accuracy) // 3) :]
    gained = float(third[-3:].mean() - third[:3].mean())
    end = float(accuracy[-3:].mean())
    if end >= LOW or gained > FLAT or evidence.gap > 0.03 or end < evidence.chance + 0.05:
        return None
    return Finding(
        f"Training accuracy ended at {percent(end)}, gained only {100 * gained:.1f} points in the last {len(third)} "
        "epochs, and validation is as good.",
        "Train a larger network",
        larger(evidence),
    )
