"""Predictions for drawings: those asked for lately are not computed again."""

import numpy as np
import pytest

from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference import answer, predictor
from imgcls.inference.explain import classified_strokes
from imgcls.inference.explain.classified_strokes import MOST, probabilities_of
from imgcls.inference.predictor import classify
from imgcls.inference.preparing import prepare


def drawing(*places: float) -> Handwriting:
    return Handwriting(tuple(np.array([[place, 60.0, 18], [place + 9, 200.0, 18]]) for place in places))


@pytest.fixture
def classified(monkeypatch):
    """How many drawings were classified at each call."""
    counts: list[int] = []

    def counted(run, card, pixels):
        counts.append(len(pixels))
        return classify(run, card, pixels)

    monkeypatch.setattr(classified_strokes, "classify", counted)
    return counts


def test_each_drawing_is_classified_once(finished_run, classified):
    run, card = finished_run, finished_run.card
    wanted = [drawing(60), drawing(60, 150), drawing(60)]
    found = probabilities_of(run, card, wanted)
    expected = classify(run, card, np.stack([prepare(one, card).pixels for one in wanted]))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    again = probabilities_of(run, card, [drawing(150), *wanted[:2]])
    np.testing.assert_array_equal(again[1:], found[:2])
    assert classified == [2, 1]


def test_a_whole_drawing_that_was_answered_is_not_classified_again_as_one_of_its_parts(finished_run, classified):
    run, card, whole = finished_run, finished_run.card, drawing(61, 150)
    answer(run, whole, card=card)
    classified.clear()
    found = probabilities_of(run, card, [whole, drawing(62)])
    assert classified == [1]
    np.testing.assert_allclose(found[0], classify(run, card, prepare(whole, card).pixels[None])[0], atol=1e-6)
    answer(run, drawing(63), card=card, is_complete=False)  # of one that goes on, the next movement makes another
    probabilities_of(run, card, [drawing(63)])
    assert classified == [1, 1]


def test_another_model_and_many_other_drawings_are_classified_again(finished_run, classified):
    run, card = finished_run, finished_run.card
    probabilities_of(run, card, [drawing(60)])
    probabilities_of(run, card, [drawing(place / 2) for place in range(MOST)])
    probabilities_of(run, card, [drawing(60)])
    assert classified == [1, MOST, 1]
    predictor._load.cache_clear()
    probabilities_of(run, card, [drawing(60)])
    assert classified == [1, MOST, 1, 1]
