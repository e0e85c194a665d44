"""Ends trials early that are unlikely to win, from the validation scores after each epoch.

Both rules compare a trial with others at the same epoch, so they suit settings that do not change how fast a training
run begins: with a one-cycle or cosine schedule, a trial that is behind early may still win.
"""

import math
from collections.abc import Sequence
from statistics import median

from imgcls.studies.study import Trial

WARM_UP = 2
"""The median rule leaves the first epochs alone, in which any training is noisy."""
LEAST_OTHERS = 4
"""It needs this many other trials."""
REDUCTION = 3
"""Hyperband keeps one in this many at each rung."""


def should_end(trial: Trial, others: Sequence[Trial], rule: str, epochs: int, *, is_higher_better: bool) -> bool:
    """Whether a running trial should end now.

    Args:
        others: The other trials of the study.
        rule: "median", "hyperband" or "none".
        epochs: How many epochs a full trial has.
    """
    done = len(trial.curve)
    if rule == "none" or not 0 < done < epochs:
        return False
    sign = 1.0 if is_higher_better else -1.0
    if rule == "median":
        return _is_below_median(trial, others, done, sign)
    return _is_below_rung(trial, others, epochs, sign)


def _is_below_median(trial: Trial, others: Sequence[Trial], done: int, sign: float) -> bool:
    """The median stopping rule: its best score so far is worse than the median of the others' at the same epoch.

    Source: Golovin, D. et al. (2017), "Google Vizier: a service for black-box optimization", KDD, section 3.2.2.
    """
    if done <= WARM_UP:
        return False
    rivals = [_best(other, done, sign) for other in others if len(other.curve) >= done]
    rivals = [value for value in rivals if value > -math.inf]
    return len(rivals) >= LEAST_OTHERS and _best(trial, done, sign) < median(rivals)


def _is_below_rung(trial: Trial, others: Sequence[Trial], epochs: int, sign: float) -> bool:
    """Hyperband with asynchronous successive halving: at each rung only the best third of its bracket goes on.

    Trials are dealt to brackets in turn. Bracket 0 halves most often, the last one never, so that slow starters have
    a chance. Sources: Li, L. et al. (2018), "Hyperband: a novel bandit-based approach to hyperparameter optimization",
    JMLR 18; Li, L. et al. (2020), "A system for massively parallel hyperparameter tuning", MLSys.
    """
    brackets = int(math.log(epochs, REDUCTION) + 1e-9) + 1
    mine = trial.number % brackets
    rungs = [math.ceil(epochs / REDUCTION**power) for power in range(brackets - 1 - mine, 0, -1)]
    reached = [rung for rung in rungs if rung <= len(trial.curve)]
    for rung in reached:
        rivals = [
            _best(other, rung, sign) for other in others if other.number % brackets == mine and len(other.curve) >= rung
        ]
        kept = max(1, (len(rivals) + 1) // REDUCTION)
        if sum(value > _best(trial, rung, sign) for value in rivals) >= kept:
            return True
    return False


def _best(trial: Trial, epochs: int, sign: float) -> float:
    """The best score within the first epochs, so that more is better."""
    return max((sign * value for value in trial.curve[:epochs] if value is not None), default=-math.inf)
