"""A search space: which settings of a run are varied, and over which values.

    learning_rate: {from: 1e-4, to: 1e-1, log: true}     a range; ratios matter if `log`
    dropout: {from: 0, to: 0.5, step: 0.1}               a range with steps
    filters: [16, 32, 64]                                a list

Every name is a setting of `Config` or of the model family, and every value is checked as that setting.
"""

import itertools
import math
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imgcls import models
from imgcls.config import PARAMS, Config
from imgcls.errors import SettingError
from imgcls.params import Choice, Param, Range, RunId, Value, shortened
from imgcls.system import json_files

FIXED = {
    "data": "trials on different datasets cannot be compared",
    "train_images": "it changes the validation images, so trials could not be compared",
    "validation_fraction": "it changes the validation images, so trials could not be compared",
    "validation_minimum": "it changes the validation images, so trials could not be compared",
    "folds": "cross-validate the winner instead",
    "monitor": "it changes how each trial's best epoch is chosen",
    "seed": "the best of several seeds is luck; repeat the winner with several seeds instead",
}
"""Settings that a study must not vary, and why."""
MOST_VALUES = 100
MOST_SETTINGS = 30
RANGE = re.compile(r"\s*([^\s,]+?)\s*(?:\.\.|…|–| to )\s*([^\s,:]+?)(?:\s*[\s:]\s*(log|linear))?\s*", re.IGNORECASE)
"""A range as a person types it: 0.1 .. 0.5, 1e-4..1e-2:log."""
GRID_STEPS = 4
"""A range without a step has this many values in a grid."""
MOST_IN_GRID = 10_000


@dataclass(frozen=True)
class Listed:
    """One of a few values."""

    values: tuple[Value, ...]

    def as_json(self) -> Any:
        return list(self.values)

    def grid(self) -> list[Value]:
        return list(self.values)

    def drawn(self, generator: random.Random) -> Value:
        return generator.choice(self.values)

    def holds(self, value: Any) -> bool:
        return value in self.values

    def __str__(self) -> str:
        return ", ".join(map(_shown, self.values))


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, both included. `is_log`: drawn evenly on a logarithmic scale."""

    low: float
    high: float
    step: float | None = None
    is_log: bool = False
    is_integer: bool = False

    def as_json(self) -> Any:
        found: dict[str, Any] = {"from": self.low, "to": self.high}
        return found | ({"step": self.step} if self.step else {}) | ({"log": True} if self.is_log else {})

    def grid(self) -> list[Value]:
        """The steps, or `GRID_STEPS` values at equal distances."""
        if self.step:
            count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
            found = [self.low + index * self.step for index in range(count)]
        else:
            shares = [index / (GRID_STEPS - 1) for index in range(GRID_STEPS)]
            found = [self._at(share) for share in shares]
        return list(dict.fromkeys(map(self._number, found)))

    def drawn(self, generator: random.Random) -> Value:
        return generator.choice(self.grid()) if self.step else self._number(self._at(generator.random()))

    def holds(self, value: Any) -> bool:
        is_number = json_files.is_integer(value) if self.is_integer else json_files.is_number(value)
        return is_number and self.low <= value <= self.high

    def _at(self, share: float) -> float:
        if self.is_log:
            return math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        return self.low + share * (self.high - self.low)

    def _number(self, value: float) -> Value:
        """Without the noise of floating-point arithmetic, and within the limits."""
        if self.is_integer:
            return round(value)
        return min(max(float(f"{value:.6g}"), self.low), self.high)

    def __str__(self) -> str:
        step = f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{step}{' (logarithmic)' if self.is_log else ''}"


Domain = Listed | Between
Space = Mapping[str, Domain]


def read(values: Any, base: Config) -> dict[str, Domain]:
    """The search space in a study's file, checked against the settings that it varies.

    Raises:
        SettingError: it is empty, or names an unknown setting, one that must not vary, or an invalid value.
    """
    if not isinstance(values, Mapping) or not values:
        raise SettingError(
            "The search space is empty, so there is nothing to search. Name at least one setting below “vary”, for "
            "example “learning_rate: {from: 1e-4, to: 1e-1, log: true}” or “batch_size: [32, 64, 128]”."
        )
    if len(values) > MOST_SETTINGS:
        raise SettingError(f"A study can vary at most {MOST_SETTINGS} settings, not {len(values)}.")
    found = {}
    for key, domain in values.items():
        param = param_of(str(key), base)
        found[param.name] = _domain(param, domain)
    if "model" in found and not set(found) <= {param.name for param in PARAMS}:
        raise SettingError("The model family and the settings of a family cannot be varied in the same study.")
    for name, domain in found.items():
        for value in _ends(domain):
            config_of(base, {name: value})
    return found


def typed(text: str) -> Any:
    """What a person types into a form or a shell, as a study's file has it.

        16, 32, 64          a list
        0.1 .. 0.5          a range; it is logarithmic where the setting usually is
        1e-4..1e-2:log      the same with “:log” or “:linear”, or either after a space, to choose the scale

    Raises:
        SettingError: it is empty. Values are checked by `read`.
    """
    if found := RANGE.fullmatch(text):
        scale = {"log": found[3].lower() == "log"} if found[3] else {}
        return {"from": found[1], "to": found[2]} | scale
    values = [part.strip() for part in text.split(",") if part.strip()]
    if not values:
        raise SettingError(
            "An empty text is neither a list of values, such as 16, 32, 64, nor a range, such as 0.1 .. 0.5."
        )
    return values


def variable(base: Config) -> list[Param]:
    """The settings that a study may vary: those of `Config`, then those of the model family."""
    own = [param for param in models.params(base.model) if not isinstance(param.limits, RunId)]
    ignored = getattr(models.family(base.model), "IGNORES", ())
    general = [param for param in PARAMS if param.name not in FIXED and param.name not in ignored]
    return [*general, *(param for param in own if param.name not in {one.name for one in PARAMS})]


def param_of(key: str, base: Config) -> Param:
    """The setting with this name, written with dashes or underscores.

    Raises:
        SettingError: there is none, or it must not vary.
    """
    name = key.replace("-", "_")
    if name in FIXED:
        raise SettingError(f"“{name}” cannot be varied: {FIXED[name]}.")
    known = {param.name: param for param in variable(base)}
    if name not in known:
        raise SettingError(
            f"The model '{base.model}' has no setting {shortened(key)} to vary. Available: {', '.join(known)}."
        )
    return known[name]


def config_of(base: Config, params: Mapping[str, Value]) -> Config:
    """The settings of a trial.

    Raises:
        SettingError: these values are invalid, or do not go together.
    """
    general = {param.name for param in PARAMS}
    model = params.get("model", base.model)
    own = dict(base.model_settings) if model == base.model else {}
    settings = own | {name: value for name, value in params.items() if name not in general}
    return base.changed(**{name: value for name, value in params.items() if name in general}, model_settings=settings)


def grid(space: Space) -> Iterator[dict[str, Value]]:
    """Every combination; the last setting changes fastest."""
    for values in itertools.product(*(domain.grid() for domain in space.values())):
        yield dict(zip(space, values, strict=True))


def grid_size(space: Space) -> int:
    """How many combinations there are."""
    return math.prod(len(domain.grid()) for domain in space.values())


def as_json(space: Space) -> dict[str, Any]:
    """The space as in a study's file."""
    return {name: domain.as_json() for name, domain in space.items()}


