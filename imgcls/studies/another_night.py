"""What would as many trials again gain?

The expected best of k random trials follows from the scores of n (Dodge, J. et al. (2019), "Show your work: improved
reporting of experimental results", EMNLP). It is computed for n/4, n/2 and n trials; the gain of the next doubling
continues the last two, which shrink by a constant factor as long as scores have a limit. The band is a bootstrap over
trials.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.languages import duration
from imgcls.studies.study import Trial

LEAST_TRIALS = 8
RESAMPLES = 1_000


def gain(scores: Sequence[float], *, is_higher_better: bool, seed: int = 0) -> Score | None:
    """By how much the best score would improve (0 or more) with as many trials again; None with too few trials."""
    values = np.sort(np.asarray(scores, float) * (1.0 if is_higher_better else -1.0))
    if len(values) < LEAST_TRIALS:
        return None
    random = np.random.default_rng(seed)
    drawn = np.sort(values[random.integers(0, len(values), (RESAMPLES, len(values)))], axis=1)
    found = _next_gain(np.vstack([values, drawn]))
    low, high = np.percentile(found[1:], (2.5, 97.5))
    return Score(float(found[0]), float(min(low, found[0])), float(max(high, found[0])))


def training_seconds(trials: Iterable[Trial]) -> float:
    """How long these trials trained together, as far as it is known."""
    return sum((trial.result or {}).get("training_seconds") or 0.0 for trial in trials)


def missing(trials: int) -> str:
    """Why there is no estimate after so many trials with a score; "" if there are enough."""
    if trials >= LEAST_TRIALS:
        return ""
    return (
        f"What as many trials again would gain can be estimated from {LEAST_TRIALS} trials with a score: "
        f"{LEAST_TRIALS - trials} more {'is' if LEAST_TRIALS - trials == 1 else 'are'} needed."
    )


def sentence(score: Score | None, metric: str, trials: int, seconds: float = 0.0) -> str:
    """The estimate in plain English, after so many trials that trained so many seconds; "" without one."""
    if score is None:
        return ""
    if metric == "val_accuracy":
        value, low, high = (100 * one for one in (score.value, score.low, score.high))
        what = f"raise the best validation accuracy by about {value:.2f} points (95% band {low:.2f}–{high:.2f})"
    else:
        what = f"lower the best validation loss by about {score.value:.4f} (95% band {score.low:.4f}–{score.high:.4f})"
    time = f" (about {duration(seconds)} of training)" if seconds >= 1 else ""
    return f"Another {trials} trials{time} would probably {what}: an estimate that takes trials as random draws."


def _next_gain(values: np.ndarray) -> np.ndarray:
    """For sorted scores (k, n), the expected gain of doubling n, (k,)."""
    count = values.shape[1]
    quarter, half, whole = (_expected_best(values, k) for k in (count / 4, count / 2, count))
    before, last = np.maximum(half - quarter, 0.0), np.maximum(whole - half, 0.0)
    shrinks = np.divide(last, before, out=np.zeros_like(last), where=before > 0)
    return last * np.minimum(shrinks, 1.0)


def _expected_best(values: np.ndarray, draws: float) -> np.ndarray:
    """The expected maximum of so many draws with replacement from each row of sorted scores."""
    count = values.shape[1]
    below = (np.arange(count + 1) / count) ** draws
    return values @ np.diff(below)
