"""The training images that are nearest to an input, and how unfamiliar it is."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from imgcls import languages
from imgcls.inference import explain
from imgcls.inference.activations import MISSING
from imgcls.inference.explain import neighbours
from imgcls.inference.rejection.unfamiliar import Familiarity
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.cache import activations
from imgcls.ui.cache import predictions as cached
from imgcls.ui.widgets import gallery

SHOWN = 10


def show(run: Run, familiarity: Familiarity | None, classes: Sequence[str]) -> None:
    """The nearest training images with their classes, and a verdict; or what is missing for them."""
    for method in explain.methods(explain.EXAMPLES):
        title = f"<h2>{html.escape(_(method.TITLE))}</h2>"
        if familiarity is None:
            st.html(title)
            activations.offer_missing(run, activations.unavailable_reason(run) or MISSING)
            return
        nearest = method.examples(run, familiarity.features, SHOWN)
        training = neighbours.training_features(run)
        tiles = []
        files = cached.training_files(run, training.rows[nearest.indices].tolist())
        for index, similarity, file in zip(nearest.indices.tolist(), nearest.similarity.tolist(), files, strict=True):
            name = _name(training.labels[index], classes)
            lines = (name, _("similarity {value}").format(value=f"{similarity:.3f}"))
            alt = _("Training image, {name}, cosine similarity {value}").format(name=name, value=f"{similarity:.2f}")
            tiles.append(gallery.Tile(training.images[index], alt, lines, file=file))
        among = _("Among {count} stored training images.").format(count=languages.number(len(training.features)))
        text = html.escape(f"{_(method.HELP)} {among} {familiarity.sentence}")
        st.html(f"{title}<p>{text}</p>{gallery.grid(tiles)}")


def _name(label: np.ndarray, classes: Sequence[str]) -> str:
    """The class of a training image, or its labels if it may have several."""
    if not np.ndim(label):
        return classes[int(label)]
    return ", ".join(classes[index] for index in np.flatnonzero(label).tolist()) or _("no label")
