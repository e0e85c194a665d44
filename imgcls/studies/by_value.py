"""The scores of the trials by the values of each setting: what can be said before there are enough for importances."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.params import Value
from imgcls.studies.plan import Plan
from imgcls.studies.space import Domain, Listed
from imgcls.studies.study import Trial


@dataclass(frozen=True)
class ValueScores:
    """The trials with these `values` of a setting, and their scores."""

    setting: str
    values: str
    trials: int
    mean: float
    best: float


def scores(plan: Plan, trials: Sequence[Trial]) -> list[ValueScores]:
    """A row for each listed value, and for each half of a range, that a complete trial has."""
    best = max if plan.is_higher_better else min
    found = []
    for name, domain in plan.vary.items():
        groups: dict[str, list[float]] = {}
        known = [one for one in trials if one.is_complete and domain.holds(one.params.get(name))]
        for trial in sorted(known, key=lambda one: _place(domain, one.params[name])):
            groups.setdefault(_text(domain, trial.params[name]), []).append(trial.value or 0.0)
        found += [
            ValueScores(name, text, len(group), math.fsum(group) / len(group), best(group))
            for text, group in groups.items()
        ]
    return found


def _place(domain: Domain, value: Value) -> float:
    """By this number, rows are in order."""
    return domain.values.index(value) if isinstance(domain, Listed) else float(value)


def _text(domain: Domain, value: Value) -> str:
    """The value of a list; the half of a range, of a logarithmic one by ratios."""
    if isinstance(domain, Listed):
        return str(Listed((value,)))
    middle = math.sqrt(domain.low * domain.high) if domain.is_log else (domain.low + domain.high) / 2
    return f"{domain.low:g} to {middle:.3g}" if float(value) <= middle else f"{middle:.3g} to {domain.high:g}"
