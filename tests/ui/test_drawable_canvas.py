"""The fallback canvas on the pages: an invalid message shows one error and is never decoded."""

import base64
import io
import json

import pytest
from PIL import Image, ImageDraw

from imgcls.datasets.importing import drawings
from tests.support.pages import is_intact, opened, text_of
from tests.support.uploads import image

PAINTED = "data:image/png;base64," + base64.b64encode(image(1)).decode()
HOSTILE = {
    "a list of objects": {"drawing": {"raw": [1], "data": PAINTED}},
    "another size": {"drawing": {"raw": {"objects": [1]}, "data": PAINTED}},
    "a text": {"drawing": "drawing"},
    "an invalid fit": {"drawing": None, "backgroundFit": {"scaleX": 1}},
}


def has_ready_canvas(app) -> bool:
    return any("drawable" in element.proto.component_name for element in app.get("bidi_component"))


def sent(app, key: str, state: object):
    """The page after the browser sent this value from the canvas with this key."""
    assert has_ready_canvas(app)
    app.session_state[key] = state
    app.run()
    return app


@pytest.mark.parametrize("state", HOSTILE.values(), ids=HOSTILE)
def test_an_invalid_drawing_on_the_fallback_canvas_shows_one_error(state, finished_run):
    app = sent(opened("predict", run=finished_run.id, **{"other-canvas": "true"}), "canvas-0", state)
    assert is_intact(app)
    assert "Reload the page" in text_of(app)


def a_stroke() -> dict:
    """What the canvas sends after a vertical stroke."""
    drawing = Image.new("RGBA", (280, 280), "black")
    ImageDraw.Draw(drawing).line([(140, 50), (140, 230)], fill="white", width=24)
    file = io.BytesIO()
    drawing.save(file, "PNG")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return {"drawing": {"raw": {"objects": [{"type": "path"}]}, "data": data}}


def is_answered(app) -> bool:
    bars = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.probability_bars"]
    return bool(json.loads(bars[0].json)["prediction"])


def initial_drawing(app) -> list:
    (canvas,) = (one.proto for one in app.get("bidi_component") if "drawable" in one.proto.component_name)
    return json.loads(canvas.json)["initialDrawing"]["objects"]


def test_the_fallback_canvas_keeps_its_drawing_while_another_page_is_shown(finished_run):
    app = sent(opened("predict", run=finished_run.id, **{"other-canvas": "true"}), "canvas-0", a_stroke())
    assert is_answered(app)
    assert initial_drawing(app) == [], "an existing canvas is not drawn again"
    del app.session_state["canvas-0"]  # as when the user leaves the page
    app.run()
    assert initial_drawing(app) == [{"type": "path"}]
    assert is_answered(app)
    app.session_state["canvas-0"] = {"drawing": {"raw": {"objects": []}, "data": a_stroke()["drawing"]["data"]}}
    app.run()
    assert not is_answered(app), "undone by the user"
    del app.session_state["canvas-0"]
    assert initial_drawing(app.run()) == []


def test_the_fallback_canvas_is_empty_after_clear(finished_run):
    app = sent(opened("predict", run=finished_run.id, **{"other-canvas": "true"}), "canvas-0", a_stroke())
    next(button for button in app.button if button.label == "Clear").click().run()
    assert initial_drawing(app) == []
    assert not is_answered(app)


def test_a_fallback_canvas_drawing_can_be_corrected_and_saved(finished_run):
    app = sent(opened("predict", run=finished_run.id, **{"other-canvas": "true"}), "canvas-0", a_stroke())
    app.session_state["teach"] = True
    app.run()
    (pills,) = (group for group in app.button_group if group.label == "It was")
    pills.set_value("7").run()
    assert is_intact(app), text_of(app)
    assert "Saved as “7”" in app.success[0].value
    assert drawings.collection().total == 1


def test_a_fallback_canvas_drawing_is_classified(finished_run):
    app = opened("predict", run=finished_run.id, **{"other-canvas": "true"})
    sent(app, "canvas-0", a_stroke())
    assert is_intact(app)
    answer = next(
        one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.probability_bars"
    )
    assert json.loads(answer.json)["prediction"] in finished_run.card.classes
