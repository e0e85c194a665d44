"""One scale for all images of a source whose values go beyond 8 bits, and the three bands that the user sees."""

from collections.abc import Iterable

from imgcls.datasets.importing.findings import Findings, Option
from imgcls.errors import ImageError
from imgcls.images.files import decoding, samples
from imgcls.images.files.checks import check_size
from imgcls.images.files.pixel_scale import PixelScale, ValueRange

COLOURS = ("red", "green", "blue")
MEGAPIXELS = 25


def needs_scale(data: bytes) -> bool:
    """Whether the pixels of this file depend on the scale of the dataset."""
    return samples.is_deep(data)


def choose(findings: Findings, files: Iterable[bytes | ImageError], *, is_sample: bool = False) -> PixelScale:
    """The scale for these files: the range of all values beyond 8 bits, and the bands, which the user is asked for.

    Files that are damaged or too large are passed over here; they are reported when they are decoded.
    """
    found = ValueRange()
    bands: tuple[int, ...] = ()
    for data in files:
        if isinstance(data, ImageError) or not samples.is_deep(data):
            continue
        if not bands and (names := samples.bands_of(data)):
            bands = _ask(findings, names)
        try:
            if size := decoding.size_of(data):
                check_size(size, "", MEGAPIXELS)
            image = samples.read(data, bands)
        except (ImageError, samples.Unreadable, MemoryError):
            continue
        if image.values.dtype.itemsize > 1:
            found.add(image.values, image.no_data)
    scale = found.scale(bands)
    if scale.has_range:
        measured = " This is the range of a sample; the import measures all images." if is_sample else ""
        values = f"{scale.low:,g} to {scale.high:,g}"
        findings.notes.append(f"Values beyond 8 bits: {values} become 0 to 255, the same for all images.{measured}")
    return scale


def _ask(findings: Findings, names: tuple[str, ...]) -> tuple[int, ...]:
    """The numbers (from 1) of the bands for red, green and blue.

    They are known if the bands have these names, or if there are only four: red, green, blue and another one.
    """
    lower = [name.casefold() for name in names]
    known = [lower.index(colour) + 1 if colour in lower else 0 for colour in COLOURS]
    if not all(known):
        known = [1, 2, 3] if len(names) == 4 and not any(names) else [0, 0, 0]
    chosen = []
    for place, colour in enumerate(COLOURS):
        numbers = sorted(range(1, len(names) + 1), key=lambda band: band != place + 1)
        options = [Option(str(band), f"Band {band} {names[band - 1]}".rstrip()) for band in numbers]
        question = f"The images have {len(names)} bands. Which one should be shown as {colour}?"
        chosen.append(int(findings.ask(f"band-{colour}", question, options, str(known[place] or ""))))
    return tuple(chosen)
