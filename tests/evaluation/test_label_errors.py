"""Label errors: agreement with cleanlab, planted errors, and user reviews."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.store.records import Records
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.label_errors.confident_learning import Suspects, suspects
from imgcls.evaluation.label_errors.cross_validation import cross_validated
from imgcls.evaluation.label_errors.estimate import is_weak, wrong_fraction
from imgcls.evaluation.label_errors.reviews import NAME, judge, judged
from imgcls.system import paths
from tests.support.runs.evaluations import stored_suspects


def with_label_errors(count: int = 60, num_classes: int = 3, wrong: int = 8):
    """Labels with planted errors and probabilities for the true labels: labels, probabilities, error positions."""
    generator = np.random.default_rng(3)
    true = generator.integers(0, num_classes, count)
    labels = true.copy()
    places = generator.choice(count, wrong, replace=False)
    labels[places] = (labels[places] + generator.integers(1, num_classes, wrong)) % num_classes
    logits = generator.normal(0, 1, (count, num_classes))
    logits[np.arange(count), true] += 2.0
    chances = np.exp(logits)
    return labels, chances / chances.sum(1, keepdims=True), places


def estimated(found: Suspects) -> int:
    """The estimated number of wrong labels: the images off the diagonal of the joint."""
    return int(found.joint.sum() - np.trace(found.joint))


def test_suspects_match_cleanlab():
    labels, probabilities, wrong = with_label_errors()

    found = suspects(labels, probabilities)

    # cleanlab 2.9: find_label_issues(labels, probabilities, filter_by="confident_learning",
    # return_indices_ranked_by="self_confidence"), and calibrate_confident_joint(compute_confident_joint(...), labels)
    # except for one image in the last row, which it rounds the other way.
    assert found.places.tolist() == [34, 5, 13, 33, 38, 30, 55, 18]
    assert found.joint.tolist() == [[23, 0, 5], [0, 13, 3], [2, 1, 13]]
    assert estimated(found) == 11
    assert set(found.places.tolist()) & set(wrong.tolist()) == {34, 5, 13, 38, 30, 55}


def test_by_hand():
    """Thresholds 0.6 and 0.7: only the third passes the other class's, and only there the label is less probable."""
    labels = np.array([0, 0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.2, 0.8]])

    found = suspects(labels, probabilities)

    assert found.places.tolist() == [2]
    assert found.suggested.tolist() == [1]
    assert found.confidence.tolist() == [pytest.approx(0.2)]


def test_a_top_ranked_label_is_not_suspect_even_if_only_another_class_passes_its_threshold():
    """Thresholds 0.77 and 0.4: the third image passes only the second, but the first is more probable."""
    labels = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.51, 0.49], [0.6, 0.4]])

    assert suspects(labels, probabilities).places.tolist() == []


def test_of_two_classes_above_threshold_the_more_probable_counts():
    """Thresholds 0.4, 0.5 and 0.4: the first image passes all but the last, and the second is more probable."""
    labels = np.array([0, 0, 1, 2, 2])
    probabilities = np.array([[0.4, 0.55, 0.05], [0.4, 0.3, 0.3], [0.3, 0.5, 0.2], [0.4, 0.5, 0.1], [0.1, 0.2, 0.7]])

    found = suspects(labels, probabilities)

    assert dict(zip(found.places.tolist(), found.suggested.tolist(), strict=True)) == {0: 1, 3: 1}


def test_identical_probabilities_reach_their_own_mean():
    """In floating point the mean of three times 0.1 is slightly more than 0.1."""
    found = suspects(np.array([0, 0, 0, 1]), np.array([[0.1, 0.0]] * 3 + [[0.0, 0.9]]))

    assert found.joint.tolist() == [[3, 0], [0, 1]] and np.mean([0.1] * 3) > 0.1
    assert suspects(np.array([1, 0, 0, 0]), np.array([[0.1, 0.0]] + [[0.1, 0.0]] * 3)).places.tolist() == [0]


def test_a_nan_prediction_does_not_disable_its_class():
    nothing = [np.nan, np.nan]
    found = suspects(np.array([0, 0, 0, 0, 1]), np.array([[0.9, 0.1], [0.9, 0.1], nothing, [0.1, 0.9], [0.1, 0.9]]))

    assert found.places.tolist() == [3]
    assert found.joint.tolist() == [[3, 1], [0, 1]]


def test_the_joint_sums_to_the_image_count_of_each_label():
    labels, probabilities, _ = with_label_errors(997, 7, 100)

    found = suspects(labels, probabilities)

    assert found.joint.sum(1).tolist() == np.bincount(labels).tolist()


