"""The best run of each person of a room by validation accuracy, and who is really better than whom."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.jobs.classroom.work import Work


@dataclass(frozen=True)
class Place:
    """`rank` counts from 1; everybody who cannot be told from the first of a rank shares it. `attempts` counts runs."""

    rank: int
    best: Work
    attempts: int


def datasets(works: Sequence[Work]) -> list[str]:
    """The datasets with scores, the most used first: scores on different ones cannot be compared."""
    counts = Counter(work.data for work in works if _has_score(work))
    return [name for name, _ in counts.most_common()]


def places(works: Sequence[Work], data: str) -> list[Place]:
    """The best run of each person on a dataset, best first."""
    scored = [work for work in works if work.data == data and _has_score(work)]
    attempts = Counter(work.owner for work in works if work.data == data)
    best: dict[str, Work] = {}
    for work in sorted(scored, key=_score, reverse=True):
        best.setdefault(work.owner, work)
    found: list[Place] = []
    for number, work in enumerate(best.values(), start=1):
        first = next((place.best for place in found if place.rank == found[-1].rank), None)
        rank = found[-1].rank if first is not None and not is_better(first, work) else number
        found.append(Place(rank, work, attempts[work.owner]))
    return found


def is_better(a: Work, b: Work) -> bool:
    """Whether the 95% interval of the difference of two validation accuracies, a - b, lies above 0.

    The images count as independent samples, so runs with the same validation images are called better too rarely.
    Source: Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions: comparison
    of eleven methods", Statistics in Medicine 17, method 10.
    """
    if not a.validation_images or not b.validation_images:
        return False
    first = wilson(_score(a) * a.validation_images, a.validation_images)
    second = wilson(_score(b) * b.validation_images, b.validation_images)
    reach = math.hypot(first.value - first.low, second.high - second.value)
    return first.value - second.value > reach


def _has_score(work: Work) -> bool:
    return work.val_accuracy is not None and bool(work.data)


def _score(work: Work) -> float:
    return work.val_accuracy or 0.0
