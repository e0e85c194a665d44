"""Answers of a run whose pictures may have several labels, and what is made of them, kept between two looks.

Nothing that comes from here may be changed by a page. All of it is keyed by the times of the run's files.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls.charts import multilabel as multilabel_charts
from imgcls.errors import RunError
from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.metrics.multilabel import LabelReport, Ranking
from imgcls.runs.run import Run
from imgcls.system.arrays import UNREADABLE
from imgcls.ui.widgets.static_figure import Still, still

MOST_POINTS = 600
"""Points of all curves of a figure together."""
MOST_LINES = 8


@dataclass(frozen=True, eq=False)
class Answered:
    """A run's answers to the test pictures, (n, labels), and the true labels as booleans. `row_of[i]` is the place of
    test picture i in `pictures`, or -1; `losses` are the binary cross-entropies of the pictures (n,)."""

    probabilities: np.ndarray
    labels: np.ndarray
    losses: np.ndarray
    ranking: Ranking
    images: np.ndarray
    row_of: np.ndarray


def stamp_of(run: Run) -> tuple[float, ...]:
    """The times of the files that `answered` reads."""
    return run.stamp("predictions.npz", "gallery.npz", "model.json")


def answered(run: Run) -> Answered:
    """Answers, labels and pictures of a run.

    Raises:
        RunError: the run has none, or a file is damaged.
    """
    return _answered(str(run.folder), stamp_of(run))


@st.cache_resource(max_entries=5, show_spinner="Reading the answers of this run ...")
def _answered(folder: str, stamp: tuple) -> Answered:
    run = Run(Path(folder))
    count = len(run.card.classes)
    try:
        with (run.folder / "predictions.npz").open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            probabilities, labels = file["probabilities"].astype(np.float32), file["labels"] > 0
        if labels.ndim != 2 or probabilities.shape != labels.shape or labels.shape[1] != count or not len(labels):
            raise ValueError("shapes")
    except FileNotFoundError as error:
        raise RunError("This run has no test answers: it ended before its model was tested.") from error
    except UNREADABLE as error:
        raise RunError("The test answers of this run are damaged. Train it again, or pick another run.") from error
    row_of, images = np.full(len(labels), -1), np.zeros((0, *run.card.shape), np.uint8)
    try:
        with (run.folder / "gallery.npz").open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            indices, images = file["indices"], file["pictures"]
        row_of[indices] = np.arange(len(indices))
    except UNREADABLE:
        pass  # The scores can be read without pictures; the gallery says that it has none.
    losses = multilabel.losses(probabilities, labels)
    return Answered(probabilities, labels, losses, multilabel.ranking(probabilities, labels), images, row_of)


def report(run: Run, threshold: float) -> LabelReport:
    """The scores at a threshold."""
    return _report(run, stamp_of(run), threshold)


@lru_cache(64)
def _report(run: Run, stamp: tuple, threshold: float) -> LabelReport:
    found = answered(run)
    return multilabel.scores(found.probabilities, found.labels, run.card.classes, threshold, ranked=found.ranking)


def curves(run: Run, threshold: float, label: int | None) -> Still:
    """The figure of precision over recall, of one label or of the first `MOST_LINES` that a picture has."""
    return _curves(run, stamp_of(run), threshold, label)


@lru_cache(32)
def _curves(run: Run, stamp: tuple, threshold: float, label: int | None) -> Still:
    found, table = answered(run), report(run, threshold).labels
    shown = [label] if label is not None else np.flatnonzero(table.support)[:MOST_LINES].tolist()
    lines = {}
    for number in shown:
        precision, recall, _ = multilabel.precision_recall(found.probabilities[:, number], found.labels[:, number])
        kept = np.unique(np.linspace(0, len(recall) - 1, MOST_POINTS // len(shown)).round().astype(int))
        lines[number] = precision[kept], recall[kept]
    points = {
        number: (float(table.precision.value[number]), float(table.recall.value[number]))
        for number in shown
        if table.answered[number]
    }
    return still(multilabel_charts.precision_recall(lines, run.card.classes, points))
