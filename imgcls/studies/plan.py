"""The plan of a study: what is varied, how, how often, and by which score the winner is chosen. `study.json`.

A person writes it as YAML or JSON:

    title: Learning rate and width
    settings:                     # as for `imgcls train --settings`; what is missing has its default
      data: mnist_sample
      model: cnn
      epochs: 5
    vary:
      learning_rate: {from: 1e-4, to: 1e-1, log: true}
      filters: [16, 32, 64]
    metric: val_accuracy          # or val_loss
    sampler: tpe                  # or random, grid
    pruner: median                # or hyperband, none
    trials: 30
    parallel: 1                   # trials at a time
    seed: 0                       # of the search
    energy_kwh: 0.5               # ends when this energy is used; without it, there is no limit
    backend: slurm                # where trials train, if IMGCLS_BACKEND lists several; without it, the first
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from imgcls import runs
from imgcls.config import Config, settings_file
from imgcls.errors import SettingError
from imgcls.evaluation.metrics.percent import percent
from imgcls.params import shortened
from imgcls.runs import run_name
from imgcls.studies import space
from imgcls.studies.space import Space
from imgcls.system import json_files

VERSION = 1
METRICS = {"val_accuracy": True, "val_loss": False}
"""Scores to choose by, all measured on validation images, and whether more is better."""
SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("median", "hyperband", "none")
MOST_TRIALS = 1_000
MOST_PARALLEL = 64
MOST_HOURS = 1_000
LATEST = 1e11
LEAST_KWH, MOST_KWH = 0.001, 10_000
DAMAGED_RESULT = (
    "The file result.json of study '{}' is damaged and cannot be read. Delete the file and resume the study: the "
    "winner is determined again, and nothing is trained twice."
)
MOST_TITLE = 120
"""Characters: twice as many as the name of a run, as a title often lists what is varied."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of a study. `until` is a time in seconds since 1970 at which it ends, and `energy_kwh` the energy
    after which it does, or None.

    Raises:
        SettingError: a value is invalid.
    """

    base: Config
    vary: Space
    title: str = ""
    metric: str = "val_accuracy"
    sampler: str = "tpe"
    pruner: str = "median"
    trials: int = 30
    parallel: int = 1
    seed: int = 0
    until: float | None = None
    energy_kwh: float | None = None
    backend: str = ""

    def __post_init__(self) -> None:
        _one_of("metric", self.metric, METRICS)
        _one_of("sampler", self.sampler, SAMPLERS)
        _one_of("pruner", self.pruner, PRUNERS)
        _count("trials", self.trials, 1, MOST_TRIALS)
        _count("parallel", self.parallel, 1, MOST_PARALLEL)
        _count("seed", self.seed, 0, 2**31 - 1)
        if self.until is not None and not json_files.is_number(self.until, 0, LATEST):
            raise SettingError("“until” must be a time in seconds since 1970.")
        if self.energy_kwh is not None and not json_files.is_number(self.energy_kwh, LEAST_KWH, MOST_KWH):
            raise SettingError(f"“energy_kwh” must be a number from {LEAST_KWH} to {MOST_KWH:,}.")
        if not isinstance(self.backend, str):
            raise SettingError(f"“backend” must be a name, not {shortened(self.backend)}.")
        if not isinstance(self.title, str):
            raise SettingError(f"“title” must be text, not {shortened(self.title)}.")
        object.__setattr__(self, "title", run_name.clean(self.title, MOST_TITLE))
        if self.base.folds:
            raise SettingError("Trials cannot be cross-validated: set “folds” to 0, and cross-validate the winner.")
        if self.sampler == "grid" and (size := space.grid_size(self.vary)) > space.MOST_IN_GRID:
            raise SettingError(
                f"The grid has {size:,} combinations; at most {space.MOST_IN_GRID:,} are possible. Give shorter lists "
                "or larger steps, or use the sampler “tpe” or “random”."
            )

    @property
    def is_higher_better(self) -> bool:
        return METRICS[self.metric]

    @property
    def budget(self) -> int:
        """How many trials there will be: a grid may have fewer combinations than `trials`."""
        return min(self.trials, space.grid_size(self.vary)) if self.sampler == "grid" else self.trials

    def written(self, score: float) -> str:
        """A score by this plan's metric as text, rounded in the same way wherever a study shows it."""
        return percent(score) if self.metric == "val_accuracy" else f"{score:.4f}"

    def changed(self, **values: Any) -> "Plan":
        return replace(self, **values)

    def limited(self, time_of_day: str = "", hours: float = 0.0, energy_kwh: float = 0.0) -> "Plan":
        """The plan with further ends: a time of day, hours from now, or an energy; "" and 0 are none.

        Raises:
            SettingError: one of them is invalid.
        """
        until = end_of(time_of_day, hours) if time_of_day or hours else self.until
        return self.changed(until=until, energy_kwh=energy_kwh or self.energy_kwh)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        own = ("title", "metric", "sampler", "pruner", "trials", "parallel", "seed", "until", "energy_kwh", "backend")
        values = {name: getattr(self, name) for name in own}
        return {"version": VERSION, **values, "settings": self.base.as_dict(), "vary": space.as_json(self.vary)}


