"""What a picture is like in the eyes of the model: the nearest training pictures, and how new it is."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.inference.activations import MISSING
from imgcls.inference.explain import nearest, neighbours, unfamiliarity
from imgcls.runs import Run
from imgcls.ui.cache import activations
from imgcls.ui.components.probability_bars import NOT_KNOWN, Rejection
from imgcls.ui.widgets import gallery

SHOWN = 10
UNKNOWN = 99.5
"""Percent of the test pictures: what is farther from the training pictures than so many is nothing the model knows."""


@dataclass(frozen=True)
class Likeness:
    """The features of a picture, and how new it is: a percentile among the test pictures, and a sentence."""

    features: np.ndarray
    percentile: float
    sentence: str

    @property
    def rejection(self) -> Rejection | None:
        """What to say in the place of an answer, where the picture is nothing that the model knows."""
        if self.percentile < UNKNOWN:
            return None
        return Rejection(NOT_KNOWN, neighbours.farther(self.percentile))


def look(run: Run, pixels: np.ndarray) -> Likeness | None:
    """How one picture, uint8 (height, width, channels), looks to the model; None where the run does not keep this."""
    try:
        features = activations.inside(run).look(pixels[None]).features[0]
        _, percentile, sentence = unfamiliarity(run, features)
    except RunError:
        return None
    return Likeness(features, percentile, sentence)


def rejection_of(run: Run, pixels: np.ndarray) -> Rejection | None:
    """What to say in the place of an answer to a picture that the model does not know; usually nothing."""
    likeness = look(run, pixels)
    return likeness and likeness.rejection


def show(run: Run, likeness: Likeness | None, names: list[str]) -> None:
    """The nearest training pictures with their classes, and the sentence; what is missing, where something is."""
    title = "<h4>Nearest training pictures</h4>"
    if likeness is None:
        st.html(title)
        activations.offer_missing(run, activations.why_not(run) or MISSING)
        return
    found = nearest(run, likeness.features, SHOWN)
    there = neighbours.known(run)
    tiles = []
    for place, alike in zip(found.places.tolist(), found.similarity.tolist(), strict=True):
        said = _name(there.labels[place], names)
        tiles.append(gallery.Tile(there.images[place], f"Training picture, {said}", (said, f"{alike:.2f} alike")))
    kept = f"Among the {len(there.features):,} that the run has kept."
    st.html(f"{title}<p>{kept} {html.escape(likeness.sentence)}</p>{gallery.grid(tiles)}")


def _name(label: np.ndarray, names: list[str]) -> str:
    """The class of a training picture, or its classes where it may have several."""
    if not np.ndim(label):
        return names[int(label)]
    return ", ".join(names[index] for index in np.flatnonzero(label)) or "none of them"
