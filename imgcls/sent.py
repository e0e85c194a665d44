"""What a component of a page sent, checked: a browser can send anything."""

import base64
import binascii
import math
from typing import Any

from imgcls.errors import PictureError

MOST_BYTES = 12_000_000
KINDS = ("data:image/png;base64,", "data:image/jpeg;base64,")


def picture(message: Any) -> tuple[int, bytes] | None:
    """The number and the bytes of a picture in `{"number": 3, "data": "data:image/..."}`; None where none was sent yet.

    Raises:
        PictureError: it is something else.
    """
    if message is None:
        return None
    number, data = (message.get("number"), message.get("data")) if isinstance(message, dict) else (None, None)
    kind = next((kind for kind in KINDS if isinstance(data, str) and data.startswith(kind)), None)
    if kind is None or type(number) is not int or len(data) > MOST_BYTES * 4 // 3 + 100:
        raise PictureError("The browser sent something that is no picture. Reload the page and try again.")
    try:
        return number, base64.b64decode(data[len(kind) :], validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("The picture did not arrive whole. Reload the page and try again.") from None


def square(message: Any) -> tuple[float, float, float] | None:
    """Left, top and side of a square as shares of a picture's width, height and shorter side; None for anything else.

    The square is moved inside the picture where it reaches over its edge.
    """
    if not isinstance(message, dict):
        return None
    numbers = [message.get(key) for key in ("x", "y", "side")]
    if not all(type(value) in (int, float) and math.isfinite(value) for value in numbers):
        return None
    x, y, side = numbers
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0), min(max(side, 0.05), 1.0)
