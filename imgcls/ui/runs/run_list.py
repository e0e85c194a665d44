"""Runs as a short list: what each was, how it ended, and a link to it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls import datasets, runs
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.app import link_settings, links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

COLUMNS = [4, 4, 5]


@dataclass(frozen=True)
class Summary:
    """What lists show of a run; None and "–" stand for what is not known (yet). Scores are fractions."""

    state: str
    created: float
    data: str = "–"
    model: str = "–"
    validation: float | None = None
    test: float | None = None
    macro_f1: float | None = None
    parameters: int | None = None


def show(chosen: list[Run]) -> None:
    """One row per run, each with a link."""
    with st.container(border=True, gap="small"):
        for run in chosen:
            _row(run)


def filter_by(label: str, options: list[str], text_of: Callable[[str], str], *, key: str) -> str | None:
    """Pills that select one value to show, or None; not drawn if there is no choice. The choice is in the URL."""
    if len(options) < 2:
        return None
    texts = {one: plain(text_of(one)) for one in options}
    link_settings.accept_names(key, texts)
    return st.pills(label, options, format_func=lambda one: texts[one], key=key, bind="query-params")


def _row(run: Run) -> None:
    about = summary(run)
    scores = ""
    if about.test is not None:
        scores = f"test {formatting.fraction(about.test)}, validation {formatting.fraction(about.validation)}"
        if about.macro_f1 is not None:  # multi-label
            macro_f1, all_correct = formatting.fraction(about.macro_f1), formatting.fraction(about.test)
            scores = f"macro F1 {macro_f1}, all labels correct {all_correct}"
    name, what, outcome = st.columns(COLUMNS, vertical_alignment="center")
    if name.button(plain(run.label), key=f"open-{run.id}", type="tertiary", icon=":material/open_in_new:"):
        links.go("train.py", run=run.id)
    what.caption(plain(f"{about.data} · {about.model} · {formatting.age(about.created)}"))
    outcome.markdown(formatting.state(about.state, scores))


def summary(run: Run) -> Summary:
    """The summary of a run; of a damaged one, what can still be read."""
    data = model = "–"
    try:
        data, model = runs.data_and_model(run)
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
        model,
        validation=result.get("val_accuracy"),
        test=result.get("test_accuracy"),
        macro_f1=result.get("test_macro_f1"),
        parameters=result.get("parameters"),
    )
