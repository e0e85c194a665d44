"""The learning rate is so high that the loss jumps up instead of falling."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding

TITLE = "Learning rate too high"
WHY = "Each step jumps over the minimum instead of into it, so the loss rises or oscillates."
ORDER = 1
RISE, SHARE = 1.1, 0.25
"""The training loss of an epoch counts as risen above RISE times the one before; SHARE of the epochs may not."""
ABOVE_GUESSING = 1.25
"""No epoch should be this much worse than guessing."""


def find(evidence: Evidence) -> Finding | None:
    """The loss became NaN, was worse than guessing, or rose again and again."""
    loss = evidence.loss[np.isfinite(evidence.loss)]
    rises = int((loss[1:] > RISE * loss[:-1]).sum()) if len(loss) > 1 else 0
    worst = float(loss.max()) if len(loss) else 0.0
    if evidence.diverged:
        text = "The loss became so large that it was no longer a number."
    elif worst > ABOVE_GUESSING * evidence.guess_loss:
        text = f"The training loss was {worst:.2f} in one epoch; guessing gives {evidence.guess_loss:.2f}."
    elif rises >= 2 and rises > SHARE * len(loss):
        text = f"The training loss rose by more than 10% in {rises} of {len(loss)} epochs."
    else:
        return None
    rate = max(evidence.config.learning_rate / 10, 1e-6)
    return Finding(text, f"Train with a learning rate of {rate:g}", {"learning_rate": rate})
