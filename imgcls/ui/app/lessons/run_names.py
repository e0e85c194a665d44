"""How the run of a lesson's step is called unless the visitor names it: "Lesson 5: with dropout"."""

from typing import TYPE_CHECKING

from imgcls.config import Config
from imgcls.languages import gettext as _
from imgcls.ui.app.lessons import stored

if TYPE_CHECKING:
    from imgcls.lessons import Step


def training_step() -> "Step | None":
    """The step that the visitor is at if it fills in the form of the Train page; None otherwise."""
    if not stored.progress().current:
        return None
    from imgcls.ui.app.lessons import standing  # imports the models that read drawings, which few visits of Train need

    step = standing.step_on("train")
    return step if step is not None and step.settings else None


def of(config: Config) -> str:
    """The name of a run with these settings, if the visitor is at the step that trains it; "" otherwise."""
    name, step = stored.progress().current, training_step()
    if step is None or not step.run_name or Config(**step.settings) != config:
        return ""
    from imgcls import lessons

    return _("Lesson {number}: {run}").format(number=lessons.number(name), run=_(step.run_name))
