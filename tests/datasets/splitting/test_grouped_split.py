"""Splits that keep groups together, the minimum size of a validation set, and folds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets.splitting import grouped, stratified
from imgcls.datasets.splitting.training_split import Split, remark, training_split, validation_size
from imgcls.datasets.store.records import Records
from imgcls.errors import DatasetError


@st.composite
def collections(draw):
    """Labels of 2 to 5 classes and units of 1 to 20 images, some images without a unit; each class has 2 units."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    classes, groups = draw(st.integers(2, 5)), draw(st.integers(4, 30))
    units = np.repeat(np.arange(groups), random.integers(1, 20, groups))
    units = np.append(units, np.full(classes * 4, -1)).astype(np.int32)
    labels = np.append(random.integers(0, classes, len(units) - classes * 4), np.repeat(np.arange(classes), 4))
    if draw(st.booleans()):
        labels = (labels[:, None] == np.arange(classes)).astype(np.uint8)
    return labels, units, classes


def units_in(units: np.ndarray, rows: np.ndarray) -> set[int]:
    return set(units[rows][units[rows] >= 0].tolist())


@given(collections(), st.integers(0, 2**31 - 1), st.floats(0.05, 0.4))
@settings(max_examples=80)
def test_no_group_is_ever_divided(collection, seed, fraction):
    labels, units, classes = collection
    number = max(1, round(fraction * len(labels)))
    training, validation = grouped.split(labels, units, 0, number, seed, classes)
    assert sorted([*training, *validation]) == list(range(len(labels)))
    assert not units_in(units, training) & units_in(units, validation)
    assert len(validation) and abs(len(validation) - number) <= 20
    has = labels if labels.ndim == 2 else labels[:, None] == np.arange(classes)
    assert has[training].any(0).all(), "every class keeps a training image"
    again = grouped.split(labels, units, 0, number, seed, classes)
    assert np.array_equal(training, again[0]) and np.array_equal(validation, again[1])


@given(collections(), st.integers(2, 4), st.integers(0, 99))
@settings(max_examples=40)
def test_every_image_is_in_one_fold_and_no_group_in_two(collection, count, seed):
    labels, units, _ = collection
    labels = labels.astype(np.int64)
    labels[3] = -1
    fold_of = grouped.folds(labels, units, count, seed)
    assert fold_of[3] == -1 and set(np.delete(fold_of, 3).tolist()) == set(range(count))
    for unit in range(units.max() + 1):
        assert len(set(fold_of[(units == unit) & (fold_of >= 0)].tolist())) <= 1


def test_folds_without_groups_are_balanced():
    labels = np.repeat(np.arange(4), [50, 30, 20, 7])
    fold_of = grouped.folds(labels, None, 5, 0)
    sizes = np.bincount(fold_of)
    assert sizes.max() - sizes.min() <= 2
    for label in range(4):
        each = np.bincount(fold_of[labels == label], minlength=5)
        assert each.max() - each.min() <= 1


def test_too_few_groups_for_the_folds_are_reported():
    with pytest.raises(DatasetError, match="There are 2 groups, too few for 5 folds"):
        grouped.folds(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 5, 0)


def test_classes_keep_their_proportions_as_far_as_groups_allow():
    random = np.random.default_rng(1)
    units = np.repeat(np.arange(60), 10)
    labels = (np.repeat(random.random(60) < 0.25, 10)).astype(int)
    held_out = grouped.held_out(labels, units, 150, np.random.default_rng(0))
    assert held_out.sum() == pytest.approx(150, abs=10)
    assert labels[held_out].mean() == pytest.approx(labels.mean(), abs=0.05)


def test_a_single_group_is_reported_and_of_large_groups_the_smallest_is_held_out():
    labels = np.array([0, 1] * 20)
    for units in (np.zeros(40, int), labels):  # one group has everything, or each class is a group
        with pytest.raises(DatasetError, match="No group can be held out"):
            grouped.split(labels, units, 0, 8, 0, 2)
    _, validation = grouped.split(labels, np.repeat([0, 1], [26, 14]), 0, 4, 0, 2)
    assert validation.tolist() == list(range(26, 40))


# ---- the split of a run


def with_units(dataset, units):
    return replace(dataset, records=Records({}, {"train": np.column_stack([units, units]).astype(np.int32)}, ()))


@pytest.mark.parametrize(
    ("used", "fraction", "expected"),
    [(1000, 0.15, 150), (200, 0.15, 66), (300, 0.15, 100), (160, 0.02, 53), (10_000, 0.02, 200), (90, 0.5, 45)],
)
def test_a_validation_set_has_at_least_a_hundred_images_or_a_third(used, fraction, expected):
    assert validation_size(used, Split(0, fraction, 100, 0)) == expected
    assert validation_size(used, Split(0, fraction, 0, 0)) == round(fraction * used)


def test_the_minimum_applies_to_any_recipe(digits):
    dataset = datasets.open_for_training(digits)
    for images, fraction, expected in ((150, 0.02, 50), (600, 0.02, 100), (0, 0.15, 216)):
        config = Config(data=digits, train_images=images, validation_fraction=fraction)
        training, validation = training_split(dataset, config)
        assert len(validation) == pytest.approx(expected, abs=1)
        assert len(training) + len(validation) == (images or len(dataset.y_train))


def test_a_run_of_an_earlier_version_keeps_its_split(digits):
    dataset = datasets.open_for_training(digits)
    config = Config.from_dict({"version": 4, "data": digits, "train_images": 200, "validation_fraction": 0.1})
    assert config.validation_minimum == 0
    expected = stratified.split(dataset.y_train, 200, 0.1, 0, 10)
    for found, wanted in zip(training_split(dataset, config), expected, strict=True):
        assert np.array_equal(found, wanted)


def test_excluded_images_do_not_count(digits):
    dataset = datasets.open_dataset(digits)
    datasets.exclude(dataset, range(1200))
    left = len(dataset.y_train) - 1200
    _, validation = training_split(datasets.open_for_training(digits), Config(data=digits))
    assert len(validation) == left // 3


def test_a_size_that_differs_from_the_request_is_reported(digits):
    dataset = datasets.open_for_training(digits)
    small = Config(data=digits, train_images=120)
    assert "40 validation images are few" in remark(dataset, small, 40)
    raised = Config(data=digits, train_images=400)
    assert "100 images are held out for validation instead of 60" in remark(dataset, raised, 100)
    assert remark(dataset, Config(data=digits), 216) == ""
    assert remark(dataset, replace(small, validation_minimum=0), 18) == ""
    assert "more than a third of the images" in remark(dataset, small, 40)
    assert "no set of whole groups comes closer" in remark(dataset, raised, 90), "groups of 30 images"


def test_dataset_groups_determine_the_split_of_a_run(digits):
    dataset = datasets.open_for_training(digits)
    units = np.arange(len(dataset.y_train)) // 25
    training, validation = training_split(with_units(dataset, units), Config(data=digits))
    assert not set(units[training].tolist()) & set(units[validation].tolist())
    assert len(validation) == pytest.approx(216, abs=25)
