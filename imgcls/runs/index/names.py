"""What filters call columns and settings: the name in the code, or the words on the screen, in upper or lower case."""

import difflib
import re
from functools import cache

from imgcls import datasets, models
from imgcls.config import PARAMS
from imgcls.errors import UserError
from imgcls.runs.index.database import COLUMNS

TAG = "tag"
ON_SCREEN = {
    "Run": "name",
    "Test (%)": "test",
    "Validation (%)": "best",
    "Last validation (%)": "last",
    "Macro F1 (%)": "macro_f1",
    "Dataset": "data",
    "Model": "model",
    "State": "state",
    "Parameters": "parameters",
    "Training time": "training_seconds",
    "Total time": "seconds",
    "Started": "created",
    "Epochs": "epochs",
    "Best epoch": "best_epoch",
    "Tags": TAG,
    "Note": "note",
    "Study": "study",
    "Continues": "parent",
    "Parent run": "parent",
    "Backbone": "backbone",
    "Dataset version": "version",
}
"""Column of the table -> column of the index, or "tag"."""
OTHERS = {"time": "training_seconds", "lr": "learning_rate"}
"""Further words: of earlier versions, and what everybody writes."""
SCORES = ("test", "best", "last", "macro_f1")
"""Columns that hold fractions, which the table shows as percentages."""
STATES = {"not started": "aside", "waiting": "queued", "interrupted": "lost"}
"""Words for states that differ from their names. There is one for each state, on pages, in messages and in a shell."""


def plain(text: str) -> str:
    """A name without what makes no difference: case, "(%)", spaces, and the signs between words."""
    return "_".join(re.sub(r"[-_./]", " ", text.lower().replace("(%)", " ")).split())


def resolve(text: str) -> str | None:
    """The column of the index, "tag", or the setting that a text names; None if it names none that is known."""
    return _known().get(plain(text))


def closest(text: str) -> str | None:
    """The known name most like an unknown one, which is probably misspelt."""
    found = difflib.get_close_matches(plain(text), _known(), 1, 0.75)
    return found[0] if found else None


def settings() -> list[str]:
    """All settings, as the screen calls them, in the order of the form."""
    of_models = (param for family in models.names() for param in models.params(family))
    labels = dict.fromkeys(param.label for param in (*PARAMS, *of_models))
    return [label for label in labels if plain(label) not in ("data", "model")]


def state_word(state: str) -> str:
    """The word for a state of a run, such as "interrupted" for "lost"."""
    return next((word for word, name in STATES.items() if name == state), state)


def value(column: str, text: str) -> str:
    """The value of a column that a title on the screen stands for, such as "Small digits"; else the text itself."""
    wanted = text.lower()
    if column == "state":
        return STATES.get(wanted, text)
    if column == "model":
        return next((name for name in models.names() if models.title(name).lower() == wanted), text)
    if column == "data" and wanted not in (known := datasets.names()):
        return next((name for name in known if _title(name) == wanted), text)
    return text


def _title(data: str) -> str:
    try:
        return datasets.facts(data).title.lower()
    except UserError:  # deleted meanwhile
        return ""


@cache
def _known() -> dict[str, str]:
    """Plain name -> column or setting; a column takes precedence."""
    params = [*PARAMS, *(param for family in models.names() for param in models.params(family))]
    known = {plain(text): param.name for param in params for text in (param.name, param.label)}
    known |= {plain(title): name for title, name in ON_SCREEN.items()} | OTHERS
    return known | {TAG: TAG} | {name: name for name in COLUMNS}
