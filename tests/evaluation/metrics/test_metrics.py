import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcls.evaluation.metrics import classification

HAND = np.array([[5, 1, 0], [2, 3, 1], [0, 0, 4]])


def predictions(seed, n=200, k=4, missing=False):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(k, 2.0), size=n).astype(np.float32)
    return probabilities, generator.integers(0, k - missing, n)


def matrices():
    return st.integers(1, 5).flatmap(
        lambda k: st.lists(st.integers(0, 30), min_size=k * k, max_size=k * k).map(
            lambda cells: np.array(cells).reshape(k, k)
        )
    )


def test_a_confusion_matrix_counts_true_rows_and_predicted_columns():
    matrix = classification.confusion(predicted=[0, 1, 1, 2], labels=[0, 0, 1, 2], num_classes=3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_class_outside_the_range_is_refused():
    with pytest.raises(ValueError, match="from 0 to 2; got 0 to 3"):
        classification.confusion([0, 1], [0, 3], 3)


def test_eight_bit_labels_do_not_overflow():
    labels = np.array([199, 0], np.uint8)
    assert classification.confusion(labels, labels, 200)[199, 199] == 1


def test_fractions_divide_by_rows_and_leave_empty_rows_at_zero():
    assert classification.fractions([[3, 1], [0, 0]]).tolist() == [[0.75, 0.25], [0, 0]]


def test_per_class_scores_by_hand():
    table = classification.per_class(HAND)
    assert table.precision == pytest.approx([5 / 7, 3 / 4, 4 / 5])
    assert table.recall == pytest.approx([5 / 6, 1 / 2, 1])
    assert table.f1 == pytest.approx([10 / 13, 6 / 10, 8 / 9])
    assert table.support.tolist() == [6, 6, 4]
    macro, weighted = classification.averages(table)
    assert macro["recall"] == pytest.approx((5 / 6 + 1 / 2 + 1) / 3)
    assert weighted["recall"] == pytest.approx(12 / 16)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_scores_match_scikit_learn(seed, missing):
    from sklearn import metrics as sklearn

    probabilities, labels = predictions(seed, missing=missing)
    predicted = probabilities.argmax(axis=1)
    report = classification.scores(probabilities, labels, ["a", "b", "c", "d"])
    assert (report.matrix == sklearn.confusion_matrix(labels, predicted, labels=range(4))).all()
    assert report.accuracy.value == pytest.approx(sklearn.accuracy_score(labels, predicted))
    assert report.cross_entropy.value == pytest.approx(
        sklearn.log_loss(labels, np.clip(probabilities, 1e-7, 1), labels=range(4)), abs=1e-5
    )
    for average in ("macro", "weighted"):
        theirs = sklearn.precision_recall_fscore_support(
            labels, predicted, labels=range(4), average=average, zero_division=0
        )
        ours = [getattr(report, f"{average}_{name}").value for name in ("precision", "recall", "f1")]
        assert ours == pytest.approx(theirs[:3])
    theirs = sklearn.precision_recall_fscore_support(labels, predicted, labels=range(4), zero_division=0)
    classes = report.classes
    ours = (classes.precision.value, classes.recall.value, classes.f1.value, classes.support)
    assert np.allclose(ours, theirs)


def test_cross_entropy_of_a_uniform_prediction_is_the_log_of_the_class_count():
    assert classification.cross_entropy(np.full((3, 10), 0.1), [0, 5, 9]) == pytest.approx(np.log(10))


def test_losses_stay_finite_for_confident_errors_and_invalid_predictions():
    losses = classification.losses(np.array([[1, 0], [1, 0], [np.nan, np.nan]], np.float32), [0, 1, 1])
    assert losses == pytest.approx([0, -np.log(1e-7), -np.log(1e-7)])
    assert str(losses[0]) == "0.0"


def test_wilson_matches_published_intervals():
    # Newcombe, R. G. (1998), Statistics in Medicine 17, table I, method 3.
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        score = classification.wilson(right, n)
        assert (score.low, score.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_accepts_arrays_and_returns_the_full_range_without_trials():
    score = classification.wilson([5, 0], [10, 0])
    assert score.value.tolist() == [0.5, 0]
    assert (score.low[1], score.high[1]) == (0, 1)
    assert classification.wilson(10, 10).low == pytest.approx(0.7225, abs=5e-5)
    assert classification.wilson(10, 10).high == 1


@given(st.integers(0, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_contains_its_fraction_and_stays_within_0_and_1(pair):
    score = classification.wilson(*pair)
    assert 0 <= score.low <= score.value <= score.high <= 1


@settings(max_examples=50)
@given(matrices())
def test_a_bootstrap_interval_contains_its_value_and_stays_within_0_and_1(matrix):
    means, f1 = classification.bootstrap(matrix, resamples=150)
    for score in (*means.values(), f1):
        assert np.all(score.low >= 0)
        assert np.all(score.low <= score.value)
        assert np.all(score.value <= score.high)
        assert np.all(score.high <= 1 + 1e-12)


def test_a_bootstrap_interval_is_deterministic():
    first, second = classification.bootstrap(HAND), classification.bootstrap(HAND)
    assert first[0]["macro_f1"].low == second[0]["macro_f1"].low
    assert first[1].high.tolist() == second[1].high.tolist()


def test_a_bootstrap_interval_is_about_as_wide_as_that_of_resampled_images():
    true, predicted = np.repeat(np.indices((3, 3)).reshape(2, 9), (HAND * 20).ravel(), axis=1)
    generator = np.random.default_rng(1)
    values = []
    for _ in range(1000):
        drawn = generator.integers(0, len(true), len(true))
        table = classification.per_class(classification.confusion(predicted[drawn], true[drawn], 3))
        values.append(classification.averages(table)[0]["f1"])
    low, high = np.percentile(values, (2.5, 97.5))
    score = classification.bootstrap(HAND * 20)[0]["macro_f1"]
    assert (score.low, score.high) == pytest.approx((low, high), abs=0.01)


def test_one_image_is_enough_for_a_report():
    report = classification.scores(np.array([[0.25, 0.75]]), np.array([1]), ["cat", "dog"])
    assert report.accuracy.value == 1
    assert report.cross_entropy.low == report.cross_entropy.value == pytest.approx(-np.log(0.75))
    assert report.classes.names == ("cat", "dog")


@pytest.mark.parametrize("shape", [(0, 2), (3, 3), (2, 2)])
def test_mismatched_shapes_and_empty_inputs_are_refused(shape):
    with pytest.raises(ValueError, match="at least one image"):
        classification.scores(np.zeros(shape), np.zeros(3 if shape[0] else 0, int), ["cat", "dog"])


def test_worst_pairs_are_sorted_by_count_without_zeros_or_the_diagonal():
    pairs = classification.worst_pairs(HAND, ["cat", "dog", "fox"])
    assert pairs == [("dog", "cat", 2, 2 / 6), ("cat", "dog", 1, 1 / 6), ("dog", "fox", 1, 1 / 6)]
    assert classification.worst_pairs(HAND, ["cat", "dog", "fox"], most=1) == pairs[:1]
    assert classification.worst_pairs(np.eye(3, dtype=int), ["cat", "dog", "fox"]) == []


def test_confidence_is_the_largest_probability_and_its_class():
    values, classes = classification.confidence([[0.25, 0.75], [0.5, 0.5]])
    assert values.tolist() == [0.75, 0.5]
    assert classes.tolist() == [1, 0]
