"""How the run of a lesson's step is called unless the visitor names it: "Lesson 5: with dropout"."""

from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.ui.app.lessons import stored


def of(config: Config) -> str:
    """The name of a run with these settings, if the visitor is at the step that trains it; "" otherwise."""
    name = stored.progress().current
    if not name:
        return ""
    from imgcls import lessons  # imports the models that read drawings, which few visits of the Train page need
    from imgcls.ui.app.lessons import standing

    try:
        step = standing.step_of(name, stored.progress().of(name))[1]
    except UserError:  # an older version had this lesson
        return ""
    if not step.run_name or Config(**step.settings) != config:
        return ""
    return _("Lesson {number}: {run}").format(number=lessons.number(name), run=_(step.run_name))
