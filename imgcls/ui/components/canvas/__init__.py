"""The canvas to draw on, and its drawing: stored for the session, so that it survives a change of page or model."""

from dataclasses import dataclass, field

import streamlit as st

from imgcls.images import canvas_strokes
from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.rejection import Rejection
from imgcls.languages import gettext as _
from imgcls.ui.components.component import own_component

KEY = "canvas"
STATE = "drawn"
HTML = f"""
<div class="sheet">
  <output class="echo" aria-hidden="true"></output>
  <div class="ghost" aria-hidden="true"></div>
  <canvas tabindex="0" role="application"></canvas>
  <div class="tools" role="toolbar">
    <button class="undo" type="button"></button>
    <button class="clear" type="button"></button>
    <label><span class="pen"></span>
      <input type="range" min="{canvas_strokes.PENS[0]}" max="{canvas_strokes.PENS[1]}" step="1"></label>
  </div>
  <p class="hint" role="status"></p>
</div>
"""


@dataclass
class CanvasState:
    """The drawing of this session. An edition is what the server put on the canvas; strokes are added to it.

    `start` are the strokes of that edition. `number` counts the messages of the canvas; `is_done` is false while the
    pen is down. `rejection` is that of the strokes before the current one, `before_fix` the drawing before it was
    normalised. `reads` is what the network says of the drawing, in words.
    """

    drawing: Handwriting = field(default_factory=Handwriting)
    pen: float = 18
    edition: int = 0
    start: list[list[float]] | None = None
    number: int = 0
    is_done: bool = True
    rejection: Rejection | None = None
    before_fix: Handwriting | None = None
    reads: str = ""


def state(name: str = STATE) -> CanvasState:
    """The state of a canvas in this session; each name is a canvas of its own."""
    return st.session_state.setdefault(name, CanvasState())


def put(drawing: Handwriting, name: str = STATE) -> None:
    """Puts another drawing on the canvas, from the next rerun on."""
    current = state(name)
    current.drawing, current.start, current.edition = drawing, drawing.as_lists(), current.edition + 1


def show(name: str = STATE, *, hint: str = "", digit: str = "") -> CanvasState:
    """The canvas of this name, while it is empty with a faint `hint` and `digit` (3, 4 or 5); its current state.

    Raises:
        ImageError: the browser sent something that is not a drawing.
    """
    current, key = state(name), KEY if name == STATE else f"{KEY}-{name}"
    if current.start is None or not (st.session_state.get(key) or {}).get("drawing"):
        # A new canvas starts with the last drawing. From then on the browser knows better, and its data stays the same,
        # so that it is sent once.
        current.start, current.is_done = current.drawing.as_lists(), True
    data = {
        "texts": texts(),
        "name": key,
        "edition": current.edition,
        "strokes": current.start,
        "pen": current.pen,
        "hint": hint,
        "digit": digit,
    }
    message = own_component("canvas", HTML)(key=key, data=data, on_drawing_change=_ignore).drawing
    update(current, message)
    return current


def texts() -> dict[str, str]:
    """What the canvas says, in the visitor's language."""
    return {
        "canvas": _(
            "Canvas: draw with mouse, finger or pen. With the keyboard, the arrow keys move, Space lowers and lifts "
            "the pen, Escape clears."
        ),
        "tools": _("Pen"),
        "undo": _("Undo"),
        "undoHelp": _("Undo the last stroke (Ctrl+Z)"),
        "clear": _("Clear"),
        "clearHelp": _("Remove all strokes (Delete)"),
        "pen": _("Pen width"),
        "full": _("The drawing has reached its limit. Undo or clear something."),
    }


def acknowledge(name: str) -> None:
    """Lets the canvas of this name send its next message, on a page without an answer that does so (see canvas.js)."""
    current = state(name)
    own_component("canvas/acknowledge", "")(
        key=f"heard-{name}", data={"edition": current.edition, "number": current.number, "prediction": ""}
    )


def mark(marks: list[dict[str, object]], name: str = STATE) -> None:
    """Shows on the canvas what strokes contribute, until the drawing changes. A mark has the `points` of a stroke, a
    `colour` or "", and a `number` with its place."""
    current = state(name)
    data = {"edition": current.edition, "number": current.number, "marks": marks}
    own_component("canvas/marks", "")(key="canvas-marks", data=data)


def update(current: CanvasState, message: object) -> None:
    """Applies a message of the canvas. One that is not from a canvas, or of an older edition, is ignored.

    Raises:
        ImageError: it contains too much, or points that are not on the canvas; the previous drawing is kept.
    """
    if not isinstance(message, dict) or message.get("edition") != current.edition:
        return
    number, pen = message.get("number"), message.get("pen")
    current.number = number if type(number) is int else 0
    current.is_done = message.get("isDone") is not False
    drawing = canvas_strokes.from_message(message)
    if drawing is not None:
        current.drawing = drawing
    if isinstance(pen, int | float) and not isinstance(pen, bool) and _is_pen(pen):
        current.pen = pen


def _is_pen(width: float) -> bool:
    return canvas_strokes.PENS[0] <= width <= canvas_strokes.PENS[1]


def _ignore() -> None:
    """Streamlit keeps only the state that has a callback."""
