"""Galleries of test images: true and predicted labels below each, a link to the section about it, paged."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation import golden
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.class_merging import ClassMerging
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.runs import Run
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets import formatting, gallery, golden_pin, pager

PER_PAGE = 20
MANY = 8


def show(view: View) -> None:
    """The gallery of the selected images."""
    order = view.predictions.worst_first
    note = "worst predictions first; the percentage is how confident the model is"
    if isinstance(view.predictions, Decisions):
        note = "worst predictions first; the percentage is the probability of the label. − false negative, \\+ false "
        note += "positive, ✓ true positive"
    paged(view, order[view.shown[order]], f"{view.run.id}-{hash(view.selection)}-{hash(view.key[3:])}", note)


def paged(view: View, positions: np.ndarray, key: str, note: str) -> None:
    """A page of the images at these positions of the predictions; `key` must be unique for each list."""
    with_image = positions[view.predictions.row_of[view.predictions.indices[positions]] >= 0]
    stored = "" if len(with_image) == len(positions) else f" ({len(with_image):,} stored with the run)"
    st.caption(f"{formatting.count(len(positions), 'image')}{stored}, {note}.")
    on_page = one_page(with_image, key, PER_PAGE)
    if on_page:
        # Many images keep their room before they are there, so that nothing below moves.
        with st.container(key=f"gallery-{'many' if len(on_page) > MANY else 'few'}-{key}"):
            st.html(_grid(view.key, on_page, selection_state.in_the_url()))
        if isinstance(view.predictions, Predictions):
            is_right = view.predictions.is_right
            here = [one for one in on_page if not is_right[one]]
            every = with_image[~is_right[with_image]].tolist()
            has_more = len(here) < len(every) <= golden.MOST
            if not (has_more and golden_pin.has_pinned(view.run.card.data, f"pin-all-{key}")):
                _pin(view, here, f"pin-page-{key}", "these", is_explained=not has_more)
            if has_more:
                _pin(view, every, f"pin-all-{key}", "all", is_explained=True)


def _pin(view: View, mistakes: list[int], key: str, which: str, *, is_explained: bool) -> None:
    """A button that pins mistakes to the golden set, with the classes of the run, also if classes are merged here."""
    run, predictions = view.run, view.predictions
    known = selection_state.predictions_of(view.key._replace(merging=ClassMerging()))
    indices = predictions.indices[mistakes].tolist() if mistakes else []

    def source(index: int) -> str:
        file = predictions.file_name(index)
        return f"test image {index}{file and f' ({file})'} of {run.label}"

    golden_pin.button(
        run.card.data,
        [(known.names[known.labels[index]], source(index)) for index in indices],
        lambda at: predictions.images[predictions.row_of[indices[at]]],
        key=key,
        run=run.id,
        which=which,
        is_explained=is_explained,
    )


def one_page(positions: np.ndarray, key: str, per_page: int = PER_PAGE) -> tuple[int, ...]:
    """The positions on the chosen page; a note if there are none. A new `key` begins at its first page."""
    if not len(positions):
        st.info("No images to show.", icon=":material/check_circle:")
        return ()
    return tuple(pager.page_of(positions, per_page, f"page-{key}").tolist())


@lru_cache(64)
def _grid(key: Key, positions: tuple[int, ...], filters: tuple[tuple[str, str], ...]) -> str:
    predictions = selection_state.predictions_of(key)
    return gallery.grid(tile(key.run, predictions, position, filters) for position in positions)


def tile(
    run: Run, predictions: Predictions | Decisions, position: int, filters: tuple[tuple[str, str], ...] = ()
) -> gallery.Tile:
    """The image at a position of the predictions; a click opens the section about it, which keeps the filters."""
    index = int(predictions.indices[position])
    if isinstance(predictions, Decisions):
        lines, alt = _multilabel_lines(predictions, position)
    else:
        lines, alt = _lines(predictions, position)
    pixels = predictions.images[predictions.row_of[index]]
    file = predictions.file_name(index)
    alt = f"Test image {index}{file and f' ({file})'}: {alt}"
    return gallery.Tile(pixels, alt, lines, links.image(run, index, filters), file)


def _lines(predictions: Predictions, position: int) -> tuple[tuple[str, ...], str]:
    names = predictions.names
    true, predicted = names[predictions.labels[position]], names[predictions.predicted[position]]
    confidence = percent(predictions.confidence[position])
    alt = f"true class {true}, predicted {predicted} with {confidence}"
    if predictions.is_right[position]:
        return (f"✓ {true}", confidence), alt
    return (f"predicted {predicted}", f"actually {true}", confidence), alt


def _multilabel_lines(decisions: Decisions, position: int) -> tuple[tuple[str, ...], str]:
    lines, alt = [], []
    predicted, true = decisions.predicted[position], decisions.labels[position]
    for label in np.flatnonzero(predicted | true):
        if predicted[label] and true[label]:
            sign, meaning = "✓", "correctly predicted"
        elif true[label]:
            sign, meaning = "−", "missing"
        else:
            sign, meaning = "+", "incorrectly predicted"
        confidence = percent(decisions.probabilities[position, label], 0)
        lines.append(f"{sign} {decisions.names[label]} {confidence}")
        alt.append(f"{meaning} {decisions.names[label]} with {confidence}")
    lines.sort(key=lambda line: line[0] == "✓")
    return tuple(lines) or ("✓ no label",), "; ".join(alt) or "correctly predicted no label"
