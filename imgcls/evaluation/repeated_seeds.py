"""Runs that differ in nothing but their seed, and what their scores say about a setting.

Nothing records that runs belong together: those with the same settings and the same version of the dataset do, whether
they were started at once or over months. The seed decides initial weights, order, augmentation and the split into
training and validation images, so all of these vary within a group; the test images do not.
Source: Bouthillier, X. et al. (2021), "Accounting for variance in machine learning benchmarks", MLSys.
"""

import contextlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import runs
from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.evaluation import comparison
from imgcls.evaluation.metrics import crossed
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.crossed import CrossedComparison
from imgcls.evaluation.metrics.distributions import t_quantile
from imgcls.runs import Run, trials
from imgcls.runs.index import query

LEAST_DEGREES = 2
"""A standard deviation from fewer degrees of freedom says too little for a warning."""


@dataclass(frozen=True)
class _Member:
    """A run as a member of a group: those with the same `key` differ only in the seed."""

    key: str
    config: Config
    seed: int
    created: float
    run: Run
    accuracy: float


@dataclass(frozen=True, eq=False)
class Group:
    """Finished runs with the same settings, by seed; the newest one if a seed was used twice. `accuracies` (n,) are
    their test accuracies (multi-label: exact match)."""

    config: Config
    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    accuracies: np.ndarray

    @property
    def deviation(self) -> float:
        """The standard deviation of the accuracies; 0 for a single run."""
        return float(self.accuracies.std(ddof=1)) if len(self.runs) > 1 else 0.0

    def mean(self) -> Score:
        """The mean accuracy over all seeds with its 95% confidence interval by Student's t; -1 to 1 wide for one run.

        It covers the seeds, not the choice of the test images, which are the same for all runs.
        """
        return t_interval(self.accuracies)


@dataclass(frozen=True)
class SeedVariation:
    """How much the test accuracy varies between seeds: the pooled standard deviation of `groups` groups of `runs` runs
    altogether, from runs - groups degrees of freedom."""

    deviation: float
    runs: int
    groups: int

    @property
    def reach(self) -> float:
        """95% of the differences between two single runs of equally good settings are smaller than this."""
        return t_quantile(self.runs - self.groups, 0.975) * math.sqrt(2) * self.deviation


