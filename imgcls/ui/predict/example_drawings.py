"""Digits to put on the canvas with a click, for visitors who would rather see one first."""

import math
from collections.abc import Iterable

import streamlit as st

from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.languages import gettext as _
from imgcls.ui.components import canvas

WIDTH = 18.0
KEY = "example-drawing"


def _arc(x: float, y: float, across: float, up: float, start: float, end: float) -> list[tuple[float, float]]:
    """Part of an ellipse; angles in degrees, clockwise from the right, as y grows downwards."""
    angles = [math.radians(start + (end - start) * step / 30) for step in range(31)]
    return [(x + across * math.cos(angle), y + up * math.sin(angle)) for angle in angles]


DIGITS: dict[str, list[list[tuple[float, float]]]] = {
    "2": [[*_arc(140, 95, 50, 48, 190, 385), (95, 215), (195, 215)]],
    "3": [[*_arc(132, 94, 48, 42, 215, 450), *_arc(132, 184, 56, 48, 270, 500)]],
    "5": [[(185, 58), (105, 58), (98, 128), *_arc(132, 174, 58, 54, 235, 500)]],
    "7": [[(88, 66), (194, 66), (150, 140), (122, 226)]],
    "8": [[*_arc(140, 96, 40, 42, 90, -270), *_arc(140, 188, 50, 48, 270, 630)]],
}
"""Digit -> its strokes, each a list of points on the canvas."""


def show() -> None:
    """A row of digits that draw an example.

    One element, not a button for each digit: it is sent again with each stroke.
    """
    st.pills(
        _("Examples"),
        list(DIGITS),
        key=KEY,
        on_change=_put,
        help=_("Puts the digit on the canvas in place of your drawing."),
    )


def drawing(digit: str) -> Handwriting:
    """The example as strokes."""
    found = from_message({"strokes": [_flat(points) for points in DIGITS[digit]]})
    assert found is not None
    return found


def _flat(points: Iterable[tuple[float, float]]) -> list[float]:
    return [round(value, 1) for x, y in points for value in (x, y, WIDTH)]


def _put() -> None:
    """Draws the chosen digit. None stays chosen, so that the same one can be chosen again."""
    digit, st.session_state[KEY] = st.session_state[KEY], None
    if digit is not None:
        canvas.put(drawing(digit))
