"""The run as files: a report, and the same numbers for programs and spreadsheets."""

import json
from collections.abc import Callable

import streamlit as st

from imgcls.evaluation import report
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.evaluate import links
from imgcls.ui.visitors import visitor

TITLE = "Report"
GROUP = links.TAKE
ORDER = 110
USES_SELECTION = False
SUPPORTS = ("single", "multi")

APOSTROPHES = "Cells that a spreadsheet would run as a formula, such as a class named “=1+1”, start with an apostrophe."


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section. Each file is made when its button is pressed."""
    st.header("Report", anchor=False)
    is_multilabel = isinstance(predictions, Decisions)
    errors = "a table of errors by label" if is_multilabel else "the confusion matrix"
    st.markdown(
        f"A single HTML file with the settings, the learning curves, all scores with their 95% confidence intervals, "
        f"{errors} and the most confident errors. It needs no other files: send it, print it or submit it. It follows "
        "the reader's light or dark mode."
    )
    _file(
        run,
        "Report (HTML)",
        ":material/description:",
        "html",
        "text/html",
        lambda: report.page(run, predictions).encode("utf-8"),
        primary=True,
    )
    st.markdown("The same numbers for programs and spreadsheets:", help=APOSTROPHES)
    with st.container(horizontal=True):
        _file(
            run,
            "All numbers (JSON)",
            ":material/data_object:",
            "json",
            "application/json",
            lambda: _json(run, predictions),
        )
        by = "label" if is_multilabel else "class"
        _file(
            run,
            f"Scores by {by} (CSV)",
            ":material/table:",
            "classes.csv",
            "text/csv",
            lambda: report.scores_csv(predictions),
        )
        _file(
            run,
            "All predictions (CSV)",
            ":material/table_rows:",
            "predictions.csv",
            "text/csv",
            lambda: report.predictions_csv(predictions),
        )


def _file(
    run: Run, label: str, icon: str, suffix: str, mime: str, make: Callable[[], bytes], *, primary: bool = False
) -> None:
    st.download_button(
        label,
        visitor.later(make),
        file_name=f"{run.id}.{suffix}",
        mime=mime,
        icon=icon,
        key=f"file-{suffix}",
        type="primary" if primary else "secondary",
        on_click="ignore",
    )


def _json(run: Run, predictions: Predictions | Decisions) -> bytes:
    values = report.collect(run, predictions)
    return json.dumps(values, allow_nan=False, ensure_ascii=False, indent=1).encode("utf-8", "replace")
