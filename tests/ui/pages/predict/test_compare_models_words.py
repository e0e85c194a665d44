"""Several models side by side: what their cards and the sentence above them say."""

import numpy as np
import pytest

from imgcls.inference.explain.stroke_attribution import Blame
from imgcls.ui.explain import stroke_attribution
from imgcls.ui.predict import compare_models

MARKUP = "<b>{0} $x$"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], ""),
        (["7"], ""),
        (["7", "7"], "Both models agree."),
        (["7", "7", "7"], "All 3 models agree."),
        (["7", "1", "7", "7"], "3 of 4 models say 7."),
        (["7", "1", "2"], "3 models, 3 answers: no two agree."),
        (["7", "7", "1", "1"], "No majority: 2 say 7, 2 say 1."),
        (["7", "1", "1", "2"], "2 of 4 models say 1."),
    ],
)
def test_the_sentence_counts_those_who_agree(said, sentence):
    assert compare_models._sentence(said) == sentence


@pytest.mark.parametrize(
    ("said", "most"), [([], ""), (["7", "1"], ""), (["7", "7", "1", "1"], ""), (["7", "1", "1", "2"], "1")]
)
def test_only_who_stands_against_a_majority_is_marked(said, most):
    assert compare_models._most(said) == most


def test_names_with_markup_and_braces_are_shown_as_they_are():
    name, text = compare_models._card(MARKUP, np.array([0.9, 0.1]), {"classes": [MARKUP, "other"]}, "")
    assert name == MARKUP
    shown = text.format("apart")
    assert shown.count("&lt;b&gt;{0} $x$") == 2
    assert "<b>{0}" not in shown
    one = Blame(np.zeros((2, 3)), 0.5, 1, 0.8)
    assert "&lt;b&gt;" in stroke_attribution._sentence(one, ["a", MARKUP], 0, "stroke")


def test_a_model_that_cannot_be_asked_says_why():
    name, text = compare_models._card("A run", None, {"classes": []}, "It takes pictures of another kind.")
    assert name == ""
    assert "another kind" in text


@pytest.mark.parametrize(
    ("weight", "other", "words"),
    [
        (0.5, 1, "it would be <b>one</b> (80.0%)"),
        (0.5, 0, "less sure by 50 points"),
        (-0.2, 0, "surer by 20 points"),
        (0.01, 0, "the answer stays"),
    ],
)
def test_what_a_stroke_does_is_said_in_words(weight, other, words):
    sentence = stroke_attribution._sentence(Blame(np.zeros((2, 3)), weight, other, 0.8), ["seven", "one"], 0, "stroke")
    assert words in sentence
