"""Messages from the browser are validated before use."""

import base64
import io
import math
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from imgcls.errors import ImageError
from imgcls.ui.components import messages
from tests.support.uploads import image as a_image

DATA = "data:image/png;base64," + base64.b64encode(a_image(1)).decode()


def test_an_image_arrives_with_its_number():
    assert messages.image({"number": 3, "data": DATA}) == (3, a_image(1))
    assert messages.image(None) is None


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
def test_anything_else_gives_one_clear_error(message):
    with pytest.raises(ImageError, match=r"Reload the page"):
        messages.image(message)


def test_a_square_is_clamped_to_the_image():
    assert messages.square({"x": 0.25, "y": 0.5, "side": 0.4}) == (0.25, 0.5, 0.4)
    assert messages.square({"x": -3, "y": 1e9, "side": 0}) == (0.0, 1.0, 0.05)
    assert messages.square({"x": 10**400, "y": -(10**400), "side": 10**400}) == (1.0, 0.0, 1.0)  # valid JSON


@pytest.mark.parametrize("value", [math.nan, math.inf, "0.5", None, [], True])
def test_an_invalid_square_is_ignored(value):
    assert messages.square({"x": value, "y": 0.5, "side": 0.5}) is None
    assert messages.square({"x": 0.5, "y": 0.5, "side": value}) is None


def test_a_square_needs_all_of_its_values():
    assert messages.square({"x": 0.5}) is None
    assert messages.square([0.1, 0.2, 0.3]) is None
    assert messages.square(None) is None


# ---- drawings on the fallback canvas


def png(width: int, height: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (9, 8, 7, 255)).convert("RGB" if kind == "BMP" else "RGBA").save(file, kind)
    return file.getvalue()


def url(data: bytes, prefix: str = "data:image/png;base64,") -> str:
    return prefix + base64.b64encode(data).decode()


def header_of(width: int, height: int) -> bytes:
    """A PNG that declares a size but has no pixels: decoding it fails as truncated."""
    sized = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + sized + struct.pack(">I", zlib.crc32(sized))


def zeros(side: int) -> bytes:
    """A PNG of black pixels, a thousand times smaller than its content."""
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "PNG")
    return file.getvalue()


def drawn(data: object, raw: object = None, **more: object) -> dict:
    return {"drawing": {"raw": {"objects": [{}]} if raw is None else raw, "data": data}, "backgroundFit": None} | more


def test_a_drawing_matches_the_canvas():
    seen = messages.drawing(drawn(url(png(30, 20))), 30, 20)
    assert seen.shape == (20, 30, 4)
    assert (seen == (9, 8, 7, 255)).all()


@pytest.mark.parametrize(
    "state",
    [None, {}, {"drawing": None}, drawn(None), drawn(url(png(30, 20)), {"objects": []}), drawn(url(b"x"), {"a": 1})],
    ids=str,
)
def test_an_empty_canvas_has_no_drawing(state):
    assert messages.drawing(state, 30, 20) is None


HOSTILE = {
    "a list instead of a state": [1],
    "text instead of a state": "drawing",
    "a list instead of the drawing": {"drawing": [1]},
    "a list of objects": drawn(url(png(30, 20)), [1]),
    "text instead of objects": drawn(url(png(30, 20)), "objects"),
    "objects missing": {"drawing": {"data": url(png(30, 20))}},
    "a number instead of the image": drawn(7),
    "another prefix": drawn(url(png(30, 20), "data:image/gif;base64,")),
    "no prefix": drawn(base64.b64encode(png(30, 20)).decode()),
    "a GIF": drawn(url(png(30, 20, "GIF"))),
    "a BMP": drawn(url(png(30, 20, "BMP"))),
    "an EPS": drawn(url(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 30 20\n%%EndComments\n")),
    "another size": drawn(url(png(20, 30))),
    "truncated": drawn(url(png(30, 20)[:60])),
    "a header only": drawn(url(header_of(30, 20))),
    "not base64": drawn("data:image/png;base64,é*"),
    "empty": drawn("data:image/png;base64,"),
    "too long": drawn(url(png(30, 20) + bytes(40_000))),
    "a fit that is a list": drawn(None, backgroundFit=[1]),
    "a fit without sizes": drawn(None, backgroundFit={"scaleX": 1}),
}


@pytest.mark.parametrize("state", HOSTILE.values(), ids=HOSTILE)
def test_an_invalid_drawing_gives_one_clear_error(state):
    with pytest.raises(ImageError, match="Reload the page"):
        messages.drawing(state, 30, 20)


def test_a_huge_drawing_is_not_decoded(monkeypatch):
    decoded = []
    monkeypatch.setattr(PngImageFile, "load", lambda self: decoded.append(self.size))
    huge = zeros(2_000)
    assert len(huge) < 4 * 30 * 20 + 10_000, "its file size alone would be accepted"
    with pytest.raises(ImageError):
        messages.drawing(drawn(url(huge)), 30, 20)
    with pytest.raises(ImageError):
        messages.drawing(drawn(url(header_of(13_300, 13_300))), 30, 20)
    assert decoded == []
