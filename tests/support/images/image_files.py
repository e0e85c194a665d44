"""One image as files of every kind that people have, and files that cannot be read."""

import io

import numpy as np
from PIL import Image

from tests.support.images.heic import HEIC

EXIF_ORIENTATION = 274


def of_every_kind(pixels: np.ndarray) -> dict[str, bytes]:
    """File name -> content, made from uint8 pixels (height, width, 3)."""
    image = Image.fromarray(pixels)
    grey = image.convert("L")
    alpha = image.copy()
    alpha.putalpha(grey.point(lambda level: 255 if level > 20 else 0))
    turned = Image.Exif()
    turned[EXIF_ORIENTATION] = 6
    deep = Image.fromarray(np.asarray(grey, np.uint16) * 200 + 1_000)
    large = image.resize((3_000, 2_400), Image.Resampling.NEAREST)
    files = {
        "colour.png": _saved(image, "PNG"),
        "grey.png": _saved(grey, "PNG"),
        "inverted.png": _saved(grey.point(lambda level: 255 - level), "PNG"),
        "alpha.png": _saved(alpha, "PNG"),
        "palette.png": _saved(image.convert("P"), "PNG"),
        "black-and-white.png": _saved(grey.convert("1"), "PNG"),
        "16-bit.png": _saved(deep, "PNG"),
        "16-bit.tif": _saved(deep, "TIFF"),
        "photo.jpg": _saved(image.resize((300, 240)), "JPEG", quality=80),
        "rotated.jpg": _saved(image.resize((300, 240)), "JPEG", exif=turned),
        "cmyk.jpg": _saved(image.resize((90, 80)).convert("CMYK"), "JPEG"),
        "huge.jpg": _saved(large, "JPEG", quality=60),
        "lossy.webp": _saved(image, "WEBP"),
        "animated.gif": _saved(image, "GIF", save_all=True, append_images=[image.rotate(90)]),
        "plain.bmp": _saved(image, "BMP"),
        "levels.pgm": _saved(grey, "PPM"),
        "phone.heic": HEIC,
        "blank.png": _saved(Image.new("RGB", (40, 40), "white"), "PNG"),
        "wrong-ending.txt": _saved(image, "PNG"),
    }
    return files | {
        "tiny.png": _saved(image.resize((4, 4)), "PNG"),
        "strip.png": _saved(image.resize((400, 10)), "PNG"),
        "cut.png": files["colour.png"][:60],
        "cut.jpg": files["huge.jpg"][:3_000],
        "empty.png": b"",
        "text.png": b"no image at all",
        "bomb.png": _bomb(),
    }


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _bomb() -> bytes:
    """A header of 50,000 by 50,000 pixels, without any."""
    header = (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + len(header).to_bytes(4, "big") + b"IHDR" + header + bytes(4)
