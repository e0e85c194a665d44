"""Loading untrusted images: what opens as uint8 RGB, what is refused, and with which error."""

import io
import random
import struct
import time
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images.files import decoding
from imgcls.images.files.checks import EXPECTED
from imgcls.images.loading import LoadedImage, enlarge, open_image, prepare_photo, to_png

ORIENTATION = 0x0112


def scene(height=24, width=32):
    """Smooth colours without symmetry, so that rotated and mirrored copies differ."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 3], axis=-1).clip(0, 255).astype(np.uint8)


def file_of(pil_image, kind="PNG", **options):
    if isinstance(pil_image, np.ndarray):
        pil_image = Image.fromarray(pil_image)
    file = io.BytesIO()
    pil_image.save(file, kind, **options)
    return file.getvalue()


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


# What is opened


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
def test_each_of_the_five_formats_opens_as_rgb(kind):
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    image = open_image(file_of(scene(), kind, **options))
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape == (24, 32, 3)
    assert image.notes == ()
    difference = np.abs(image.pixels.astype(int) - scene()).max()
    assert difference <= {"JPEG": 6, "GIF": 40}.get(kind, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_in_any_orientation_gives_the_pixels_of_the_upright_one(orientation):
    turn_away = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[
        orientation
    ]  # the inverse of the reader's transform
    stored = Image.fromarray(scene())
    stored = stored if turn_away is None else stored.transpose(Image.Transpose(turn_away))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = open_image(file_of(stored, "PNG", exif=exif))
    assert (image.pixels == scene()).all()
    notes = (f"The photo was rotated upright (EXIF orientation {orientation}).",) if orientation > 1 else ()
    assert image.notes == notes


def test_a_rotated_jpeg_is_upright_too():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = Image.fromarray(scene()).transpose(Image.Transpose.ROTATE_90)
    image = open_image(file_of(stored, "JPEG", exif=exif, quality=100, subsampling=0))
    assert np.abs(image.pixels.astype(int) - scene()).max() <= 6


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_orientation_is_ignored():
    data = file_of(scene(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\xff\x01\x12\x00\x99")
    assert open_image(data).pixels.shape == (24, 32, 3)
    assert open_image(file_of(scene(), "PNG", exif=b"Exif\x00\x00no tags at all")).notes == ()
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    assert open_image(file_of(scene(), "PNG", exif=exif)).notes == ()


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = open_image(file_of(levels))
    assert (image.pixels[..., 0].ravel() == np.arange(256)).all()
    assert image.notes == ("Values from 0 to 65535 were scaled to 8 bits.",)


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P", "L with a transparent level", "RGBA in WEBP"])
def test_transparent_parts_become_white_whatever_their_hidden_colour(kind):
    pil_image = Image.new("RGBA", (16, 16), (90, 90, 90, 0))
    pil_image.paste((10, 10, 10, 255), (0, 0, 8, 16))
    options = {}
    if kind == "LA":
        pil_image = pil_image.convert("LA")
    elif kind != "RGBA" and "WEBP" not in kind:
        pil_image = pil_image.convert("L")
        options = {"transparency": 90}
        if kind == "P":
            pil_image.putpalette([level for level in range(256) for _ in range(3)])
    data = file_of(pil_image, "WEBP", lossless=True) if "WEBP" in kind else file_of(pil_image, **options)
    image = open_image(data)
    assert (image.pixels[:, 8:] == 255).all()
    assert (image.pixels[:, :8] == 10).all()
    assert image.notes == ("Transparent areas were filled with white.",)


def test_semi_transparent_ink_is_blended_with_white():
    image = open_image(file_of(Image.new("RGBA", (8, 8), (0, 0, 0, 128))))
    assert (image.pixels == 127).all()


def test_an_opaque_alpha_channel_is_dropped_silently():
    assert open_image(file_of(Image.new("RGBA", (8, 8), (1, 2, 3, 255)))).notes == ()


def test_one_bit_images_become_black_and_white():
    checks = (np.indices((16, 16)).sum(axis=0) % 2).astype(bool)
    image = open_image(file_of(Image.fromarray(checks)))
    assert (image.pixels[..., 1] == checks * 255).all()


def test_a_palette_is_converted_to_colours():
    pil_image = Image.new("P", (8, 8), 3)
    pil_image.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, 200, 100, 50])
    assert (open_image(file_of(pil_image)).pixels == (200, 100, 50)).all()


def test_cmyk_is_converted_to_rgb():
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image = open_image(file_of(cyan, "JPEG", quality=100))
    assert np.abs(image.pixels.astype(int) - (0, 255, 255)).max() <= 2
    assert image.notes == ("CMYK colours were converted to RGB.",)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_only_the_first_frame_of_an_animation_is_used_and_reported(kind):
    frames = [Image.new("RGB", (16, 16), (20 * number, 255, 0)) for number in range(12)]
    options = {"lossless": True} if kind == "WEBP" else {}
    image = open_image(file_of(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (image.pixels == (0, 255, 0)).all()
    assert image.notes == ("Only the first of 12 frames is used.",)


def test_the_frames_of_a_long_gif_are_not_counted(monkeypatch):
    monkeypatch.setattr(decoding, "COUNT_FRAMES_BELOW", 100)
    frames = [Image.new("L", (16, 16), 20 * number) for number in range(12)]
    image = open_image(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert image.notes == ("Only the first of many frames is used.",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_image_is_reduced_but_never_below_the_requested_size(kind):
    image = open_image(file_of(scene(600, 800), kind), at_least=100)
    assert 100 <= min(image.pixels.shape[:2]) < 200
    assert open_image(file_of(scene(600, 800), kind)).pixels.shape == (600, 800, 3)


def test_a_reduced_jpeg_is_not_decoded_in_full():
    data = file_of(scene(1500, 2000), "JPEG")

    def seconds(**options):
        start = time.process_time()
        open_image(data, **options)
        return time.process_time() - start

    assert min(seconds(at_least=300) for _ in range(3)) < 0.6 * min(seconds() for _ in range(3))


# What is refused


@pytest.mark.parametrize(
    ("width", "height", "bits", "colour", "row_bytes"),
    [
        (13_000, 13_000, 1, 0, None),
        (9_400, 9_400, 8, 6, 1 + 4 * 9_400),
        (20_000, 20_000, 1, 0, None),
    ],
    ids=["I1: 1 bit, Pillow only warns", "I2: RGBA, Pillow says nothing", "I3: Pillow refuses"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_bomb_is_refused_by_its_header(width, height, bits, colour, row_bytes):
    data = png_by_hand(width, height, bits=bits, colour=colour, row_bytes=row_bytes)
    start = time.process_time()
    sentence = refusal(data, "bomb.png")
    seconds = time.process_time() - start
    assert seconds < 0.2
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
    start = time.process_time()
    assert refusal(data).startswith("'cat.png' is damaged or incomplete.")
    assert time.process_time() - start < 0.5


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


# What is discarded


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


@settings(max_examples=150, deadline=None, derandomize=True)
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


# Model inputs


def test_a_colour_model_gets_the_centre_crop_and_reports_it():
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[:, 20:80] = (10, 200, 30)
    prepared = prepare_photo(LoadedImage(pixels, ("Before.",)), (32, 32, 3))
    assert prepared.pixels.shape == (32, 32, 3)
    assert (prepared.pixels == (10, 200, 30)).all()
    assert prepared.notes == ("Before.", "Centre crop: 60% of its width is used.")


def test_a_tall_photo_is_cropped_at_top_and_bottom():
    pixels = np.zeros((100, 60, 3), np.uint8)
    pixels[20:80] = 255
    prepared = prepare_photo(pixels, (16, 16, 3))
    assert (prepared.pixels == 255).all()
    assert prepared.notes == ("Centre crop: 60% of its height is used.",)


@pytest.mark.parametrize("fit", ["", "crop"])
@pytest.mark.parametrize(
    ("size", "fraction"), [((4032, 3024), "75% of its width"), ((1000, 1001), "99% of its height")]
)
def test_the_reported_crop_does_not_depend_on_reduced_decoding(size, fraction, fit):
    data = file_of(Image.new("RGB", size), "JPEG")
    for opened in (open_image(data), open_image(data, at_least=800)):
        (note,) = prepare_photo(opened, (32, 32, 3), fit=fit).notes
        assert fraction in note


def test_an_image_of_the_right_size_is_unchanged():
    prepared = prepare_photo(scene(32, 32), (32, 32, 3))
    assert (prepared.pixels == scene(32, 32)).all()
    assert prepared.notes == ()


def test_fine_stripes_become_grey_without_aliasing():
    stripes = np.repeat((np.arange(320) % 2 * 255).astype(np.uint8)[None, :, None], 320, axis=0).repeat(3, axis=2)
    prepared = prepare_photo(stripes, (32, 32, 3))
    assert np.abs(prepared.pixels.astype(int) - 127).max() <= 12


def test_grey_pixels_fit_a_colour_model():
    assert (prepare_photo(np.full((50, 50), 77, np.uint8), (24, 32, 3)).pixels == 77).all()


def garment(thing, ground, height=300, width=200):
    pixels = np.full((height, width, 3), ground, np.uint8)
    pixels[60:240, 70:130] = thing
    return pixels


def test_a_dark_garment_on_a_light_background_is_inverted_for_a_greyscale_model():
    prepared = prepare_photo(garment(thing=40, ground=250), (28, 28, 1))
    assert prepared.pixels.shape == (28, 28, 1)
    assert prepared.pixels[14, 14] > 200
    assert prepared.pixels[:, :8].max() == 0
    assert prepared.pixels[:, 20:].max() == 0
    assert "inverted" in prepared.notes[0]


def test_a_light_garment_on_black_is_kept_light_and_intact():
    prepared = prepare_photo(garment(thing=220, ground=0), (28, 28, 1))
    assert prepared.pixels[14, 14] == 220
    rows = np.flatnonzero(prepared.pixels[:, 14, 0] > 110)
    columns = np.flatnonzero(prepared.pixels[14, :, 0] > 110)
    assert len(rows) >= 27
    assert abs(len(columns) / len(rows) - 60 / 180) < 0.06
    assert not any("inverted" in note for note in prepared.notes)


def test_a_fashion_mnist_image_is_unchanged():
    original = np.zeros((28, 28), np.uint8)
    original[3:25, 5:20] = scene(22, 15)[..., 0]
    assert (prepare_photo(original, (28, 28, 1)).pixels[..., 0] == original).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_uniform_photo_is_black_for_a_greyscale_model(level):
    assert prepare_photo(np.full((40, 60, 3), level, np.uint8), (28, 28, 1)).pixels.max() == 0


# Display and storage


def test_enlarging_repeats_pixels():
    small = np.array([[1, 2], [3, 4]], np.uint8)
    assert enlarge(small, 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert enlarge(np.zeros((28, 28, 3), np.uint8), min_side=200).shape == (224, 224, 3)
    assert enlarge(np.zeros((300, 280), np.uint8), min_side=200).shape == (300, 280)


@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 3)])
def test_png_encoding_keeps_the_pixels(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(to_png(pixels)))).reshape(shape) == pixels).all()
