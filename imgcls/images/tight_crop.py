"""Handwriting cropped to its ink: the ink reaches every edge of the image, so no paper around it shows what is ink.

Brightness does not tell either, because a bold digit covers more than half of its box. What tells is that ink is in one
piece, while the background is cut into several: corners, gaps and holes.
"""

import numpy as np
from PIL import Image

from imgcls.images.ink import BLANK_BELOW, LEVELS, MOST_CROSSINGS, border, connected_components, otsu_of

SIDE = 96
"""Pixels of the longer side of the copy that is examined."""
SMALLEST = 4
"""Pixels of the longer side of the smallest image that can be handwriting."""
TWO_TONES = 0.7
"""The least fraction of the variance that lies between ink and background; uniform light and noise give less."""
REACH = 0.1
"""Ink nearer to an edge than this fraction of the longer side touches it: the soft edge of a stroke is not counted."""
ONE_PIECE = 0.6
"""The least fraction of the ink that is in its largest part: a 5 may be two strokes, a photo of a thing is many."""
WIDEST = 0.45
"""The widest stroke, as a fraction of the longer side; a shadow or a table is wider."""
NARROW = 0.4
"""Narrower images, as a fraction of the longer side, may be filled by a single stroke: a 1."""
SPECK = 0.01
"""Parts below this fraction of the area are not counted."""


def separate_crop(grey: np.ndarray, known_dark: bool | None = None) -> tuple[np.ndarray | None, bool]:
    """Ink of an image that is cropped to it (H x W, uint8), and whether it was darker than its background.

    The ink is uint8 H x W, 255 on 0. (None, False) for any other image, such as a page with a margin. `known_dark` says
    which it is, if that is known.
    """
    if min(grey.shape) < 1 or max(grey.shape) < SMALLEST:
        return None, False
    values = _copy(grey)
    counts = np.bincount(values.ravel(), minlength=256)
    threshold = otsu_of(counts)
    if not _has_two_tones(counts, int(threshold)):
        return None, False
    light = values >= threshold
    if not any(map(_reaches_all_edges, (light, ~light))):
        return None, False
    is_dark = _is_ink(~light, light) if known_dark is None else known_dark
    mask = ~light if is_dark else light
    if not (_reaches_all_edges(mask) and _is_digit(mask)):
        return None, False
    return _contrasted(255 - grey if is_dark else grey, 255 - threshold if is_dark else threshold), is_dark


def _copy(grey: np.ndarray) -> np.ndarray:
    """The image with a longer side of `SIDE` pixels."""
    scale = SIDE / max(grey.shape)
    width, height = (max(1, round(length * scale)) for length in grey.shape[::-1])
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), resampling))


def _has_two_tones(counts: np.ndarray, threshold: int) -> bool:
    """Whether most of the variance lies between the pixels below a threshold and the others, and both differ enough.

    `counts` are the pixels at each of the 256 levels.
    """
    size, light = int(counts.sum()), int(counts[threshold:].sum())
    if not 0 < light < size:
        return False
    amounts = counts * LEVELS
    total, bright = int(amounts.sum()), int(amounts[threshold:].sum())
    contrast, share = bright / light - (total - bright) / (size - light), light / size
    variance = int(amounts @ LEVELS) / size - (total / size) ** 2
    return contrast >= BLANK_BELOW and share * (1 - share) * contrast**2 >= TWO_TONES * variance


def _is_ink(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether `one` of the two halves of an image is the ink: in fewer pieces, or else with less of the border."""
    pieces = [len(_sizes(mask)) for mask in (one, other)]
    return pieces[0] < pieces[1] if pieces[0] != pieces[1] else border(one).mean() < border(other).mean()


def _sizes(mask: np.ndarray) -> np.ndarray:
    """The pixels of each part of a mask that is larger than a speck."""
    sizes = np.bincount(connected_components(mask)[0].ravel())[1:]
    return sizes[sizes >= SPECK * mask.size]


def _reaches_all_edges(mask: np.ndarray) -> bool:
    """Whether this reaches all four edges in a few places each, as ink does and a shadow or the lines of paper do not.

    It costs a tenth of what the parts of a mask cost, so it comes first.
    """
    longer = max(mask.shape)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    margins = rows[0], columns[0], mask.shape[0] - 1 - rows[-1], mask.shape[1] - 1 - columns[-1]
    if max(margins) > REACH * longer:
        return False
    edge = _around(mask)
    return min(mask.shape) <= NARROW * longer or bool(
        np.count_nonzero(edge != np.roll(edge, 1)) <= 2 * MOST_CROSSINGS and edge.mean() < 0.6
    )


def _is_digit(mask: np.ndarray) -> bool:
    """Whether this is in one piece, mostly, and not as wide as a shadow or a table."""
    from scipy import ndimage  # as in `ink.connected_components`

    longer, sizes = max(mask.shape), _sizes(mask)
    if not len(sizes) or sizes.max() < ONE_PIECE * mask.sum():
        return False
    return min(mask.shape) <= NARROW * longer or bool(2 * ndimage.distance_transform_edt(mask).max() <= WIDEST * longer)


def _around(mask: np.ndarray) -> np.ndarray:
    """The outermost pixels of a mask, in their order around it."""
    return np.concatenate([mask[0], mask[1:, -1], mask[-1, -2::-1], mask[-2:0:-1, 0]])


def _contrasted(values: np.ndarray, threshold: float) -> np.ndarray:
    """Light ink on a dark background as uint8, 255 on 0, with the noise of the background removed."""
    from scipy import ndimage

    mask = values >= threshold
    away = ndimage.distance_transform_edt(~mask) > max(1.5, max(values.shape) / 40)  # beyond the soft edge
    background = values[away] if np.count_nonzero(away) >= 9 else np.percentile(values, [5])
    low, full = float(np.median(background)), float(np.percentile(values[mask], 90))
    noise = 1.4826 * float(np.median(np.abs(background - low)))
    low += max(0.1 * (full - low), 3 * noise)
    return (np.clip((values - low) / max(full - low, 1), 0, 1) * 255).astype(np.uint8)
