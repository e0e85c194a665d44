"""Twelve validation images whose predictions change while the model learns, and a small confusion matrix that moves.

One piece of HTML of constant height, computed once for each epoch, because the live view redraws it every second.
"""

import html
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from imgcls import datasets
from imgcls.charts import theme
from imgcls.errors import UserError
from imgcls.evaluation.metrics.percent import percent
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.predictions import epoch_predictions, live_predictions
from imgcls.runs.predictions.live_predictions import LivePredictions
from imgcls.runs.run import Run
from imgcls.ui.widgets import formatting, gallery

SIDE = 96
"""Larger images are reduced to this side."""
BLANK = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" alt="">'
CHANGED = N_("Blue frame: another prediction than after the epoch before.")
WRONG = N_("Orange dashed frame: wrong.")
AXES = "Row: what it is; column: what is predicted."
LEAST_VISIBLE = 0.5
"""The opacity of a cell with a single error."""
SOON = "Twelve validation images and a small confusion matrix appear here."
EMPTY = (
    '<div class="live-images"><div class="watched">'
    + 12 * f'<figure>{BLANK}<i style="width:0"></i><figcaption>&nbsp;</figcaption></figure>'
    + f'</div><div class="moving">{BLANK}<p>{SOON}</p></div></div>'
)
FILES = (live_predictions.NAME, epoch_predictions.RECORDS, epoch_predictions.NAME)


def show(run: Run, *, is_beginning: bool = False, saved: int | None = None) -> None:
    """The images and the matrix, and their room if the run `is_beginning`; nothing if it records no predictions.

    `saved` is the epoch whose weights were saved, once the training is over: it shows what these predict.
    """
    try:
        markup = _markup(str(run.folder), run.stamp(*FILES), saved)
        if not markup and is_beginning and not datasets.facts(run.config.data).is_multilabel:
            markup = EMPTY
    except UserError:
        return  # damaged: the Epoch history section says so
    if markup:
        st.html(markup)


@lru_cache(32)
def _markup(folder: str, stamp: tuple, saved: int | None = None) -> str:
    run = Run(Path(folder))
    found = live_predictions.read(run, saved)
    if found is None:
        return ""
    if saved is not None:
        found = replace(found, before=None)  # nothing changes any more
    names = [str(name) for name in datasets.facts(run.config.data).classes]
    if len(names) != found.num_classes:  # the dataset was replaced by another one
        names = [f"class {number}" for number in range(found.num_classes)]
    tiles = "".join(_tile(found, at, names) for at in range(len(found.shown)))
    frames = (("of-changed", _(CHANGED), " changed"), ("of-wrong", _(WRONG), '"wrong'))
    key = "".join(f'<span class="{kind}">{html.escape(text)}</span>' for kind, text, mark in frames if mark in tiles)
    watched = f'<div class="watched">{tiles}<p class="watched-key">{key}</p></div>'
    return f'<div class="live-images">{watched}{_matrix(found, names, is_saved=found.epoch == saved)}</div>'


def _tile(found: LivePredictions, at: int, names: list[str]) -> str:
    """An image, what it is taken for now with the confidence as a bar, and a mark if that has just changed."""
    position = found.shown[at]
    actual = names[found.labels[position]]
    url = html.escape(_small(found.images[at]))
    if found.probabilities is None:
        said, confidence, state, sign, text = "…", 0.0, "open", "", f"actually {actual}"
    else:
        predicted = int(found.probabilities[position].argmax())
        said, confidence = names[predicted], float(np.nan_to_num(found.probabilities[position, predicted]))
        is_right = predicted == found.labels[position]
        state, sign = ("right", "✓ ") if is_right else ("wrong", "✕ ")
        if found.before is not None and found.before[position] != predicted:
            state += " changed"
        text = f"predicted {said} with {percent(confidence, 0)} · actually {actual}"
    bar = f'<i style="width:{100 * confidence:.0f}%"></i>'
    return (
        f'<figure class="{state}"><img src="{url}" alt="validation image, {html.escape(text)}">{bar}'
        f'<figcaption title="{html.escape(text)}">{sign}{html.escape(said)}</figcaption></figure>'
    )


def _small(pixels: np.ndarray) -> str:
    image = Image.fromarray(pixels.squeeze())
    image.thumbnail((SIDE, SIDE))
    shown = np.asarray(image)
    return gallery.data_url(shown.reshape(*shown.shape[:2], -1))


def _matrix(found: LivePredictions, names: list[str], *, is_saved: bool) -> str:
    """The confusion matrix as an image with one pixel per cell: rows are true classes."""
    counts = found.confusion
    per_class = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    colours = np.zeros((*counts.shape, 4), np.uint8)
    is_diagonal = np.eye(len(counts), dtype=bool)
    for mask, colour in ((is_diagonal, theme.TRAINING), (~is_diagonal, theme.ERROR)):
        colours[mask, :3] = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    # Single errors among many images must stay visible, also on a dark page.
    least = np.where(is_diagonal | (counts == 0), 0, LEAST_VISIBLE)
    colours[..., 3] = np.round(255 * (least + (1 - least) * np.clip(per_class, 0, 1) ** 0.5))
    text = "The confusion matrix appears after the first epoch."
    if found.probabilities is not None:
        errors = np.where(is_diagonal, 0, counts)
        actual, said = np.unravel_index(errors.argmax(), errors.shape)
        wrong = int(errors.sum())
        times = formatting.count(int(errors[actual, said]), "time")
        most = f"; most often “{names[actual]}” is read as “{names[said]}” ({times})" if wrong else ""
        which = f"With the saved weights, of epoch {found.epoch}" if is_saved else f"After epoch {found.epoch}"
        text = f"{which}: {wrong:,} of {len(found.labels):,} validation images wrong{most}. {AXES}"
    url = html.escape(gallery.data_url(colours))
    return (
        f'<div class="moving"><img src="{url}" alt="Confusion matrix. {html.escape(text)}">'
        f"<p>{html.escape(text)}</p></div>"
    )
