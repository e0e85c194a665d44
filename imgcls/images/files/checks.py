"""Which image files are accepted, and the errors about those that are not."""

from imgcls.errors import ImageError

SMALLEST_SIDE = 8  # pixels
LARGEST_ASPECT = 20  # longer side by shorter side
UNNAMED = "the image"
FORMATS_TEXT = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC, AVIF or PGM/PPM"
EXPECTED = f"Expected a {FORMATS_TEXT} image."
EXTENSIONS = (
    *("png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp"),
    *("tif", "tiff", "heic", "heif", "avif", "pgm", "ppm", "pnm", "pbm"),
)
"""Of the files that uploads and imports accept; the content decides how they are read."""
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


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


def unsupported(name: str) -> ImageError:
    """The error about an intact file whose pixels have a depth or colours that cannot be read."""
    return ImageError(
        f"{name} has pixels of an unusual kind, such as CIELAB or 10 bits. Expected grey or RGB with 8 or 16 bits. "
        "Convert it.",
        "with an unusual colour space or depth: convert to RGB",
    )


def unknown(name: str) -> ImageError:
    """The error about a file in another format."""
    return ImageError(f"{name} is not a supported image. {EXPECTED} Save it in one of these formats.")


def is_heif(data: bytes) -> bool:
    """Whether these are the bytes of a HEIC photo, as phones take them; an AVIF image has other brands."""
    return data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS and b"avif" not in data[12:40]


def quoted(name: str) -> str:
    """A file name fit for a sentence: one line, in quotes, not too long."""
    if name == UNNAMED:
        return "The image"
    plain = "".join(character if character.isprintable() else " " for character in name)
    return f"'{plain[:37]}...{plain[-20:]}'" if len(plain) > 60 else f"'{plain}'"
