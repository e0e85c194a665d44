"""The pictures that are selected, the worst answers first, a page of them at a time."""

from functools import lru_cache
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from imgcls.evaluation.predictions import Predictions
from imgcls.ui.cache import predictions as cached
from imgcls.ui.evaluate.page import VIEWS
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets import formatting, gallery, pager

PER_PAGE = 20


def show(looked: Looked) -> None:
    """The gallery of what is chosen."""
    order = looked.predictions.worst_first
    pages(
        looked,
        order[looked.chosen[order]],
        f"{looked.run.id}-{hash(looked.selection)}-{hash(looked.surgery)}",
        "the worst answers first",
    )


def pages(looked: Looked, chosen: np.ndarray, key: str, order: str) -> None:
    """A page of these pictures (places in the answers) with the choice of the page; `key` is one for each list."""
    kept = chosen[looked.tested.row_of[looked.predictions.indices[chosen]] >= 0]
    note = "" if len(kept) == len(chosen) else f", {len(kept):,} of them stored with the run"
    st.caption(f"{formatting.count(len(chosen), 'picture')}{note}; {order}.")
    if not len(kept):
        st.info("No picture to show here.", icon=":material/check_circle:")
        return
    on_page = tuple(pager.page_of(kept, PER_PAGE, f"page-{key}").tolist())
    st.html(_grid(looked.key, on_page))


@lru_cache(64)
def _grid(key: tuple, places: tuple[int, ...]) -> str:
    tested, predictions = cached.single_label_predictions(key[0]), selection_state.predictions_of(key)
    return gallery.grid(tile(place, tested, predictions, key[0].id) for place in places)


def tile(place: int, tested: Predictions, predictions: Predictions, run_id: str) -> gallery.Tile:
    """The picture at a place of the answers, with what it is and what it was taken for; it leads to its own view."""
    index = int(predictions.indices[place])
    true, predicted = predictions.names[predictions.labels[place]], predictions.names[predictions.predicted[place]]
    sure = f"{100 * predictions.confidence[place]:.1f}%"
    is_right = predictions.labels[place] == predictions.predicted[place]
    lines = (f"✓ {true}", sure) if is_right else (f"✗ {predicted}", f"is {true}", sure)
    alt = f"Test picture {index}: true class {true}, answer {predicted} with {sure}"
    link = "?" + urlencode({"run": run_id, "view": "Picture", "picture": index}) if "Picture" in VIEWS else ""
    return gallery.Tile(tested.images[tested.row_of[index]], alt, lines, link)
