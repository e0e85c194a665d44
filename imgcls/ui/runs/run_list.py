"""What Home shows of a run, and the pills that filter lists of runs."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from imgcls import datasets, jobs, runs
from imgcls.errors import UserError
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.app import link_settings
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.runs import thumbnails
from imgcls.ui.widgets import formatting


@dataclass(frozen=True)
class Summary:
    """What Home shows of a run; None and "–" stand for what is not known (yet). Scores are fractions."""

    state: str
    created: float
    data: str = "–"
    test: float | None = None
    macro_f1: float | None = None


def filter_by(label: str, options: list[str], text_of: Callable[[str], str], *, key: str, least: int = 2) -> str | None:
    """Pills that select one value to show, or None; not drawn with fewer than `least` values. The choice is in the
    URL."""
    if len(options) < least:
        return None
    texts = {one: plain(text_of(one)) for one in options}
    link_settings.accept_names(key, texts)
    return st.pills(label, options, format_func=lambda one: texts[one], key=key, bind="query-params")


def under_way(run: Run, state: str) -> str:
    """The progress of a run that has no curve yet, or its place in the queue, as HTML for the place of the curve."""
    queue = jobs.waiting() if state == "queued" else []
    if run in queue:
        text = _("Position {place} of {count} in the queue.").format(place=queue.index(run) + 1, count=len(queue))
        return thumbnails.under_way(0.0, text.rstrip("."))
    now = cached_curves.curves(run)
    if not now.total_epochs:
        return thumbnails.under_way(0.0, formatting.word(state))
    number = min(len(now.epochs) + 1, now.total_epochs)
    text = _("Epoch {number} of {count}").format(number=number, count=now.total_epochs)
    return thumbnails.under_way(now.progress / now.total_epochs, text)


def summary(run: Run) -> Summary:
    """The summary of a run; of a damaged one, what can still be read."""
    data = "–"
    try:
        data = runs.data_and_model(run)[0]
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
