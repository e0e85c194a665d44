"""The images on Home's cards, from the test results of trained runs: digits, learning curves, a confusion matrix."""

import html
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls.charts import theme
from imgcls.errors import UserError
from imgcls.evaluation.metrics import classification
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.ui.cache import predictions as cached
from imgcls.ui.runs import thumbnails
from imgcls.ui.widgets import gallery

ROWS, COLUMNS = 2, 6
MISTAKES = 2


def digits(run: Run) -> str:
    """Correctly classified test images of a run, one of each class first, as HTML."""
    sheet = _sheet(str(run.folder), cached.predictions_stamp(run))
    text = _("Handwritten digits from the dataset")
    return _frame(thumbnails.picture(sheet, text, "sheet"), html.escape(text))  # so that the titles of cards align


def curves(run: Run) -> str:
    """The accuracy of a run by epoch, as HTML."""
    validation, training = (thumbnails.accuracies(run, name) for name in ("val_accuracy", "accuracy"))
    url = thumbnails.sparkline(validation, training, width=300, height=110, stroke=3)
    names = ((_("training"), theme.TRAINING), (_("validation"), theme.VALIDATION))
    legend = " ".join(f'<i style="background:{colour}"></i>{html.escape(name)}' for name, colour in names)
    image = thumbnails.picture(url, _("Training and validation accuracy rise with every epoch"), "curve")
    return _frame(image, html.escape(_("Accuracy by epoch:")) + " " + legend)


def matrix(run: Run) -> str:
    """The confusion matrix of a run and its worst mistakes, as HTML."""
    url = _matrix(str(run.folder), cached.predictions_stamp(run))
    mistakes = thumbnails.worst_mistakes(run, MISTAKES)
    images = "".join(thumbnails.picture(one.url, one.text) for one in mistakes)
    image = thumbnails.picture(url, _("A confusion matrix: errors in orange off the diagonal"))
    return _frame(image + images, html.escape(_("Errors by class, and the two most confident ones")))


def _frame(content: str, caption: str) -> str:
    """`caption` is HTML."""
    return f'<div class="picture">{content}</div><p class="picture-caption">{caption}</p>'


@lru_cache(8)
def _sheet(folder: str, stamp: tuple) -> str:
    try:
        tested = cached.single_label_predictions(Run(Path(folder)))
    except UserError:
        return ""
    rows = tested.row_of[tested.indices]
    usable = np.flatnonzero((rows >= 0) & tested.is_right)
    turns = [usable[tested.labels[usable] == label] for label in range(len(tested.names))]
    chosen = [turn[number] for number in range(ROWS * COLUMNS) for turn in turns if number < len(turn)]
    images = [tested.images[rows[at]] for at in chosen[: ROWS * COLUMNS]]
    if len(images) < ROWS * COLUMNS:
        return ""
    lines = [np.concatenate(images[at : at + COLUMNS], 1) for at in range(0, len(images), COLUMNS)]
    return gallery.data_url(np.concatenate(lines, 0), min_side=160)


@lru_cache(8)
def _matrix(folder: str, stamp: tuple) -> str:
    try:
        tested = cached.single_label_predictions(Run(Path(folder)))
    except UserError:
        return ""
    counts = classification.confusion(tested.predicted, tested.labels, len(tested.names)).astype(float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    strength = np.clip(shares / max(_largest_error(shares), 1e-9), 0, 1) ** 0.6
    strength = np.where(counts > 0, 0.35 + 0.65 * strength, 0)  # a rare error would be lost on a dark page
    np.fill_diagonal(strength, 1.0)
    diagonal = np.eye(len(shares), dtype=bool)[..., None]
    colours = np.where(diagonal, _rgb(theme.QUIET), _rgb(theme.ERROR))
    pixels = np.dstack([colours, 255 * strength])  # transparent, for a light and a dark page
    return gallery.data_url(pixels.round().astype(np.uint8), min_side=120)


def _largest_error(shares: np.ndarray) -> float:
    return float((shares - np.diag(np.diag(shares))).max())


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8).astype(float)
