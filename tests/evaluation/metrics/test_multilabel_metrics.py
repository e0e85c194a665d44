"""Multi-label scores: checked against scikit-learn, including edge cases."""

import numpy as np
import pytest

from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.metrics.multilabel import THRESHOLDS

NAMES = ("sky", "sea", "boat", "gull")


@pytest.fixture(scope="module")
def predictions():
    """120 images with four labels, some of them rare; many predictions are tied."""
    random = np.random.default_rng(1)
    labels = random.random((120, 4)) < (0.6, 0.3, 0.1, 0.05)
    return np.clip(random.normal(0.3 + 0.3 * labels, 0.25), 0, 1).round(1), labels.astype(np.uint8)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.85])
def test_scores_match_scikit_learn(predictions, threshold):
    from sklearn import metrics

    probabilities, labels = predictions
    said = probabilities >= threshold
    report = multilabel.scores(probabilities, labels, NAMES, threshold)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, said, zero_division=0)
    table = report.labels
    for found, expected in ((table.precision, precision), (table.recall, recall), (table.f1, f1)):
        assert found.value == pytest.approx(expected)
        assert (found.low <= found.value + 1e-12).all() and (found.high >= found.value - 1e-12).all()
    assert table.support.tolist() == support.tolist() and table.answered.tolist() == said.sum(0).tolist()
    assert table.average_precision.value == pytest.approx(
        metrics.average_precision_score(labels, probabilities, average=None)
    )
    assert report.mean_average_precision.value == pytest.approx(metrics.average_precision_score(labels, probabilities))
    assert report.macro_f1.value == pytest.approx(metrics.f1_score(labels, said, average="macro", zero_division=0))
    assert report.micro_f1.value == pytest.approx(metrics.f1_score(labels, said, average="micro", zero_division=0))
    assert report.all_right.value == pytest.approx(metrics.accuracy_score(labels, said))
    assert report.label_accuracy.value == pytest.approx(1 - metrics.hamming_loss(labels, said))
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    each = [metrics.log_loss(labels[:, label], clipped[:, label], labels=[0, 1]) for label in range(4)]
    assert report.cross_entropy.value == pytest.approx(np.mean(each), rel=1e-5)


def test_intervals_have_about_their_nominal_coverage(monkeypatch):
    """Test sets drawn many times from a known population: the intervals should contain its F1 and average precision."""
    monkeypatch.setattr(multilabel, "RESAMPLES", 300)
    random = np.random.default_rng(5)
    labels = random.random((40_000, 2)) < (0.4, 0.2)
    probabilities = np.clip(random.normal(0.35 + 0.25 * labels, 0.2), 0, 1)
    truth = multilabel.average_precisions(probabilities, labels)
    said = probabilities >= 0.5
    f1 = multilabel.f1_of((said & labels).sum(0), labels.sum(0), said.sum(0))
    inside = np.zeros((2, 2))
    for _ in range(40):
        rows = random.choice(len(labels), 200, replace=False)
        table = multilabel.scores(probabilities[rows], labels[rows], ("a", "b")).labels
        inside[0] += (table.f1.low <= f1) & (f1 <= table.f1.high)
        inside[1] += (table.average_precision.low <= truth) & (truth <= table.average_precision.high)
    assert (inside / 40 >= 0.85).all(), inside / 40
    assert (inside / 40).mean() < 1, "intervals that always contain the true value are too wide"


def test_the_chosen_threshold_has_the_best_mean_f1_and_is_closest_to_one_half(predictions):
    from sklearn import metrics

    probabilities, labels = predictions
    each = [metrics.f1_score(labels, probabilities >= cut, average="macro", zero_division=0) for cut in THRESHOLDS]
    best = THRESHOLDS[np.isclose(each, max(each))]
    chosen = multilabel.chosen_threshold(probabilities, labels)
    assert chosen == best[np.abs(best - 0.5).argmin()]
    perfect = np.where(labels, 0.9, 0.1)
    assert multilabel.chosen_threshold(perfect, labels) == 0.5


def test_each_label_gets_the_threshold_with_its_best_f1(predictions, monkeypatch):
    from sklearn import metrics

    monkeypatch.setattr(multilabel, "FEWEST_CHOSEN", 1)
    probabilities, labels = predictions
    chosen = multilabel.chosen_thresholds(probabilities, labels)
    for label, threshold in enumerate(chosen):
        each = [metrics.f1_score(labels[:, label], probabilities[:, label] >= cut) for cut in THRESHOLDS]
        best = THRESHOLDS[np.isclose(each, max(each))]
        assert threshold == best[np.abs(best - 0.5).argmin()]
    common = multilabel.chosen_threshold(probabilities, labels)
    of_labels, of_all = (multilabel.scores(probabilities, labels, NAMES, cut).macro_f1 for cut in (chosen, common))
    assert of_labels.value >= of_all.value


def test_a_label_with_too_few_images_gets_the_common_threshold():
    probabilities = np.random.default_rng(0).random((100, 2))
    labels = np.column_stack([probabilities[:, 0] > 0.7, np.arange(100) < multilabel.FEWEST_CHOSEN - 1])
    own, common = multilabel.chosen_thresholds(probabilities, labels)
    assert common == multilabel.chosen_threshold(probabilities, labels) != own
    assert own == pytest.approx(0.7, abs=0.011)


def test_a_threshold_for_each_label_is_applied_to_that_label():
    probabilities, labels = np.array([[0.4, 0.4], [0.2, 0.8]]), np.array([[1, 0], [0, 1]])
    report = multilabel.scores(probabilities, labels, ("a", "b"), (0.3, 0.5))
    assert report.all_right.value == 1
    assert (
        multilabel.scores(probabilities, labels, ("a", "b"), (0.5, 0.3)).all_right.value == 0.5
    )  # only the second image


def test_a_label_without_images_is_nan_and_excluded_from_the_mean():
    labels = np.array([[1, 0], [0, 0], [1, 0]])
    probabilities = np.array([[0.9, 0.2], [0.6, np.nan], [0.7, 0.6]])
    report = multilabel.scores(probabilities, labels, ("a", "b"))
    assert report.labels.average_precision.value[0] == 1 and np.isnan(report.labels.average_precision.value[1])
    assert report.mean_average_precision.value == 1
    assert (report.labels.recall.low[1], report.labels.recall.high[1]) == (0, 1)
    assert report.all_right.value == pytest.approx(1 / 3)


def test_mismatched_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        multilabel.scores(np.zeros((3, 2)), np.zeros((3, 3)), ("a", "b"))
    with pytest.raises(ValueError, match="2 columns"):
        multilabel.scores(np.zeros((3, 3)), np.zeros((3, 3)), ("a", "b"))
