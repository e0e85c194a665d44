"""How the options of `imgcls train` are built: from `PARAMS` and the parameters of the model family."""

import inspect
from typing import Annotated

from cyclopts import Group, Parameter

from imgcls.config import PARAMS
from imgcls.params import Choice, Param, Range

TOPICS = {
    "Data": ("data", "train_images", "validation_fraction", "validation_minimum", "folds", "normalisation"),
    "Model": ("model",),
    "Augmentation": (
        *("rotation", "shift", "zoom", "flip", "brightness", "contrast", "blur", "noise", "cutout"),
        "test_time_augmentation",
    ),
    "Optimiser": ("optimizer", "learning_rate", "batch_size", "epochs", "weight_decay", "ema_decay"),
    "Learning-rate schedule": (
        *("schedule", "plateau_patience", "plateau_factor", "step_epochs", "step_factor", "warmup_fraction"),
    ),
    "Loss": ("loss", "class_weights", "label_smoothing"),
    "Early stopping": ("monitor", "early_stopping", "patience"),
    "Numerics": ("precision", "deterministic", "seed"),
}
"""Topics of `--help` and the settings they hold, in their order. A setting without one appears under "Other"."""
MODEL = "model__"
"""Prefix of the model's own parameters: one may have the name of a setting."""


def of_settings(model: str, family: tuple[Param, ...]) -> list[inspect.Parameter]:
    """One for each setting of a run, then one for each parameter of its model family."""
    groups: dict[str, Group] = {}
    for number, (topic, names) in enumerate(TOPICS.items(), 1):
        groups |= dict.fromkeys(names, Group(topic, sort_key=number))
    rest = Group("Other", sort_key=90)
    of_model = Group(f"Options of the model '{model}'", sort_key=50)
    return [
        *(
            option(param.name, param.flag, _help(param), groups.get(param.name, rest), _metavar(param))
            for param in PARAMS
        ),
        *(option(f"{MODEL}{param.name}", param.flag, _help(param), of_model, _metavar(param)) for param in family),
    ]


def option(name: str, flag: str | tuple[str, ...], text: str, group: Group, metavar: str = "TEXT") -> inspect.Parameter:
    """An option with a value, given as text; the last one counts."""
    described = Parameter(
        name=flag,
        help=text,
        metavar=metavar,
        group=group,
        show_default=False,
        allow_leading_hyphen=True,
        allow_repeating=True,
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, described]
    )


def switch(name: str, text: str, group: Group) -> inspect.Parameter:
    """An option without a value."""
    described = Parameter(name=f"--{name}", help=text, group=group, negative="", show_default=False)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, described])


def _metavar(param: Param) -> str:
    return {int: "N", float: "X", bool: "on|off", str: "NAME"}[param.kind]


def _help(param: Param) -> str:
    allowed = ""
    if param.kind is bool:
        allowed = "on or off; "
    elif isinstance(param.limits, Range):
        unit = f" {param.limits.unit}" if param.limits.unit else ""
        form = "," if param.kind is int else "g"
        allowed = f"{param.limits.low:{form}} to {param.limits.high:{form}}{unit}; "
    elif isinstance(param.limits, Choice):
        allowed = f"{', '.join(param.limits.options)}; "
    default = {True: "on", False: "off"}[bool(param.default)] if param.kind is bool else param.default
    return f"{param.help} ({allowed}default: {default if default != '' else 'none'})"
