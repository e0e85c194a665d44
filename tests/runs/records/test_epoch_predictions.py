"""Validation predictions per epoch: collected during training, packed, and read."""

import json

import numpy as np
import pytest

from imgcls import datasets
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.predictions import validation_set
from imgcls.runs.predictions import epoch_predictions, filters, live_predictions, validation_predictions
from imgcls.training.loop import epoch_predictions as snapshots_module
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.epoch_predictions import EpochRecorder

CLASSES = 3


def part(count: int) -> Subset:
    images = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return Subset(images, np.arange(count), (np.arange(count) % CLASSES).astype(np.int32))


def predictions(correct: list[int], labels: np.ndarray) -> np.ndarray:
    """Probabilities that are correct at these positions and wrong elsewhere."""
    said = np.where(np.isin(np.arange(len(labels)), correct), labels, (labels + 1) % CLASSES)
    return (np.eye(CLASSES)[said] * 0.8 + 0.1).astype(np.float32)


def trained(run, right_by_epoch: list[list[int]], count: int = 6) -> EpochRecorder:
    of = part(count)
    kept = EpochRecorder(run, of, CLASSES, len(right_by_epoch))
    kept.rewind(0)
    for epoch, correct in enumerate(right_by_epoch, 1):
        kept.record(0, predictions(correct, of.labels)[:4])
        kept.record(4, predictions(correct, of.labels)[4:])
        kept.end_epoch(epoch, is_best=epoch == 2)
    return kept


HISTORY = [[0], [0, 1, 2], [0, 1], [0, 1], [0], [0, 3]]


def test_never_learned_forgotten_and_learned_late_by_hand(make_run):
    run = make_run()
    trained(run, HISTORY).pack()
    found = epoch_predictions.read(run)

    assert found.epochs.tolist() == [1, 2, 3, 4, 5, 6]
    assert {name: places.tolist() for name, places in found.lists.items()} == {
        "Never learned": [4, 5],
        "Forgotten": [1, 2],
        "Learned late": [3],
    }
    assert found.learned_at.tolist() == [0, 6, 6, 5, 6, 6]
    assert found.is_right[:, 1].tolist() == [False, True, True, True, False, False]
    np.testing.assert_allclose(found.probabilities[1, 0], [0.9, 0.1, 0.1], atol=1e-3)
    assert not (run.folder / epoch_predictions.RECORDS).exists()


def test_predictions_of_the_best_epoch_are_stored_in_full_precision(make_run):
    kept = trained(make_run(), HISTORY)

    np.testing.assert_array_equal(kept.after(2), predictions(HISTORY[1], part(6).labels))
    assert kept.after(5) is None


def test_a_killed_training_resumes_with_the_epochs_of_its_checkpoint(make_run):
    run = make_run()
    trained(run, HISTORY)
    with (run.folder / epoch_predictions.RECORDS).open("ab") as file:
        file.write(b"truncated")
    later = EpochRecorder(run, part(6), CLASSES, 6)
    later.rewind(3)
    later.record(0, predictions([5], part(6).labels))
    later.end_epoch(4, is_best=False)
    later.pack()

    found = epoch_predictions.read(run)
    assert found.epochs.tolist() == [1, 2, 3, 4]
    assert np.flatnonzero(found.is_right[-1]).tolist() == [5]


def test_an_extended_run_keeps_its_epoch_history(make_run):
    run = make_run()
    trained(run, HISTORY).pack()
    more = EpochRecorder(run, part(6), CLASSES, 8)
    more.rewind(6)
    more.record(0, predictions([0, 1, 2, 3, 4, 5], part(6).labels))
    more.end_epoch(7, is_best=True)
    more.pack()

    assert epoch_predictions.read(run).epochs.tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_a_run_that_restarts_discards_its_history(make_run):
    run = make_run()
    trained(run, HISTORY).pack()
    EpochRecorder(run, part(6), CLASSES, 6).rewind(0)

    assert epoch_predictions.read(run) is None


def test_a_damaged_file_does_not_block_resuming(make_run):
    run = make_run(**{epoch_predictions.NAME: b"PK rubbish"})
    EpochRecorder(run, part(6), CLASSES, 6).rewind(3)

    assert epoch_predictions.read(run) is None


def test_a_long_training_of_many_classes_stays_small(make_run, monkeypatch):
    monkeypatch.setattr(snapshots_module, "MOST_RECORDS", 4)
    run = make_run()
    trained(run, [[0]] * 11).pack()

    assert epoch_predictions.read(run).epochs.tolist() == [1, 4, 7, 10]
    many = EpochRecorder(
        run, Subset(np.zeros((5000, 2, 2, 1), np.uint8), np.arange(5000), np.zeros(5000, int)), 100, 10
    )
    assert len(many.images()[1]) == 800


