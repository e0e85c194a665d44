"""The shipped models: complete, small, with explanation data and epoch history."""

import numpy as np
import pytest

from imgcls.evaluation.robustness import evaluate
from imgcls.inference.explain import neighbours
from imgcls.models import shipped as shipped_networks
from imgcls.runs import Run
from imgcls.runs.predictions import epoch_predictions
from imgcls.system import paths

FOLDER = paths.repository_folder() / "saved_models"
MOST_BYTES = 33_000_000
"""Total size of the trained models and the pretrained networks."""
SHIPPED = ("digits", "fashion", "cifar10")


def shipped(name: str) -> Run:
    return Run(FOLDER / name)


def test_shipped_models_stay_small_in_total():
    files = [file for name in SHIPPED for file in (FOLDER / name).iterdir() if not file.name.startswith(".")]
    files += [shipped_networks.weights_path(title) for title in shipped_networks.PLANS]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


@pytest.mark.parametrize("name", SHIPPED)
def test_all_errors_can_be_shown(name):
    with np.load(FOLDER / name / "predictions.npz") as said, np.load(FOLDER / name / "gallery.npz") as gallery:
        labels, kept = said["labels"], gallery["indices"]
        wrong = np.flatnonzero(said["probabilities"].argmax(1) != labels)
    assert len(wrong) and set(wrong) < set(kept)
    assert len(np.unique(labels[kept])) == 10


@pytest.mark.parametrize("name", SHIPPED)
def test_the_epoch_history_goes_back_to_the_first_epoch(name):
    run = shipped(name)
    found = epoch_predictions.read(run)
    assert found.epochs[0] == 1 and found.epochs[-1] == run.config.epochs
    assert found.is_right[-1].mean() > found.is_right[0].mean()
    assert all(len(rows) for rows in found.lists.values())
    assert any((found.row_of[rows] >= 0).any() for rows in found.lists.values())


@pytest.mark.parametrize("name", SHIPPED)
def test_explanation_data_is_included(name):
    run = shipped(name)
    assert len(neighbours.training_features(run).images) >= 200
    assert len(neighbours.held_out_features(run).features) >= 800
    assert evaluate.read(run) is not None
