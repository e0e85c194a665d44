"""The canvas to draw on, and what was drawn: kept for the session, so that it outlives a change of page or model."""

from dataclasses import dataclass, field

import streamlit as st

from imgcls.images import canvas_strokes
from imgcls.images.canvas_strokes import Handwriting
from imgcls.ui.components.component import own_component
from imgcls.ui.components.probability_bars import Rejection

KEY = "canvas"
KEPT = "drawn"
HTML = f"""
<div class="sheet">
  <output class="said" aria-hidden="true"></output>
  <canvas tabindex="0" role="application" aria-label="Canvas: draw with mouse, finger or pen. With the keyboard, arrows
 move, Space puts the pen down and lifts it, Escape clears."></canvas>
  <div class="tools" role="toolbar" aria-label="Pen">
    <button class="undo" type="button" title="Take the last stroke back (Ctrl+Z)">Undo</button>
    <button class="clear" type="button" title="Take all strokes away (Escape)">Clear</button>
    <label>Pen width <input type="range" min="{canvas_strokes.PENS[0]}" max="{canvas_strokes.PENS[1]}" step="1"></label>
  </div>
  <p class="hint" role="status"></p>
</div>
"""


@dataclass
class Kept:
    """The drawing of this session. An edition is what the server put onto the canvas; strokes go on from there.

    `number` counts the messages of a canvas; `is_done` is false while the pen is down. `doubt` is what the page said
    when it was lifted last, `before` what was drawn before the page put it right.
    """

    drawn: Handwriting = field(default_factory=Handwriting)
    pen: float = 18
    edition: int = 0
    start: list[list[float]] | None = None
    number: int = 0
    is_done: bool = True
    rejection: Rejection | None = None
    before: Handwriting | None = None


def kept(name: str = KEPT) -> Kept:
    """The drawing of this session; each name is a canvas of its own."""
    return st.session_state.setdefault(name, Kept())


def put(drawn: Handwriting, name: str = KEPT) -> None:
    """Puts another drawing onto the canvas, from the next rerun on."""
    mine = kept(name)
    mine.drawn, mine.start, mine.edition = drawn, drawn.as_lists(), mine.edition + 1


def show(name: str = KEPT) -> Kept:
    """The canvas of this name; gives what is drawn on it now.

    Raises:
        PictureError: what came from the browser is no drawing.
    """
    mine, key = kept(name), KEY if name == KEPT else f"{KEY}-{name}"
    if mine.start is None or not (st.session_state.get(key) or {}).get("drawing"):
        # A canvas that was not there before begins with what was drawn last; from then on the browser knows better,
        # and what it is given stays the same, so that it is sent once.
        mine.start, mine.is_done = mine.drawn.as_lists(), True
    given = {"name": key, "edition": mine.edition, "strokes": mine.start, "pen": mine.pen}
    message = own_component("canvas", HTML)(key=key, data=given, on_drawing_change=_nothing).drawing
    take(mine, message)
    return mine


def heard(name: str) -> None:
    """Lets the canvas of this name tell what is drawn next, on a page where no answer does so (see canvas.js)."""
    mine = kept(name)
    own_component("canvas/acknowledge", "")(
        key=f"heard-{name}", data={"edition": mine.edition, "number": mine.number, "said": ""}
    )


def take(mine: Kept, message: object) -> None:
    """Takes over what a message of the canvas says. One that is not of a canvas, or of an older edition, is ignored.

    Raises:
        PictureError: it holds too much, or what is no place on the canvas; what was drawn before is kept.
    """
    if not isinstance(message, dict) or message.get("edition") != mine.edition:
        return
    number, pen = message.get("number"), message.get("pen")
    mine.number = number if type(number) is int else 0
    mine.is_done = message.get("isDone") is not False
    drawn = canvas_strokes.from_message(message)
    if drawn is not None:
        mine.drawn = drawn
    if type(pen) in (int, float) and canvas_strokes.PENS[0] <= pen <= canvas_strokes.PENS[1]:
        mine.pen = pen


def _nothing() -> None:
    """Streamlit keeps only the states that somebody listens to."""
