"""Would more data help? Ordinary runs on 10 to 100% of the training images, and the law that their errors follow.

Nothing records that runs belong together: those do that differ only in the seed and in the number of training images,
see `imgcls.evaluation.repeated_seeds`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError, UserError
from imgcls.evaluation import comparison, repeated_seeds
from imgcls.evaluation.metrics import power_law
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.evaluation.metrics.power_law import PowerLaw
from imgcls.evaluation.predictions import Predictions
from imgcls.jobs import fair_use
from imgcls.runs import Run, run_name, trials

FRACTIONS = (0.1, 0.18, 0.32, 0.56, 1.0)
"""Of the training images; evenly spaced on the logarithmic scale on which errors fall along a line."""
LEAST_PER_CLASS = 8
"""Training images per class of the smallest run, on average."""
LEAST_TESTED = 20
"""Test images of a class without which its curve would say nothing."""
CLASS_RESAMPLES = 200
HARDLY = 0.005
"""A gain in accuracy below half a point is hardly worth collecting images for."""
MOST_SEEDS = 20


@dataclass(frozen=True, eq=False)
class ClassCurve:
    """How the recall of one class would change with twice the images. Scores are fractions."""

    name: str
    tested: int
    now: Score
    twice: Score
    gain: Score


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Finished runs, ordered by their number of training images (runs,), with their test accuracies and the law."""

    runs: tuple[Run, ...]
    images: np.ndarray
    accuracies: np.ndarray
    law: PowerLaw
    classes: tuple[ClassCurve, ...]
    tested: int

    @property
    def largest(self) -> int:
        """The number of training images of the largest runs."""
        return int(self.images[-1])

    def accuracy(self, times: float) -> Score:
        """The expected accuracy with `times` as many images as the largest run had, with its 95% band."""
        return _accuracy(self.law, self.largest * times)

    def gain(self, times: float = 2.0) -> Score:
        """By how much the accuracy would rise."""
        return Score(*self.law.gain(self.largest, times))

    def verdict(self) -> str:
        """The answer in plain English."""
        twice, gain = self.accuracy(2.0), self.gain()
        if gain.low >= HARDLY:
            answer = "More data would help."
        elif gain.high < HARDLY:
            answer = "More data alone would hardly help."
        else:
            answer = "Whether more data would help is uncertain; more seeds narrow the band."
        return (
            f"{answer} Twice the images ({2 * self.largest:,}): {percent(twice.value)}, 95% band "
            f"{interval(twice.low, twice.high)}, an estimate; now {percent(self.accuracy(1.0).value)}."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values; fractions run from 0 to 1."""
        return {
            "verdict": self.verdict(),
            "runs": [
                {"id": run.id, "training_images": int(images), "test_accuracy": float(accuracy)}
                for run, images, accuracy in zip(self.runs, self.images, self.accuracies, strict=True)
            ],
            "law": {name: float(getattr(self.law, name)[0]) for name in ("floor", "scale", "exponent")},
            "estimates": [
                {"times": times, "images": int(self.largest * times), **_json(self.accuracy(times))}
                for times in (1.0, 2.0, 4.0)
            ],
            "classes": [
                {"name": one.name, "test_images": one.tested, "now": _json(one.now), "twice": _json(one.twice)}
                for one in self.classes
            ],
        }


def planned(run: Run, seeds: int) -> list[Config]:
    """The settings of all runs of the curve, those that exist included.

    Raises:
        UserError: the run has no settings or was cross-validated, the dataset is unknown or has too few images.
    """
    if trials.exists(run):
        raise RunError("A trial of a study has no test score. Train its settings as a run of their own first.")
    base, facts = run.config.changed(folds=0), datasets.facts(run.config.data)
    total = facts.counts[0]
    least = LEAST_PER_CLASS * facts.num_classes
    sizes = [0 if fraction == 1.0 else round(fraction * total) for fraction in FRACTIONS]
    sizes = [size for size in sizes if not size or size >= least]
    if len(sizes) < power_law.LEAST_SIZES:
        raise RunError(
            f"{total:,} training images are too few for a learning curve of {facts.num_classes} classes; about "
            f"{round(least / FRACTIONS[1]):,} are needed."
        )
    return [base.changed(train_images=size, seed=base.seed + seed) for size in sizes for seed in range(seeds)]


def missing(run: Run, seeds: int, everything: Iterable[Run]) -> list[Config]:
    """Those of the planned runs that neither exist nor wait. Raises as `planned` does."""
    present = {
        _fingerprint(config)
        for other in everything
        if (config := _config(str(other.folder), other.stamp("config.json"))) is not None
        and other.state not in ("failed", "damaged", "stopped", "lost")
    }
    return [config for config in planned(run, seeds) if _fingerprint(config) not in present]


def start(run: Run, seeds: int) -> list[Run]:
    """Queues the missing runs, the smallest first: all of them or none.

    Raises:
        UserError: as `planned`, they exceed the visitor's limits, or a run cannot be queued.
    """
    configs = missing(run, seeds, runs.all_runs())
    fair_use.check_new_runs(configs)
    found = []
    for config in configs:
        amount = f"{config.train_images:,}" if config.train_images else "all"
        found.append(jobs.begin(config, run_name.with_ending(run.label, f": {amount} images, seed {config.seed}")))
    return found


def under_way(run: Run, everything: Iterable[Run]) -> list[Run]:
    """The runs of the curve that wait or train."""
    key = _fingerprint(_base(run.config))
    found = []
    for other in everything:
        config = _config(str(other.folder), other.stamp("config.json"))
        if (
            config is not None
            and _fingerprint(_base(config)) == key
            and not other.has_ended
            and not trials.exists(other)
        ):
            found.append(other)
    return found


def members(run: Run, everything: Iterable[Run]) -> list[Run]:
    """The finished runs of the curve that this run belongs to."""
    base, version = _base(run.config), _version(run)
    groups = repeated_seeds.groups(everything, least=1)
    found = [one for group in groups if _base(group.config) == base for one in group.runs]
    return [one for one in found if _version(one) == version]


def read(found: list[Run]) -> LearningCurve:
    """The learning curve of the runs from `members`.

    Raises:
        RunError: they have too few different sizes, or were tested on different images.
    """
    measured = []
    for run in found:
        images = (run.result or {}).get("counts", {}).get("train")
        if images:
            measured.append((int(images), run, comparison.decided(run)))
    measured.sort(key=lambda one: (one[0], one[1].id))
    sizes = np.array([images for images, _, _ in measured], float)
    if len(set(sizes)) < power_law.LEAST_SIZES:
        raise RunError(
            f"A learning curve needs runs with {power_law.LEAST_SIZES} different numbers of training images; so far "
            f"there are runs with {len(set(sizes))}."
        )
    last = measured[-1]
    for _, run, predictions in measured:
        if reason := comparison.obstacle(run.card, predictions, last[1].card, last[2]):
            raise RunError(reason)
    is_right = np.array([predictions.is_right for _, _, predictions in measured])
    law = power_law.fit(sizes, is_right)
    classes = []
    if isinstance(last[2], Predictions):
        for label, name in enumerate(last[1].card.classes):
            mask = last[2].labels == label
            if mask.sum() >= LEAST_TESTED:
                own = power_law.fit(sizes, is_right[:, mask], resamples=CLASS_RESAMPLES)
                gain = Score(*own.gain(sizes[-1], 2.0))
                now, twice = _accuracy(own, sizes[-1]), _accuracy(own, 2 * sizes[-1])
                classes.append(ClassCurve(name, int(mask.sum()), now, twice, gain))
    classes.sort(key=lambda one: -one.gain.value)
    found = [run for _, run, _ in measured]
    return LearningCurve(tuple(found), sizes, is_right.mean(1), law, tuple(classes), is_right.shape[1])


def _accuracy(law: PowerLaw, images: float) -> Score:
    value, low, high = (float(part[0]) for part in law.error(images))
    return Score(1 - value, 1 - high, 1 - low)


def _json(score: Score) -> dict[str, float]:
    return {name: float(getattr(score, name)) for name in ("value", "low", "high")}


def _base(config: Config) -> Config:
    return config.changed(seed=0, train_images=0, folds=0)


def _fingerprint(config: Config) -> str:
    return str(sorted(config.as_dict().items(), key=str))


def _version(run: Run) -> str:
    return str((run.result or {}).get("data", {}).get("state", ""))


@lru_cache(20_000)
def _config(folder: str, stamp: tuple[float, ...]) -> Config | None:
    try:
        return Run(Path(folder)).config
    except UserError:
        return None
