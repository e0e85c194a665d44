"""Photos that phones send in place of drawings: small, square, and encoded again here: only pixels are stored."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from imgcls.errors import UserError
from imgcls.images import square

SIDE = 160
"""Pixels of a side as a phone sends it and pages show it."""
SHAPE = (96, 96, 3)
"""As a model takes it."""
QUALITY = 85
DAMAGED = "The photo arrived incomplete. Take it again."


def opened(text: Any) -> np.ndarray:
    """The pixels of a photo, uint8 (SIDE, SIDE, 3), from the base64 text of its JPEG or PNG file.

    Any other size is rejected from the header, before anything is decoded: a small file can hold a huge image.

    Raises:
        UserError: it is something else.
    """
    try:
        picture = Image.open(BytesIO(base64.b64decode(text, validate=True)), formats=("JPEG", "PNG"))
        if picture.size != (SIDE, SIDE):
            raise ValueError(f"{picture.size} pixels")
        return np.array(picture.convert("RGB"))
    except Exception as error:  # foreign bytes: Pillow raises what its decoders raise
        raise UserError(DAMAGED) from error


def prepared(pixels: np.ndarray) -> np.ndarray:
    """The same as a model takes it, uint8 `SHAPE`."""
    return square.framed(pixels, SHAPE[0], SHAPE[2], "crop")


def data_url(pixels: np.ndarray) -> str:
    """The photo for a page."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
