"""What pages call the settings that a study varies, and what these do."""

from imgcls.errors import SettingError
from imgcls.params import Param
from imgcls.studies import Plan, space

PLAIN = {"width": "width (filters)", "widening": "widening (filters)", "units": "units (dense layer)"}
"""Settings whose names say little to those who did not write the model."""


def of(plan: Plan, name: str) -> str:
    """The name of a setting inside a sentence: as on the form of Train, such as "learning rate"."""
    if name in PLAIN:
        return PLAIN[name]
    param = _param(plan, name)
    label = name.replace("_", " ") if param is None else param.label
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def explained(plan: Plan, name: str) -> str | None:
    """What the setting does, in a sentence or two; None if that is not known."""
    param = _param(plan, name)
    return None if param is None else param.help or None


def list_of(plan: Plan) -> str:
    """Markdown: what each varied setting does."""
    known = [(of(plan, name), explained(plan, name)) for name in plan.vary]
    return "\n".join(f"- **{word}**: {text}" for word, text in known if text)


def _param(plan: Plan, name: str) -> Param | None:
    try:
        return space.param_of(name, plan.base)
    except SettingError:  # of another model, if the model is varied, too
        return None
