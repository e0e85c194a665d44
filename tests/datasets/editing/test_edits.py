"""Excluding and relabelling images: exact, undoable, atomic on disk, and recorded by the run."""

import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.datasets import NO_CLASS
from imgcls.datasets.editing.actions import path_of
from imgcls.errors import DatasetError
from imgcls.jobs.preflight import checks
from imgcls.training.trainer import Trainer


@pytest.fixture
def dataset(digits):
    return datasets.open_dataset(digits)


def labels_of(name: str) -> np.ndarray:
    return np.asarray(datasets.open_for_training(name).y_train)


def test_without_edits_the_labels_are_those_on_disk(dataset):
    for_training = datasets.open_for_training("digits")
    assert for_training.y_train is not None and np.array_equal(for_training.y_train, dataset.y_train)
    assert for_training.edits.version == dataset.fingerprint
    assert for_training.training_count == len(dataset.y_train)
    assert datasets.edits_stamp("digits") == ()


def test_excluded_images_lose_their_class_relabelled_ones_change_it_and_others_are_unchanged(dataset):
    expected = np.array(dataset.y_train)
    datasets.exclude(dataset, [5, 3])
    other = (int(dataset.y_train[7]) + 1) % 10
    datasets.relabel(dataset, [7], other)
    expected[[3, 5]], expected[7] = NO_CLASS, other
    changed = datasets.open_for_training("digits")
    assert np.array_equal(changed.y_train, expected)
    assert changed.edits.excluded == (3, 5) and changed.edits.relabelled == (7,)
    assert changed.training_count == len(expected) - 2
    assert isinstance(changed.x_train, np.memmap), "no image is copied"
    assert np.array_equal(changed.y_test, dataset.y_test) and changed.fingerprint == dataset.fingerprint
    assert np.array_equal(datasets.open_dataset("digits").y_train, dataset.y_train), "the files are unchanged"


def test_the_last_edit_of_an_image_wins_and_each_can_be_undone(dataset):
    label = int(dataset.y_train[4])
    other, third = (label + 1) % 10, (label + 2) % 10
    datasets.relabel(dataset, [4], other)
    datasets.exclude(dataset, [4])
    datasets.relabel(dataset, [4, 9], third)
    assert labels_of("digits")[4] == third
    datasets.undo(dataset)
    assert labels_of("digits")[4] == NO_CLASS
    assert labels_of("digits")[9] == dataset.y_train[9]
    datasets.undo(dataset)
    assert labels_of("digits")[4] == other
    datasets.restore(dataset, [4])
    assert datasets.edits_of(dataset).version == dataset.fingerprint
    datasets.undo(dataset)
    assert labels_of("digits")[4] == other
    datasets.undo_all(dataset)
    assert np.array_equal(labels_of("digits"), dataset.y_train)
    assert not path_of(dataset).exists()
    datasets.undo(dataset)
    assert datasets.edits_of(dataset).steps == ()


def test_relabelling_to_the_original_class_is_no_edit(dataset):
    label = int(dataset.y_train[0])
    rows = np.flatnonzero(dataset.y_train == label)[:2].tolist()
    stranger = int(np.flatnonzero(dataset.y_train != label)[0])
    datasets.exclude(dataset, rows)
    datasets.relabel(dataset, [*rows, stranger], label)
    edits = datasets.edits_of(dataset)
    assert dict(edits.labels) == {stranger: label}
    datasets.undo(dataset)
    assert datasets.edits_of(dataset).excluded == tuple(sorted(rows)), "one click is undone by one click"


def test_the_dataset_version_depends_on_the_edits_not_their_order(dataset):
    def state() -> str:
        return datasets.edits_of(dataset).version

    datasets.exclude(dataset, [1])
    datasets.exclude(dataset, [2])
    first = state()
    assert first.startswith(f"{dataset.fingerprint}+")
    datasets.undo_all(dataset)
    datasets.exclude(dataset, [2, 1, 2])
    assert state() == first
    datasets.exclude(dataset, [3])
    assert state() != first


@pytest.mark.parametrize("rows", [[-1], [10**6], [0, 1437]])
def test_an_edit_of_a_missing_image_is_refused_and_changes_nothing(dataset, rows):
    for change in (datasets.exclude, datasets.restore, lambda data, rows: datasets.relabel(data, rows, 3)):
        with pytest.raises(DatasetError, match="There is no training image"):
            change(dataset, rows)
    with pytest.raises(DatasetError, match="There is no class 10"):
        datasets.relabel(dataset, [0], 10)
    assert datasets.edits_of(dataset).steps == ()


CORRUPTIONS = {
    "truncated": '{"version": 1, "fing',
    "a list": "[]",
    "without a version": '{"fingerprint": "x", "steps": []}',
    "rows beyond the end": {"steps": [{"action": "drop", "pictures": [10**7], "label": -1, "published": []}]},
    "rows that are text": {"steps": [{"action": "drop", "pictures": ["0"], "label": -1, "published": []}]},
    "a class beyond the end": {"steps": [{"action": "relabel", "pictures": [1], "label": 10, "published": []}]},
    "true instead of a row": {"steps": [{"action": "drop", "pictures": [True], "label": -1, "published": []}]},
    "an unknown action": {"steps": [{"action": "burn", "pictures": [1], "label": -1, "published": []}]},
    "different images": {"fingerprint": "0123456789abcdef"},
}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_damaged_edit_list_gives_one_error_and_can_be_reset(dataset, corruption):
    content = CORRUPTIONS[corruption]
    if isinstance(content, dict):
        content = json.dumps({"version": 1, "fingerprint": dataset.fingerprint, "steps": []} | content)
    path_of(dataset).write_text(content)
    with pytest.raises(DatasetError, match="Undo all edits"):
        datasets.open_for_training("digits")
    with pytest.raises(DatasetError):
        datasets.exclude(dataset, [1])
    assert path_of(dataset).read_text() == content, "an unreadable list is not overwritten"
    datasets.undo_all(dataset)
    assert np.array_equal(labels_of("digits"), dataset.y_train)


