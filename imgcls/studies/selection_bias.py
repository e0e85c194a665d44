"""How much too good the winner's validation score probably is, because it is the best of many.

Each validation score has an error. The best of many scores is likely to be one whose error was in its favour, so it
overstates how good the winner is, the more the more configurations were tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.errors import RunError
from imgcls.runs.predictions import validation_predictions
from imgcls.studies.study import Trial

RESAMPLES = 500
LEAST_TRIALS = 2
FEW_TRIALS = 8
"""With fewer, the estimate is close to 0 or chance; it is not shown."""


@dataclass(frozen=True)
class SelectionBias:
    """An estimate. `bias` is by how much the winner's accuracy on the validation images overstates its accuracy on new
    ones, in fractions of 1, and `accuracy` what remains. `trials` and `images` say what it was estimated from."""

    bias: float
    accuracy: float
    trials: int
    images: int


def estimate(trials: Sequence[Trial]) -> SelectionBias | None:
    """The selection bias of choosing the most accurate of these trials; None if it cannot be estimated.

    Validation images are drawn with replacement. The trial that is the best on the drawn images is scored on those that
    were not drawn; the mean over all draws is an estimate of the accuracy on new images that pays for the selection.
    Not paid for: each trial's best epoch was chosen by the same images.
    Source: Tsamardinos, I., Greasidou, E. and Borboudakis, G. (2018), "Bootstrapping the out-of-sample predictions for
    efficient and accurate cross-validation" (BBC-CV), Machine Learning 107.
    """
    right = _correct(trials)
    if len(right) < LEAST_TRIALS:
        return None
    return of_correct(right)


def of_correct(right: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> SelectionBias:
    """`estimate` from which trials, bool (trials, n), classified which validation images correctly."""
    count = right.shape[1]
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
    values = right.T.astype(np.float32)
    winners = (drawn.astype(np.float32) @ values).argmax(1)
    left_out = (drawn == 0).astype(np.float32)
    outside = (left_out @ values)[np.arange(resamples), winners] / np.maximum(left_out.sum(1), 1)
    best = float(right.mean(1).max())
    accuracy = min(best, float(outside.mean()))  # above only by the noise of the draws
    return SelectionBias(best - accuracy, accuracy, len(right), count)


def _correct(trials: Sequence[Trial]) -> np.ndarray:
    """Which validation images each trial classified correctly, bool (trials, n); those on other images are left out."""
    found: list[np.ndarray] = []
    rows = None
    for trial in trials:
        if trial.value is None:
            continue
        try:
            stored = validation_predictions.read(trial.run)
            card = trial.run.card
        except RunError:
            continue
        if stored is None or (rows is not None and not np.array_equal(rows, stored.rows)):
            continue
        rows = stored.rows
        if card.is_multilabel:
            threshold = np.asarray(card.thresholds or card.threshold)
            found.append(((stored.probabilities >= threshold) == (stored.labels > 0)).all(1))
        else:
            found.append(stored.probabilities.argmax(1) == stored.labels)
    return np.array(found)
