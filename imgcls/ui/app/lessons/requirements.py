"""What a step needs that this computer may lack: a dataset that is prepared, and a model that comes with the app."""

from imgcls import datasets, runs
from imgcls.datasets import DatasetInfo
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.lessons import Step


def dataset_to_get(step: Step) -> DatasetInfo | None:
    """The dataset that the learner has to prepare or download before they can train; None if there is none.

    Bundled ones are prepared without being asked for.
    """
    name = str(step.settings.get("data", ""))
    if not name or datasets.facts(name).source == "bundled" or datasets.is_ready(name):
        return None
    return datasets.facts(name)


def how_to_get(facts: DatasetInfo) -> str:
    """What to do about it on the Train page."""
    if datasets.is_available(facts.name):
        text = _("First press “Prepare”: the dataset {title} needs a one-time preparation. Then press Start.")
    else:
        text = _(
            "This step needs the dataset {title}, which is not on this computer. Download it here, or press Skip: "
            "the lesson continues without it."
        )
    return text.format(title=facts.title)


def button_of(facts: DatasetInfo) -> str:
    """The key of the button that gets it on the Train page."""
    return f"get-{facts.name}"


def missing_model(step: Step) -> str:
    """The included model that the page of a step shows, if it is not among the runs; "" otherwise."""
    name = "" if step.run_of else step.query.get("run", "")
    try:
        return "" if not name or runs.find(name) else name
    except UserError:
        return name
