"""Merging and removing classes of stored predictions, and a class order that reveals confusions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcls.evaluation.metrics import class_order
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.class_merging import ClassMerging, merge_classes

NAMES = ("cat", "dog", "car", "ship")
PROBABILITIES = np.array(
    [[0.3, 0.3, 0.4, 0], [0.1, 0.6, 0.2, 0.1], [0.2, 0.2, 0.5, 0.1], [0, 0, 0.3, 0.7], [0, 0, 0, 1]], np.float32
)
LABELS = np.array([0, 0, 2, 3, 1])
PREDICTIONS = Predictions(NAMES, PROBABILITIES, LABELS, np.arange(5))


def edited(**query: str) -> Predictions:
    return PREDICTIONS.after(ClassMerging.parse(query, 4))


def test_merged_classes_add_their_probabilities_and_may_change_the_prediction():
    predictions = edited(merge="0.1")

    assert predictions.names == ("cat + dog", "car", "ship")
    np.testing.assert_allclose(predictions.probabilities[0], [0.6, 0.4, 0], atol=1e-6)
    assert PREDICTIONS.predicted.tolist() == [2, 1, 2, 3, 3]
    assert predictions.predicted.tolist() == [0, 0, 1, 2, 2]
    assert predictions.labels.tolist() == [0, 0, 1, 2, 0]


def test_removing_a_class_removes_its_images_and_renormalises_the_rest():
    predictions = edited(off="2")

    assert predictions.names == ("cat", "dog", "ship")
    assert predictions.indices.tolist() == [0, 1, 3, 4]
    np.testing.assert_allclose(predictions.probabilities.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(predictions.probabilities[0], [0.5, 0.5, 0], atol=1e-6)


def test_a_prediction_with_only_removed_classes_becomes_uniform():
    predictions = edited(off="3")

    np.testing.assert_allclose(predictions.probabilities[-1], [1 / 3] * 3, atol=1e-6)


def test_merging_and_removing_work_together():
    predictions = edited(merge="0.1_2.3", off="1")

    assert predictions.names == ("cat", "car + ship")
    assert predictions.indices.tolist() == [0, 1, 2, 3]


def test_dataset_groups_replace_the_classes():
    merging = ClassMerging.parse({"merge": "groups"}, 4, has_groups=True)
    predictions = PREDICTIONS.after(merging, (("animal", "vehicle"), (0, 0, 1, 1)))

    assert predictions.names == ("animal", "vehicle")
    assert predictions.labels.tolist() == [0, 0, 1, 1, 0]
    assert predictions.predicted.tolist() == [0, 0, 1, 1, 1]
    assert ClassMerging.parse({"merge": "groups"}, 4) == ClassMerging()


@pytest.mark.parametrize(
    "query",
    [
        {"merge": "0.1.2.3"},
        {"off": "0.1.2"},
        {"merge": "9.10"},
        {"merge": "0"},
        {"merge": "x.y", "off": "٣"},
        {"off": "9" * 4000},
        {"merge": "0.1.2", "off": "3"},
    ],
)
def test_invalid_edits_are_skipped_and_two_classes_remain(query):
    merging = ClassMerging.parse(query, 4)

    assert merging.left(4) >= 2
    assert len(PREDICTIONS.after(merging).names) >= 2


def test_no_class_is_in_two_groups():
    assert ClassMerging.parse({"merge": "0.1_1.2"}, 4).merged == ((0, 1),)


@given(st.text("0123456789._", max_size=30), st.text("0123456789.", max_size=20), st.integers(2, 12))
@settings(max_examples=300)
def test_any_url_gives_a_valid_class_edit_that_round_trips(merge, off, num_classes):
    merging = ClassMerging.parse({"merge": merge, "off": off}, num_classes)
    names, plan = merging.plan([str(number) for number in range(num_classes)])

    assert ClassMerging.parse(merging.query(), num_classes) == merging
    assert len(names) == merging.left(num_classes) == plan.max() + 1
    probabilities = np.full((num_classes, num_classes), 1 / num_classes, np.float32)
    new, labels, kept = merge_classes(probabilities, np.arange(num_classes), plan)
    assert new.shape == (len(kept), len(names))
    np.testing.assert_allclose(new.sum(1), 1, atol=1e-5)
    assert len(labels) == (plan >= 0).sum()


def test_similar_classes_are_adjacent():
    blocks = [3, 0, 4, 1, 5, 2]  # 0, 1 and 2 are similar, and so are 3, 4 and 5
    confused = np.zeros((6, 6))
    for group in ((0, 1, 2), (3, 4, 5)):
        for one in group:
            for other in group:
                confused[blocks[one], blocks[other]] = 0.3
    order = [blocks.index(one) for one in class_order.order(confused).tolist()]

    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}


def test_a_chain_of_similar_classes_keeps_its_order():
    chain = np.zeros((5, 5))
    for one in range(4):
        chain[one, one + 1] = 0.5 - 0.1 * one
    order = class_order.order(chain).tolist()

    assert order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])


def test_soft_confusion_is_the_mean_probability_per_true_class():
    confused = class_order.soft_confusion(PROBABILITIES, LABELS)

    np.testing.assert_allclose(confused[0], [0.2, 0.45, 0.3, 0.05], atol=1e-6)
    np.testing.assert_allclose(class_order.soft_confusion(PROBABILITIES[:2], LABELS[:2])[3], 0)
