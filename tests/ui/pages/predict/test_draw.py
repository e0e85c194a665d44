"""Drawings on the Predict page: predictions, rejections, and the game."""

import dataclasses
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgcls import inference
from imgcls.datasets.importing import drawings
from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.inference import confidence_ceiling, rejection
from imgcls.inference.rejection import multiple_digits
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.system import paths
from imgcls.ui.predict import compare_models, example_drawings

ONE = [20, 20, 12, 20, 60, 12, 20, 100, 12]
SEVEN = [60, 22, 12, 100, 22, 12, 80, 70, 12, 70, 100, 12]
SCRIBBLE = [value for i in range(20) for value in (10 + 12 * i, 40 if i % 2 else 240, 12)]
HEART = [140, 240, 18, 30, 130, 18, 50, 60, 18, 100, 40, 18, 140, 90, 18, 180, 40, 18, 230, 60, 18, 250, 130, 18]
SHAPES = ["heart", "spiral", *(f"shape {number}" for number in range(8))]
TWO = "Two digits: 1 and 7"
UNKNOWN = rejection.OUT_OF_DISTRIBUTION


def copied(run_id: str = "reader", classes: list[str] | None = None) -> Run:
    """A copy of the shipped digit model, optionally with other class names."""
    folder = paths.runs_folder() / run_id
    shutil.copytree(paths.repository_folder() / "saved_models" / "digits", folder)
    run = Run(folder)
    if classes:
        (folder / "model.json").write_text(
            json.dumps(json.loads((folder / "model.json").read_text()) | {"classes": classes})
        )
    return run


@pytest.fixture
def reader() -> Run:
    return copied()


def draw_page():
    from imgcls import runs
    from imgcls.ui.predict import draw

    run = runs.find("reader")
    draw.show(run, run.card)


def game_page():
    from imgcls import runs
    from imgcls.ui.predict import drawing_game

    run = runs.find("reader")
    drawing_game.show(run, run.card)


def image_page():
    import streamlit as st

    from imgcls import inference, runs
    from imgcls.images.loading import Prepared
    from imgcls.ui.predict import answer

    run, source = runs.find("reader"), Prepared(st.session_state["pixels"])
    found = inference.answer(run, source)
    answer.show(run, run.card, found, source=source)
    answer.show_explanations(run, run.card, found, source)


def opened(page, canvas: str = "canvas", strokes=(), is_done: bool = True, **session) -> AppTest:
    """The page after these strokes were drawn on its canvas."""
    app = AppTest.from_function(page, default_timeout=60).run()
    message = {"edition": 0, "number": 3, "pen": 12, "isDone": is_done, "strokes": list(strokes)}
    app.session_state[canvas] = {"drawing": message}
    for name, value in session.items():
        app.session_state[name] = value
    return app.run()


def given(app: AppTest, component: str) -> dict:
    """The data sent to the browser for one of our components."""
    found = [it.proto for it in app.get("bidi_component") if it.proto.component_name == f"imgcls.{component}"]
    return json.loads(found[0].json)


def html(app: AppTest, of: str) -> str:
    return next(str(block.proto.body) for block in app.get("html") if of in str(block.proto.body))


def drawing(*strokes) -> Handwriting:
    return from_message({"strokes": list(strokes)})


def test_two_digits_get_no_prediction_from_any_model(reader):
    copied("other")
    app = opened(draw_page, strokes=[ONE, SEVEN], others=["other"])
    assert given(app, "probability_bars")["rejection"] == TWO
    cards = html(app, 'class="models"')
    assert cards.count("<b>–</b>") == 2
    assert cards.count(TWO) == 4, "as text and as title of each card"
    assert "agree" not in cards.split("</style>")[1].replace('class="agree"', "")
    assert "%" not in html(app, 'class="before-after"').split('class="before-after"')[1]
    assert "Normalised</figcaption>" in html(app, 'class="before-after"')


def test_a_dot_is_not_a_digit_but_may_start_one(reader):
    dot = [100, 100, 30]
    assert given(opened(draw_page, strokes=[dot]), "probability_bars")["text"].startswith("That is only a dot")
    assert not given(opened(draw_page, strokes=[dot], is_done=False), "probability_bars").get("rejection")


def test_models_with_equal_names_are_distinguished_by_id(reader):
    copied("second")
    cards = html(opened(draw_page, strokes=[SEVEN], others=["second"]), 'class="models"')
    assert f"{reader.label} · reader<" in cards and f"{reader.label} · second<" in cards


def predict_page():
    import streamlit as st

    from imgcls import runs
    from imgcls.ui.predict import page as predict_page

    run = runs.find(st.session_state.get("asked", "reader"))
    predict_page.show(run, run.card)