def from_dict(values: Any) -> Plan:
    """The plan in a dictionary as read from YAML or JSON.

    Raises:
        SettingError: it is not a dictionary, was written by a newer version, or has an unknown or invalid entry.
    """
    if not isinstance(values, Mapping):
        raise SettingError("A study must have one entry per line, such as “trials: 30”.")
    values = {str(key).replace("-", "_"): value for key, value in values.items()}
    version = values.pop("version", VERSION)
    if not json_files.is_integer(version) or version > VERSION:
        raise SettingError("This study was made by a newer version of the program. Update the program to open it.")
    known = {"settings", "vary", "title", "metric", "sampler", "pruner", "trials", "parallel", "seed", "until"}
    known |= {"energy_kwh", "backend"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingError(f"A study has no entry {shortened(unknown[0])}. Available: {', '.join(sorted(known))}.")
    base = settings_file.config_of(values.pop("settings", {}))
    vary = space.read(values.pop("vary", {}), base)
    return Plan(base=base, vary=vary, **values)


def read(path: Path) -> Plan:
    """The plan in a YAML or JSON file.

    Raises:
        SettingError: the file is missing or unreadable, or has an unknown or invalid entry.
    """
    return from_dict(settings_file.values_in(path))


def end_of(time_of_day: str = "", hours: float = 0.0, *, now: float | None = None) -> float:
    """The time, in seconds since 1970, at which a study ends: the next time it is "07:00" here, or after some hours.

    With both, the earlier one counts.

    Raises:
        SettingError: there is no such time of day, or the hours are not positive.
    """
    now = time.time() if now is None else now
    ends = []
    if time_of_day:
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", time_of_day.strip())
        if not found:
            raise SettingError(f"{shortened(time_of_day)} is not a time of day. Write it as 07:00.")
        here = datetime.fromtimestamp(now)
        end = here.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
        ends.append((end if end > here else end + timedelta(days=1)).timestamp())
    if hours:
        if not 0 < hours <= MOST_HOURS:
            raise SettingError(f"The hours must be above 0 and at most {MOST_HOURS}, not {hours:g}.")
        ends.append(now + 3600 * hours)
    return min(ends)


def _one_of(name: str, value: Any, allowed: Any) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise SettingError(f"“{name}” cannot be {shortened(value)}. Choose one of: {', '.join(allowed)}.")


def _count(name: str, value: Any, low: int, high: int) -> None:
    if not json_files.is_integer(value, low, high):
        raise SettingError(f"“{name}” must be a whole number from {low} to {high:,}, not {shortened(value)}.")


def sound_result(result: dict[str, Any]) -> dict[str, Any]:
    """The content of result.json without values that cannot be true."""
    is_count, is_number = json_files.is_integer, json_files.is_number
    checks: dict[str, Callable[[Any], bool]] = {
        "ended": lambda value: is_number(value, 0.0),
        "tried": lambda value: is_count(value, 0),
        "scored": lambda value: is_count(value, 0),
        "winner": lambda value: isinstance(value, str) and runs.ID.fullmatch(value) is not None,
        "value": is_number,
        "message": lambda value: isinstance(value, str),
        "bias": lambda value: (
            isinstance(value, dict)
            and all(is_number(value.get(name), -1.0, 1.0) for name in ("bias", "accuracy"))
            and all(is_count(value.get(name), 0) for name in ("trials", "images"))
        ),
        "test": lambda value: (
            isinstance(value, dict)
            and all(is_number(value.get(name), 0.0, 1.0) for name in ("accuracy", "low", "high"))
            and is_count(value.get("images"), 0)
        ),
    }
    found = {name: value for name, value in result.items() if name not in checks or checks[name](value)}
    if not found.keys() >= {"tried", "scored", "value"}:
        found.pop("winner", None)
    return found
