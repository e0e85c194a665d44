"""How unfamiliar an image is to a model, and when its prediction is rejected."""

import numpy as np
import pytest

from imgcls.images.loading import Prepared
from imgcls.inference import reject
from imgcls.inference.explain import neighbours
from imgcls.inference.rejection import unfamiliar
from imgcls.inference.rejection.unfamiliar import Familiarity
from imgcls.runs.results import ModelCard
from imgcls.ui.explain import neighbours as neighbours_view

CARD = ModelCard(classes=("cat", "dog"), shape=(8, 8, 1))
PIXELS = np.zeros(CARD.shape, np.uint8)


def rejection(run, percentile: float, card: ModelCard = CARD, **options):
    familiarity = Familiarity(np.zeros(4), percentile, "")
    return reject(run, card, Prepared(PIXELS), PIXELS, familiarity=familiarity, **options)


@pytest.mark.parametrize(("percentile", "is_rejected"), [(0, False), (99.4, False), (99.5, True), (100, True)])
def test_an_image_farther_than_almost_all_test_images_is_rejected(make_run, percentile, is_rejected):
    found = rejection(make_run(), percentile)
    assert (found is not None) == is_rejected
    if found:
        assert ("than all test images" if percentile == 100 else f"{percentile:.1f}%") in found.text
        assert not found.for_digits, "another model may recognise it"


def test_unfinished_drawings_and_multi_label_models_skip_the_distance_check(make_run):
    run = make_run()
    assert rejection(run, 100, is_complete=False) is None
    assert rejection(run, 100, ModelCard(CARD.classes, CARD.shape, is_multilabel=True)) is None


@pytest.mark.parametrize(
    ("percentile", "words"),
    [
        (0.0, "100.0% of the test images are at least as far"),
        (0.4, "99.6% of the test images are at least as far"),
        (59.97, "40% of the test images are at least as far"),
        (98.7, "farther from the training images than 98%"),
        (99.0, "than 99.0%"),
        (99.72, "than 99.7%"),
        (99.97, "than 99.9%"),
        (100.0, "farther from the training images than all test images"),
    ],
)
def test_a_percentage_is_never_rounded_up_to_100(make_run, percentile, words):
    assert words in neighbours.sentence(percentile)
    if found := rejection(make_run(), percentile):
        assert words in found.text, "both agree"


def test_a_training_image_has_its_class_or_its_labels():
    names = ["cat", "dog", "bird"]
    assert neighbours_view._name(np.int64(1), names) == "dog"
    assert neighbours_view._name(np.array([1, 0, 1]), names) == "cat, bird"
    assert neighbours_view._name(np.zeros(3, int), names) == "no label"


def test_a_run_without_stored_features_has_no_familiarity(make_run):
    assert unfamiliar.measure(make_run(), PIXELS) is None
