"""Several models asked at once: the cards and the sentence on whether they agree."""

import numpy as np

from imgcls.ui.predict import compare_models

ONE = {"classes": ["boat", "sea", "sky"]}
SEVERAL = ONE | {"several": True, "threshold": 0.5}


def said(facts: dict, *fractions: float) -> tuple[str, str]:
    return compare_models._card("a run", np.array(fractions, np.float32), facts, "")


def test_a_model_of_one_class_a_image_says_its_likeliest():
    name, card = said(ONE, 0.1, 0.2, 0.7)
    assert name == "sky"
    assert "70.0% · then sea 20.0%" in card


def test_a_model_of_several_labels_says_all_that_are_there():
    assert said(SEVERAL, 0.1, 0.6, 0.9)[0] == "sea, sky"
    assert said(SEVERAL, 0.1, 0.9, 0.6)[0] == "sea, sky", "which is the surer one makes no other answer"
    assert said(SEVERAL, 0.1, 0.2, 0.4)[0] == "No label"
    assert "sky 40.0% · then sea 20.0%" in said(SEVERAL, 0.1, 0.2, 0.4)[1]


def test_one_class_and_several_labels_are_not_compared():
    assert compare_models._unlike(ONE, ONE) == compare_models._unlike(SEVERAL, SEVERAL) == ""
    assert compare_models._unlike(ONE, SEVERAL) == "It finds several labels in a picture."
    assert compare_models._unlike(SEVERAL, ONE) == "It gives one class a picture."
    assert compare_models._unlike(ONE, SEVERAL | {"classes": ["boat"]}) == "It knows other classes."
