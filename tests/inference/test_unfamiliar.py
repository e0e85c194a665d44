"""How new a picture is to a model: when the page says so in the place of an answer."""

import numpy as np
import pytest

from imgcls.inference.explain import neighbours
from imgcls.ui.explain import neighbours as neighbours_view
from imgcls.ui.explain.neighbours import Likeness


@pytest.mark.parametrize(("percentile", "doubtful"), [(0, False), (99.4, False), (99.5, True), (100, True)])
def test_what_is_farther_than_almost_all_test_images_is_nothing_the_model_knows(percentile, doubtful):
    rejection = Likeness(np.zeros(4), percentile, "").rejection
    assert (rejection is not None) == doubtful
    if doubtful:
        assert f"{percentile:.1f}%" in rejection.sentence


@pytest.mark.parametrize(
    ("percentile", "words"),
    [
        (0.0, "100.0% of the test pictures lie at least as far"),
        (0.4, "99.6% of the test pictures lie at least as far"),
        (59.97, "40% of the test pictures lie at least as far"),
        (98.7, "farther from the training pictures than 98%"),
        (99.0, "than 99.0%"),
        (99.72, "than 99.7%"),
        (99.97, "than 99.9%"),
        (100.0, "than 100.0%"),
    ],
)
def test_a_fraction_is_never_rounded_up_to_all(percentile, words):
    assert words in neighbours._sentence(percentile)
    rejection = Likeness(np.zeros(4), percentile, "").rejection
    if rejection:
        assert words in rejection.sentence, "both say the same"


def test_a_training_image_has_its_class_or_its_labels():
    names = ["cat", "dog", "bird"]
    assert neighbours_view._name(np.int64(1), names) == "dog"
    assert neighbours_view._name(np.array([1, 0, 1]), names) == "cat, bird"
    assert neighbours_view._name(np.zeros(3, int), names) == "none of them"


def test_a_run_without_its_inside_has_no_likeness(made):
    assert neighbours_view.look(made(), np.zeros((8, 8, 1), np.uint8)) is None
