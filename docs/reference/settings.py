"""The reference page of all settings: those of `Config` by topic, then those of each model family."""

from imgcls import models
from imgcls.cli.commands.train_parts.options import TOPICS
from imgcls.config import PARAMS
from imgcls.params import Choice, Param, Range, RunId

HEAD = """# Settings

Every setting of a run has one name. It is a control on the *Train* page, an option of `imgcls train`, a keyword of
`imgcls.train()`, and a key in `config.json`. This page is generated from the code of this version.
"""
COLUMNS = "\n| setting | option | values | default | what it does |\n|---|---|---|---|---|\n"
OTHER = "Other"


def page() -> str:
    """The page as Markdown."""
    topic_of = {name: topic for topic, names in TOPICS.items() for name in names}
    topics = {topic: [one for one in PARAMS if topic_of.get(one.name, OTHER) == topic] for topic in (*TOPICS, OTHER)}
    parts = [HEAD, *(f"\n## {topic}\n{table(found)}" for topic, found in topics.items() if found)]
    parts.append("\n## Model families\n\nEach family adds settings of its own to those above.\n")
    parts += [_family(name) for name in models.names()]
    return "".join(parts)


def table(params: list[Param] | tuple[Param, ...]) -> str:
    """One row per parameter."""
    return COLUMNS + "".join(
        f"| {param.label} | `{param.flag}` | {_values(param)} | {_value(param.default)} | {cell(param.help)} |\n"
        for param in params
    )


def cell(text: str) -> str:
    """Text that cannot end a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _family(name: str) -> str:
    family = models.family(name)
    recipe = getattr(family, "RECIPE", {})
    advice = ", ".join(f"`{key}={value}`" for key, value in recipe.items())
    ignored = ", ".join(f"`{key}`" for key in getattr(family, "IGNORES", ()))
    return (
        f"\n### {family.TITLE}: `{name}` {{#{name}}}\n\n{models.text(name)}\n"
        + (f"\nRecommended settings (`--recipe`): {advice}\n" if advice else "")
        + (f"\nSettings without effect: {ignored}\n" if ignored else "")
        + table(models.params(name))
    )


def _values(param: Param) -> str:
    limits = param.limits
    if isinstance(limits, Range):
        unit = f" {limits.unit}" if limits.unit else ""
        scale = ", logarithmic" if limits.logarithmic else ""
        return f"{limits.low:,g} to {limits.high:,.12g}{unit}{scale}"
    if isinstance(limits, Choice):
        return ", ".join(f"`{option}`" for option in limits.options)
    if isinstance(limits, RunId):
        return "ID of a finished run"
    return "on or off" if param.kind is bool else "text"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value == "" else f"`{value}`"
