"""What people call the model and the dataset of a run, in place of their identifiers."""

from imgcls import datasets, models
from imgcls.errors import UserError
from imgcls.jobs.classroom.work import Work


def of(work: Work) -> str:
    """Model and dataset of a run; what a damaged run does not tell is left out."""
    return ", ".join(filter(None, (models.title(work.model) if work.model else "", data(work.data))))


def named(work: Work) -> str:
    """The name of a run, with model and dataset unless the name has the dataset already, as a default name does."""
    where = data(work.data)
    return work.name if where and where in work.name else f"{work.name} ({of(work)})"


def data(name: str) -> str:
    """The title of a dataset; its name if it was deleted."""
    try:
        return datasets.facts(name).title if name else ""
    except UserError:
        return name
