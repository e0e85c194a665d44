"""Which image files are accepted, and the errors about those that are not."""

from imgcls.errors import ImageError

SMALLEST_SIDE = 8  # pixels
LARGEST_ASPECT = 20  # longer side by shorter side
UNNAMED = "the image"
EXPECTED = "Expected a PNG, JPEG, WebP, GIF or BMP image."


def check_size(size: tuple[int, int], name: str, max_megapixels: float) -> None:
    """Check the size in pixels that the header of an image gives.

    Raises:
        ImageError: it has too many pixels, a side that is too short, or is a strip.
    """
    width, height = size
    if width * height > max_megapixels * 1e6:
        raise too_large(name, f"{width}×{height}", max_megapixels)
    if min(size) < SMALLEST_SIDE:
        raise ImageError(
            f"{name} has only {width}×{height} pixels. "
            f"Expected at least {SMALLEST_SIDE} on each side. Choose a larger image.",
            f"smaller than {SMALLEST_SIDE} pixels on a side",
        )
    if max(size) > LARGEST_ASPECT * min(size):
        raise ImageError(
            f"{name} is a strip of {width}×{height} pixels. "
            f"Expected a longer side of at most {LARGEST_ASPECT} times the shorter one. Crop it.",
            f"a strip: one side is more than {LARGEST_ASPECT} times the other",
        )


def too_large(name: str, pixels: str, most: float) -> ImageError:
    """The error about an image of more than `most` megapixels."""
    return ImageError(
        f"{name} has {pixels} pixels. Expected at most {most:g} megapixels. Save a smaller copy and use that.",
        f"more than {most:g} megapixels",
    )


def damaged(name: str) -> ImageError:
    """The error about a file that cannot be decoded."""
    return ImageError(
        f"{name} is damaged or incomplete. {EXPECTED} Save or download it again.", "damaged or incomplete"
    )


def unknown(name: str, data: bytes) -> ImageError:
    """The error about a file in another format; HEIC and AVIF are recognised by their first bytes."""
    if data[4:8] == b"ftyp" and data[8:11] in (b"hei", b"hev", b"mif", b"msf", b"avi"):
        what = "a HEIC or AVIF photo, which is not supported"
        return ImageError(f"{name} is {what}. {EXPECTED} Save it as JPEG and use that.", what)
    return ImageError(f"{name} is not a supported image. {EXPECTED} Save it in one of these formats.")


def quoted(name: str) -> str:
    """A file name fit for a sentence: one line, in quotes, not too long."""
    if name == UNNAMED:
        return "The image"
    plain = "".join(character if character.isprintable() else " " for character in name)
    return f"'{plain[:37]}...{plain[-20:]}'" if len(plain) > 60 else f"'{plain}'"
