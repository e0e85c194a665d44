"""The pictures on which two runs differ, and those that both read wrongly: three galleries."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.metrics.significance import Comparison
from imgcls.runs import Run
from imgcls.ui.cache import predictions
from imgcls.ui.evaluate.sections import image
from imgcls.ui.widgets import formatting, gallery, pager

PER_PAGE = 20
GALLERIES = ("Only A right", "Only B right", "Both wrong")
STYLE = "<style>.wide .tiles{grid-template-columns:repeat(auto-fill,minmax(124px,1fr))}</style>"


def show(other: Run, run: Run, stamps: tuple, found: Comparison) -> None:
    """The choice of a gallery, and its pictures; `other` is A, `run` is B."""
    st.subheader("Pictures", anchor=False)
    counts = dict(zip(GALLERIES, (found.only_first, found.only_second, found.both_wrong), strict=True))
    shown = st.segmented_control(
        "Pictures shown",
        GALLERIES,
        default=GALLERIES[0],
        required=True,
        format_func=lambda name: f"{name} · {counts[name]:,}",
        key="compared-pictures",
        label_visibility="collapsed",
    )
    kept, all_of = _chosen(other, run, stamps, shown)
    note = "" if len(kept) == all_of else f", {len(kept):,} of them stored with the runs"
    st.caption(f"{formatting.count(all_of, 'picture')}{note}; those of which both are surest first.")
    if not len(kept):
        st.info("No picture to show here.", icon=":material/check_circle:")
        return
    on_page = tuple(pager.page_of(kept, PER_PAGE, f"compared-page-{other.id}-{run.id}-{shown}").tolist())
    st.html(_grid(other, run, stamps, on_page, run.card.classes))


@lru_cache(64)
def _chosen(other: Run, run: Run, stamps: tuple, shown: str) -> tuple[np.ndarray, int]:
    """The numbers of the test pictures of a gallery of which a picture is stored, and how many there are in all."""
    first, second = predictions.single_label_predictions(other), predictions.single_label_predictions(run)
    is_right = [tested.predicted == tested.labels for tested in (first, second)]
    which = {
        "Only A right": is_right[0] & ~is_right[1],
        "Only B right": ~is_right[0] & is_right[1],
        "Both wrong": ~is_right[0] & ~is_right[1],
    }[shown]
    members = np.flatnonzero(which)
    sure = first.confidence[members] + second.confidence[members]
    members = members[np.argsort(-sure, kind="stable")]
    has_image = (first.row_of[members] >= 0) | (second.row_of[members] >= 0)
    return members[has_image], len(members)


@lru_cache(64)
def _grid(other: Run, run: Run, stamps: tuple, indices: tuple[int, ...], names: tuple[str, ...]) -> str:
    first, second = predictions.single_label_predictions(other), predictions.single_label_predictions(run)
    tiles = []
    for index in indices:
        keeper = second if second.row_of[index] >= 0 else first
        true = names[first.labels[index]]
        lines = [f"is {true}"]
        for letter, tested in (("A", first), ("B", second)):
            answer = names[tested.predicted[index]]
            sign = "✓" if answer == true else "✗"
            lines.append(f"{sign} {letter}: {answer} {100 * tested.confidence[index]:.0f}%")
        alt = f"Test picture {index}: true class {true}; {lines[1]}; {lines[2]}"
        owner = run if second.row_of[index] >= 0 else other
        link = image.link(owner, index)
        tiles.append(gallery.Tile(keeper.images[keeper.row_of[index]], alt, tuple(lines), link))
    return f'{STYLE}<div class="wide">{gallery.grid(tiles)}</div>'
