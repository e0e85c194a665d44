"""Test pictures with several labels each: those of which a label is missing in the answer, or too many."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run
from imgcls.ui.cache import predictions
from imgcls.ui.widgets import formatting, gallery, pager

PER_PAGE = 20
WRONG, MISSING, SUPERFLUOUS, RIGHT = KINDS = ("Any label wrong", "Label missing", "Label superfluous", "All right")


def show(run: Run, cut: float) -> None:
    """The filter, and the pictures, the worst first; paged."""
    names, found = run.card.classes, predictions.test_predictions(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control("Pictures shown", KINDS, default=WRONG, required=True, key="label-kind")
        label = st.selectbox(
            "Label",
            [None, *range(len(names))],
            format_func=lambda label: "Any" if label is None else names[label],
            key=f"label-of-{run.id}",
            width=220,
            help="Only pictures where it is this label that is wrong; among those that are all right, where it is on.",
        )
    chosen = matching(found, cut, kind, label)
    order = np.argsort(found.losses[chosen] if kind == RIGHT else -found.losses[chosen], kind="stable")
    chosen = chosen[order[::-1]] if kind == RIGHT else chosen[order]
    kept = chosen[found.row_of[chosen] >= 0]
    note = "" if len(kept) == len(chosen) else f", {len(kept):,} of them stored with the run"
    st.caption(
        f"{formatting.count(len(chosen), 'picture')}{note}; the largest cross-entropy first. − is a label that is missing, "
        "\\+ one that is superfluous, ✓ one that is right, each with its probability."
    )
    if not len(kept):
        st.info("No picture to show here.", icon=":material/check_circle:")
        return
    shown = tuple(pager.page_of(kept, PER_PAGE, f"label-page-{run.id}-{kind}-{label}").tolist())
    st.html(_grid(run, predictions.predictions_stamp(run), shown, cut))


def matching(found: Predictions, cut: float, kind: str, label: int | None) -> np.ndarray:
    """Numbers of the test pictures of this kind at this threshold, with regard to one label or to any."""
    said, true = found.probabilities >= cut, found.labels
    missing, superfluous = true & ~said, said & ~true
    which = {WRONG: missing | superfluous, MISSING: missing, SUPERFLUOUS: superfluous}.get(kind)
    if which is None:
        right = (said == true).all(1)
        return np.flatnonzero(right if label is None else right & true[:, label])
    return np.flatnonzero(which.any(1) if label is None else which[:, label])


@lru_cache(64)
def _grid(run: Run, stamp: tuple, indices: tuple[int, ...], cut: float) -> str:
    found, names = predictions.test_predictions(run), run.card.classes
    return gallery.grid(_tile(index, found, names, cut) for index in indices)


def _tile(index: int, found: Predictions, names: list[str], cut: float) -> gallery.Tile:
    said, true = found.probabilities[index] >= cut, found.labels[index]
    lines, alt = [], []
    for name, says, has, sure in zip(names, said, true, found.probabilities[index], strict=True):
        if says or has:
            sign, word = ("✓", "rightly") if says and has else ("−", "missing") if has else ("+", "superfluous")
            lines.append(f"{sign} {name} {100 * sure:.0f}%")
            alt.append(f"{word} {name} with {100 * sure:.0f}%")
    lines.sort(key=lambda line: line[0] == "✓")
    told = f"Test picture {index}: {'; '.join(alt) or 'rightly no label'}"
    return gallery.Tile(found.images[found.row_of[index]], told, tuple(lines) or ("✓ no label",))
