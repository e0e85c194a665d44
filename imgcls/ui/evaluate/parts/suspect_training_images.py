"""Training images whose label is probably wrong: how many labels are, and a sorted review of the suspects."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import streamlit as st

from imgcls import datasets
from imgcls.datasets import Dataset, Edits
from imgcls.datasets.editing import image_lists
from imgcls.errors import UserError
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.label_errors.estimate import is_weak
from imgcls.evaluation.label_errors.reviews import judge, judged
from imgcls.evaluation.label_errors.training_set import Found
from imgcls.runs import Run
from imgcls.ui.app import links as page_links
from imgcls.ui.app.errors import plain
from imgcls.ui.cache import predictions as cached
from imgcls.ui.data import editing, list_files
from imgcls.ui.evaluate.parts.images import gallery as test_gallery
from imgcls.ui.evaluate.parts.images import suspect_test_images
from imgcls.ui.train import settings_form
from imgcls.ui.widgets import formatting, task_panel

SUSPICION, BY_LABEL, BY_SUGGESTION = ORDERS = ("Most suspicious first", "By label", "By suggested class")
SOURCES = {
    "heads": "Each image is predicted by a head that was not trained on it.",
    "folds": "Each image is predicted by a model of the run's cross-validation that never saw it.",
}


def show(run: Run) -> None:
    """The result of the check of the training labels, or the button that starts it."""
    task = training_set.task_of(run)
    state = task.state()
    if state.state == "ready":
        _suspects(run)
    elif state.state == "idle":
        _offer(run)
    else:
        task_panel.show(task, state, lambda: training_set.start(run), "The training labels could not be checked.")


def _offer(run: Run) -> None:
    if training_set.has_folds(run):
        st.markdown("Uses the out-of-fold predictions of this run's cross-validation, so it takes only a moment.")
    else:
        st.markdown(
            "Computes the features of every training image, then trains five small heads on the last hidden layer by "
            "cross-validation, so that each image is predicted by a head that was not trained on it. Runs in the "
            "background and takes a few minutes."
        )
        st.caption(
            "The layers below the heads were trained on all labels, including wrong ones, so some errors are missed. A "
            "run that was trained with folds has no such bias, and needs no further computation."
        )
    try:
        training_set.checked(run, cached.training_data(run.card.data))
    except UserError as error:
        st.info(plain(f"This needs the training images. {error}"), icon=":material/download:")
        return
    task_panel.button("Check the training labels", lambda: training_set.start(run), primary=True)


@lru_cache(8)
def _read(run: Run, stamp: float) -> Found:
    return training_set.read(run)


def _suspects(run: Run) -> None:
    def again() -> None:
        training_set.task_of(run).discard()
        training_set.start(run)

    try:
        found = _read(run, training_set.task_of(run).stamp())
        dataset = cached.dataset(run.card.data)
        edits = datasets.edits_of(dataset)
        if dataset.fingerprint != found.fingerprint:
            st.info("The dataset has changed since its labels were checked.")
            task_panel.button("Check again", again)
            return
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        task_panel.button("Check again", again)
        return
    right = judged(run, "training", "right")
    _summary(found, right, edits)
    if len(found.rows):
        _review(run, dataset, edits, found, right)
    with st.container(horizontal=True):
        if edits.labels and st.button(
            "Train again with my edits", icon=":material/model_training:", key="train-changed-labels", type="primary"
        ):
            _open_form(run)
        task_panel.button("Check again", again)
        if right:
            st.button(
                "Reset confirmations",
                icon=":material/undo:",
                key="forget-right",
                on_click=_try,
                args=(partial(judge, run, "training", right, None),),
            )
    if len(found.rows):
        with st.container(horizontal=True):
            list_files.downloads(dataset, "suspected label errors", lambda: _listed(dataset, edits, found, right))
    if message := st.session_state.pop(list_files.ERROR, ""):
        st.error(plain(message), icon=":material/error:")


def _summary(found: Found, right: frozenset[int], edits: Edits) -> None:
    """How many labels are wrong, as an estimate; and how far the review is."""
    score, count = found.wrong, found.count
    low, high = round(score.low * count), round(score.high * count)
    if is_weak(found.accuracy):
        st.markdown(
            f"Estimate: at most **{formatting.fraction(score.high)}** of the {count:,} labels are wrong. The model is "
            "too weak to tell wrong labels from its own errors."
        )
    else:
        st.markdown(
            f"Estimate: **{formatting.fraction(score.value)}** of the {count:,} labels are wrong "
            f"({formatting.interval(score)}, that is {low:,} to {high:,} images)."
        )
    st.caption(
        "Estimated from the predictions that disagree with a label even where the model is most certain, "
        "extrapolated to full certainty. It assumes that easy images are mislabelled as often as hard ones. "
        f"{SOURCES[found.source]} The predictions agree with {formatting.fraction(found.accuracy)} of the labels."
    )
    listed = f" (the {len(found.rows):,} least likely are listed)" if found.found > len(found.rows) else ""
    is_done = np.array([row in right or row in edits.labels for row in found.rows.tolist()], bool)
    more = " This is more than the estimate, because it includes hard images: you decide." if found.found > high else ""
    st.markdown(
        f"Suspects to review: **{found.found:,}**{listed}.{more} Reviewed: **{int(is_done.sum()):,}**, of which "
        f"{len(right):,} confirmed."
    )
    if len(found.rows):
        st.progress(float(is_done.mean()), text=f"{int(is_done.sum()):,} of {len(found.rows):,} reviewed")


def _review(run: Run, dataset: Dataset, edits: Edits, found: Found, right: frozenset[int]) -> None:
    """The suspects that are left, a page at a time."""
    left = np.array(
        [place for place, row in enumerate(found.rows.tolist()) if row not in right and row not in edits.labels], int
    )
    order = st.segmented_control(
        "Order", ORDERS, default=SUSPICION, required=True, key="suspects-order", label_visibility="collapsed"
    )
    if order != SUSPICION:
        left = left[np.argsort((found.given if order == BY_LABEL else found.suggested)[left], kind="stable")]
    names = dataset.facts.classes
    places = test_gallery.one_page(left, f"suspects-{run.id}-training-{order}")
    if not places:
        return
    rows = found.rows[list(places)].tolist()
    notes = [
        [f"suggested: {names[found.suggested[one]]}\n{suspect_test_images.probability_text(found.confidence[one])}"]
        for one in places
    ]

    def keep(chosen: list[int]) -> None:
        judge(run, "training", chosen, "right")

    suggested = dict(zip(rows, found.suggested[list(places)].tolist(), strict=True))
    editing.images(dataset, edits, [[row] for row in rows], f"suspects-{run.id}", notes, keep=keep, suggested=suggested)


def _listed(dataset: Dataset, edits: Edits, found: Found, right: frozenset[int]) -> dict[str, Sequence[Any]]:
    names = dataset.facts.classes
    more: dict[str, Any] = {
        "suggested class": [names[label] for label in found.suggested],
        "probability of label": np.round(found.confidence.astype(float), 6),
        "review": ["label confirmed" if row in right else "" for row in found.rows.tolist()],
    }
    return image_lists.columns(dataset, edits, found.rows, more)


def _try(action: Callable[[], None]) -> None:
    """For callbacks, which run before the page is drawn: stores an error, which the page shows."""
    try:
        action()
    except UserError as error:
        st.session_state[list_files.ERROR] = str(error)


def _open_form(run: Run) -> None:
    try:
        page_links.train(**settings_form.form_of(run.config))
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
