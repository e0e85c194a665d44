"""Three components that Streamlit does not have: a live webcam, the clipboard, and a square to crop with."""

from pathlib import Path

import streamlit as st

from imgcls.ui.components import messages
from imgcls.ui.components.component import own_component

Box = tuple[float, float, float]
"""Left and top of a square as fractions of width and height, and its side as a fraction of the shorter side."""

_HERE = Path(__file__).parent
_STYLE = """
* { box-sizing: border-box; }
button { font: inherit; font-size: .875rem; min-height: 2.5rem; color: var(--st-text-color); cursor: pointer;
  background: transparent;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, .5rem); padding: .35rem .8rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
p { margin: .4rem 0 0; min-height: 1.3em; font-size: .875rem; opacity: .8; color: var(--st-text-color);
  font-variant-numeric: tabular-nums; }
"""

_camera = st.components.v2.component(
    "imgcls_camera",
    html="""<video muted playsinline hidden aria-label="Webcam image"></video>
<button type="button">Start the camera</button><p role="status"></p>
""",
    css=_STYLE
    + """
video { display: block; width: 100%; max-width: 420px; border-radius: 8px; background: #000; margin-bottom: .5rem; }
video[hidden] { display: none; }
""",
    js=(_HERE / "webcam.js").read_text("utf-8"),
)
_paste = st.components.v2.component(
    "imgcls_paste",
    html="""<button type="button">Paste an image</button>
<p role="status"></p>
""",
    css=_STYLE,
    js=(_HERE / "paste.js").read_text("utf-8"),
)
_crop = st.components.v2.component(
    "imgcls_crop",
    html="""<div class="field"><img draggable="false">
<div class="square" tabindex="0" role="group" aria-label="The part that is classified: move it with the arrow keys,
resize it with plus and minus"></div></div>
<label>Size <input type="range" min="10" max="100" aria-label="Size of the square, in percent"></label>
""",
    css=_STYLE
    + """
.field { position: relative; width: 100%; max-width: 420px; overflow: hidden; border-radius: 6px; line-height: 0; }
img { width: 100%; height: auto; user-select: none; }
.square { position: absolute; cursor: move; touch-action: none; border: 2px solid #fff;
  box-shadow: 0 0 0 9999px rgba(0, 0, 0, .5), inset 0 0 0 1px #000, 0 0 0 1px #000; }
.square:focus-visible { border-color: var(--st-primary-color); }
label { display: flex; gap: .6rem; align-items: center; max-width: 420px; margin-top: .5rem; font-size: .875rem;
  color: var(--st-text-color); }
input { flex: 1; accent-color: var(--st-primary-color); }
""",
    js=(_HERE / "crop.js").read_text("utf-8"),
)


def camera(key: str) -> bytes | None:
    """The newest frame of a live webcam, a JPEG file; None before the first one. Raises ImageError.

    Each frame reruns the fragment that contains it. The camera sends the next one after `acknowledge_camera`.
    """
    _camera(key=key, data={}, on_frame_change=_ignore)
    found = messages.image(_state(key, "frame"))
    return found[1] if found else None


def acknowledge_camera(key: str) -> None:
    """Tells the camera that its newest frame was answered; call it after the answer is on the page."""
    state = _state(key, "frame")
    number = state.get("number") if isinstance(state, dict) else None
    own_component("canvas/acknowledge", "")(key=f"{key}-heard", data={"frame": number if type(number) is int else 0})


def pasted(key: str) -> tuple[int, bytes] | None:
    """The image that was pasted last, with a number that distinguishes it; None before. Raises ImageError."""
    _paste(key=key, on_pasted_change=_ignore, height="content")
    return messages.image(_state(key, "pasted"))


def square(key: str, url: str, width: int, height: int, start: Box, alt: str) -> Box:
    """An image of this size in pixels with a movable square: its left, top and side, as `messages.square` has them."""
    x, y, side = start
    data = {"url": url, "width": width, "height": height, "alt": alt, "box": {"x": x, "y": y, "side": side}}
    _crop(key=key, data=data, on_box_change=_ignore, height="content")
    return messages.square(_state(key, "box")) or start


def _state(key: str, name: str) -> object:
    state = st.session_state.get(key)
    return state.get(name) if state else None


def _ignore() -> None:
    """Streamlit keeps only the state that has a callback."""