def test_nothing_is_suspect_when_all_agree_and_invalid_predictions_raise_nothing():
    agreeing = suspects(np.array([0, 1]), np.eye(2))
    assert len(agreeing.places) == estimated(agreeing) == 0
    missing = suspects(np.array([0, 0, 1]), np.array([[1.0, 0, 0], [np.nan] * 3, [0, 1.0, 0]]))
    assert len(missing.places) == 0
    assert missing.joint.shape == (3, 3) and missing.joint[2].sum() == 0


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([], np.zeros((0, 2))), ([0], np.zeros((2, 2))), ([2], np.ones((1, 2))), ([-1], np.ones((1, 2))), ([0], [1.0])],
)
def test_mismatched_shapes_are_refused(labels, probabilities):
    with pytest.raises(ValueError, match="Expected"):
        suspects(np.array(labels, int), np.asarray(probabilities))


def test_planted_errors_are_found_by_cross_validated_heads():
    generator = np.random.default_rng(0)
    true = generator.integers(0, 4, 800)
    features = generator.normal(0, 1, (800, 12)).astype(np.float32)
    features[np.arange(800), true] += 6
    labels = true.copy()
    wrong = generator.choice(800, 40, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 4
    fractions = []

    predictions = cross_validated(features, labels, 4, lambda fraction, text: fractions.append(fraction))
    found = suspects(labels, predictions)

    assert predictions.sum(1) == pytest.approx(np.ones(800), abs=1e-5)
    assert fractions == [0.0, 0.2, 0.4, 0.6, 0.8]
    # No false positives, three of four errors are found, and the estimated count is even closer.
    assert set(found.places.tolist()) <= set(wrong.tolist()) and len(found.places) >= 30
    assert found.suggested.tolist() == true[found.places].tolist()
    assert 36 <= estimated(found) <= 44


def test_cross_validated_heads_never_learn_from_the_group_that_they_predict():
    """Images of a group are copies of each other: only a head that has seen the group knows its label."""
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    features = generator.normal(0, 1, (40, 60)).astype(np.float32)[groups]
    labels = generator.integers(0, 2, 40)[groups]
    known = cross_validated(features, labels, 2, lambda fraction, text: None)
    unknown = cross_validated(features, labels, 2, lambda fraction, text: None, groups)
    assert (known.argmax(1) == labels).mean() > 0.95
    assert (unknown.argmax(1) == labels).mean() < 0.75
    assert unknown.sum(1) == pytest.approx(np.ones(200), abs=1e-5)


def test_few_groups_give_few_folds_and_a_single_one_is_reported():
    features, labels = np.eye(12, dtype=np.float32), np.arange(12) % 2
    fractions = []
    groups = np.arange(12) // 4
    found = cross_validated(features, labels, 2, lambda fraction, text: fractions.append(round(fraction, 2)), groups)
    assert fractions == [0.0, 0.33, 0.67] and found.sum(1) == pytest.approx(np.ones(12), abs=1e-5)
    with pytest.raises(DatasetError, match="All images belong to one group"):
        cross_validated(features, labels, 2, lambda fraction, text: None, groups * 0)


def predictions_of(separation: float, rate: float, *, pair: bool, count: int = 2000, classes: int = 5):
    """Labels with errors, and the predictions of an optimal model trained on such labels."""
    generator = np.random.default_rng(round(1000 * rate) + pair)
    true = generator.integers(0, classes, count)
    points = generator.normal(0, 1, (count, classes)) + separation * np.eye(classes)[true]
    chances = np.exp(separation * points)
    chances /= chances.sum(1, keepdims=True)
    labels, wrong = true.copy(), generator.permutation(count)[: round(rate * count)]
    labels[wrong] = (true[wrong] + (1 if pair else generator.integers(1, classes, len(wrong)))) % classes
    other = np.roll(chances, 1, axis=1) if pair else (1 - chances) / (classes - 1)
    return labels, (1 - rate) * chances + rate * other


@pytest.mark.parametrize("pair", [False, True], ids=["any other class", "the next class"])
@pytest.mark.parametrize("separation", [1.7, 2.5, 4.0], ids=["weak model", "usual model", "strong model"])
@pytest.mark.parametrize("rate", [0, 0.013, 0.05, 0.1])
def test_the_number_of_wrong_labels_is_in_its_interval_even_for_a_weak_model(rate, separation, pair):
    labels, probabilities = predictions_of(separation, rate, pair=pair)

    found = wrong_fraction(labels, probabilities)

    assert found.low <= rate <= found.high, (found, (probabilities.argmax(1) == labels).mean())
    assert found.low <= found.value <= found.high
    assert found.high <= rate + (0.1 if separation < 2 else 0.04), "the interval is informative"


def test_model_errors_are_not_counted_as_wrong_labels():
    labels, probabilities = predictions_of(2.0, 0.013, pair=False)
    assert (probabilities.argmax(1) == labels).mean() < 0.9
    assert estimated(suspects(labels, probabilities)) / len(labels) > 0.05, "the former estimate"
    assert wrong_fraction(labels, probabilities).value < 0.03


def test_an_uninformative_model_gives_no_lower_bound():
    generator = np.random.default_rng(0)
    labels, probabilities = generator.integers(0, 4, 500), generator.dirichlet(np.ones(4), 500)
    found = wrong_fraction(labels, probabilities)
    assert found.low == 0.0 and found.high > 0.4
    assert is_weak(0.3) and not is_weak(0.9)


def test_few_images_give_a_wide_interval():
    few, many = (wrong_fraction(*predictions_of(2.5, 0.05, pair=False, count=count)) for count in (100, 4000))
    assert few.high - few.low > 2 * (many.high - many.low)


def test_a_class_with_one_image_is_handled():
    features = np.random.default_rng(0).normal(0, 1, (21, 3)).astype(np.float32)
    labels = np.array([0] * 10 + [1] * 10 + [2])

    assert cross_validated(features, labels, 4, lambda fraction, text: None).shape == (21, 4)
    assert cross_validated(features, labels * 0, 4, lambda fraction, text: None)[:, 0].tolist() == [1.0] * 21


def test_a_review_is_stored_and_can_be_undone(make_run):
    run = make_run()
    assert judged(run, "test", "right") == frozenset()
    judge(run, "test", [3, np.int64(5)], "right")
    judge(run, "test", [5], "wrong")
    judge(run, "training", [5], "right")
    assert judged(run, "test", "right") == {3} and judged(run, "test", "wrong") == {5}
    judge(run, "test", [3], None)
    assert judged(run, "test", "right") == frozenset() and judged(run, "training", "right") == {5}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 9}', '{"version": 1, "test": 3}', "[" * 100_000])
