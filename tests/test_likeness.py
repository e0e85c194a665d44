"""How new a picture is to a model: when the page says so in the place of an answer."""

import numpy as np
import pytest

from imgcls.ui import likeness_view
from imgcls.ui.likeness_view import Likeness


@pytest.mark.parametrize(("percentile", "doubtful"), [(0, False), (99.4, False), (99.5, True), (100, True)])
def test_what_is_farther_than_almost_all_test_pictures_is_nothing_the_model_knows(percentile, doubtful):
    doubt = Likeness(np.zeros(4), percentile, "").doubt
    assert (doubt is not None) == doubtful
    if doubtful:
        assert f"{percentile:.1f} %" in doubt.sentence


def test_a_training_picture_has_its_class_or_its_labels():
    names = ["cat", "dog", "bird"]
    assert likeness_view._name(np.int64(1), names) == "dog"
    assert likeness_view._name(np.array([1, 0, 1]), names) == "cat, bird"
    assert likeness_view._name(np.zeros(3, int), names) == "none of them"


def test_a_run_without_its_inside_has_no_likeness(made):
    assert likeness_view.look(made(), np.zeros((8, 8, 1), np.uint8)) is None