def test_images_with_the_most_changes_are_kept(make_run, monkeypatch):
    monkeypatch.setattr(snapshots_module, "IMAGE_BYTES", 3 * 4)
    run = make_run()
    trained(run, [[0, 1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3, 4]]).pack()
    found = epoch_predictions.read(run)

    assert np.flatnonzero(found.row_of >= 0).tolist() == [1, 3, 5]
    assert found.images[found.row_of[3]].tolist() == part(6).images[3].tolist()


def test_nothing_is_stored_for_multi_label_runs(make_run):
    run = make_run()
    of = Subset(part(6).images, np.arange(6), np.eye(6, CLASSES, dtype=np.int32))
    kept = EpochRecorder(run, of, CLASSES, 3)
    kept.rewind(0)
    kept.record(0, np.ones((6, CLASSES)))
    kept.end_epoch(1, is_best=True)
    kept.pack()

    assert len(kept.images()[2]) == 0
    assert not any((run.folder / name).exists() for name in (epoch_predictions.NAME, epoch_predictions.RECORDS))


def test_the_sample_covers_the_entire_split(make_run):
    places = validation_predictions.positions(5000)

    assert len(places) == validation_predictions.MOST
    assert (places[0], places[-1]) == (0, 4999)
    assert len(set(places.tolist())) == len(places)
    assert validation_predictions.positions(7).tolist() == list(range(7))


def test_training_stores_its_validation_predictions(finished_run):
    found, kept = validation_predictions.read(finished_run), epoch_predictions.read(finished_run)
    result = finished_run.result

    dataset = datasets.open_dataset("digits")
    config = finished_run.config
    _, rows = datasets.split(dataset.y_train, 0, config.validation_fraction, config.seed, 10)
    assert found.rows.tolist() == kept.rows.tolist() == rows.tolist()
    np.testing.assert_array_equal(found.labels, dataset.y_train[rows])
    assert kept.epochs.tolist() == [1, 2]
    assert (found.probabilities.argmax(1) == found.labels).mean() == pytest.approx(result["val_accuracy"])
    best = kept.epochs.tolist().index(result["best_epoch"])
    np.testing.assert_allclose(kept.probabilities[best].astype(np.float32), found.probabilities, atol=1e-3)
    lines = [json.loads(line) for line in (finished_run.folder / "metrics.jsonl").read_text().splitlines()]
    judged = [line["val_accuracy"] for line in lines if line["kind"] == "epoch"]
    np.testing.assert_allclose(kept.is_right.mean(1), judged, atol=1e-6)
    shown = np.flatnonzero(kept.row_of >= 0)
    np.testing.assert_array_equal(kept.images[kept.row_of[shown]], dataset.x_train[rows[shown]])


def test_an_older_run_gets_the_same_predictions_from_its_exported_model(finished_run):
    kept = validation_predictions.read(finished_run)
    (finished_run.folder / validation_predictions.NAME).unlink()
    assert validation_predictions.read(finished_run) is None
    validation_set.make(finished_run)

    stored = validation_predictions.read(finished_run)
    np.testing.assert_array_equal(stored.rows, kept.rows)
    np.testing.assert_array_equal(stored.labels, kept.labels)
    np.testing.assert_allclose(stored.probabilities, kept.probabilities, atol=1e-4)


def test_a_slow_model_predicts_a_smaller_sample_of_all_classes(finished_run, monkeypatch):
    kept = validation_predictions.read(finished_run)
    monkeypatch.setattr(validation_set, "LEAST", 64)
    monkeypatch.setattr(validation_set, "MOST_SECONDS", -1.0)
    validation_set.make(finished_run)
    stored = validation_predictions.read(finished_run)

    assert len(stored.rows) == 64 < len(kept.rows)
    assert (np.diff(stored.rows) > 0).all()
    assert len(set(stored.labels.tolist())) == 10
    places = np.searchsorted(kept.rows, stored.rows)
    np.testing.assert_array_equal(kept.rows[places], stored.rows)
    np.testing.assert_allclose(stored.probabilities, kept.probabilities[places], atol=1e-4)


def test_a_run_with_a_missing_dataset_says_how_to_get_it(finished_run, monkeypatch, tmp_path):
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "empty"))
    with pytest.raises(DatasetError, match="Small digits"):
        validation_set.make(finished_run)


@pytest.mark.parametrize("module", [epoch_predictions, validation_predictions])
def test_a_damaged_file_gives_one_clear_error(module, finished_run):
    path = finished_run.folder / module.NAME
    path.write_bytes(path.read_bytes()[:200])

    with pytest.raises(RunError, match="damaged"):
        module.read(finished_run)


