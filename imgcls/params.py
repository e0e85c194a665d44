"""Parameters with limits and help, derived from a function signature: UI controls, CLI flags and checks in `Config`.

A keyword-only argument becomes a parameter if it is annotated with its limits and its help text:

    def classify(..., *, filters: Annotated[int, Range(8, 128, step=8), "Filters of the first layer."] = 32)

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


TEXT_LENGTH = 300
"""The most characters of a setting that is text, such as the name of a dataset."""
SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `logarithmic` if ratios matter rather than differences."""

    low: float
    high: float
    step: float | None = None
    unit: str = ""
    logarithmic: bool = False


@dataclass(frozen=True, init=False)
class Choice:
    """One of a few strings."""

    options: tuple[str, ...]

    def __init__(self, *options: str):
        object.__setattr__(self, "options", options)


@dataclass(frozen=True)
class RunId:
    """The ID of a finished run, or "". Whether the run exists is checked when it is used."""


LABELS = {
    "data": "Dataset",
    "ema_decay": "EMA decay",
    "optimizer": "Optimiser",
    "test_time_augmentation": "Test-time augmentation",
    "train_images": "Training images",
    "warmup_fraction": "Warm-up fraction",
}
"""Labels in the UI that are not simply the name."""


@dataclass(frozen=True)
class Param:
    """One parameter: `limits` is a `Range`, a `Choice`, a `RunId`, or None for an on/off switch or free text."""

    name: str
    kind: type
    default: Value
    limits: Range | Choice | RunId | None
    help: str

    @property
    def bounds(self) -> Range:
        """The limits of a number. Raises TypeError for other parameters."""
        if not isinstance(self.limits, Range):
            raise TypeError(f"{self.name} has no range.")
        return self.limits

    @property
    def options(self) -> tuple[str, ...]:
        """The strings to choose from. Raises TypeError for other parameters."""
        if not isinstance(self.limits, Choice):
            raise TypeError(f"{self.name} has no options.")
        return self.limits.options

    @property
    def label(self) -> str:
        """The name in the UI: 'learning_rate' -> 'Learning rate', 'ema_decay' -> 'EMA decay'."""
        return LABELS.get(self.name) or self.name.replace("_", " ").capitalize()

    @property
    def flag(self) -> str:
        """The name on the command line: 'learning_rate' -> '--learning-rate'."""
        return "--" + self.name.replace("_", "-")

    def checked(self, value: Any) -> Value:
        """`value` converted to the parameter's type.

        Raises:
            SettingError: it has the wrong type or is out of range.
        """
        label = self.label
        if self.kind is bool:
            if not isinstance(value, bool):
                raise SettingError(f"{label} must be true or false, not {shortened(value)}.")
            return value
        if self.kind is str:
            if not isinstance(value, str):
                raise SettingError(f"{label} must be text, not {shortened(value)}.")
            if isinstance(self.limits, Choice) and value not in self.limits.options:
                raise SettingError(
                    f"{label} cannot be {shortened(value)}. Choose one of: {', '.join(self.limits.options)}."
                )
            if len(value) > TEXT_LENGTH:
                raise SettingError(f"{label} has {len(value):,} characters; at most {TEXT_LENGTH} are allowed.")
            return value
        if value is None:  # or NaN, infinity or an absurd number in a file
            raise SettingError(f"{label} must be a finite number.")
        if isinstance(value, int) and abs(value) > sys.maxsize:
            value = math.inf if value > 0 else -math.inf  # math.isfinite overflows on integers of 300 digits
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SettingError(f"{label} must be a number, not {shortened(value)}.")
        if self.kind is int and value != int(value):
            raise SettingError(f"{label} must be an integer, not {value}.")
        if isinstance(self.limits, Range) and not self.limits.low <= value <= self.limits.high:
            unit = f" {self.limits.unit}" if self.limits.unit else ""
            raise SettingError(
                f"{label} must be between {self.limits.low:g} and {self.limits.high:g}{unit}, not {value:g}."
            )
        return self.kind(value)

    def parsed(self, text: str) -> Value:
        """`checked`, from the text of a command-line flag."""
        if self.kind is bool:
            return self.checked({"true": True, "on": True, "false": False, "off": False}.get(text.lower(), text))
        if self.kind is str:
            return self.checked(text)
        try:
            return self.checked(float(text))
        except ValueError:
            raise SettingError(f"{self.label} must be a number, not {shortened(text)}.") from None


def shortened(value: Any) -> str:
    """A value as a message quotes it, at most `SHOWN_LENGTH` characters long."""
    # The repr of a large container would be built only to be cut.
    text = repr(value[: SHOWN_LENGTH + 1]) if isinstance(value, str | list) else repr(value)
    return text if len(text) <= SHOWN_LENGTH + 2 else f"{text[:SHOWN_LENGTH]}…"


def params_of(target: Callable) -> tuple[Param, ...]:
    """The parameters of a function or dataclass: its annotated keyword-only arguments, in order."""
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
    """Every parameter with its checked value or its default.

    Raises:
        SettingError: a value is invalid, or `owner` has no such parameter.
    """
    unknown = sorted(str(name) for name in set(values) - {param.name for param in params})
    if unknown:
        raise SettingError(
            f"{owner} has no setting {shortened(unknown[0])}. Available settings: "
            f"{', '.join(param.name for param in params)}."
        )
    return {param.name: param.checked(values.get(param.name, param.default)) for param in params}
