"""The drawing game of the Predict page."""

import dataclasses
import json

import pytest
from streamlit.testing.v1 import AppTest

from imgcls import inference
from imgcls.datasets.importing import drawings
from imgcls.images import loading
from tests.support.images.drawing_pages import (
    HEART,
    ONE,
    SCRIBBLE,
    SEVEN,
    SHAPES,
    copied,
    drawing,
    game_page,
    given,
    html,
    opened,
)


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
    assert f"Round 2 of 10 · You: {int(over.is_read)} of 1 read" in html(app.run(), 'class="rounds"')


def test_the_empty_canvas_says_what_to_draw(reader):
    app = opened(game_page, "canvas-game-drawn", [])
    requested = app.session_state["game"].requested[0]
    (sent,) = [
        json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.component_name == "imgcls.canvas"
    ]
    assert sent["hint"] == f"Draw: {requested}. Then press “Done”."


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
    game.played = [dataclasses.replace(over, requested=requested, confidence=0.9) for requested in game.requested]
    app.run()
    assert "<h2>The model read 9 of your 10 drawings</h2>" in html(app, "lesson-finish")
    assert html(app, 'class="tiles"').count("✕ 7") == 2, "as text and as its title"
    game.requested = [7] * 10
    game.played = [dataclasses.replace(one, requested=7) for one in game.played]
    app.run()
    assert "<h2>All 10 of 10</h2>" in html(app, "lesson-finish") and "Can you get all ten" not in str(app)
    app.button(key="game-again").click().run()
    assert app.session_state["game"].played == []
    assert "Round 1 of 10 · best game: 10" in html(app, 'class="rounds"')


def test_a_correct_prediction_with_little_confidence_is_a_lucky_guess_without_a_point(reader):
    app = play(SEVEN)
    game = app.session_state["game"]
    (over,) = game.played
    certain = dataclasses.replace(over, requested=7, confidence=0.5)
    game.played = [certain, dataclasses.replace(certain, confidence=0.36)]
    app.run()
    assert "Round 3 of 10 · You: 1 of 2 read" in html(app, 'class="rounds"')
    assert "A lucky guess" in app.info[0].value and not app.success
    game.played = [dataclasses.replace(certain, requested=1), certain, certain]
    app.run()
    assert "Round 4 of 10 · You: 2 of 3 read · 2 in a row" in html(app, 'class="rounds"')
    assert "Recognised as" in app.success[0].value
