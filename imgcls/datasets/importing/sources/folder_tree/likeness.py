"""Whether images with the same file name in several folders look alike: then the name may be what they show.

`anna/7.png` and `ben/7.png` are both a seven, so they look more alike than `anna/7.png` and `ben/4.png`. But
`oak/7.png` and `fig/7.png` are just the seventh image of a class. The likeness is the chance that two images of the
same name in different folders correlate more than two of different names: 1/2 if names mean nothing.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.folder_tree.roles import Entry
from imgcls.errors import ImageError
from imgcls.images import handwriting
from imgcls.images.files import decoding

SIDE = 16
"""Pixels: details differ between two images of the same thing."""
AT_LEAST = 160
"""Pixels of the shorter side to which a photo may be reduced: a digit may be a small part of it."""
MOST_FOLDERS = 12
MAX_MEGAPIXELS = 4
"""Decoding a hundred larger images would delay the preview."""
SAME_IMAGE = 0.97
"""Images of one name that correlate so much are versions of one image, which says nothing."""


def of_names(entries: Sequence[Entry], files: Files) -> float | None:
    """The likeness of images with the same name; None if the images cannot tell.

    Handwriting is cropped to its ink and centred first. Only a dozen folders are looked at, because the images are
    decoded.
    """
    folders = sorted({entry.folders for entry in entries})[:MOST_FOLDERS]
    chosen = [entry for entry in entries if entry.folders in folders]
    opened = [(entry, pixels) for entry in chosen if (pixels := _pixels(files, entry)) is not None]
    if len(opened) < len(chosen) / 2:
        return None
    ink = handwriting.polarity([pixels for _, pixels in opened[: handwriting.MOST]])
    if not ink and all((pixels == pixels[..., :1]).all() for _, pixels in opened):
        ink = handwriting.EITHER  # perhaps writing on uneven paper
    vectors = np.array([_vector(pixels, ink) for _, pixels in opened])
    varied = vectors.std(axis=1) > 0
    names = np.array([entry.file.rpartition(".")[0] for entry, _ in opened])[varied]
    places = np.array([folders.index(entry.folders) for entry, _ in opened])[varied]
    if len(set(places)) < 2:
        return None
    pairs = np.corrcoef(vectors[varied])
    above = np.triu(np.ones(pairs.shape, bool), 1)
    apart, same = above & (places[:, None] != places), names[:, None] == names
    alike, different = pairs[apart & same], np.sort(pairs[apart & ~same])
    if not len(alike) or not len(different) or np.median(alike) > SAME_IMAGE:
        return None
    ranks = np.searchsorted(different, alike, "left") + np.searchsorted(different, alike, "right")
    return float(ranks.mean() / (2 * len(different)))


def _pixels(files: Files, entry: Entry) -> np.ndarray | None:
    """The image, reduced; None if it cannot be read or is too large."""
    try:
        data = files.read(entry.key)
        return decoding.open_image(data, max_megapixels=MAX_MEGAPIXELS, at_least=AT_LEAST).pixels
    except ImageError:
        return None


def _vector(pixels: np.ndarray, ink: str) -> np.ndarray:
    """The image in grey at a small size."""
    if ink:
        pixels = np.repeat(handwriting.as_in_mnist(pixels, (28, 28, 1), ink), 3, axis=2)
    small = Image.fromarray(pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, float).ravel()
