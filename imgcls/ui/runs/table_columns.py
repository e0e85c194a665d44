"""The columns that the table of runs can show: a row of the index in, a cell out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import streamlit as st

from imgcls import datasets, models, sharing
from imgcls.errors import UserError
from imgcls.evaluation.metrics import chance
from imgcls.languages import percentage
from imgcls.runs import Run
from imgcls.ui.widgets import formatting, sharing_choice

Row = dict[str, Any]
MINE = "Mine"
MOST_NOTE = 80
MOST_OFFERED = 300
"""Settings and own metrics among which columns are chosen."""
NAME_WIDTH, MOST_NAME_WIDTH, LETTER, TAGS_WIDTH, AGE_WIDTH = 200, 320, 7, 130, 118
"""Pixels: of the names of runs, of a letter, of the tags, and of "21 minutes ago"."""
NARROW_NAME, MOST_ON_A_LINE, CELL_PADDING = 118, 14, 20
"""Pixels of a name on a phone; letters of a text column on one line; pixels left and right of a text."""
STUDY_STATE = "study_state"
"""Of a row that stands for a study: the words for the study's state."""
NO_HELPS: Mapping[str, str | None] = MappingProxyType({})
DIGITS = "%.4g"
"""Of settings."""
ACCURACY_HELP = (
    "Accuracy: the fraction of images classified correctly. Multi-label: the fraction with all labels correct."
)

TRAINING_HELP = "The time spent in epochs, training and validation, without pauses."
TOTAL_HELP = (
    "From the start of the trainer to its end: the training time, and loading the data, the evaluation on the test set "
    "and saving. Not known for a run that was resumed after an interruption."
)
STATE_HELP = (
    "“At chance level”: the 95% confidence interval of the accuracy does not lie above that of always predicting the "
    "most frequent class."
)
FORMER = {"Time": "Training time"}
"""Columns of links and saved views of earlier versions."""


@dataclass(frozen=True)
class Column:
    """A column: its title, the cell of a row, and by which column of the index it is sorted."""

    title: str
    cell: Callable[[Row], Any]
    sort: str
    kind: Any = None


