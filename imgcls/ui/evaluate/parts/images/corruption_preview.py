"""One test image with every corruption, so that it is clear what a test of robustness does."""

from functools import lru_cache

import numpy as np
import streamlit as st

from imgcls.evaluation.robustness import recommendations
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS, random_numbers
from imgcls.ui.evaluate.parts.selection.selection_state import Key, predictions_of
from imgcls.ui.widgets import gallery

ORIGINAL = ""
"""The name of the image without a corruption."""


def show(key: Key) -> None:
    """Draws it; nothing if no correctly predicted image is stored with the run."""
    if grid := _grid(key):
        st.html(grid)


@lru_cache(8)
def examples(key: Key) -> dict[str, np.ndarray]:
    """The first correctly predicted image that is stored with the run, as it is and by the name of each corruption;
    empty if there is none."""
    predictions = predictions_of(key)
    stored = np.flatnonzero((predictions.row_of >= 0) & predictions.is_right)
    if not len(stored):
        return {}
    image, strength = predictions.images[predictions.row_of[stored[0]]], recommendations.AT_STRENGTH
    numbers = random_numbers(1)
    worse = {name: corruption(image[None], strength, numbers)[0] for name, corruption in CORRUPTIONS.items()}
    return {ORIGINAL: image, **worse}


@lru_cache(8)
def _grid(key: Key) -> str:
    tiles = []
    for name, image in examples(key).items():
        if name == ORIGINAL:
            tiles.append(gallery.Tile(image, "A test image", ("Original",)))
            continue
        alt = f"The same image with {name} of strength {recommendations.AT_STRENGTH}"
        tiles.append(gallery.Tile(image, alt, (CORRUPTIONS[name].title,)))
    return gallery.grid(tiles) if tiles else ""
