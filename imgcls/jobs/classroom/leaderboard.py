"""The best run of each person of a room by validation accuracy, and who is really better than whom."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imgcls import languages
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.jobs.classroom.work import Work
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.sharing import Role, people
from imgcls.sharing.classroom.rooms import Room

MOST_NAMES, MOST_TIES = 6, 2
TEACHERS = (Role.TEACHER, Role.OWNER)
SHARED = N_("People with the same place are statistically indistinguishable.")


@dataclass(frozen=True)
class Place:
    """`rank` counts from 1; everyone who is indistinguishable from the first of a rank shares it. `attempts` counts
    runs."""

    rank: int
    best: Work
    attempts: int


def competing(works: Sequence[Work], room: Room) -> list[Work]:
    """The runs of the members: no teacher competes with them, so the model that the class trains together does not."""
    return [work for work in works if work.owner != room.teacher and people.find(work.owner).role not in TEACHERS]


def datasets(works: Sequence[Work]) -> list[str]:
    """The datasets with scores, the most used first: scores on different ones cannot be compared."""
    counts = Counter(work.data for work in works if _has_score(work))
    return [name for name, _ in counts.most_common()]


def places(works: Sequence[Work], data: str, *, on_test: bool = False) -> list[Place]:
    """The best run of each person on a dataset, best first.

    Args:
        on_test: Rank by test accuracy. The run of each person is still the one with the best validation accuracy: a
            choice by the test score would make it too high.
    """
    scored = [work for work in works if work.data == data and _has_score(work)]
    attempts = Counter(work.owner for work in works if work.data == data)
    best: dict[str, Work] = {}
    for work in sorted(scored, key=_score, reverse=True):
        best.setdefault(work.owner, work)
    found: list[Place] = []
    chosen = list(best.values())
    if on_test:
        chosen = sorted((work for work in chosen if work.test_accuracy is not None), key=_test, reverse=True)
    for number, work in enumerate(chosen, start=1):
        first = next((place.best for place in found if place.rank == found[-1].rank), None)
        rank = found[-1].rank if first is not None and not is_better(first, work, on_test=on_test) else number
        found.append(Place(rank, work, attempts[work.owner]))
    return found


def ties(places: Sequence[Place]) -> list[str]:
    """A sentence for each rank that several people share, or one for many, in the language of the visitor."""
    shared = [rank for rank, people in Counter(place.rank for place in places).items() if people > 1]
    if len(shared) > MOST_TIES:
        return [_(SHARED)]
    found = []
    for rank in shared:
        names = [place.best.owner_name for place in places if place.rank == rank]
        shown = ", ".join(names) if len(names) <= MOST_NAMES else _people(len(names))
        text = _("Place {rank} is shared ({names}): these scores are statistically indistinguishable.")
        found.append(text.format(rank=rank, names=shown))
    return found


def best_text(first: Sequence[Place], names: Mapping[str, str] | None = None, *, on_test: bool = False) -> str:
    """Who is best, of those who share the first place, with their scores, in the language of the visitor; "" without.

    Args:
        names: What people are called, by their ID, where not everybody may read the names of all.
    """
    if not first:
        return ""
    scores = [languages.percent((_test if on_test else _score)(place.best)) for place in first]
    named, score, shared = list(first), scores[0], ""
    if len(first) > MOST_NAMES:  # nobody would read all of them
        named = [place for place, one in zip(first, scores, strict=True) if one == score]
        shared = " " + _("({people} share the place)").format(people=_people(len(first)))
    elif scores[-1] != score:
        score = f"{scores[-1]} – {score}"
    known = [place.best.owner_name if names is None else names.get(place.best.owner, "") for place in named]
    known, both = list(dict.fromkeys(filter(None, known))), _("and")
    text = f" {both} ".join(filter(None, (", ".join(known[:-1]), known[-1]))) if known else _people(len(named))
    return _("Best: {names}, {score}").format(names=text, score=score) + shared


def _people(number: int) -> str:
    return ngettext("{n} person", "{n} people", number).format(n=number)


def is_better(a: Work, b: Work, *, on_test: bool = False) -> bool:
    """Whether the 95% interval of the difference of two validation (or test) accuracies, a - b, lies above 0.

    The images count as independent samples, so runs with the same validation images are called better too rarely.
    Source: Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions: comparison
    of eleven methods", Statistics in Medicine 17, method 10.
    """
    first, second = interval(a, on_test=on_test), interval(b, on_test=on_test)
    if first is None or second is None:
        return False
    reach = math.hypot(first.value - first.low, second.high - second.value)
    return first.value - second.value > reach


def interval(work: Work, *, on_test: bool = False) -> Score | None:
    """The validation (or test) accuracy with its 95% Wilson interval; None if the number of images is not known."""
    score, images = (_test(work), work.test_images) if on_test else (_score(work), work.validation_images)
    return wilson(score * images, images) if images else None


def _test(work: Work) -> float:
    return work.test_accuracy or 0.0


def _has_score(work: Work) -> bool:
    return work.val_accuracy is not None and bool(work.data)


def _score(work: Work) -> float:
    return work.val_accuracy or 0.0
