"""Every array file of a run, damaged in every way: one error from its reader, never a crash."""

import shutil

import numpy as np
import pytest

from imgcls.errors import DatasetError, RunError, SourceError
from imgcls.evaluation import predictions
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.inference.explain import neighbours
from imgcls.runs.predictions import epoch_predictions, validation_predictions
from imgcls.training.process.checkpoint import Checkpoint
from tests.system.test_arrays import HEADER, compressed_in_an_unknown_way, encrypted, member, replaced

READERS = {
    "predictions.npz": predictions.read,
    "validation.npz": validation_predictions.read,
    "epochs.npz": epoch_predictions.read,
    "inside.npz": neighbours.held_out_features,
    "neighbours.npz": neighbours.training_features,
    "robustness.npz": robustness.read,
    "suspects.npz": training_set.read,
    "checkpoint.npz": lambda run: Checkpoint.read(run.folder / "checkpoint.npz"),
}
NAMES = ("probabilities", "labels", "features", "rows", "indices", "state", "pictures", "epochs", "version")
DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "not a zip": lambda path: path.write_bytes(b"text" * 100),
    "encrypted": encrypted,
    "unknown compression": compressed_in_an_unknown_way,
    "arrays without dimensions": lambda path: np.savez(path, **{name: np.array(1) for name in NAMES}),
    "text": lambda path: np.savez(path, **{name: np.array(["a", "b"]) for name in NAMES}),
    "pickled": lambda path: np.savez(path, **{name: np.array([object()]) for name in NAMES}),
    "terabytes declared": lambda path: replaced(path, member(HEADER | {"shape": (1 << 42, 3)}, bytes(96)), "labels"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_gives_one_clear_error(name, damage, finished_run):
    path = finished_run.folder / name
    path.unlink(missing_ok=True)
    damage(path)
    with pytest.raises((RunError, DatasetError, SourceError)) as raised:
        READERS[name](finished_run)
    assert str(raised.value).endswith(".") and "Error" not in str(raised.value)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_scores_can_be_read_without_the_gallery(damage, finished_run):
    whole = predictions.read(finished_run)
    assert len(whole.images) and (whole.row_of >= 0).sum() == len(whole.images)
    path = finished_run.folder / "gallery.npz"
    path.unlink()
    damage(path)
    without = predictions.read(finished_run)
    assert without.report.accuracy.value == whole.report.accuracy.value
    assert not len(without.images) and (without.row_of == -1).all()


def test_non_finite_predictions_are_counted_and_have_no_probability(finished_run):
    path = finished_run.folder / "predictions.npz"
    with np.load(path) as file:
        stored = {name: file[name] for name in file.files}
    stored["probabilities"][:3] = np.nan
    np.savez(path, **stored)
    found = predictions.read(finished_run)
    assert found.broken == 3
    assert (found.confidence[:3] == 0).all() and np.isfinite(found.losses).all()


@pytest.mark.parametrize("label", [-1, 10_000])
def test_labels_outside_the_classes_count_as_damage(label, finished_run):
    path = finished_run.folder / "predictions.npz"
    with np.load(path) as file:
        stored = {name: file[name] for name in file.files}
    stored["labels"][0] = label
    np.savez(path, **stored)
    with pytest.raises(RunError, match=r"^The test predictions of this run are damaged\."):
        predictions.read(finished_run)


def test_a_run_without_predictions_is_reported(finished_run):
    (finished_run.folder / "predictions.npz").unlink()
    with pytest.raises(RunError, match=r"^This run has no test predictions"):
        predictions.read(finished_run)
    shutil.rmtree(finished_run.folder)
    with pytest.raises(RunError):
        predictions.read(finished_run)