def _ends(domain: Domain) -> tuple[Value, ...]:
    return domain.values if isinstance(domain, Listed) else (domain.grid()[0], domain.grid()[-1])


def _domain(param: Param, values: Any) -> Domain:
    if isinstance(values, list | tuple):
        return _listed(param, values)
    if isinstance(values, Mapping):
        return _between(param, values)
    raise SettingError(
        f"{param.label}: give a list of values, such as [1, 2, 4], or a range, such as {{from: 1, to: 4}}, not "
        f"{shortened(values)}."
    )


def _listed(param: Param, values: list | tuple) -> Listed:
    if not 0 < len(values) <= MOST_VALUES:
        raise SettingError(f"{param.label}: a list needs 1 to {MOST_VALUES} values, not {len(values)}.")
    checked = [param.parsed(value) if isinstance(value, str) else param.checked(value) for value in values]
    if param.name == "model":
        for value in checked:
            models.params(str(value))
    return Listed(tuple(dict.fromkeys(checked)))


def _between(param: Param, values: Mapping) -> Between:
    unknown = sorted(str(name) for name in set(values) - {"from", "to", "step", "log"})
    if unknown:
        raise SettingError(f"{param.label}: unknown entry {shortened(unknown[0])}. A range has from, to, step and log.")
    if not isinstance(param.limits, Range):
        options = f": {', '.join(param.limits.options)}" if isinstance(param.limits, Choice) else ""
        raise SettingError(f"{param.label} is not a number: give a list of its values{options}.")
    if "from" not in values or "to" not in values:
        raise SettingError(f"{param.label}: a range needs “from” and “to”.")
    low, high = (_checked(param, values[name]) for name in ("from", "to"))
    if low >= high:
        raise SettingError(f"{param.label}: “from” must be smaller than “to” ({low:g} and {high:g} were given).")
    is_log = values.get("log", param.limits.logarithmic and low > 0)
    if not isinstance(is_log, bool):
        raise SettingError(f"{param.label}: “log” must be true or false.")
    step = values.get("step")
    if step is not None:
        step = _positive(param, step)
        if is_log and "log" in values:
            raise SettingError(f"{param.label}: a logarithmic range has no step.")
        is_log = False
    if is_log and low <= 0:
        raise SettingError(f"{param.label}: a logarithmic range must begin above 0.")
    found = Between(low, high, step, is_log, param.kind is int)
    if step and (high - low) / step > MOST_VALUES:
        raise SettingError(f"{param.label}: at most {MOST_VALUES} steps. Use a larger step, or none.")
    return found


def _checked(param: Param, value: Any) -> float:
    checked = param.parsed(value) if isinstance(value, str) else param.checked(value)
    return checked if isinstance(checked, int | float) else 0.0


def _positive(param: Param, value: Any) -> float:
    try:
        step = float(value)
    except (TypeError, ValueError):
        step = math.nan
    if not 0 < step < math.inf or (param.kind is int and step != int(step)):
        raise SettingError(f"{param.label}: the step must be a {'whole ' * (param.kind is int)}number above 0.")
    return int(step) if param.kind is int else step


def _shown(value: Value) -> str:
    return (
        {True: "on", False: "off"}[value]
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
