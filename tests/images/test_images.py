"""Loading untrusted images: every format and mode opens as uint8 RGB."""

import numpy as np
import pytest
from PIL import Image

from imgcls.images.files import decoding
from imgcls.images.loading import open_image
from tests.support.cost import relative_cost
from tests.support.images.samples import file_of, scene

ORIENTATION = 0x0112


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

    _, reduced = relative_cost(lambda: [open_image(data, at_least=300) for _ in range(5)])
    _, full = relative_cost(lambda: [open_image(data) for _ in range(5)])
    assert reduced < 0.7 * full