def test_the_newest_predictions_can_be_watched_during_the_training_and_after_it(make_run):
    run = make_run()
    recorder = EpochRecorder(run, part(6), CLASSES, 6)
    assert live_predictions.read(run) is None
    recorder.rewind(0)
    waiting = live_predictions.read(run)
    assert (waiting.epoch, waiting.probabilities, waiting.labels.tolist()) == (0, None, [0, 1, 2, 0, 1, 2])
    assert waiting.images[:, 0, 0, 0].tolist() == waiting.shown.tolist() == [0, 1, 2, 3, 4, 5]

    recorder = trained(run, HISTORY)
    with (run.folder / epoch_predictions.RECORDS).open("ab") as file:
        file.write(b"half a record")
    during = live_predictions.read(run)
    assert during.epoch == 6
    assert (during.probabilities.argmax(1) == during.labels).nonzero()[0].tolist() == [0, 3]
    assert (during.before == during.labels).nonzero()[0].tolist() == [0]
    assert during.confusion.tolist() == [[2, 0, 0], [0, 0, 2], [2, 0, 0]]

    recorder.pack()
    after = live_predictions.read(run)
    np.testing.assert_array_equal(after.probabilities, during.probabilities)
    np.testing.assert_array_equal(after.before, during.before)


def test_images_to_watch_are_of_as_many_classes_as_possible():
    labels = np.array([0] * 30 + [1] * 30 + [2, 3])
    assert sorted(labels[live_predictions.choice(labels, 4)].tolist()) == [0, 1, 2, 3]
    assert sorted(labels[live_predictions.choice(labels, 7)].tolist()) == [0, 0, 0, 1, 1, 2, 3]


def test_damaged_live_files_are_reported_as_damaged(make_run):
    run = make_run()
    live_predictions.write(run, [0, 1, 5], 3, [0], np.zeros((1, 2, 2, 1), np.uint8))
    with pytest.raises(RunError, match="damaged"):
        live_predictions.read(run)
    (run.folder / live_predictions.NAME).write_bytes(b"no archive")
    with pytest.raises(RunError, match="damaged"):
        live_predictions.read(run)


# ---- filters of the first layer


KERNEL = np.array([[[[1.0, -0.5]], [[0.0, 0.25]]], [[[0.5, 0.0]], [[-1.0, 0.5]]]], np.float32)  # 2 x 2, 2 filters


def test_filters_are_stored_relative_to_the_largest_weight_and_continue_from_an_epoch(make_run):
    run = make_run()
    recorder = EpochRecorder(run, part(6), CLASSES, 3)
    weights = KERNEL
    recorder.store_filters(lambda: weights)
    for epoch in (1, 2, 3):
        recorder.end_epoch(epoch, False)
        weights = 2 * weights  # the scale is that of the epoch
    found = filters.read(run)
    assert list(found) == [1, 2, 3] and found[1].shape == (2, 2, 2, 1)
    assert found[1][0, ..., 0].tolist() == [[127, 0], [64, -127]]
    np.testing.assert_array_equal(found[1], found[3])
    recorder.rewind(2)
    assert list(filters.read(run)) == [1, 2]


def test_a_run_stores_the_filters_of_each_epoch(finished_run):
    found = filters.read(finished_run)
    assert list(found) == [1, 2] and found[1].shape == (8, 3, 3, 1)
    assert not np.array_equal(found[1], found[2])


def test_damaged_filters_are_left_out(make_run):
    run = make_run()
    assert filters.read(run) == {}
    filters.append(run, 1, KERNEL)
    filters.append(run, 2, np.full((40, 40, 1, 40), np.nan, np.float32))
    with (run.folder / filters.NAME).open("a") as file:
        file.write('{"epoch": 3, "shape": [2, 2, 2, 1], "weights": "AAAA"}\n')
        file.write('{"epoch": 4, "shape": [-1, -1, 1, 1], "weights": "AA=="}\n{"epoch": 5, "sha')
    assert list(filters.read(run)) == [1, 2]
    assert filters.read(run)[2].shape == (filters.MOST, filters.LONGEST, filters.LONGEST, 1)


def test_after_the_training_the_images_have_the_predictions_of_the_saved_epoch(make_run):
    run = make_run()
    trained(run, HISTORY).pack()
    labels = part(6).labels
    live_predictions.write(run, labels, CLASSES, [0], np.zeros((1, 8, 8, 1), np.uint8))
    saved = live_predictions.read(run, 2)
    assert saved.epoch == 2 and (saved.probabilities.argmax(1) == labels).sum() == len(HISTORY[1])
    assert live_predictions.read(run).epoch == 6
    assert live_predictions.read(run, 0).epoch == 6, "none is so old"
