"""The training does not move: it stays at the level of guessing."""

import numpy as np

from imgcls.evaluation.coach.evidence import Evidence
from imgcls.evaluation.coach.finding import Finding
from imgcls.evaluation.metrics.percent import percent

TITLE = "Stalled training"
WHY = (
    "The network gives the same answer for every image. More epochs will not help; a different initialisation or "
    "step size may."
)
ORDER = 2
ABOVE_CHANCE, CLOSE = 0.08, 0.05
"""Accuracy within ABOVE_CHANCE of guessing, and a loss that changed by less than CLOSE of it in the last half."""


def find(evidence: Evidence) -> Finding | None:
    """Accuracy at the level of guessing, and a flat loss."""
    accuracy, loss = evidence.accuracy, evidence.loss
    if len(loss) < 3 or evidence.diverged or not np.isfinite(loss).all():
        return None
    half = loss[len(loss) // 2 :]
    is_flat = float(half.max() - half.min()) < CLOSE * evidence.guess_loss
    if float(accuracy[-3:].max()) > evidence.chance + ABOVE_CHANCE or not is_flat:
        return None
    changes: dict = {"optimizer": "adam", "learning_rate": 1e-3, "normalisation": "standardised"}
    if evidence.setting("activation") in ("sigmoid", "tanh"):
        changes["model.activation"] = "relu"
    if all(changes[name] == getattr(evidence.config, name) for name in ("optimizer", "learning_rate", "normalisation")):
        changes["seed"] = evidence.config.seed + 1
    return Finding(
        f"Training accuracy ended at {percent(accuracy[-1])}, guessing gives {percent(evidence.chance)}, and "
        "the loss did not move.",
        "Train with Adam, 0.001 and standardised pixels",
        changes,
    )
