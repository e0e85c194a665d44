"""One test image with every corruption, so that it is clear what a test of robustness will do."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.robustness import recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, random_numbers
from imgcls.ui.evaluate.parts.selection.selection_state import Key, predictions_of
from imgcls.ui.widgets import gallery


def show(key: Key) -> None:
    """Draws it; nothing if no correctly predicted image is stored with the run."""
    if grid := _grid(key):
        st.html(grid)


@lru_cache(8)
def _grid(key: Key) -> str:
    """The first correctly predicted image that is stored with the run, as HTML; empty if there is none."""
    predictions = predictions_of(key)
    stored = np.flatnonzero((predictions.row_of >= 0) & predictions.is_right)
    if not len(stored):
        return ""
    image, strength = predictions.images[predictions.row_of[stored[0]]], recommendations.AT_STRENGTH
    tiles = [gallery.Tile(image, "A test image", ("Original",))]
    for name, corruption in CORRUPTIONS.items():
        worse = corruption(image[None], strength, random_numbers(1))[0]
        tiles.append(gallery.Tile(worse, f"The same image with {name} of strength {strength}", (corruption.title,)))
    return gallery.grid(tiles)
