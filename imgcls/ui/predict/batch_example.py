"""Test images of a run as an example for batch mode: as if they were uploaded in folders named after the classes."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from imgcls.errors import UserError
from imgcls.images.loading import to_png
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import predictions as cached
from imgcls.ui.widgets import gallery

COUNT = 40
SHOWN = 16


@dataclass(frozen=True)
class ExampleFile:
    """A file with what batch mode reads of an uploaded one."""

    name: str
    content: bytes

    @property
    def file_id(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return len(self.content)

    def getvalue(self) -> bytes:
        return self.content


def files(run: Run, card: ModelCard) -> tuple[ExampleFile, ...]:
    """Random test images, always the same; none if the run stores fewer, or an image can have several labels."""
    return _files(run, cached.predictions_stamp(run), tuple(card.classes)) if _has_images(run, card) else ()


def tiles(run: Run, card: ModelCard) -> Sequence[str]:
    """The first of them as HTML; none if there is no example."""
    return _tiles(run, cached.predictions_stamp(run), tuple(card.classes)) if _has_images(run, card) else ()


def _has_images(run: Run, card: ModelCard) -> bool:
    return run.is_tested and not card.is_multilabel


@lru_cache(4)
def _files(run: Run, stamp: tuple, classes: tuple[str, ...]) -> tuple[ExampleFile, ...]:
    return tuple(
        ExampleFile(f"{classes[label]}/test image {row}.png", to_png(pixels)) for row, label, pixels in _chosen(run)
    )


@lru_cache(8)
def _tiles(run: Run, stamp: tuple, classes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f'<img src="{gallery.data_url(pixels)}" alt="Test image, {html.escape(classes[label])}">'
        for _, label, pixels in _chosen(run)[:SHOWN]
    )


def _chosen(run: Run) -> list[tuple[int, int, np.ndarray]]:
    """Row, class and pixels of each image."""
    try:
        tested = cached.single_label_predictions(run)
    except UserError:  # damaged: Evaluate says so
        return []
    stored = np.flatnonzero(tested.row_of >= 0)
    if len(stored) < COUNT:
        return []
    rows = np.random.default_rng(0).choice(stored, COUNT, replace=False)
    return [(int(row), int(tested.labels[row]), tested.images[tested.row_of[row]]) for row in rows]
