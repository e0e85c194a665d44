"""The run as files to hand in or to go on with; each is made when it is asked for."""

import json
from collections.abc import Callable

import streamlit as st

from imgcls.evaluation import report
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.cache import predictions as cached


def show(run: Run, tested: Predictions) -> None:
    """The whole view. Every file is made by the press of its button, from what lies on the disk then."""
    st.subheader("Report", anchor=False)
    st.markdown(
        "One HTML file with the settings, the curves, all scores with their 95% ranges, the confusion matrix and the "
        "surest mistakes. It needs nothing else: send it, print it, hand it in. It opens light or dark, as its reader "
        "has it."
    )
    _file(run, "Report (HTML)", ":material/description:", "html", "text/html", lambda: _page(run), primary=True)
    st.markdown("The same figures for programs and spreadsheets:")
    with st.container(horizontal=True):
        _file(run, "All figures (JSON)", ":material/data_object:", "json", "application/json", lambda: _figures(run))
        _file(run, "Scores by class (CSV)", ":material/table:", "classes.csv", "text/csv", lambda: _classes(run))
        _file(run, "Every answer (CSV)", ":material/table_rows:", "answers.csv", "text/csv", lambda: _predictions(run))
    st.caption(
        "Cells whose text would start a formula in a spreadsheet, such as a class named “=1+1”, begin with an "
        "apostrophe."
    )


def _file(
    run: Run, label: str, icon: str, ending: str, mime: str, made: Callable[[], bytes], *, primary: bool = False
) -> None:
    st.download_button(
        label,
        made,
        file_name=f"{run.id}.{ending}",
        mime=mime,
        icon=icon,
        key=f"file-{ending}",
        type="primary" if primary else "secondary",
        on_click="ignore",
    )


def _page(run: Run) -> bytes:
    return report.page(run, cached.single_label_predictions(run)).encode("utf-8")


def _figures(run: Run) -> bytes:
    found = report.figures(run, cached.single_label_predictions(run))
    return json.dumps(found, allow_nan=False, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _classes(run: Run) -> bytes:
    return report.classes(cached.single_label_predictions(run))


def _predictions(run: Run) -> bytes:
    return report.predictions(cached.single_label_predictions(run), run.card.classes)
