"""What a browser sends is looked at before it is used."""

import base64
import math

import pytest
from brought import picture as a_picture

from imgcls import sent
from imgcls.errors import PictureError

DATA = "data:image/png;base64," + base64.b64encode(a_picture(1)).decode()


def test_a_picture_comes_with_its_number():
    assert sent.picture({"number": 3, "data": DATA}) == (3, a_picture(1))
    assert sent.picture(None) is None


@pytest.mark.parametrize(
    "message",
    [
        "text",
        [],
        {},
        {"number": 3},
        {"number": "3", "data": DATA},
        {"number": True, "data": DATA},
        {"number": math.nan, "data": DATA},
        {"number": 3, "data": 7},
        {"number": 3, "data": "data:text/html;base64,PGI+"},
        {"number": 3, "data": DATA + "*"},
        {"number": 3, "data": "data:image/png;base64,AAA"},
        {"number": 3, "data": "data:image/png;base64,é"},
        {"number": 3, "data": "data:image/png;base64," + "A" * (17_000_000)},
    ],
    ids=lambda message: str(message)[:40],
)
def test_anything_else_ends_in_a_sentence(message):
    with pytest.raises(PictureError, match=r"Reload the page"):
        sent.picture(message)


def test_a_square_is_held_inside():
    assert sent.square({"x": 0.25, "y": 0.5, "side": 0.4}) == (0.25, 0.5, 0.4)
    assert sent.square({"x": -3, "y": 1e9, "side": 0}) == (0.0, 1.0, 0.05)


@pytest.mark.parametrize("value", [math.nan, math.inf, "0.5", None, [], True])
def test_a_square_that_is_none_is_left_out(value):
    assert sent.square({"x": value, "y": 0.5, "side": 0.5}) is None
    assert sent.square({"x": 0.5, "y": 0.5, "side": value}) is None


def test_a_square_needs_all_of_its_numbers():
    assert sent.square({"x": 0.5}) is None
    assert sent.square([0.1, 0.2, 0.3]) is None
    assert sent.square(None) is None
