"""When an exported file matches the run, and which error is raised otherwise."""

import numpy as np
import pytest

from imgcls.errors import RunError
from imgcls.export import tolerances, verification
from imgcls.export.verification import Reference
from tests.support.exporting.exports import FakeRuntime

COUNT = 1000


@pytest.fixture
def reference() -> Reference:
    """A thousand images of four classes, 90% of them predicted correctly."""
    labels = np.arange(COUNT) % 4
    predicted = np.where(np.arange(COUNT) < 900, labels, (labels + 1) % 4)
    probabilities = (np.eye(4)[predicted] * 0.6 + 0.1).astype(np.float32)
    images = np.zeros((COUNT, 2, 2, 1), np.uint8)
    rows = np.arange(COUNT)
    return Reference(images, rows, rows + 7, probabilities, labels, 0.5, True, "abc")


def compare(reference, probabilities):
    return verification.compare(reference, FakeRuntime(probabilities), lambda fraction, text: None)


def test_the_same_probabilities_match_every_tolerance(reference):
    found = compare(reference, reference.probabilities.copy())
    assert (found.identical, found.largest_difference, len(found.changed)) == (1, 0, 0)
    assert found.accuracy.value == found.stored_accuracy.value == 0.9
    assert found.milliseconds == 1.5
    for tolerance in (tolerances.SAME_NUMBERS, tolerances.HALF_PRECISION, tolerances.QUANTISED):
        assert verification.problem(found, tolerance) == ""


def test_changed_predictions_are_counted_and_named(reference):
    probabilities = reference.probabilities.copy()
    probabilities[[3, 950]] = np.roll(probabilities[[3, 950]], 1, axis=1)  # 3 was right, 950 was wrong
    found = compare(reference, probabilities)
    assert found.changed.tolist() == [3, 950]
    assert (found.paired.only_first, found.paired.only_second) == (1, 0)
    assert found.identical == 0.998
    assert found.before.tolist() == reference.probabilities[[3, 950]].argmax(1).tolist()
    assert found.after.tolist() == probabilities[[3, 950]].argmax(1).tolist()


def test_differing_numbers_are_refused(reference):
    probabilities = reference.probabilities.copy()
    probabilities[5] += np.array([0.002, -0.002, 0, 0])
    found = compare(reference, probabilities)
    assert verification.problem(found, tolerances.SAME_NUMBERS).startswith("Its probabilities differ by up to 0.0020")
    assert verification.problem(found, tolerances.HALF_PRECISION) == ""


def test_values_that_are_not_numbers_are_refused(reference):
    probabilities = reference.probabilities.copy()
    probabilities[5, 1] = np.nan
    problem = verification.problem(compare(reference, probabilities), tolerances.QUANTISED)
    assert problem == "Some of its probabilities are not numbers."


def test_too_many_changed_predictions_are_refused(reference):
    probabilities = reference.probabilities.copy()
    probabilities[:30] = np.roll(probabilities[:30], 1, axis=1)
    probabilities[900:930] = np.eye(4)[reference.labels[900:930]]  # as many become correct: the accuracy stays
    found = compare(reference, probabilities)
    assert found.accuracy.value == 0.9
    assert verification.problem(found, tolerances.QUANTISED).startswith("Only 94.0% of its predictions are identical")


def test_a_significant_loss_of_accuracy_is_refused(reference):
    probabilities = reference.probabilities.copy()
    probabilities[:40] = np.roll(probabilities[:40], 1, axis=1)
    problem = verification.problem(compare(reference, probabilities), tolerances.QUANTISED)
    assert problem == "It is 4.0 percentage points less accurate than the run's model."


def test_a_file_with_other_outputs_is_refused(reference):
    with pytest.raises(RunError, match=r"returns \(3,\) values for an image"):
        compare(reference, reference.probabilities[:, :3])


def test_labels_of_multi_label_images_are_compared_together():
    probabilities = np.array([[0.9, 0.6], [0.2, 0.7], [0.4, 0.1]], np.float32)
    rows = np.arange(3)
    reference = Reference(
        np.zeros((3, 2, 2, 1), np.uint8), rows, rows, probabilities, probabilities > 0.5, 0.5, True, "abc"
    )
    changed = probabilities.copy()
    changed[0, 1] = 0.4
    found = compare(reference, changed)
    assert found.changed.tolist() == [0]
    assert found.after.tolist() == [[True, False]]
    assert found.accuracy.value == pytest.approx(2 / 3)


def test_without_the_dataset_the_stored_images_are_compared(finished_run, tmp_path, monkeypatch):
    with_dataset = verification.reference(finished_run)
    assert with_dataset.is_test_set and len(with_dataset.rows) == 360 and with_dataset.fingerprint

    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "empty"))
    reference = verification.reference(finished_run)
    assert not reference.is_test_set
    assert 0 < len(reference.rows) <= 360
    assert np.array_equal(reference.images[reference.rows[3]], with_dataset.images[reference.indices[3]])
    found = compare(reference, reference.probabilities.copy())
    assert found.accuracy is None and found.stored_accuracy is None
    assert verification.problem(found, tolerances.SAME_NUMBERS) == ""


def test_without_test_images_nothing_is_offered(finished_run, tmp_path, monkeypatch):
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "empty"))
    (finished_run.folder / "gallery.npz").unlink()
    with pytest.raises(RunError, match=r"^There are no test images to verify the exported file with\."):
        verification.reference(finished_run)
