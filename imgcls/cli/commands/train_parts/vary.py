"""The option `--vary` of `imgcls train`, and those beside it: a study instead of a single run."""

import inspect
import math
from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import Group, Parameter

from imgcls import datasets
from imgcls.cli.commands.train_parts.options import option, switch
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.params import shortened
from imgcls.studies import PRUNERS, SAMPLERS, Plan, plan, space

EXAMPLES = "--vary learning_rate=1e-4..1e-2:log or --vary batch_size=32,64,128"
HELP = (
    "Train many runs that differ in this setting, as a study: a list such as batch_size=32,64,128, or a range such as "
    "dropout=0..0.5 or learning_rate=1e-4..1e-2:log. Repeat it for further settings; all other options stay the same."
)
OPTIONS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "trials": (int, "N", f"How many runs to train (1 to {plan.MOST_TRIALS:,}; default: {Plan.trials})."),
    "sampler": (str, "NAME", f"How values are chosen ({', '.join(SAMPLERS)}; default: {Plan.sampler})."),
    "pruner": (str, "NAME", f"Which runs are ended early ({', '.join(PRUNERS)}; default: {Plan.pruner})."),
    "parallel": (int, "N", f"Runs at a time (1 to {plan.MOST_PARALLEL}; default: {Plan.parallel})."),
    "until": (str, "TIME", "End at this time of day, for example 07:00."),
    "hours": (float, "X", "End after this many hours."),
    "energy": (float, "X", "End when this many kWh have been used."),
}
"""Option -> its kind, what stands for its value in the help, and the help."""
EXAMPLE = {"trials": "20", "parallel": "2", "hours": "8", "energy": "0.5"}
INSTEAD = {
    "seeds": "--seeds and --vary cannot be combined: the best of several seeds is luck. Repeat the winner with it.",
    "now": "--now and --vary cannot be combined: the runs of a study are queued. Leave --now out.",
}


def options() -> list[inspect.Parameter]:
    """`--vary`, which may be given several times, and those beside it."""
    group = Group("Study: several runs with different settings", sort_key=0.5)
    described = Parameter(name="--vary", help=HELP, metavar="NAME=VALUES", group=group, negative="")
    several = inspect.Parameter(
        "vary", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, described]
    )
    others = [option(name, f"--{name}", text, group, metavar) for name, (_, metavar, text) in OPTIONS.items()]
    return [several, *others, switch("background", "Return at once; the study goes on.", group)]


def plan_of(config: Config, given: dict[str, Any]) -> Plan | None:
    """The study that the command line describes; None without --vary. All else in `config` stays the same.

    Raises:
        SettingError: a value is invalid, or an option does not go with the others.
        DatasetError: there is no such dataset.
    """
    values = {name: _value(name, given[name]) for name in OPTIONS if given.get(name) is not None}
    if not given.get("vary"):
        for name in (*values, *(["background"] if given.get("background") else [])):
            raise SettingError(f"--{name} belongs to a study. Name a setting to vary as well: {EXAMPLES}.")
        return None
    for name, reason in INSTEAD.items():
        if given.get(name):
            raise SettingError(reason)
    datasets.facts(config.data)
    ends = [values.pop(name, none) for name, none in (("until", ""), ("hours", 0.0), ("energy", 0.0))]
    # Without an ID every call is a study of its own, which `study.begin` names; with one it must give the same plan.
    title = given.get("name") or ""  # without one, the ID that somebody has chosen
    vary = space.read(_varied(given["vary"]), config)
    return Plan(base=config, vary=vary, title=title, backend=given.get("backend") or "", **values).limited(*ends)


def start(planned: Plan, given: dict[str, Any]) -> int:
    """Begins the study, and returns the exit code."""
    from imgcls.cli.commands import study  # its driver imports SciPy

    return study.begin(planned, given.get("id") or "", is_background=bool(given.get("background")))


def _varied(written: list[str]) -> dict[str, Any]:
    """Setting -> its values, as in a study's file."""
    found: dict[str, Any] = {}
    for text in written:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise SettingError(f"--vary expects NAME=VALUES, not {shortened(text)}. Write, for example, {EXAMPLES}.")
        if name in found:
            raise SettingError(f"--vary names {name} twice. Put all its values into one list, such as {name}=1,2,4.")
        if not values.strip():
            raise SettingError(f"--vary gives no values for {name}. Write, for example, {EXAMPLES}.")
        found[name] = space.typed(values)
    return found


def _value(name: str, text: str) -> Any:
    kind = OPTIONS[name][0]
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or (kind is float and not 0 < value < math.inf):
        what = "whole number" if kind is int else "number above 0"
        raise SettingError(f"--{name} must be a {what}, not {shortened(text)}. Example: --{name} {EXAMPLE[name]}.")
    return value
