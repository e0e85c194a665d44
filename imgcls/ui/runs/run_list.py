"""What Home shows of a run, and the pills that filter lists of runs."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls import datasets, runs
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.app import link_settings
from imgcls.ui.app.errors import plain


@dataclass(frozen=True)
class Summary:
    """What Home shows of a run; None and "–" stand for what is not known (yet). Scores are fractions."""

    state: str
    created: float
    data: str = "–"
    test: float | None = None
    macro_f1: float | None = None


def filter_by(label: str, options: list[str], text_of: Callable[[str], str], *, key: str) -> str | None:
    """Pills that select one value to show, or None; not drawn if there is no choice. The choice is in the URL."""
    if len(options) < 2:
        return None
    texts = {one: plain(text_of(one)) for one in options}
    link_settings.accept_names(key, texts)
    return st.pills(label, options, format_func=lambda one: texts[one], key=key, bind="query-params")


def summary(run: Run) -> Summary:
    """The summary of a run; of a damaged one, what can still be read."""
    data = "–"
    try:
        data, _ = runs.data_and_model(run)
        data = datasets.facts(data).title
    except UserError:
        pass
    try:
        result = run.result or {}
    except UserError:
        result = {}
    return Summary(
        run.state,
        run.created,
        data,
        test=result.get("test_accuracy"),
        macro_f1=result.get("test_macro_f1"),
    )
