"""Whether the images of a dataset are handwriting, and whether its ink is darker or lighter than the background.

Handwriting is a thin line of nearly even width on an even background. Photos of things have more tones, or wider parts.
"""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from imgcls.images import loading
from imgcls.images.ink import border, centre_ink, fill_of, ink_box, otsu

DARK, LIGHT, EITHER = "dark", "light", "either"
FEWEST = 6
"""With fewer images nothing is claimed."""
MOST = 24
"""Images that are examined."""
AGREE = 0.8
"""The fraction of the images that must be handwriting of one polarity."""
SIDE = 64
"""Pixels of the longer side of the copy that is examined."""
CONTRAST = 60
TWO_TONES = 0.7
EVEN = 0.75
"""The least fraction of the border that is background: handwriting rarely touches it."""
INK = (0.01, 0.5)
"""The least and the largest fraction of an image that is ink."""
WIDEST = 0.34
"""The widest stroke, as a fraction of the longer side of the ink."""
PLACED = 1.0
"""Pixels by which a digit may be off its place in MNIST and still counts as placed."""


def polarity(images: Iterable[np.ndarray]) -> str:
    """ "dark" or "light" for handwriting with such ink, "" for anything else.

    `images` are uint8 (height, width, 1 or 3); at most `MOST` are read, fewer if the first ones are something else.
    """
    votes: list[str] = []
    for image in images:
        votes.append(_polarity(image))
        if len(votes) >= MOST or votes.count("") > max(1, (1 - AGREE) * MOST):
            break
    most = max((DARK, LIGHT), key=votes.count)
    return most if len(votes) >= FEWEST and votes.count(most) >= AGREE * len(votes) else ""


def as_in_mnist(pixels: np.ndarray, shape: tuple[int, int, int], ink: str) -> np.ndarray:
    """An image of handwriting with `DARK`, `LIGHT` or `EITHER` ink as uint8 of this shape: light on black, placed as in
    MNIST.

    An image that is placed so already is only inverted if necessary.

    Raises:
        ImageError: it contains no handwriting.
    """
    if pixels.shape == shape and shape[2] == 1:
        grey = pixels[..., 0]
        is_light = ink == LIGHT or (ink == EITHER and border(grey).mean() < 128)
        if _is_placed(light := grey if is_light else 255 - grey):
            return light[..., None]
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    is_dark = None if ink == EITHER else ink == DARK
    return loading.prepare_photo(pixels, shape, ink=True, is_dark=is_dark).pixels


def _is_placed(light: np.ndarray) -> bool:
    """Whether light ink on exact black has the size and the centre of a digit in MNIST."""
    box = ink_box(light)
    if box is None or np.any(border(light)):
        return False
    expected = ink_box(centre_ink(light, len(light), fill_of(len(light))))
    return expected is not None and float(np.abs(np.subtract(box, expected)).max()) <= PLACED


def _polarity(image: np.ndarray) -> str:
    from scipy import ndimage  # as in `ink.connected_components`

    pil_image = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("L")
    pil_image.thumbnail((SIDE, SIDE))
    values = np.asarray(pil_image, np.float32)
    light = values >= otsu(values)
    share = float(light.mean())
    if not 0 < share < 1:
        return ""
    contrast = values[light].mean() - values[~light].mean()
    if contrast < CONTRAST or share * (1 - share) * contrast**2 < TWO_TONES * values.var():
        return ""
    is_dark = bool(border(light).mean() > 0.5)
    mask = ~light if is_dark else light
    box = ink_box(mask)
    if box is None or not INK[0] <= mask.mean() <= INK[1] or border(mask).mean() > 1 - EVEN:
        return ""
    top, bottom, left, right = box
    width = 2 * float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())
    if width > WIDEST * max(bottom - top, right - left):
        return ""
    return DARK if is_dark else LIGHT
