"""Whether a source is handwriting: guessed from its images, and a question that the user can answer otherwise."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from imgcls.datasets.importing.findings import Option
from imgcls.datasets.importing.pixels import decode
from imgcls.datasets.importing.sources import Source
from imgcls.errors import ImageError
from imgcls.images import handwriting, loading
from imgcls.images.files import decoding

KEY = "ink"
NO = "no"
TEXT = "Are these images handwriting, such as digits or letters?"
OPTIONS = (
    Option(handwriting.DARK, "Dark ink on a light background", "Inverted to light on black, cropped and centred."),
    Option(handwriting.LIGHT, "Light ink on a dark background", "Cropped and centred, as in MNIST."),
    Option(NO, "No", "The images are stored as they are."),
)
NOTE = "Handwriting: the ink of each image was cropped and centred as in MNIST, light on black."
AT_LEAST = 160
"""Pixels of the shorter side to which a photo may be reduced before it is examined."""


def ask(source: Source) -> str:
    """ "dark" or "light" if the images are handwriting with such ink, else "".

    Models of handwriting read drawings and photos, so all of their images are light ink on black, placed alike. The
    question is asked if the images seem to be handwriting, or are all grey so that they could be.
    """
    images = list(islice(_images(source), handwriting.MOST))
    found = handwriting.polarity(images)
    could_be = bool(images) and all((image == image[..., :1]).all() for image in images)
    if not (found or could_be or KEY in source.findings.answers):
        return ""
    answer = source.findings.ask(KEY, TEXT, OPTIONS, default=found or NO)
    if answer == NO:
        return ""
    source.notes.append(NOTE)
    return answer


def _images(source: Source) -> Iterator[np.ndarray]:
    """Images from all over the source, uint8 (height, width, channels); unreadable and huge ones are left out."""
    if source.table is not None:
        for _, _, _, pixels in source.table.rows():
            yield decoding.from_array(pixels).pixels
        return
    for place in np.random.default_rng(0).permutation(len(source.items)):
        data = source.bytes_of(source.items[place])
        if isinstance(data, ImageError) or decode.is_slow(data):
            continue
        try:
            yield loading.open_image(data, at_least=AT_LEAST).pixels
        except ImageError:
            continue