def test_a_list_from_a_newer_version_is_refused_with_an_explanation(dataset):
    path_of(dataset).write_text('{"version": 2}')
    with pytest.raises(DatasetError, match="Update imgcls"):
        datasets.open_for_training("digits")


def test_edits_from_two_tabs_are_all_kept(dataset):
    threads = [threading.Thread(target=datasets.exclude, args=(dataset, [row])) for row in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert datasets.edits_of(dataset).excluded == tuple(range(12))


def test_an_unwritable_folder_gives_one_clear_error(dataset, monkeypatch):
    from imgcls.system import atomic

    def full(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "write_json", full)
    with pytest.raises(DatasetError, match="No space left"):
        datasets.exclude(dataset, [1])


# ---- effect on training


def test_excluded_images_are_in_no_split_and_new_classes_apply(dataset):
    datasets.exclude(dataset, range(100))
    datasets.relabel(dataset, [100], (int(dataset.y_train[100]) + 1) % 10)
    labels = labels_of("digits")
    learn, check = datasets.split(labels, 0, 0.2, 0, 10)
    assert sorted([*learn.tolist(), *check.tolist()]) == list(range(100, len(labels)))
    training, validation = datasets.split_counts(labels, 0, 0.2, 10)
    assert np.array_equal(training + validation, np.bincount(labels[100:], minlength=10))
    assert np.array_equal(np.bincount(labels[learn], minlength=10), training)


def test_an_entirely_excluded_class_is_not_trained(dataset):
    datasets.exclude(dataset, np.flatnonzero(np.asarray(dataset.y_train) == 4))
    training, validation = datasets.split_counts(labels_of("digits"), 0, 0.2, 10)
    assert training[4] == validation[4] == 0


def test_a_preflight_check_depends_on_the_edits(dataset):
    config = Config(data="digits")
    before = checks.task_of("check", config)
    datasets.exclude(dataset, [1])
    changed = checks.task_of("check", config)
    datasets.undo(dataset)
    assert changed != before == checks.task_of("check", config)


SMALL = {"units": 8, "hidden_layers": 1, "dropout": 0.0}


def trained(run) -> dict:
    """A complete training in this process, like in a trainer."""
    return Trainer(run, in_turn=False).train()


def test_a_run_records_its_dataset_version_and_resumes_with_it(keras, dataset):
    datasets.exclude(dataset, range(50))
    datasets.relabel(dataset, [60], (int(dataset.y_train[60]) + 1) % 10)
    state = datasets.edits_of(dataset).version
    config = Config(data="digits", model="ann", model_settings=SMALL, epochs=2, batch_size=64, class_weights=True)
    first = runs.create(config, run_id="first")
    result = trained(first)
    assert result["data"] == {"state": state, "thrown_out": 50, "relabelled": 1}
    assert sum(result["counts"][part] for part in ("train", "validation")) == len(dataset.y_train) - 50
    assert first.result["data"]["state"] == state
    assert len(result["class_weights"]) == 10

    datasets.undo_all(dataset)
    longer = jobs.extend(first, 1)
    (longer.folder / "queued.json").unlink()
    assert trained(longer)["data"] == result["data"], "a resumed run uses its original data"

    fresh = runs.create(config.changed(epochs=1, class_weights=False), run_id="fresh")
    result = trained(fresh)
    assert result["data"] == {"state": dataset.fingerprint, "thrown_out": 0, "relabelled": 0}
    assert "class_weights" not in result


def test_a_run_does_not_resume_with_different_images(keras, dataset):
    config = Config(data="digits", model="ann", model_settings=SMALL, epochs=1)
    first = runs.create(config, run_id="first")
    trained(first)
    longer = jobs.extend(first, 1)
    (longer.folder / "queued.json").unlink()
    kept = json.loads((longer.folder / "data.json").read_text())
    (longer.folder / "data.json").write_text(json.dumps(kept | {"fingerprint": "0123456789abcdef"}))
    result = trained(longer)
    assert result["outcome"] == "failed"
    assert "has changed since this run started" in result["message"]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells what is mapped")
def test_released_images_use_no_memory_and_can_be_read_again(mnist_sample):
    def in_memory() -> int:
        """kB of the array that are in memory; other tests may have mapped the same file elsewhere."""
        address = data.x_train.ctypes.data
        for found in re.finditer(
            r"^([0-9a-f]+)-([0-9a-f]+) .*x_train.npy\n(?:.*\n)*?Rss: +(\d+)", smaps.read_text(), re.M
        ):
            if int(found[1], 16) <= address < int(found[2], 16):
                return int(found[3])
        raise AssertionError("not mapped")

    smaps = Path("/proc/self/smaps")
    data = datasets.open_dataset(mnist_sample)
    whole = np.array(data.x_train)
    assert in_memory() > 2_000
    data.release_memory()
    assert in_memory() < 200
    assert np.array_equal(data.x_train, whole)
