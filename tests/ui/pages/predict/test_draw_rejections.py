"""What is drawn or loaded on the Predict page and is no digit gets no prediction."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import inference
from imgcls.images import loading
from imgcls.inference import rejection
from imgcls.inference.rejection import multiple_digits
from imgcls.runs.results import ModelCard
from imgcls.ui.predict import example_drawings
from tests.support.images.drawing_pages import (
    CHECKED,
    ONE,
    SCRIBBLE,
    SEVEN,
    SHAPES,
    TWO,
    UNKNOWN,
    copied,
    draw_page,
    drawing,
    given,
    html,
    image_page,
    opened,
)


def asked(stroke: list[float], **session) -> AppTest:
    """The page's result for an image of this drawing, as if loaded from a file without strokes."""
    app = AppTest.from_function(image_page, default_timeout=60)
    pixels = loading.prepare_ink(drawing(stroke).ink(), (28, 28, 1)).pixels
    for name, value in ({"pixels": pixels} | session).items():
        app.session_state[name] = value
    return app.run()


def test_two_digits_get_no_prediction_from_any_model(reader):
    copied("other")
    app = opened(draw_page, strokes=[ONE, SEVEN], others=["other"], **CHECKED)
    assert given(app, "probability_bars")["rejection"] == TWO
    cards = html(app, 'class="models"')
    assert cards.count("<b>–</b>") == 2
    assert cards.count(TWO) == 2, "on each card"
    assert "agree" not in cards.split("</style>")[1].replace('class="agree"', "")
    assert "%" not in html(app, 'class="before-after"').split('class="before-after"')[1]
    assert "Normalised</figcaption>" in html(app, 'class="before-after"')


def test_a_dot_is_not_a_digit_but_may_start_one(reader):
    dot = [100, 100, 30]
    assert given(opened(draw_page, strokes=[dot]), "probability_bars")["text"].startswith("That is only a dot")
    assert not given(opened(draw_page, strokes=[dot], is_done=False), "probability_bars").get("rejection")


def test_an_unfinished_stroke_is_not_a_second_digit_and_keeps_the_last_prediction(reader):
    app = AppTest.from_function(draw_page, default_timeout=60).run()

    def rejection(*strokes, is_done: bool) -> str | None:
        message = {"edition": 0, "number": 3, "pen": 12, "isDone": is_done, "strokes": list(strokes)}
        app.session_state["canvas"] = {"drawing": message}
        return given(app.run(), "probability_bars").get("rejection")

    assert rejection(ONE, SEVEN, is_done=False) is None
    assert rejection(ONE, SEVEN, is_done=True) == TWO
    assert rejection(ONE, SEVEN, [200, 20, 12, 200, 24, 12], is_done=False) == TWO
    assert rejection(is_done=True) is None
    assert rejection(SEVEN, is_done=False) is None
    assert rejection(SCRIBBLE, is_done=False) == UNKNOWN


def test_a_scribble_is_only_unfamiliar_to_a_shape_model(reader):
    copied("other", SHAPES)
    app = opened(draw_page, strokes=[SCRIBBLE], others=["other"])
    assert given(app, "probability_bars")["text"].startswith("It looks like a scribble")
    cards = html(app, 'class="models"').split('class="models"')[1]
    assert "It looks" not in cards
    assert cards.count(UNKNOWN) == 2, "the other model compares with its own training images"


def test_a_shape_model_accepts_anything_and_has_no_digit_rules():
    run = copied("reader", SHAPES)
    app = opened(draw_page)
    assert given(app, "canvas")["hint"] == "Draw something. The prediction updates as you draw."
    assert not [group for group in app.button_group if group.key == example_drawings.KEY]
    digits = replace(run.card, classes=tuple(multiple_digits.DIGITS))
    for strokes in ([ONE, SEVEN], [SCRIBBLE]):
        of_shapes, of_digits = (inference.answer(run, drawing(*strokes), card=card) for card in (run.card, digits))
        assert of_shapes.rejection is None or not of_shapes.rejection.for_digits
        assert of_digits.rejection is not None and of_digits.rejection.for_digits


@pytest.mark.parametrize(
    ("classes", "is_multilabel", "applies"),
    [
        (list("0123456789"), False, True),
        (list("9876543210"), False, True),
        (list("0123456789"), True, False),
        (list("012345678"), False, False),
        ([*"0123456789", "heart"], False, False),
        (SHAPES, False, False),
    ],
)
def test_digit_rules_apply_to_models_of_the_ten_digits(classes, is_multilabel, applies):
    card = ModelCard(classes=tuple(classes), shape=(28, 28, 1), is_multilabel=is_multilabel)
    assert multiple_digits.applies_to(card) is applies


def test_a_scribble_in_an_image_is_not_a_digit(reader):
    app = asked(SCRIBBLE, **{"why-photo": True})
    assert given(app, "probability_bars")["rejection"] == rejection.NOT_A_DIGIT
    assert "No explanation: the prediction was rejected." in [caption.value for caption in app.caption]
    assert "rejection" not in given(asked(SEVEN), "probability_bars")


def test_independent_labels_are_not_rejected(reader):
    changed = json.loads((reader.folder / "model.json").read_text()) | {
        "several": True,
        "threshold": 0.5,
        "thresholds": [0.5] * 10,
    }
    (reader.folder / "model.json").write_text(json.dumps(changed))
    copied("other")
    app = asked(SCRIBBLE, others=["other"])
    assert not app.exception and not app.error
    cards = html(app, 'class="models"')
    assert cards.count(rejection.NOT_A_DIGIT) == 1, "on the other model's card, which rejects it"


def test_each_model_rejects_independently(reader):
    other = copied("other")
    for name in (
        "neighbours.npz",
        "inside.npz",
    ):  # it was trained on a single image: all others are unfamiliar
        with np.load(other.folder / name) as file:
            arrays = dict(file)
        arrays["features"] = np.ones_like(arrays["features"])
        np.savez_compressed(other.folder / name, **arrays)
    app = opened(draw_page, strokes=[SEVEN], others=["other"])
    assert not given(app, "probability_bars").get("rejection")
    cards = html(app, 'class="models"')
    assert cards.count(UNKNOWN) == 1 and cards.count("<b>7</b>") == 1
    assert "agree" not in cards.split("</style>")[1].replace('class="agree"', "")
    half = opened(draw_page, strokes=[SEVEN], is_done=False, others=["other"])
    assert html(half, 'class="models"').count("<b>7</b>") == 2, "an unfinished drawing is unfamiliar to any model"


def test_a_model_without_distances_still_rejects_a_scribble(reader):
    other = copied("other")
    for name in ("neighbours.npz", "inside.npz"):
        (other.folder / name).unlink()
    cards = html(asked(SCRIBBLE, others=["other"]), 'class="models"')
    assert rejection.NOT_A_DIGIT in cards and UNKNOWN not in cards