def test_a_model_that_cannot_use_drawings_hides_the_canvas_only_for_itself(reader):
    photos = copied("photos")
    (photos.folder / "model.json").write_text(
        json.dumps(json.loads((photos.folder / "model.json").read_text()) | {"ink": False})
    )
    app = AppTest.from_function(predict_page, default_timeout=60).run()
    way = app.session_state["mode"]
    assert way == "Draw"
    app.session_state["asked"] = "photos"
    assert app.run().session_state["mode"] == "Upload"
    app.session_state["asked"] = "reader"
    assert app.run().session_state["mode"] == "Draw"
    app.session_state["asked"] = "photos"
    app.run()
    app.segmented_control(key="mode").set_value("Batch").run()
    app.session_state["asked"] = "reader"
    assert app.run().session_state["mode"] == "Batch", "it was selected"


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


def test_each_model_predicts_one_digit_and_shows_it_normalised(reader):
    copied("other")
    app = opened(draw_page, strokes=[SEVEN], others=["other"])
    assert "Both models agree." in html(app, 'class="models"')
    assert html(app, 'class="models"').count("<b>7</b>") == 2
    assert "Normalised: <b>7</b>" in html(app, 'class="before-after"')


def test_the_one_of_four_models_that_disagrees_is_marked(reader, monkeypatch):
    others = ["second", "third", "fourth"]
    for run_id in others:
        copied(run_id)
    answer = inference.answer

    def fake_answer(run, source, **options):
        found = answer(run, source, **options)
        if run.id != "third":
            return found
        return replace(found, probabilities=np.roll(found.probabilities, 4))  # 7 becomes 1

    monkeypatch.setattr(compare_models.inference, "answer", fake_answer)
    app = opened(draw_page, strokes=[SEVEN], others=others)
    cards = html(app, 'class="models"')
    assert "3 of 4 models predict 7." in cards
    assert cards.count("<b>7</b>") == 3 and cards.count("<b>1</b>") == 1
    (marked,) = [card for card in cards.split("<div class=") if card.startswith('"apart"')]
    assert "<b>1</b>" in marked


def test_a_scribble_is_only_unfamiliar_to_a_shape_model(reader):
    copied("other", SHAPES)
    app = opened(draw_page, strokes=[SCRIBBLE], others=["other"])
    assert given(app, "probability_bars")["text"].startswith("It looks like a scribble")
    cards = html(app, 'class="models"').split('class="models"')[1]
    assert "It looks" not in cards
    assert cards.count(UNKNOWN) == 4, "the other model compares with its own training images"


def test_digit_models_ask_for_digits(reader):
    app = opened(draw_page)
    assert given(app, "canvas")["hint"] == "Draw a digit. The prediction updates as you draw."
    assert given(app, "probability_bars")["input"]["source"] == "", "no empty black box"


def test_a_shape_model_accepts_anything_and_has_no_digit_rules():
    run = copied("reader", SHAPES)
    app = opened(draw_page)
    assert given(app, "canvas")["hint"] == "Draw something. The prediction updates as you draw."
    assert not [button for button in app.button if (button.key or "").startswith("example-")]
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


def test_a_deleted_model_does_not_affect_the_others(reader):
    gone = copied("other")
    app = opened(draw_page, strokes=[SEVEN], others=["other"])
    gone.delete()
    app.run()
    assert not app.error
    assert "It was deleted." in html(app, 'class="models"')
    assert "<b>7</b>" in html(app, 'class="models"')
    assert "this part" in html(app, 'class="why"')
    assert html(app, 'class="input-check"')


def asked(stroke: list[float], **session) -> AppTest:
    """The page's result for an image of this drawing, as if loaded from a file without strokes."""
    app = AppTest.from_function(image_page, default_timeout=60)
    pixels = loading.prepare_ink(drawing(stroke).ink(), (28, 28, 1)).pixels
    for name, value in ({"pixels": pixels} | session).items():
        app.session_state[name] = value
    return app.run()


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
    assert cards.count(rejection.NOT_A_DIGIT) == 2, "as text and as title of the other model's card, which rejects it"


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
    assert cards.count(UNKNOWN) == 2 and cards.count("<b>7</b>") == 1
    assert "agree" not in cards.split("</style>")[1].replace('class="agree"', "")
    half = opened(draw_page, strokes=[SEVEN], is_done=False, others=["other"])
    assert html(half, 'class="models"').count("<b>7</b>") == 2, "an unfinished drawing is unfamiliar to any model"


def test_the_drawing_can_be_normalised_for_a_model_with_small_inputs(finished_run):
    finished_run.folder.rename(paths.runs_folder() / "reader")  # 8 x 8 pixels, which digits fill
    app = opened(draw_page, strokes=[SEVEN])
    size = html(app, 'class="input-check"').split("Size</th>")[1]
    assert "small" in size.split("</tr>")[0]
    app.button(key="fix").click().run()
    size = html(app, 'class="input-check"').split("Size</th>")[1]
    assert "small" not in size.split("</tr>")[0]


