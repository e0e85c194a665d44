"""The run to compare with; it is in the URL as `?other=`."""

from functools import lru_cache

import streamlit as st

from imgcls import datasets, runs
from imgcls.config import imported_model
from imgcls.errors import RunError, UserError
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors, links
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import empty_state, run_select

NO_MODEL = ModelCard(classes=(), shape=(1, 1, 1))
MOST = 200
"""Only the newest runs are offered, because reading each takes time."""
NO_OTHER = (
    "There is no other run with these classes. Train this one again with one setting changed, for example more epochs; "
    "then this section says whether it got better or was lucky."
)


def candidates(run: Run) -> dict[str, tuple[Run, str]]:
    """Tested runs of the same kind with the same classes, by id: the run and its name.

    Runs on the same dataset come first, then the newest.
    """
    card, found = run.card, []
    for other in runs.all_runs()[:MOST]:
        facts, name = _facts(other, other.stamp("predictions.npz", "model.json", "label.txt", "result.json"))
        if other.id != run.id and (facts.classes, facts.is_multilabel) == (card.classes, card.is_multilabel):
            found.append((facts.data != card.data, other, name))
    return {other.id: (other, name) for _, other, name in sorted(found, key=lambda entry: entry[0])}


@lru_cache(4 * MOST)
def _facts(run: Run, stamp: tuple) -> tuple[ModelCard, str]:
    """The model card and the name of a run; `NO_MODEL` if it is untested or damaged."""
    try:
        card = run.card if run.is_tested else NO_MODEL
    except RunError:
        card = NO_MODEL
    return card, run_select.title(run)


def _train_another(run: Run, reason: str) -> None:
    """What to do where there is no run that was tested on the same images."""
    if imported_model.exists(run.folder):
        st.info(errors.plain(reason), icon=":material/balance:")
        return
    with st.container(border=True, horizontal_alignment="center", key="nothing-to-compare"):
        st.markdown(errors.plain(reason), text_alignment="center", width=empty_state.LINE)
        label = _("Train again with changes")
        if st.button(label, icon=":material/tune:", key="train-other", type="primary"):
            with errors.shown():
                links.train(**settings_form.form_of(run.config))


def choose(run: Run) -> Run | None:
    """The select box of the other run; None, and a hint, if there is none."""
    choices = candidates(run)
    requested = st.query_params.get("other", "")
    if requested and requested not in choices and requested != run.id:
        st.warning(
            "The run in the link cannot be compared with this one: it was deleted, is untested, or has other classes.",
            icon=":material/search_off:",
        )
    if not choices:
        _train_another(run, NO_OTHER)
        return None
    data = run.card.data
    has_same_images = any(other.card.data == data for other, _ in choices.values())
    picked = run_select.select(
        "Compare with",
        {run_id: run_select.owned(other, name) for run_id, (other, name) in choices.items()},
        key="other-run",
        parameter="other",
        help="All tested runs with the same classes; those on the same dataset first.",
        is_required=has_same_images,
    )
    if not picked:
        _train_another(
            run, f"Train a second model on {_title_of(data)} first: no other run was tested on these images."
        )
        return None
    return choices[picked][0]


def _title_of(data: str) -> str:
    try:
        return datasets.facts(data).title
    except UserError:  # it was deleted
        return data
