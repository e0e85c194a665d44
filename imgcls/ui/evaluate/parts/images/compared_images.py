"""The images on which two runs differ, and those that both get wrong: three galleries."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.metrics.significance import Comparison
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.images import gallery as test_gallery
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key
from imgcls.ui.widgets import formatting, gallery

ONLY_A, ONLY_B, BOTH_WRONG = GALLERIES = ("Only A correct", "Only B correct", "Both wrong")
STYLE = "<style>.wide .tiles{grid-template-columns:repeat(auto-fill,minmax(124px,1fr))}</style>"


def show(first: Key, second: Key, found: Comparison) -> None:
    """The choice of a gallery, and its images; `second` is A, the page's run, `first` is B."""
    st.header("Images", anchor=False)
    counts = dict(zip(GALLERIES, (found.only_second, found.only_first, found.both_wrong), strict=True))
    shown = st.segmented_control(
        "Images shown",
        GALLERIES,
        default=next((name for name in GALLERIES if counts[name]), ONLY_A),
        required=True,
        format_func=lambda name: f"{name} · {counts[name]:,}",
        key="compared-images",
        label_visibility="collapsed",
    )
    with_image, total = _members(first, second, shown)
    stored = "" if len(with_image) == total else f" ({len(with_image):,} stored with the runs)"
    st.caption(f"{formatting.count(total, 'image')}{stored}, highest total confidence first.")
    on_page = test_gallery.one_page(with_image, f"compared-{first.run.id}-{second.run.id}-{shown}")
    if on_page:
        st.html(_grid(first, second, on_page))


@lru_cache(64)
def _members(first: Key, second: Key, shown: str) -> tuple[np.ndarray, int]:
    """The test images of a gallery whose pixels are stored, and the total number."""
    b, a = selection_state.predictions_of(first), selection_state.predictions_of(second)
    mask = {
        ONLY_A: a.is_right & ~b.is_right,
        ONLY_B: ~a.is_right & b.is_right,
        BOTH_WRONG: ~a.is_right & ~b.is_right,
    }[shown]
    members = np.flatnonzero(mask)
    members = members[np.argsort(-(a.confidence[members] + b.confidence[members]), kind="stable")]
    return members[(a.row_of[members] >= 0) | (b.row_of[members] >= 0)], len(members)


@lru_cache(64)
def _grid(first: Key, second: Key, indices: tuple[int, ...]) -> str:
    b, a = selection_state.predictions_of(first), selection_state.predictions_of(second)
    tiles = []
    for index in indices:
        owner, source = (second, a) if a.row_of[index] >= 0 else (first, b)
        true = _labels(a, index)
        lines = [f"actually {true}", *(_line(letter, of, index) for letter, of in (("A", a), ("B", b)))]
        alt = f"Test image {index}: true {true}; {lines[1]}; {lines[2]}"
        pixels = source.images[source.row_of[index]]
        tiles.append(gallery.Tile(pixels, alt, tuple(lines), links.image(owner.run, index), source.file_name(index)))
    return f'{STYLE}<div class="wide">{gallery.grid(tiles)}</div>'


def _labels(predictions: Predictions | Decisions, index: int) -> str:
    names, label = predictions.names, predictions.labels[index]
    if isinstance(predictions, Decisions):
        return ", ".join(names[one] for one in np.flatnonzero(label)) or "no label"
    return names[label]


def _line(letter: str, predictions: Predictions | Decisions, index: int) -> str:
    names, predicted = predictions.names, predictions.predicted[index]
    if isinstance(predictions, Decisions):
        name = ", ".join(names[one] for one in np.flatnonzero(predicted)) or "no label"
    else:
        name = names[predicted]
    sign = "✓" if predictions.is_right[index] else "✕"
    return f"{sign} {letter}: {name} {percent(predictions.confidence[index], 0)}"
