"""The learning rate is so low that the loss still falls steadily, far from its end."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Learning rate too low"
WHY = "The steps are in the right direction but tiny: ten times larger ones arrive ten times sooner."
ORDER = 3
FALLING, PER_EPOCH, FAR = 0.9, 0.003, 0.35
"""FALLING of the epochs lowered the validation loss, by PER_EPOCH of it on average at the end, and it is still above
FAR of that of guessing."""


def find(evidence: Evidence) -> Finding | None:
    """A loss that falls in nearly all epochs and has a long way to go."""
    loss = evidence.val_loss  # without the noise of dropout
    if len(loss) < 4 or not np.isfinite(loss).all() or evidence.config.schedule not in ("constant", "plateau"):
        return None
    falls = float((np.diff(loss) < 0).mean())
    late = loss[-max(3, len(loss) // 3) :]
    pace = float(1 - (late[-1] / late[0]) ** (1 / (len(late) - 1))) if late[0] > 0 else 0.0
    is_far = loss[-1] > FAR * evidence.guess_loss
    if falls < FALLING or pace < PER_EPOCH or not is_far or evidence.gap > 0.05:
        return None
    rate = min(10 * evidence.config.learning_rate, 1e6)
    return Finding(
        f"The validation loss fell in {percent(falls, 0)} of the epochs and still falls by {percent(pace)} "
        f"an epoch, but is {loss[-1]:.2f} (guessing: {evidence.guess_loss:.2f}).",
        f"Train with a learning rate of {rate:g}",
        {"learning_rate": rate},
    )