def test_normalising_can_be_undone(reader):
    app = opened(draw_page, strokes=[SEVEN])
    app.button(key="fix").click().run()
    kept = app.session_state["drawn"]
    assert kept.drawing.as_lists() != [SEVEN]
    message = {"edition": 1, "number": 1, "pen": 12, "isDone": True, "strokes": kept.start}
    app.session_state["canvas"] = {"drawing": message}
    app.run().button(key="unfix").click().run()
    assert kept.drawing.as_lists() == kept.start == [SEVEN]
    assert not [button for button in app.button if button.key == "unfix"]
    assert [button for button in app.button if button.key == "fix"]


def test_a_model_without_distances_still_rejects_a_scribble(reader):
    other = copied("other")
    for name in ("neighbours.npz", "inside.npz"):
        (other.folder / name).unlink()
    cards = html(asked(SCRIBBLE, others=["other"]), 'class="models"')
    assert rejection.NOT_A_DIGIT in cards and UNKNOWN not in cards


@pytest.mark.parametrize("digit", example_drawings.DIGITS)
def test_an_example_drawing_is_put_on_the_canvas_and_recognised(digit, reader):
    app = opened(draw_page)
    app.button(key=f"example-{digit}").click().run()
    assert app.session_state["drawn"].drawing.as_lists() == example_drawings.drawing(digit).as_lists()
    answer = inference.answer(reader, example_drawings.drawing(digit))
    assert (answer.rejection, reader.card.classes[answer.index]) == (None, digit)


def test_the_page_says_why_confidence_stops_below_100(reader):
    (note,) = [one.value for one in opened(draw_page).caption if "Why not 100%?" in one.value]
    assert "label smoothing of 0.05" in note and "95.5%" in note
    assert confidence_ceiling.ceiling(0.0, 10) == 1


def play(*strokes, **changes) -> AppTest:
    """The game after these strokes and a click on "Done"."""
    app = opened(game_page, "canvas-game-drawn", strokes, **changes)
    return app.button(key="game-done").click().run()


def test_the_game_scores_a_drawing_and_saves_it(reader):
    app = play(SEVEN)
    (over,) = app.session_state["game"].played
    assert over.predicted == 7
    assert drawings.collection().total == 1
    assert not app.session_state["game-drawn"].drawing


@pytest.mark.parametrize(
    ("strokes", "changes", "sentence"),
    [
        ([], {}, "The canvas is empty"),
        ([SEVEN], {"is_done": False}, "The pen is still down"),
        ([ONE, SEVEN], {}, "Two digits"),
        ([SCRIBBLE], {}, "It looks like a scribble"),
    ],
)
def test_the_game_neither_scores_nor_saves_invalid_drawings(reader, strokes, changes, sentence):
    app = play(*strokes, **changes)
    assert sentence in app.info[0].value.replace("\\", "")
    assert app.session_state["game"].played == []
    assert drawings.collection().total == 0
    assert len(app.session_state["game-drawn"].drawing.strokes) == len(strokes), "it remains on the canvas"


def test_the_game_reads_small_wide_writing_like_the_draw_page(reader):
    small = [100, 100, 30, 140, 100, 30, 125, 130, 30, 118, 160, 30]
    read = play(small).session_state["game"].played[0]
    assert read.predicted == 7
    drawn = drawing(small)
    assert (read.pixels == inference.prepare(drawn, reader.card).pixels).all()
    assert (read.pixels != loading.prepare_ink(drawn.ink(), (28, 28, 1)).pixels).any()


def test_the_game_accepts_drawings_for_a_shape_model():
    copied("reader", SHAPES)
    assert len(play(HEART).session_state["game"].played) == 1
    assert len(play(SCRIBBLE).session_state["game"].played) == 1


def test_the_game_canvas_gets_an_acknowledgement(reader):
    app = opened(game_page, "canvas-game-drawn", [SEVEN])
    assert given(app, "acknowledge") == {"edition": 0, "number": 3, "prediction": ""}


def test_after_ten_rounds_the_game_shows_the_score_and_restarts(reader):
    app = play(SEVEN)
    game = app.session_state["game"]
    (over,) = game.played
    game.requested = [7] * 9 + [1]
    game.played = [dataclasses.replace(over, requested=requested) for requested in game.requested]
    app.run()
    assert "The model recognised 9 of 10" in [title.value for title in app.subheader]
    assert html(app, 'class="tiles"').count("✗ 7") == 2, "as text and as its title"
    app.button(key="game-again").click().run()
    assert app.session_state["game"].played == []
    assert "Round 1 of 10" in str(app.get("progress")[0].proto.text)