def percent(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else percentage(value)


@lru_cache(256)
def _title(data: str) -> str:
    try:
        return datasets.facts(data).title
    except UserError:
        return data


def data_title(row: Row) -> str:
    """The title of the dataset of a run."""
    return _title(row["data"]) if row.get("data") else "–"


def model_title(row: Row) -> str:
    """The title of the model of a run; that of an imported model is its own name."""
    return models.title(row["model"]) if row.get("model") else "–"


def _state(row: Row) -> str:
    """The state, and whether the accuracy is no better than guessing."""
    state = row.get(STUDY_STATE) or formatting.STATES[row["state"]][0]
    return f"{state}, {chance.WORDS}" if chance.level(row) else state


COLUMNS: dict[str, Column] = {
    column.title: column
    for column in (
        Column("Test (%)", lambda row: percent(row, "test"), "test", pa.float64()),
        Column("Validation (%)", lambda row: percent(row, "best"), "best", pa.float64()),
        Column("Last validation (%)", lambda row: percent(row, "last"), "last", pa.float64()),
        Column("Dataset", data_title, "data"),
        Column("Model", lambda row: model_title(row), "model"),
        Column("State", lambda row: _state(row), "state"),
        Column("Parameters", lambda row: row.get("parameters"), "parameters", pa.int64()),
        Column("Training time", lambda row: formatting.duration(row.get("training_seconds")), "training_seconds"),
        Column("Total time", lambda row: formatting.duration(row.get("seconds")), "seconds"),
        Column("Started", lambda row: formatting.age(row["created"]), "created"),
        Column("Macro F1 (%)", lambda row: percent(row, "macro_f1"), "macro_f1", pa.float64()),
        Column("Epochs", lambda row: row.get("epochs"), "epochs", pa.int64()),
        Column("Best epoch", lambda row: row.get("best_epoch"), "best_epoch", pa.int64()),
        Column("Tags", lambda row: ", ".join(row.get("tags") or ()) or None, "name"),
        Column("Note", lambda row: _note(row), "note"),
        Column("Study", lambda row: row.get("study"), "study"),
        Column("Continues", lambda row: row.get("parent"), "parent"),
        Column("Backbone", lambda row: row.get("backbone"), "backbone"),
        Column("Dataset version", lambda row: (row.get("version") or "")[:8] or None, "version"),
    )
}
PICTURES = MISTAKE, CURVE = "Mistake", "Curve"
"""Columns of small images, which the CSV file does without."""
DEFAULT = (
    *(MISTAKE, "Test (%)", "Validation (%)", CURVE),
    *("Dataset", "Model", "State", "Parameters", "Training time", "Started"),
)


def _note(row: Row) -> str | None:
    text = " ".join((row.get("note") or "").split())
    return (text if len(text) <= MOST_NOTE else f"{text[: MOST_NOTE - 1]}…") or None


def settings_of(rows: list[Row]) -> list[str]:
    """The settings and own metrics that these runs have, as column titles."""
    names = dict.fromkeys(name for row in rows for name in row["settings"])
    return [name for name in names if name not in ("data", "model")][:MOST_OFFERED]


def own_metrics(rows: Iterable[Row]) -> dict[str, str]:
    """The own metrics that these runs have: the name in the index -> the name as recorded, such as "night/f1"."""
    return {key: name for row in rows for key, name in (row.get("own") or {}).items()}


def table(rows: list[tuple[Run, Row]], chosen: list[str]) -> pa.Table:
    """The chosen columns after the name of the run, and on a shared server its owner."""
    content: dict[str, Any] = {"Run": [row["name"] for _, row in rows]}
    if sharing.is_shared():
        content["Owner"] = [sharing_choice.in_table(run.folder, MINE) for run, _ in rows]
    if any(row["archived"] for _, row in rows):
        content["Archived"] = pa.array(["Archived" if row["archived"] else None for _, row in rows], pa.string())
    own = own_metrics(row for _, row in rows)
    for title in chosen:
        if title in PICTURES:
            continue
        if title in COLUMNS:
            column = COLUMNS[title]
            content[title] = pa.array([column.cell(row) for _, row in rows], column.kind or pa.string())
        else:
            name = own.get(title, title.replace("_", " "))
            name = title if name in (*content, *COLUMNS, *PICTURES) else name
            content[name] = setting_column([row["settings"].get(title) for _, row in rows])
    return pa.table(content)


def is_phone() -> bool:
    """Whether the browser says so: a phone would cut off the columns of the table."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def setting_column(values: list[Any]) -> pa.Array:
    """Numbers stay numbers, so that the browser sorts them; anything else is text."""
    is_number = all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
    )
    if is_number:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting_configuration(shown: pa.Table, helps: Mapping[str, str | None] = NO_HELPS) -> dict[str, Any]:
    """How Streamlit shows the columns of settings: it cuts numbers off after four decimals, as 0.00003 to 0. `helps`:
    what they do, by column."""
    numbers = {
        name: st.column_config.NumberColumn(format=DIGITS, help=helps.get(name))
        for name in shown.column_names
        if name not in COLUMNS and pa.types.is_floating(shown.schema.field(name).type)
    }
    return {name: st.column_config.Column(help=text) for name, text in helps.items()} | numbers


def configuration(shown: pa.Table, *, is_wrapped: bool, is_narrow: bool = False) -> dict[str, Any]:
    """How Streamlit shows the columns. `is_wrapped`: the rows are so high that long names have several lines;
    `is_narrow`: on a phone, names leave room for the scores."""
    longest = max((len(name) for name in shown["Run"].to_pylist()), default=0)
    width = NAME_WIDTH if is_wrapped else min(max(NAME_WIDTH, LETTER * longest + 2 * LETTER), MOST_NAME_WIDTH)
    width = NARROW_NAME if is_narrow else width
    return {
        **setting_configuration(shown),
        "Training time": st.column_config.TextColumn(help=TRAINING_HELP, alignment="right"),
        "Total time": st.column_config.TextColumn(help=TOTAL_HELP, alignment="right"),
        "Run": st.column_config.TextColumn(width=width),
        "Dataset": st.column_config.TextColumn(width=_width(shown, "Dataset") if is_wrapped else None),
        "Model": st.column_config.TextColumn(width=_width(shown, "Model") if is_wrapped else None),
        "State": st.column_config.TextColumn(width=_width(shown, "State") if is_wrapped else None, help=STATE_HELP),
        "Tags": st.column_config.TextColumn(width=TAGS_WIDTH),
        "Started": st.column_config.TextColumn(width=AGE_WIDTH),
        "Validation (%)": st.column_config.NumberColumn(format="%.1f", help=f"Best epoch. {ACCURACY_HELP}"),
        "Last validation (%)": st.column_config.NumberColumn(format="%.1f", help=f"Last epoch. {ACCURACY_HELP}"),
        "Test (%)": st.column_config.NumberColumn(format="%.1f", help=ACCURACY_HELP),
        "Macro F1 (%)": st.column_config.NumberColumn(format="%.1f"),
        "Parameters": st.column_config.NumberColumn(format="localized"),
    }


def _width(shown: pa.Table, name: str) -> int:
    """Pixels that a column of texts needs so that no word of its cells breaks, and short texts have one line."""
    texts = shown[name].to_pylist() if name in shown.column_names else []
    longest = max((len(text) for text in [name, *filter(None, texts)]), default=0)
    word = max((len(word) for text in [name, *filter(None, texts)] for word in text.split()), default=0)
    return LETTER * max(word, min(longest, MOST_ON_A_LINE)) + CELL_PADDING
