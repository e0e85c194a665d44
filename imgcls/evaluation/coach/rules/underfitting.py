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
MEAN_OF, LEAST = 3, 6
"""The means of the first and last epochs of a window are compared, so that one lucky epoch says nothing. A window of
fewer epochs would compare epochs with themselves."""


def find(evidence: Evidence) -> Finding | None:
    """Low training accuracy that no longer rises, and validation no worse than training."""
    accuracy = evidence.accuracy
    if len(accuracy) < LEAST or not np.isfinite(accuracy).all() or evidence.diverged:
        return None
    window = accuracy[-max(LEAST, len(accuracy) // 3) :]
    gained = float(window[-MEAN_OF:].mean() - window[:MEAN_OF].mean())
    end = float(accuracy[-1])
    if end >= LOW or gained > FLAT or evidence.gap > 0.03 or end < evidence.chance + 0.05:
        return None
    return Finding(
        f"Training accuracy ended at {percent(end)} and no longer rises: the mean of the last {MEAN_OF} epochs is "
        f"{_change(gained)} that of the first {MEAN_OF} of the last {len(window)}. Validation is as good.",
        "Train a larger network",
        larger(evidence),
    )


def _change(gained: float) -> str:
    points = abs(100 * gained)
    if points < 0.05:
        return "equal to"
    return f"{points:.1f} points {'above' if gained > 0 else 'below'}"
