"""Whether an accuracy is better than guessing, or so close to it that chance explains it."""

from collections.abc import Mapping
from typing import Any

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import interval, percent

WORDS = "at chance level"


def level(row: Mapping[str, Any]) -> str:
    """Why a run, a row of the index, is at chance level: "" if its accuracy is better than guessing, or that is not
    known. It is better if the whole 95% confidence interval lies above the accuracy of guessing."""
    guess, count = row.get("guess"), row.get("judged") or 0
    name, score = ("Test", row.get("test")) if row.get("test") is not None else ("Validation", row.get("best"))
    if guess is None or score is None or not count:
        return ""
    found = wilson(round(score * count), count)
    if found.low > guess:
        return ""
    return (
        f"{name} accuracy {percent(score)}, 95% CI {interval(found.low, found.high)}: not better than always "
        f"predicting the most frequent class, {percent(guess)}."
    )
