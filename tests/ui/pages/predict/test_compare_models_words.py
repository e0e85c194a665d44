"""Comparing models: the text of their cards and the summary above them."""

import numpy as np
import pytest

from imgcls.inference import Answer
from imgcls.inference.explain.stroke_attribution import Contribution
from imgcls.runs.results import ModelCard
from imgcls.ui.explain import stroke_attribution
from imgcls.ui.predict import compare_models
from imgcls.ui.predict.compare_models import ModelResult

MARKUP = "<b>{0} $x$"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], ""),
        (["7"], ""),
        (["7", "7"], "Both models agree: 7."),
        (["7", "7", "7"], "All 3 models agree: 7."),
        (["7", "1", "7", "7"], "3 of 4 models predict 7."),
        (["7", "1", "2"], "3 models, 3 predictions: no two agree."),
        (["7", "7", "1", "1"], "No majority: 2 predict 7, 2 predict 1."),
        (["7", "1", "1", "2"], "2 of 4 models predict 1."),
    ],
)
def test_the_summary_counts_agreeing_models(said, sentence):
    assert compare_models._sentence(said) == sentence


@pytest.mark.parametrize(
    ("said", "most"), [([], ""), (["7", "1"], ""), (["7", "7", "1", "1"], ""), (["7", "1", "1", "2"], "1")]
)
def test_only_models_that_disagree_with_a_majority_are_marked(said, most):
    assert compare_models._majority(said) == most


def results(*votes: str, others: tuple[str, ...] = ()) -> list[ModelResult]:
    ours = [ModelResult("A run", vote) for vote in votes]
    return ours + [ModelResult("Another", "bird", note=note, is_comparable=False) for note in others]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (results("3", "3"), "Both models agree: 3."),
        (
            results("3", "3", others=(compare_models.NO_DIGITS,) * 2),
            "The 2 digit models agree: 3. The others know no digits.",
        ),
        (
            results("3", "3", others=(compare_models.NO_DIGITS, "It has different classes.")),
            "Both models agree: 3. The others cannot be compared with them.",
        ),
        (
            results("3", others=(compare_models.NO_DIGITS,)),
            "No other model has the same classes, so there is nothing to compare.",
        ),
    ],
)
def test_the_summary_says_which_models_it_is_about(given, sentence):
    assert compare_models._summary(given) == sentence


def test_a_model_of_anything_else_knows_no_digits():
    digits = card(*"0123456789")
    assert compare_models._difference(digits, card("bird", "cat")) == compare_models.NO_DIGITS
    assert compare_models._difference(digits, card("1", "I")) == "It has different classes."
    assert compare_models._difference(card("x", "y"), card("bird", "cat")) == "It has different classes."


def answer(*probabilities: float) -> Answer:
    row = np.array(probabilities, np.float32)
    return Answer(MARKUP, row, float(row.max()), None, np.zeros((8, 8, 1), np.uint8))


def card(*classes: str) -> ModelCard:
    return ModelCard(classes, (8, 8, 1))


def test_names_with_markup_and_braces_are_shown_as_they_are():
    result = compare_models._result("A run", answer(0.9, 0.1), card(MARKUP, "other"), None)
    assert result.name == result.vote == MARKUP
    shown = compare_models._card(result, is_apart=True)
    assert shown.count("&lt;b&gt;{0} $x$") == 1 and 'class="apart"' in shown
    assert "<b>{0}" not in shown
    one = Contribution(np.zeros((2, 3)), 0.5, 1, 0.8)
    assert "&lt;b&gt;" in stroke_attribution._sentence(one, ["a", MARKUP], 0, "stroke")


def test_a_model_with_other_classes_has_no_vote():
    result = compare_models._result("A run", answer(0.9, 0.1), card("x", "y"), None, "It has different classes.")
    assert result.name == "x" and result.vote == ""
    assert "different classes" in compare_models._card(result, is_apart=False)


@pytest.mark.parametrize(
    ("weight", "other", "words"),
    [
        (0.5, 1, "the prediction would be <b>one</b> (80.0%)"),
        (0.5, 0, "lowers the confidence by 50 points"),
        (-0.2, 0, "raises the confidence by 20 points"),
        (0.01, 0, "changes little"),
    ],
)
def test_the_effect_of_a_stroke_is_described(weight, other, words):
    sentence = stroke_attribution._sentence(
        Contribution(np.zeros((2, 3)), weight, other, 0.8), ["seven", "one"], 0, "stroke"
    )
    assert words in sentence


@pytest.mark.parametrize(("weight", "has_colour"), [(0.5, True), (-0.2, True), (0.01, False)])
def test_a_stroke_with_little_effect_gets_a_number_but_no_colour(weight, has_colour):
    mark = stroke_attribution._mark(Contribution(np.array([[270.0, 2, 18], [280, 0, 18]]), weight, 0, 0.8), 1)
    assert bool(mark["colour"]) is has_colour and mark["number"] == "1"
    assert mark["points"] == [270, 2, 18, 280, 0, 18]
    assert 0 < mark["x"] < 280 and 0 < mark["y"] < 280


@pytest.mark.parametrize(
    ("weights", "words"),
    [((0.3, 0.01), ["Orange"]), ((-0.3,), ["Blue"]), ((0.3, -0.2), ["Orange", "Blue"]), ((0.01,), [])],
)
def test_the_line_below_the_canvas_explains_the_colours_that_are_on_the_drawing(weights, words):
    points = np.array([[100.0, 50, 18], [120, 80, 18]])
    contributions = [Contribution(points, weight, 0, 0.8) for weight in weights]
    legend = stroke_attribution._legend(contributions)
    assert legend.endswith("The numbers are explained below.")
    named = {"Orange": "#E69F00", "Blue": "#56B4E9"}
    for one in contributions:
        colour = stroke_attribution._mark(one, 1)["colour"]
        assert not colour or colour in [named[word] for word in words], "it looks as it is called"
    assert [word for word in ("Orange", "Blue") if word in legend] == words
