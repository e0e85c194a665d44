"""Controls read from a signature: what a page draws, a shell offers as flags and `Config` checks.

A keyword-only argument becomes a knob when it is annotated with its range and its sentence of help:

    def classify(..., *, filters: Annotated[int, Range(8, 128, step=8), "Patterns to look for."] = 32)

The same works for the fields of a keyword-only dataclass.
"""

import inspect
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from imgcls.errors import SettingError

Value = int | float | bool | str


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `logarithmic` says that factors matter, not differences."""

    low: float
    high: float
    step: float | None = None
    unit: str = ""
    logarithmic: bool = False


@dataclass(frozen=True, init=False)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def __init__(self, *options: str):
        object.__setattr__(self, "options", options)


@dataclass(frozen=True)
class RunId:
    """The id of a finished run, or nothing. Whether there is such a run is looked at when it is needed."""


@dataclass(frozen=True)
class Param:
    """One control: `limits` is a `Range`, a `Choice`, a `RunId`, or None for an on/off switch or free text."""

    name: str
    kind: type
    default: Value
    limits: Range | Choice | RunId | None
    help: str

    @property
    def label(self) -> str:
        """The name as a person reads it: 'learning_rate' -> 'Learning rate'."""
        return self.name.replace("_", " ").capitalize()

    @property
    def flag(self) -> str:
        """The name as a shell takes it: 'learning_rate' -> '--learning-rate'."""
        return "--" + self.name.replace("_", "-")

    def checked(self, value: Any) -> Value:
        """`value` in the knob's own type.

        Raises:
            SettingError: it has another type or lies outside the limits.
        """
        label = self.label
        if self.kind is bool:
            if not isinstance(value, bool):
                raise SettingError(f"{label} is on or off (true or false), not {value!r}.")
            return value
        if self.kind is str:
            if not isinstance(value, str):
                raise SettingError(f"{label} is a word, not {value!r}.")
            if isinstance(self.limits, Choice) and value not in self.limits.options:
                raise SettingError(f"{label} cannot be '{value}'. There are: {', '.join(self.limits.options)}.")
            return value
        if isinstance(value, int) and abs(value) > sys.maxsize:
            value = math.inf if value > 0 else -math.inf  # a whole number may have too many digits for what follows
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SettingError(f"{label} is a number, not {value!r}.")
        if self.kind is int and value != int(value):
            raise SettingError(f"{label} is a whole number, not {value}.")
        if isinstance(self.limits, Range) and not self.limits.low <= value <= self.limits.high:
            unit = f" {self.limits.unit}" if self.limits.unit else ""
            raise SettingError(
                f"{label} must lie between {self.limits.low:g} and {self.limits.high:g}{unit}; it is {value:g}."
            )
        return self.kind(value)

    def parsed(self, text: str) -> Value:
        """`checked`, from the text of a command line."""
        if self.kind is bool:
            return self.checked({"true": True, "on": True, "false": False, "off": False}.get(text.lower(), text))
        if self.kind is str:
            return self.checked(text)
        try:
            return self.checked(float(text))
        except ValueError:
            raise SettingError(f"{self.label} is a number, not '{text}'.") from None


def params_of(target: Callable) -> tuple[Param, ...]:
    """The knobs of a function or dataclass: its annotated keyword-only parameters, in their order."""
    found = []
    for parameter in inspect.signature(target, eval_str=True).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY or get_origin(parameter.annotation) is not Annotated:
            continue
        kind, *facts = get_args(parameter.annotation)
        limits = next((fact for fact in facts if isinstance(fact, Range | Choice | RunId)), None)
        help_text = next((fact for fact in facts if isinstance(fact, str)), "")
        found.append(Param(parameter.name, kind, parameter.default, limits, help_text))
    return tuple(found)


def completed(params: tuple[Param, ...], values: Mapping[str, Any], owner: str) -> dict[str, Value]:
    """Every knob with its checked value or its default.

    Raises:
        SettingError: a value is wrong, or `owner` has no such knob.
    """
    unknown = sorted(str(name) for name in set(values) - {param.name for param in params})
    if unknown:
        raise SettingError(
            f"{owner} has no setting '{unknown[0]}'. There are: {', '.join(param.name for param in params)}."
        )
    return {param.name: param.checked(values.get(param.name, param.default)) for param in params}
