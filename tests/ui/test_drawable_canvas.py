"""The ready-made canvas on the pages: a message that no canvas sends ends in one sentence, and is never decoded."""

import base64
import io
import json

import pytest
from PIL import Image, ImageDraw

from tests.support.pages import is_whole, opened, told
from tests.support.uploads import image

PAINTED = "data:image/png;base64," + base64.b64encode(image(1)).decode()
HOSTILE = {
    "a list of objects": {"drawing": {"raw": [1], "data": PAINTED}},
    "another size": {"drawing": {"raw": {"objects": [1]}, "data": PAINTED}},
    "a text": {"drawing": "drawing"},
    "a fit that is none": {"drawing": None, "backgroundFit": {"scaleX": 1}},
}


def has_ready_canvas(app) -> bool:
    return any("drawable" in element.proto.component_name for element in app.get("bidi_component"))


def sent(app, key: str, state: object):
    """The page after the browser has sent this from the canvas with this key."""
    assert has_ready_canvas(app)
    app.session_state[key] = state
    app.run()
    return app


@pytest.mark.parametrize("state", HOSTILE.values(), ids=HOSTILE)
def test_a_foreign_drawing_on_the_other_canvas_ends_in_a_sentence(state, finished_run):
    app = sent(opened("predict", run=finished_run.id, **{"other-canvas": "true"}), "canvas-0", state)
    assert is_whole(app)
    assert "Reload the page" in told(app)


def test_a_foreign_drawing_for_the_layers_of_a_model_ends_in_a_sentence(finished_run):
    app = opened("evaluate", run=finished_run.id, view="Activations")
    next(group for group in app.segmented_control if group.label == "Image").set_value("Drawing").run()
    sent(app, "activations-canvas", HOSTILE["another size"])
    assert is_whole(app)
    assert "Reload the page" in told(app)


def test_a_drawing_of_the_other_canvas_is_answered(finished_run):
    drawing = Image.new("RGBA", (280, 280), "black")
    ImageDraw.Draw(drawing).line([(140, 50), (140, 230)], fill="white", width=24)
    file = io.BytesIO()
    drawing.save(file, "PNG")
    data = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    app = opened("predict", run=finished_run.id, **{"other-canvas": "true"})
    sent(app, "canvas-0", {"drawing": {"raw": {"objects": [{}]}, "data": data}})
    assert is_whole(app)
    answer = next(
        one.proto for one in app.get("bidi_component") if one.proto.component_name == "imgcls.probability_bars"
    )
    assert json.loads(answer.json)["prediction"] in finished_run.card.classes
