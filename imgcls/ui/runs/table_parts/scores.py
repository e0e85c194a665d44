"""The scores of the selected runs, and by how much they differ from those of the first one."""

import pyarrow as pa
import streamlit as st

from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.runs.index import setting_names
from imgcls.ui.runs.table_columns import Row
from imgcls.ui.widgets import formatting

SCORES = {"Test accuracy": "test", "Validation accuracy": "best"}
NONE = "–"
VERSION_LENGTH = 8


def show(selected: list[Run], rows: list[tuple[Run, Row]]) -> None:
    """One row per run. Scores on different datasets are not compared."""
    row_of = {run.id: row for run, row in rows}
    found = [row_of[run.id] for run in selected if run.id in row_of]
    if len(found) < 2:
        return
    first, of_run = found[0], {run.id: run for run in selected}
    columns = {"Run": setting_names.distinct_labels([of_run[row["id"]] for row in found])}
    for title, key in SCORES.items():
        columns[title] = [formatting.fraction(row[key]) for row in found]
        if key == "test":
            columns["95% CI"] = [_interval(of_run[row["id"]]) for row in found]
        columns[f"{title.split()[0]}: difference"] = [NONE, *(difference(row, first, key) for row in found[1:])]
    columns["Training time"] = [formatting.duration(row["training_seconds"]) for row in found]
    columns["Parameters"] = [NONE if row["parameters"] is None else f"{row['parameters']:,}" for row in found]
    columns["Dataset version"] = [(row["version"] or NONE)[:VERSION_LENGTH] for row in found]
    st.header(
        "Scores",
        anchor=False,
        help="Differences are percentage points from the first run, if both are of the same dataset. Small ones may be "
        "due to the seed.",
    )
    st.dataframe(pa.table(columns), hide_index=True, alt="Scores of the selected runs, and their differences.")


def _interval(run: Run) -> str:
    """Of the test accuracy: '96.1–98.2%'."""
    try:
        text = formatting.test_interval(run.result or {})
    except UserError:
        return NONE
    return text.removeprefix("95% CI ") or NONE


def difference(row: Row, first: Row, key: str) -> str:
    """In percentage points, such as "+1.2" or "−0.4"."""
    if row["data"] != first["data"] or row[key] is None or first[key] is None:
        return NONE
    return formatting.with_minus(f"{100 * (row[key] - first[key]):+.1f}")
