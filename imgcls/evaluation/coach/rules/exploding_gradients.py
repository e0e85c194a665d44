"""The gradients grow so large that the weights jump."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding

TITLE = "Exploding gradients"
WHY = "A huge gradient throws the weights far off, and what was learned before is lost."
ORDER = 0
TIMES, LARGE = 50.0, 100.0
"""A gradient norm counts as exploded above LARGE, if it is also TIMES the median of the training."""


def find(evidence: Evidence) -> Finding | None:
    """Some gradient norm was not a number, or far above the others."""
    known = evidence.norms[np.isfinite(evidence.norms)]
    if not len(evidence.norms):
        return None
    median = float(np.median(known)) if len(known) else float("inf")
    largest = float(known.max()) if len(known) else float("inf")
    is_lost = len(known) < len(evidence.norms) and evidence.diverged
    if not is_lost and not (largest > LARGE and (largest > TIMES * median or median > LARGE)):
        return None
    size = "was no longer a number" if is_lost else f"reached {largest:,.0f}, against {median:.3g} in the middle"
    rate = evidence.config.learning_rate / 10
    changes: dict = {"learning_rate": max(rate, 1e-6)}
    if evidence.setting("batch_normalisation") is False:
        changes["model.batch_normalisation"] = True
    return Finding(f"The gradient norm {size}.", f"Train with a learning rate of {rate:g}", changes)
