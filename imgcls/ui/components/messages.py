"""Messages from components in the browser, validated: a browser can send anything."""

import base64
import binascii
import math
from typing import Any

import numpy as np

from imgcls.errors import ImageError
from imgcls.images import loading

MOST_BYTES = 12_000_000
PNG = "data:image/png;base64,"
KINDS = (PNG, "data:image/jpeg;base64,")
FIT = {"naturalWidth", "naturalHeight", "scaleX", "scaleY", "offsetX", "offsetY"}
"""What the fallback canvas reports about its background image."""
RELOAD = "Reload the page and try again."
NO_DRAWING = f"The browser sent something that is not a drawing. {RELOAD}"


def image(message: Any) -> tuple[int, bytes] | None:
    """The number and the bytes of an image in `{"number": 3, "data": "data:image/..."}`; None before the first message.

    Raises:
        ImageError: the message is something else.
    """
    if message is None:
        return None
    number, data = (message.get("number"), message.get("data")) if isinstance(message, dict) else (None, None)
    kind = next((kind for kind in KINDS if isinstance(data, str) and data.startswith(kind)), None)
    if kind is None or type(number) is not int or not isinstance(data, str) or len(data) > MOST_BYTES * 4 // 3 + 100:
        raise ImageError(f"The browser sent something that is not an image. {RELOAD}")
    return number, _decoded(data[len(kind) :])


def drawing(state: Any, width: int, height: int) -> np.ndarray | None:
    """What the fallback canvas shows, uint8 (height, width, 4), from its whole state; None while it is empty.

    The state is `{"drawing": {"raw": {"objects": [...]}, "data": "data:image/png;base64,..."}, "backgroundFit": ...}`.
    The package would decode images of any kind and size; only what a canvas of this size can have sent is accepted.

    Raises:
        ImageError: the state is something else.
    """
    if state is None:
        return None
    message, fit = (state.get("drawing"), state.get("backgroundFit")) if isinstance(state, dict) else (state, None)
    if fit is not None and not (isinstance(fit, dict) and fit.keys() >= FIT):
        raise ImageError(NO_DRAWING)
    if message is None:
        return None
    raw, data = (message.get("raw"), message.get("data")) if isinstance(message, dict) else (None, None)
    if not isinstance(raw, dict):
        raise ImageError(NO_DRAWING)
    if data is None or not raw.get("objects"):
        return None
    most = 4 * width * height + 10_000  # bytes: pixels that do not compress hardly grow as a PNG
    if not isinstance(data, str) or not data.startswith(PNG) or len(data) > most * 4 // 3 + 100:
        raise ImageError(NO_DRAWING)
    return loading.open_canvas(_decoded(data[len(PNG) :]), width, height)


def square(message: Any) -> tuple[float, float, float] | None:
    """Left, top and side of a square as fractions of an image's width, height and shorter side; None for anything else.

    A square that extends beyond the image is moved inside.
    """
    if not isinstance(message, dict):
        return None
    numbers: list[Any] = [message.get(key) for key in ("x", "y", "side")]
    if not all(type(value) in (int, float) and abs(value) < math.inf for value in numbers):  # integers may be huge
        return None
    x, y, side = numbers
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0), min(max(side, 0.05), 1.0)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImageError(f"The image arrived incomplete. {RELOAD}") from None
