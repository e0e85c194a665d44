"""Runs as a short list: what each was, how it ended, and a link to it."""

from collections.abc import Callable

import streamlit as st

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.app import links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting

COLUMNS = [4, 4, 5]


def show(chosen: list[Run]) -> None:
    """One row per run, each with a link."""
    with st.container(border=True, gap="small"):
        for run in chosen:
            _row(run)


def filter_by(label: str, values: list[str], text_of: Callable[[str], str] = str) -> str | None:
    """Pills that select one value to show, or None; not drawn if all values are the same."""
    options = list(dict.fromkeys(values))
    if len(options) < 2:
        return None
    return st.pills(label, options, format_func=lambda value: plain(text_of(value)), key=f"filter-{label}")


def _row(run: Run) -> None:
    facts = summary(run)
    scores = ""
    if facts["test"] is not None:
        scores = f"test {formatting.fraction(facts['test'])}, validation {formatting.fraction(facts['validation'])}"
        if facts["macro_f1"] is not None:  # multi-label
            macro_f1, all_correct = formatting.fraction(facts["macro_f1"]), formatting.fraction(facts["test"])
            scores = f"macro F1 {macro_f1}, all labels correct {all_correct}"
    name, what, outcome = st.columns(COLUMNS, vertical_alignment="center")
    if name.button(plain(run.label), key=f"open-{run.id}", type="tertiary", icon=":material/open_in_new:"):
        links.go("train.py", run=run.id)
    what.caption(plain(f"{facts['data']} · {facts['model']} · {formatting.age(facts['created'])}"))
    outcome.markdown(formatting.state(facts["state"], scores))


def summary(run: Run) -> dict:
    """What lists show of a run; for a damaged one, what can still be read."""
    facts = {"state": run.state, "data": "–", "model": "–", "created": run.created}
    try:
        config = run.config
        facts |= {"model": config.model, "data": config.data}
        facts["data"] = datasets.facts(config.data).title
    except UserError:
        pass
    try:
        result = run.result or {}
    except UserError:
        result = {}
    return facts | {
        "validation": result.get("val_accuracy"),
        "test": result.get("test_accuracy"),
        "macro_f1": result.get("test_macro_f1"),
        "seconds": result.get("seconds"),
        "parameters": result.get("parameters"),
    }
