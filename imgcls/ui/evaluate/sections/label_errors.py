"""Which labels are probably wrong? Suspect labels of test and training images, for the user to review."""

import json
from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from imgcls.errors import UserError
from imgcls.evaluation.label_errors.reviews import judge, judged
from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.system import safe_csv
from imgcls.ui.app.assignments import fixed_controls
from imgcls.ui.app.errors import plain
from imgcls.ui.components import image_select
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts import suspect_training_images
from imgcls.ui.evaluate.parts.images import gallery as test_gallery
from imgcls.ui.evaluate.parts.images import suspect_test_images
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.visitors import visitor
from imgcls.ui.widgets import formatting

TITLE = "Label errors"
GROUP = links.WRONG
ORDER = 100
USES_SELECTION = False
SUPPORTS = ("single", "multi")

TEST, TRAINING = "Test images", "Training images"
OPEN, WRONG, CONFIRMED = "To review", "Marked wrong", "Confirmed"
ERROR = "review-error"
METHOD = (
    "Confident learning (Northcutt et al. 2021): the model assigns another class a higher probability than its average "
    "for that class. Many suspects are simply hard, and some are errors of the model, so check each one."
)
METHOD_MULTI = (
    "Confident learning (Northcutt et al. 2021), applied to each label on its own: the model contradicts the label "
    "more strongly than it usually does. Many suspects are simply hard, so check each one."
)


def show(run: Run, predictions: Predictions | Decisions) -> None:
    """Draws the section."""
    is_multilabel = isinstance(predictions, Decisions)
    st.header("Label errors", anchor=False, help=METHOD_MULTI if is_multilabel else METHOD)
    part = st.segmented_control(
        "Images",
        (TEST, TRAINING),
        default=TEST,
        required=True,
        bind="query-params",
        label_visibility="collapsed",
        **fixed_controls.keyed("suspects"),
    )
    if part == TEST:
        _test(run, predictions)
    elif is_multilabel:
        st.info(
            "Training labels of multi-label runs cannot be checked: the cross-validated heads that this needs assume "
            "one class per image.",
            icon=":material/info:",
        )
    else:
        suspect_training_images.show(run)


# ---- test images


def _test(run: Run, predictions: Predictions | Decisions) -> None:
    key = selection_state.key_of(run)
    found, total = suspect_test_images.found_in(key), len(predictions.labels)
    right, wrong = (judged(run, "test", verdict) for verdict in ("right", "wrong"))
    to_review = [index for index in found if index not in right and index not in wrong]
    whose, noun = ("the labels of ", "image") if isinstance(predictions, Decisions) else ("", "label")
    st.markdown(
        f"This model, which was not trained on these images, contradicts {whose}"
        f"**{formatting.count(len(found), noun)}** of {total:,}. "
        f"You confirmed **{len(right):,}** and marked **{len(wrong):,}** as wrong."
    )
    if wrong:
        _score_without(predictions, wrong)
    with st.expander("How this works", icon=":material/info:", key="suspects-method"):
        st.markdown(
            (METHOD_MULTI if isinstance(predictions, Decisions) else METHOD)
            + " Test labels cannot be edited, so that scores stay comparable. Your reviews are stored with the run."
        )
    shown = st.segmented_control(
        "Shown",
        (OPEN, WRONG, CONFIRMED),
        default=OPEN,
        required=True,
        key="suspects-shown",
        label_visibility="collapsed",
    )
    listed = {OPEN: to_review, WRONG: sorted(wrong), CONFIRMED: sorted(right)}[shown]
    listed = [index for index in listed if index < total]
    indices = test_gallery.one_page(np.array(listed, int), f"suspects-{run.id}-{shown}")
    if indices:
        gallery_key = f"reviewed-{run.id}-{shown}-{indices[0]}-{indices[-1]}"
        st.html(suspect_test_images.grid(key, indices, gallery_key))
        _review(run, indices, shown, gallery_key)
    if found or right or wrong:
        _downloads(run, lambda: suspect_test_images.listed(key, right, wrong))


def _downloads(run: Run, content: Callable[[], dict[str, list]]) -> None:
    """All suspects and reviews as CSV and JSON; a file is made when its button is pressed."""

    def as_json() -> bytes:
        columns = content()
        images = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        about = {"version": 1, "kind": "suspected label errors", "run": run.id, "images": images}
        return json.dumps(about, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8", "replace")

    kind, stem = "Suspected label errors", f"suspected-label-errors-{run.id}"
    with st.container(horizontal=True):
        for form, mime, icon, make in (
            ("CSV", "text/csv", ":material/download:", lambda: safe_csv.csv_file(content())),
            ("JSON", "application/json", ":material/data_object:", as_json),
        ):
            st.download_button(
                f"{kind} ({form})",
                visitor.later(make),
                f"{stem}.{form.lower()}",
                mime,
                icon=icon,
                type="tertiary",
                on_click="ignore",
                key=f"suspects-{form}",
                help="One row per test image, with its file name and your review.",
            )


def _score_without(predictions: Predictions | Decisions, wrong: frozenset[int]) -> None:
    kept = np.ones(len(predictions.labels), bool)
    kept[[index for index in wrong if index < len(kept)]] = False
    score = wilson(int(predictions.is_right[kept].sum()), int(kept.sum()))
    name = "exact match" if isinstance(predictions, Decisions) else "accuracy"
    st.markdown(
        f"Without the images that you marked as mislabelled, the {name} is **{formatting.fraction(score.value)}** "
        f"({formatting.interval(score)}) instead of {formatting.fraction(float(predictions.is_right.mean()))}. This is "
        "optimistic: only labels that disagree with the model were reviewed."
    )


def _review(run: Run, indices: tuple[int, ...], shown: str, key: str) -> None:
    chosen = image_select.show(key, indices)
    st.caption(_(image_select.HINT))

    def record(verdict: str | None) -> None:
        _try(partial(judge, run, "test", chosen, verdict))
        image_select.choose(key, [])

    with st.container(horizontal=True):
        for label, icon, verdict, pointless in (
            ("Label is wrong", ":material/flag:", "wrong", WRONG),
            ("Label is correct", ":material/check:", "right", CONFIRMED),
            ("Undo review", ":material/undo:", None, OPEN),
        ):
            if shown != pointless:
                st.button(
                    label, icon=icon, key=f"review-{verdict}", disabled=not chosen, on_click=record, args=(verdict,)
                )
    _show_error()


def _try(action: Callable[[], None]) -> None:
    """For callbacks, which run before the page is drawn: stores an error, which the page shows."""
    try:
        action()
    except UserError as error:
        st.session_state[ERROR] = str(error)


def _show_error() -> None:
    if error := st.session_state.pop(ERROR, ""):
        st.error(plain(error), icon=":material/error:")
