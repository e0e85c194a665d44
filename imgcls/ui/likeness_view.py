"""What a picture is like in the eyes of the model: the nearest training pictures, and how new it is."""

import html
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls.errors import RunError
from imgcls.runs import Run
from imgcls.ui import gallery
from imgcls.ui.bars import Doubt

try:
    from imgcls.explain import nearest, neighbours, unfamiliarity
    from imgcls.serving.inside import Inside
except ImportError:  # a part that a build may leave out
    Inside = None

SHOWN = 10
UNKNOWN = 99.7
"""Percent of the test pictures: what is farther from the training pictures than so many is nothing the model knows."""


@dataclass(frozen=True)
class Likeness:
    """The features of a picture, and how new it is: a percentile among the test pictures, and a sentence."""

    features: np.ndarray
    percentile: float
    sentence: str

    @property
    def doubt(self) -> Doubt | None:
        """What to say in the place of an answer, where the picture is nothing that the model knows."""
        if self.percentile < UNKNOWN:
            return None
        return Doubt(
            "Nothing this model knows",
            f"It lies farther from the training pictures than {self.percentile:.1f} % of the test pictures.",
        )


def look(run: Run, pixels: np.ndarray) -> Likeness | None:
    """How one picture, uint8 (height, width, channels), looks to the model; None where the run does not keep this."""
    if Inside is None:
        return None
    try:
        inside = _inside(str(run.folder), run.stamp("inside.json", "inside.tflite"))
        features = inside.look(pixels[None]).features[0]
        _, percentile, sentence = unfamiliarity(run, features)
    except RunError:
        return None
    return Likeness(features, percentile, sentence)


def show(run: Run, likeness: Likeness | None, names: list[str]) -> None:
    """The nearest training pictures with their classes, and the sentence; what is missing, where something is."""
    title = "<h4>Nearest training pictures</h4>"
    if likeness is None:
        missing = "The inside of this model is not stored yet: open it on the Evaluate page, in the view Inside."
        st.html(f"{title}<small>{missing}</small>")
        return
    found = nearest(run, likeness.features, SHOWN)
    there = neighbours.known(run)
    tiles = [
        gallery.Tile(there.pictures[place], f"Training picture, {names[label]}", (names[label], f"{alike:.2f} alike"))
        for place, alike in zip(found.places.tolist(), found.similarity.tolist(), strict=True)
        for label in (int(there.labels[place]),)
    ]
    st.html(f"{title}<p>{html.escape(likeness.sentence)}</p>{gallery.grid(tiles)}")


@lru_cache(4)
def _inside(folder: str, stamp: tuple) -> "Inside":
    return Inside(Path(folder) / "inside.tflite")
