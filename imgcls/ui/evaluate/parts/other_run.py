"""The run that another one is compared with: it stands in the URL as `?other=`."""

from functools import lru_cache

import streamlit as st

from imgcls import runs
from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.widgets import run_select

NO_MODEL = ModelCard(classes=(), shape=(1, 1, 1))
MOST = 200
"""Only the newest runs are offered: each costs a look at the disk."""
NO_OTHER = (
    "There is no other run with these classes to compare with. Press “Train again with changes” on the page of this "
    "run, change one thing, and come back."
)


def candidates(run: Run) -> dict[str, tuple[Run, str]]:
    """Tested runs with the same classes, those on the same data set first, then the newest: id -> run and its name."""
    mine, found = run.card, []
    for other in runs.all_runs()[:MOST]:
        classes, data, name = _facts(other, other.stamp("predictions.npz", "model.json", "label.txt", "result.json"))
        if other.id != run.id and classes == mine.classes:
            found.append((data != mine.data, other, name))
    return {other.id: (other, name) for _, other, name in sorted(found, key=lambda entry: entry[0])}


@lru_cache(4 * MOST)
def _facts(run: Run, stamp: tuple) -> tuple[tuple[str, ...], str, str]:
    """Classes, data set and name of a run; no classes where there is no one answer to each picture."""
    try:
        model = run.card if run.is_tested else NO_MODEL
    except RunError:
        model = NO_MODEL
    classes = () if model.is_multilabel else model.classes  # several answers cannot be right or wrong
    return classes, model.data, run_select.title(run)


def choose(run: Run) -> Run | None:
    """The choice of the other run; None, and a word, where there is none."""
    choices = candidates(run)
    asked = st.query_params.get("other", "")
    if asked and asked not in choices and asked != run.id:
        st.warning(
            "The run that the link names cannot be compared with this one: it is gone, untested, or has other classes.",
            icon=":material/search_off:",
        )
    if not choices:
        st.info(NO_OTHER, icon=":material/balance:")
        return None
    picked = run_select.select(
        "Compare with",
        {run_id: name for run_id, (_, name) in choices.items()},
        key="other-run",
        parameter="other",
        help="All tested runs with the same classes; those on the same dataset first.",
    )
    return choices[picked][0]
