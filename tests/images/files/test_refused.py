"""Image files that are refused, and data that is discarded from those that open."""

import io
import random
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images.files.checks import EXPECTED
from imgcls.images.loading import open_image, to_png
from tests.support.cost import relative_cost
from tests.support.images.samples import file_of, scene


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_by_hand(width, height, *, bits=1, colour=0, before=(), row_bytes=None):
    """A PNG of zeros with a tiny compressed size, written without allocating its pixels."""
    row_bytes = row_bytes if row_bytes is not None else 1 + (width * bits + 7) // 8
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(bytes(row_bytes)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits if colour == 0 else 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(before) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def bmp_header(width, height):
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def refusal(data, name="cat.png", **options):
    with pytest.raises(ImageError) as caught:
        open_image(data, name, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("width", "height", "bits", "colour", "row_bytes"),
    [
        (13_000, 13_000, 1, 0, None),
        (9_400, 9_400, 8, 6, 1 + 4 * 9_400),
        (20_000, 20_000, 1, 0, None),
    ],
    ids=["I1: 1 bit, Pillow only warns", "I2: RGBA, no Pillow warning", "I3: Pillow refuses"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_bomb_is_refused_by_its_header(width, height, bits, colour, row_bytes):
    data = png_by_hand(width, height, bits=bits, colour=colour, row_bytes=row_bytes)
    sentence, cost = relative_cost(lambda: refusal(data, "bomb.png"))
    assert cost < 2  # decoding it would cost over ten
    assert sentence.startswith("'bomb.png' has ")
    assert "Expected at most 25 megapixels." in sentence


def test_a_bomb_warning_refuses_the_image_when_warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "Expected at most 25 megapixels." in refusal(png_by_hand(13_000, 13_000))


def test_the_size_limit_is_configurable():
    data = file_of(np.zeros((1000, 1100), np.uint8))
    assert "1100×1000 pixels. Expected at most 1 megapixels." in refusal(data, max_megapixels=1)
    assert open_image(data, max_megapixels=1.1).pixels.shape == (1000, 1100, 3)


@pytest.mark.parametrize("height", [30_000, -30_000])
def test_a_header_only_bmp_is_refused(height):
    data = bmp_header(30_000, height)
    assert len(data) == 54
    assert "Expected at most 25 megapixels." in refusal(data)
    assert refusal(bmp_header(64, 64)).startswith("'cat.png' is damaged or incomplete.")


@pytest.mark.parametrize("where", ["before the pixels", "after the pixels"])
def test_a_text_chunk_that_decompresses_to_megabytes_is_refused(where):
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(200_000_000), 1))
    data = png_by_hand(16, 16, before=[text])
    if where == "after the pixels":
        data = png_by_hand(16, 16)
        data = data[:-12] + text + data[-12:]
    sentence, cost = relative_cost(lambda: refusal(data))
    assert sentence.startswith("'cat.png' is damaged or incomplete.")
    assert cost < 5


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_truncated_file_is_refused_and_named(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = file_of(noise, kind)
    sentence = refusal(data[: len(data) // 2], "holiday.jpg")
    assert sentence.startswith("'holiday.jpg' is ")
    assert EXPECTED in sentence


def test_an_empty_file_is_refused():
    assert refusal(b"", "cat.png") == f"'cat.png' is empty. {EXPECTED} Choose another file."


@pytest.mark.parametrize(
    "data",
    [
        b"name,label\ncat,1\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><html></html>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(64),
        b"SIMPLE  =                    T" + b" " * 2850,
        b"\x89HDF\r\n\x1a\n" + bytes(64),
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["text", "SVG", "HTML", "PDF", "EPS", "PSD", "FITS", "HDF5", "PNG header only"],
)
def test_files_that_are_not_images_are_refused_whatever_their_name(data):
    assert refusal(data, "cat.png").startswith("'cat.png' is not a supported image.")


@pytest.mark.parametrize("kind", ["ICO", "TGA", "PCX", "JPEG2000", "DDS", "SGI"])
def test_formats_outside_the_supported_list_are_refused(kind):
    data = file_of(scene(32, 32), kind)
    Image.open(io.BytesIO(data)).close()
    assert refusal(data).startswith("'cat.png' is not a supported image.")


@pytest.mark.parametrize("mode", ["LAB", "F", "I", "I;16", "CMYK", "1", "P", "RGBA"])
def test_every_tiff_mode_opens_as_rgb(mode):
    assert open_image(file_of(Image.new(mode, (16, 16)), "TIFF")).pixels.shape == (16, 16, 3)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 100), (100, 7)])
def test_an_image_of_a_few_pixels_is_refused(width, height):
    sentence = refusal(file_of(np.zeros((height, width), np.uint8)))
    assert sentence.startswith(f"'cat.png' has only {width}×{height} pixels. Expected at least 8")


@pytest.mark.parametrize(("width", "height"), [(2000, 8), (8, 2000), (201, 10)])
def test_a_narrow_strip_is_refused(width, height):
    sentence = refusal(file_of(np.zeros((height, width), np.uint8)))
    assert sentence.startswith(f"'cat.png' is a strip of {width}×{height} pixels.")


@pytest.mark.parametrize(("width", "height"), [(100_000, 1), (1, 60_000)])
def test_an_extremely_long_image_is_refused(width, height):
    assert "has only" in refusal(png_by_hand(width, height))


@pytest.mark.parametrize(("width", "height"), [(8, 8), (200, 10)])
def test_the_smallest_and_the_longest_image_open(width, height):
    assert open_image(file_of(np.zeros((height, width), np.uint8))).pixels.shape == (height, width, 3)


def test_a_name_cannot_break_the_message():
    sentence = refusal(b"", "a\nb\u202e" + "x" * 300 + ".png")
    assert sentence.startswith("'a b xxx")
    assert sentence.split(" is empty.")[0].endswith("xxx.png'")
    assert len(sentence) < 180
    assert refusal(b"", "the image").startswith("The image is empty.")


@pytest.mark.parametrize("tail", ["html", "zip"])
def test_trailing_data_is_discarded(tail):
    if tail == "html":
        extra = b"<script>alert(1)</script>"
    else:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("evil.txt", "<script>")
        extra = archive.getvalue()
    image = open_image(file_of(scene()) + extra)
    kept = to_png(image.pixels)
    assert (image.pixels == scene()).all()
    assert b"<script>" not in kept
    assert not zipfile.is_zipfile(io.BytesIO(kept))


def test_location_and_author_of_a_photo_are_discarded():
    exif = Image.Exif()
    exif[0x013B] = "Ada Lovelace"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 26.0)
    data = file_of(scene(), "JPEG", exif=exif, comment=b"at home")
    assert b"Ada Lovelace" in data
    kept = to_png(open_image(data).pixels)
    assert b"Ada" not in kept
    assert Image.open(io.BytesIO(kept)).info == {}
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}


SAMPLES = [
    file_of(scene(), "PNG"),
    file_of(scene()[..., 0].astype(np.uint16) * 257, "PNG"),
    file_of(scene(), "JPEG"),
    file_of(scene(), "JPEG", progressive=True, exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"),
    file_of(scene(), "GIF"),
    file_of(scene(), "BMP"),
    file_of(scene(), "WEBP"),
    file_of(Image.fromarray(scene()), "GIF", save_all=True, append_images=[Image.new("RGB", (32, 24))] * 3),
]


@settings(max_examples=150)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.integers(0, 12), st.booleans())
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_either_opens_or_is_refused(data, seed, num_changes, cut):
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(num_changes):
        damaged[chance.randrange(len(damaged))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    if cut:
        del damaged[chance.randrange(len(damaged)) :]
    try:
        pixels = open_image(bytes(damaged), at_least=chance.choice([None, 10])).pixels
    except ImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
