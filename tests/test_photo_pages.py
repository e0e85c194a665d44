"""Photos on the Predict page, by Streamlit's own test runner: several at once, pasted ones, live ones."""

import base64
import gc
import io
import json

import pytest
from PIL import Image, ImageDraw
from test_pages import is_whole, opened, told

from imgcls.ui.photo_part import Photo


def photo_of(*strokes: list[tuple[int, int]], size: tuple[int, int] = (120, 120)) -> bytes:
    """Dark ink on light paper."""
    picture = Image.new("RGB", size, (240, 238, 230))
    for stroke in strokes:
        ImageDraw.Draw(picture).line(stroke, fill=(20, 20, 40), width=10, joint="curve")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


ONE = photo_of([(60, 25), (60, 95)])
SEVEN = photo_of([(40, 30), (80, 30), (52, 95)])
PAPER = photo_of()


@pytest.fixture
def asked(finished_run):
    return opened("predict", run=finished_run.id, way="Upload")


def upload(app, *files: tuple[str, bytes]):
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run()
    assert is_whole(app), told(app)
    return app


def sent(app, key: str, **state: object):
    """The page after the browser has sent this from the part of the page with this key."""
    app.session_state[key] = state
    app.run()
    assert is_whole(app), told(app)
    return app


def message(number: int, data: bytes) -> dict:
    return {"number": number, "data": "data:image/png;base64," + base64.b64encode(data).decode()}


def looked_at(app) -> str:
    """What the picture that is looked at closely is called."""
    (piece,) = [piece for piece in pieces(app).splitlines() if "The uploaded picture " in piece]
    return piece.split("The uploaded picture ")[1].split('"')[0]


def answer(app) -> dict:
    return json.loads(next(one.proto.json for one in app.get("bidi_component") if "answer" in one.proto.component_name))


def pieces(app) -> str:
    return "\n".join(str(block.proto.body) for block in app.get("html"))


def test_nothing_keeps_the_bytes_of_a_photo_that_was_answered(asked):
    upload(asked, ("one.png", ONE), ("seven.png", SEVEN))
    assert "All of them" in told(asked)
    gc.collect()
    assert [one.name for one in gc.get_objects() if isinstance(one, Photo)] == []


def test_what_came_last_is_looked_at_until_another_is_chosen(asked):
    sent(asked, "pasted-0", pasted=message(1, ONE))
    assert looked_at(asked) == "the pasted picture"
    upload(asked, ("seven.png", SEVEN))
    assert looked_at(asked) == "seven.png", "it came after the pasted one"
    (choice,) = [box for box in asked.selectbox if box.label == "Look closely at"]
    assert choice.options == ["1. seven.png", "2. the pasted picture"]
    choice.select_index(1).run()
    assert looked_at(asked) == "the pasted picture"
    sent(asked, "pasted-0", pasted=message(2, SEVEN))
    assert looked_at(asked) == "the pasted picture"
    asked.button(key="put-away").click().run()
    assert looked_at(asked) == "seven.png"
    assert "All of them" not in told(asked)
    asked.file_uploader[0].set_value(None).run()
    assert is_whole(asked)
    assert answer(asked)["answer"] is None
