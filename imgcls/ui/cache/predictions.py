"""Predictions and datasets, cached in memory for all visitors: keyed by the files' times, and bounded in size.

Pages must not change what they get from here. Streamlit's cache computes each slow entry only once, but a hit takes
0.4 ms, so `lru_cache` holds entries that are cheap to compute.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from imgcls import datasets, models
from imgcls.errors import DatasetError, RunError, UserError
from imgcls.evaluation import predictions as evaluated
from imgcls.evaluation.predictions import Predictions
from imgcls.runs import Run, backbone_facts
from imgcls.runs.predictions import test_records


def test_predictions(run: Run) -> Predictions:
    """A run's predictions for its test set, single-label or multi-label.

    Raises:
        RunError: the run has none, or a file is damaged.
    """
    return _test_predictions(str(run.folder), predictions_stamp(run))


def single_label_predictions(run: Run) -> Predictions:
    """The same for pages that need exactly one class per image.

    Raises:
        RunError: as above, or the run is multi-label.
    """
    if run.card.is_multilabel:
        raise RunError(
            "This run is multi-label: an image can have several labels, so there is no single prediction. Open it on "
            "the Evaluate page, or choose a single-label run."
        )
    return test_predictions(run)


def predictions_stamp(run: Run) -> tuple[float, ...]:
    """The times of the files that `test_predictions` reads: a cache key for everything derived from them."""
    return run.stamp("predictions.npz", "gallery.npz", "model.json", test_records.NAME)


@st.cache_resource(max_entries=5, show_spinner="Reading the predictions of this run …")
def _test_predictions(folder: str, stamp: tuple) -> Predictions:
    return evaluated.read(Run(Path(folder)))


def training_files(run: Run, rows: Sequence[int]) -> tuple[str, ...]:
    """The file names of the training images in these rows of the run's dataset; "" for each that is not known.

    A run stores the names of its test images only, so these are known as long as its dataset has not changed.
    """
    try:
        stamp = run.stamp("model.json", "data.json")
        data = _data_of(run, stamp)
        names = _training_names(run, data, stamp, datasets.dataset_stamp(data))
    except (UserError, OSError):
        names = ()
    return tuple(names[row] if 0 <= row < len(names) else "" for row in map(int, rows))


@lru_cache(64)
def _data_of(run: Run, stamp: tuple) -> str:
    """The name of the dataset on which a run was trained."""
    return run.card.data


@lru_cache(16)
def _training_names(run: Run, data: str, stamp: tuple, dataset_stamp: tuple) -> Sequence[str]:
    """The file names of all training images of the run; none if its dataset is another one now."""
    present = dataset(data)
    is_same = datasets.read_edits(run.folder / "data.json").fingerprint == present.fingerprint
    return present.records.names.get("train", ()) if is_same else ()


@lru_cache(16)
def class_counts(name: str, fingerprint: str) -> dict[str, np.ndarray]:
    """The number of images of each class in the training and test sets, int (classes,) each."""
    dataset = datasets.open_dataset(name)
    return {
        part: dataset.facts.counted(labels)
        for part, labels in (("training", dataset.y_train), ("test", dataset.y_test))
    }


@lru_cache(256)
def layer_table(
    model: str, shape: tuple, num_classes: int, settings: tuple, is_multilabel: bool = False
) -> tuple[models.Row, ...]:
    """`backbone_facts.layer_table`, cached."""
    return backbone_facts.layer_table(model, shape, num_classes, dict(settings), is_multilabel)


def dataset(name: str) -> datasets.Dataset:
    """The prepared dataset, opened once until it changes.

    Raises:
        DatasetError: it is not prepared.
    """
    if not datasets.is_ready(name):
        raise DatasetError(datasets.how_to_get(datasets.facts(name)))
    return _dataset(name, datasets.dataset_stamp(name))


def training_data(name: str) -> datasets.Dataset:
    """The dataset with its edits applied, as a new run would be trained on it.

    Raises:
        DatasetError: it is not prepared, or its list of edits is damaged.
    """
    dataset(name)
    return _training_data(name, (*datasets.dataset_stamp(name), *datasets.edits_stamp(name)))


@lru_cache(8)
def _training_data(name: str, stamp: tuple) -> datasets.Dataset:
    return datasets.open_for_training(name)


@lru_cache(8)
def _dataset(name: str, stamp: tuple) -> datasets.Dataset:
    return datasets.open_dataset(name)