def t_interval(values: np.ndarray) -> Score:
    """The mean of values (n,) with its 95% confidence interval by Student's t, within 0 and 1."""
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Score(mean, 0.0, 1.0)
    reach = t_quantile(count - 1, 0.975) * float(np.std(values, ddof=1)) / math.sqrt(count)
    return Score(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def groups(runs: Iterable[Run], *, least: int = 2) -> list[Group]:
    """The groups with at least `least` seeds among these runs, in the order of their first runs."""
    found: dict[str, list[_Member]] = {}
    for run in runs:
        if (member := _member(run)) is not None:
            found.setdefault(member.key, []).append(member)
    made = (_group(members) for members in found.values())
    return [group for group in made if len(group.runs) >= least]


def by_setting(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in lists, whether they have ended or not: those that differ only in the seed are in one list.

    A second run with the same seed is no repetition, so it has a list of its own, like one with damaged settings.
    """
    found: dict[str, dict[int, Run]] = {}
    for run in runs:
        try:
            config, result = run.config, run.result or {}
        except UserError:
            found[run.id] = {0: run}
            continue
        key = _key(config, result)
        if config.seed in found.get(key, ()):
            key = run.id
        found.setdefault(key, {})[config.seed] = run
    return [list(group.values()) for group in found.values()]


def group_of(run: Run, runs: Iterable[Run]) -> Group:
    """The run and those among `runs` that differ from it only in the seed.

    Raises:
        RunError: it has not finished, or has no test score.
    """
    member = _member(run)
    if member is None:
        raise RunError(f"The run '{run.id}' has no test score from a finished training run, so it cannot be compared.")
    siblings = (found for other in runs if other.id != run.id and (found := _member(other)) is not None)
    return _group([member, *(sibling for sibling in siblings if sibling.key == member.key)])


def compare(first: Group, second: Group) -> CrossedComparison:
    """Compares two settings, paired over the seeds that both have and over the test images.

    Raises:
        RunError: they have fewer than two seeds in common, or were tested on different images.
    """
    by_seed = [dict(zip(group.seeds, group.runs, strict=True)) for group in (first, second)]
    common = sorted(set(by_seed[0]) & set(by_seed[1]))
    if len(common) < 2:
        raise RunError(
            f"The two settings have {'one seed' if common else 'no seed'} in common; at least two are needed. Train "
            "both with the same seeds, for example with: imgcls train … --seeds 8"
        )
    right: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for seed in common:
        a, b = by_seed[0][seed], by_seed[1][seed]
        one, other = comparison.decided(a), comparison.decided(b)
        if reason := comparison.obstacle(a.card, one, b.card, other):
            raise RunError(reason)
        right[0].append(one.is_right)
        right[1].append(other.is_right)
    try:
        return crossed.compare(np.array(right[0]), np.array(right[1]))
    except ValueError as error:
        raise RunError("The runs were tested on different images, so they cannot be compared.") from error


def variation(runs: Iterable[Run], data: str) -> SeedVariation | None:
    """How much the accuracy varies between seeds on this dataset; None with too few repeated runs to tell."""
    found = [group for group in groups(runs) if group.config.data == data]
    degrees = sum(len(group.runs) - 1 for group in found)
    if degrees < LEAST_DEGREES:
        return None
    squares = sum((len(group.runs) - 1) * group.deviation**2 for group in found)
    return SeedVariation(math.sqrt(squares / degrees), degrees + len(found), len(found))


def newest(most: int, only: Iterable[str] | None = None) -> list[Run]:
    """The runs of the newest groups, at most so many; reading every run would take seconds among thousands. `only`:
    among the runs with these IDs."""
    found = []
    for run_id in query.repeated(most, only):
        with contextlib.suppress(RunError):  # deleted meanwhile, or another visitor's
            found.append(runs.find(run_id))
    return found


@dataclass(frozen=True)
class Caution:
    """Why the difference between two single runs says nothing about their settings: the end of a sentence about it, and
    a sentence of its own."""

    short: str
    sentence: str


def caution(first: Run, second: Run, runs: Iterable[Run]) -> Caution | None:
    """Whether two runs differ only in the seed, or by less than such runs do; None if neither is known."""
    one, other = _member(first), _member(second)
    if one and other and one.key == other.key and one.seed != other.seed:
        short = "they differ only in the seed"
        return Caution(short, "These runs differ only in the seed: any difference between them is due to chance.")
    text = _within_variation(first, second, runs)
    return Caution("seeds alone differ by as much", text) if text else None


def _within_variation(first: Run, second: Run, runs: Iterable[Run]) -> str:
    """A sentence if the difference between two single runs is within the variation between seeds; else empty."""
    try:
        if (data := first.config.data) != second.config.data:
            return ""
        one, other = ((run.result or {}).get("test_accuracy") for run in (first, second))
    except UserError:
        return ""
    found = variation(runs, data)
    if found is None or one is None or other is None or (difference := abs(other - one)) > found.reach:
        return ""
    return (
        f"The difference of {100 * difference:.2f} percentage points is within the variation between seeds: on this "
        f"dataset, two runs that differ only in the seed differ by up to {100 * found.reach:.2f} points (95%, from "
        f"{found.runs} repeated runs). Train both with several seeds before you prefer one."
    )


def _member(run: Run) -> _Member | None:
    """What a run belongs to; None if it cannot be grouped. A page asks for every run at every rerun, so it is kept."""
    if trials.exists(run):
        return None
    return _read(str(run.folder), run.stamp("config.json", "result.json", "trainer.json"))


@lru_cache(20_000)
def _read(folder: str, stamp: tuple[float, ...]) -> _Member | None:
    run = Run(Path(folder))
    try:
        result = run.result
        if result is None or result["outcome"] != "finished" or "test_accuracy" not in result:
            return None
        config = run.config
    except UserError:
        return None
    return _Member(_key(config, result), config.changed(seed=0), config.seed, run.created, run, result["test_accuracy"])


def _key(config: Config, result: dict[str, Any]) -> str:
    """The same for runs that differ only in the seed."""
    version = result.get("data", {}).get("state", "")
    return json.dumps([config.changed(seed=0).as_dict(), version], sort_keys=True)


def _group(members: list[_Member]) -> Group:
    newest = {member.seed: member for member in sorted(members, key=lambda one: one.created)}
    chosen = [newest[seed] for seed in sorted(newest)]
    return Group(
        chosen[0].config,
        tuple(member.seed for member in chosen),
        tuple(member.run for member in chosen),
        np.array([member.accuracy for member in chosen]),
    )
