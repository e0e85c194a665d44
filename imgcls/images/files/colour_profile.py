"""Colours of a wide gamut, as phones and cameras store them (Display P3, Adobe RGB), become sRGB.

Otherwise the same red has other numbers in a photo of a phone than in one from the web, and looks paler.

Only profiles of three primaries and curves are read: they are small, and others are for printers. One that is damaged,
or nearly that of sRGB, changes nothing.
"""

import struct
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageCms

from imgcls.images.files.notes import Note

MAX_BYTES = 8_000
"""Of a profile of primaries and curves; that of Display P3 has about 550."""
SRGB = {b"rXYZ": (0.436, 0.222, 0.014), b"gXYZ": (0.385, 0.717, 0.097), b"bXYZ": (0.143, 0.061, 0.714)}
"""The primaries of sRGB, adapted to D50 as in profiles."""
NEAR = 0.01


def to_srgb(pil_image: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[str]]:
    """The same RGB image with colours in sRGB, and a note if they were in a wider gamut."""
    transform = _transform(profile) if profile and len(profile) <= MAX_BYTES else None
    if transform is None:
        return pil_image, []
    converted = ImageCms.applyTransform(pil_image, transform)
    assert converted is not None, "it is not done in place"
    return converted, [Note("Colours of a wide gamut were converted to sRGB.")]


@lru_cache(16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """The conversion from a profile; None if there is nothing to convert."""
    primaries = _primaries(profile)
    if not primaries or all(_is_near(primaries[tag], SRGB[tag]) for tag in SRGB):
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _is_near(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return all(abs(first - second) < NEAR for first, second in zip(one, other, strict=True))


def _primaries(profile: bytes) -> dict[bytes, tuple[float, float, float]] | None:
    """The primaries of an RGB profile; None if it has none."""
    if len(profile) < 132 or profile[16:20] != b"RGB ":
        return None
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        tags = [struct.unpack_from(">4sII", profile, 132 + 12 * place) for place in range(min(count, 100))]
        found = {tag: struct.unpack_from(">3i", profile, start + 8) for tag, start, _ in tags if tag in SRGB}
    except struct.error:
        return None
    if len(found) < len(SRGB):
        return None
    return {tag: (x / 65536, y / 65536, z / 65536) for tag, (x, y, z) in found.items()}
