"""The training/validation split is disjoint and stratified, and matches the counts shown on the page."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcls.datasets import split, split_counts
from imgcls.errors import DatasetError


@st.composite
def requests(draw):
    """Labels of 2 to 12 classes, each with 1 to 60 images, in any order, and a valid request."""
    counts = draw(st.lists(st.integers(1, 60), min_size=2, max_size=12).filter(lambda c: sum(c) >= 2 * len(c)))
    labels = np.random.default_rng(draw(st.integers(0, 99))).permutation(np.repeat(np.arange(len(counts)), counts))
    images = draw(st.one_of(st.just(0), st.integers(2 * len(counts), sum(counts) + 10)))
    fraction = draw(st.one_of(st.just(0.0), st.floats(0.001, 0.999)))
    return labels, images, fraction, len(counts)


@given(requests(), st.integers(0, 2**32))
@settings(max_examples=150)
def test_any_split_is_disjoint_keeps_each_class_and_has_the_announced_counts(request, seed):
    labels, images, fraction, num_classes = request
    train, validation = split(labels, images, fraction, seed, num_classes)
    both = np.concatenate([train, validation])
    assert len(set(both.tolist())) == len(both) == min(images or len(labels), len(labels))
    told_train, told_validation = split_counts(labels, images, fraction, num_classes)
    assert np.bincount(labels[train], minlength=num_classes).tolist() == told_train.tolist()
    assert np.bincount(labels[validation], minlength=num_classes).tolist() == told_validation.tolist()
    assert told_train.min() >= 1
    assert (told_validation <= np.bincount(labels) - 1).all()
    assert np.array_equal(validation, np.sort(validation))


@given(requests(), st.integers(0, 2**32))
@settings(max_examples=30)
def test_the_same_seed_gives_the_same_split(request, seed):
    labels, images, fraction, num_classes = request
    first, second = (split(labels, images, fraction, seed, num_classes) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


@given(requests())
@settings(max_examples=100)
def test_each_class_keeps_its_fraction_to_within_one_image(request):
    labels, images, _, num_classes = request
    used = sum(split_counts(labels, images, 0.0, num_classes)[0])
    there = np.bincount(labels)
    taken = split_counts(labels, images, 0.0, num_classes)[0]
    exact = there * used / len(labels)
    rounded_up = np.maximum(1 - exact, 0).sum()  # keeping rare classes takes images from the others
    assert (np.abs(taken - exact) < 1 + rounded_up + 1e-9).all()


def test_a_tenth_of_equal_classes_is_a_tenth_of_each():
    train, validation = split_counts(np.repeat(np.arange(10), 400), 1000, 0.1, 10)
    assert train.tolist() == [90] * 10
    assert validation.tolist() == [10] * 10


def test_leftover_images_go_to_the_largest_remainders():
    train, validation = split_counts(np.repeat(np.arange(3), [50, 30, 20]), 0, 0.25, 3)
    assert validation.tolist() == [13, 7, 5]
    assert train.tolist() == [37, 23, 15]


def test_a_class_with_one_image_is_only_in_training():
    train, validation = split_counts(np.array([0] * 50 + [1]), 0, 0.5, 2)
    assert train[1] == 1
    assert validation[1] == 0


def test_different_seeds_draw_different_images():
    labels = np.repeat(np.arange(10), 100)
    assert not np.array_equal(split(labels, 0, 0.1, 0, 10)[1], split(labels, 0, 0.1, 1, 10)[1])


def test_training_images_are_shuffled_across_classes():
    labels = np.repeat(np.arange(10), 100)
    assert len(set(labels[split(labels, 0, 0.1, 0, 10)[0][:30]].tolist())) > 5


def test_the_split_for_a_seed_is_pinned():
    labels = np.arange(40) % 4
    train, validation = split(labels, 20, 0.2, 7, 4)
    assert train.tolist() == [14, 4, 18, 37, 12, 35, 39, 0, 28, 13, 30, 9, 33, 19, 38, 23]
    assert validation.tolist() == [3, 17, 26, 32]


@pytest.mark.parametrize(
    ("labels", "images", "fraction", "num_classes", "sentence"),
    [
        (np.arange(100) % 10, 19, 0.1, 10, "19 images are too few for 10 classes. Use at least 20"),
        (np.arange(10), 0, 0.1, 10, "10 images are too few for 10 classes"),
        (np.zeros(100, int), 0, 0.1, 1, "A classifier needs at least two classes"),
        (np.zeros(100, int), 0, 0.1, 2, "All images belong to one class"),
        (np.arange(100) % 10, 0, 1.0, 10, "The validation fraction is 1, but it must be at least 0 and less than 1"),
        (np.arange(100) % 10, 0, -0.1, 10, "The validation fraction is -0.1"),
        (np.arange(100) % 10, 0, float("nan"), 10, "The validation fraction is nan"),
    ],
)
def test_an_impossible_request_is_refused_with_the_reason(labels, images, fraction, num_classes, sentence):
    with pytest.raises(DatasetError, match=sentence.replace("(", r"\(")):
        split(labels, images, fraction, 0, num_classes)