def test_a_damaged_review_file_counts_as_empty(make_run, content):
    run = make_run(**{NAME: content.encode()})
    assert judged(run, "test", "wrong") == frozenset()


def test_the_suspect_list_is_read_and_an_invalid_one_gives_a_clear_error(finished_run):
    stored_suspects(finished_run)
    found = training_set.read(finished_run)
    assert found.rows.tolist() == [7, 3, 40] and (found.count, found.found, found.wrong.value) == (1437, 3, 0.004)
    assert training_set.task_of(finished_run).state().state == "ready"
    for changes in ({"version": 99}, {"given": np.array([1])}, {"suggested": np.array([0, 1, 10])}):
        stored_suspects(finished_run, **changes)
        with pytest.raises(RunError, match="Check again"):
            training_set.read(finished_run)


def test_the_search_keeps_the_groups_of_the_dataset_together(finished_run, monkeypatch):
    dataset, given = datasets.open_dataset("digits"), []
    groups = np.column_stack([np.arange(1437) // 7] * 2).astype(np.int32)
    grouped = replace(dataset, records=Records(groups={"train": groups}, group_names=[str(n) for n in range(206)]))
    features = SimpleNamespace(activations=lambda images: SimpleNamespace(features=images.reshape(len(images), -1)))
    monkeypatch.setattr(training_set, "images_of", lambda run: grouped)
    monkeypatch.setattr(training_set, "_activation_model", lambda run, progress: features)

    def predict(features, labels, num_classes, progress, units):
        given.append(units.tolist())
        return np.eye(num_classes, dtype=np.float32)[labels]

    monkeypatch.setattr(training_set, "cross_validated", predict)
    training_set.make(finished_run, lambda fraction, text: None)
    assert given == [groups[:, 1].tolist()]


def test_a_background_process_searches_the_training_images(finished_run):
    done = subprocess.run(
        [sys.executable, "-m", "imgcls.evaluation.label_errors", finished_run.id],
        cwd=paths.repository_folder(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr

    found = training_set.read(finished_run)

    assert found.count == 1437 and found.accuracy > 0.9
    assert found.fingerprint == datasets.open_dataset("digits").fingerprint
    assert (found.given == datasets.open_dataset("digits").y_train[found.rows]).all()
    assert (found.given != found.suggested).all()
    assert (np.diff(found.confidence) >= 0).all()
