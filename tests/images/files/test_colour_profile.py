"""Photos have the orientation and the colours that a viewer shows: also in HEIC and AVIF, and in a wide gamut."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from imgcls.images.files import colour_profile
from imgcls.images.files.decoding import open_image
from tests.support.images.heic import PHONE

DISPLAY_P3 = {
    b"rXYZ": (0.51512, 0.2412, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.1571, 0.06657, 0.78407),
}
NOTE = "Colours of a wide gamut were converted to sRGB."
UPRIGHT = {1: np.array, 2: np.fliplr, 3: lambda of: np.rot90(of, 2), 4: np.flipud, 5: lambda of: of.swapaxes(0, 1),
           6: lambda of: np.rot90(of, -1), 7: lambda of: np.rot90(of, 2).swapaxes(0, 1), 8: np.rot90}  # fmt: skip


def quarters() -> np.ndarray:
    """Red, green, blue and yellow: no two orientations look alike."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :24], pixels[:16, 24:] = (220, 30, 30), (30, 200, 40)
    pixels[16:, :24], pixels[16:, 24:] = (30, 40, 220), (240, 240, 60)
    return pixels


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def p3() -> bytes:
    """The profile of sRGB with other primaries."""
    profile = bytearray(srgb())
    for place in range(struct.unpack_from(">I", profile, 128)[0]):
        tag, start, _ = struct.unpack_from(">4sII", profile, 132 + 12 * place)
        if tag in DISPLAY_P3:
            struct.pack_into(">3i", profile, start + 8, *(round(65536 * value) for value in DISPLAY_P3[tag]))
    return bytes(profile)


def shown(pixels: np.ndarray) -> np.ndarray:
    """What a viewer that knows profiles makes of P3 pixels on an ordinary screen."""
    source, target = ImageCms.ImageCmsProfile(io.BytesIO(p3())), ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(Image.fromarray(pixels), source, target))


def file_of(form: str, profile: bytes, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(quarters()).save(file, form, icc_profile=profile, **options)
    return file.getvalue()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest mean difference in the middle of a quarter, which compression hardly changes."""
    assert one.shape == other.shape
    height, width = one.shape[0] // 4, one.shape[1] // 4
    apart = np.abs(one.astype(int) - other)
    middles = [(row * height, column * width) for row in (1, 3) for column in (1, 3)]
    return max(float(apart[row - 3 : row + 3, column - 3 : column + 3].mean()) for row, column in middles)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "AVIF", "WEBP", "TIFF"])
def test_colours_of_a_wide_gamut_become_those_that_a_viewer_shows(form):
    options = {} if form in ("PNG", "TIFF") else {"quality": 95}
    image = open_image(file_of(form, p3(), **options))
    assert image.notes == (NOTE,)
    assert difference(image.pixels, shown(quarters())) < 6 < difference(image.pixels, quarters())


def test_a_photo_of_a_phone_is_upright_and_has_its_colours():
    image = open_image(PHONE, "IMG_1.HEIC")
    assert image.notes == (NOTE,)
    assert difference(image.pixels, np.rot90(shown(quarters()), -1)) < 8


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_every_orientation_of_an_avif_image_is_undone(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(quarters()).save(file, "AVIF", quality=95, exif=exif)
    assert difference(open_image(file.getvalue()).pixels, UPRIGHT[orientation](quarters())) < 6


def test_a_reduced_photo_has_the_same_colours():
    large = io.BytesIO()
    Image.fromarray(quarters()).resize((480, 320), 0).save(large, "PNG", icc_profile=p3())
    image = open_image(large.getvalue(), at_least=32)
    assert difference(image.pixels, shown(quarters())) < 2


@pytest.mark.parametrize(
    "profile",
    [srgb(), b"damaged", p3()[:200], p3().replace(b"RGB ", b"CMYK", 1), p3() + bytes(colour_profile.MAX_BYTES)],
    ids=["sRGB", "damaged", "cut off", "of a printer", "large"],
)
def test_other_profiles_change_nothing(profile):
    image = open_image(file_of("PNG", profile))
    assert (image.pixels == quarters()).all() and image.notes == ()


def test_a_profile_without_curves_changes_nothing():
    broken = bytearray(p3())
    broken[broken.index(b"rTRC")] = 0
    assert (open_image(file_of("PNG", bytes(broken))).pixels == quarters()).all()
