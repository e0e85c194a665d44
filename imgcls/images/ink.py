"""Ink: what was drawn or written, as brightness on exact black, placed the way MNIST places its digits.

    separate_drawing       a canvas with any background   -> ink, H x W, 0 is background and 255 is full ink
    separate_photo         a photo of ink on paper        -> the same, and whether dark ink was inverted
    has_faint_marks        a photo without such ink       -> whether there is some, but too faint
    thicken                strokes of a fine pen          -> strokes as wide as those in MNIST
    centre_ink             ink of any size and place      -> a square of `side` pixels
    connected_components   a mask                         -> a number for each of its parts

MNIST scales digits into a box of 20×20 pixels and puts their centre of mass at the centre of 28×28. (Y. LeCun, L.
Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998.)
"""

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from imgcls.images.paper import WRITING_SIDE, paper_of, surroundings

MNIST_FILL = 20 / 28
SMALLEST_WITH_RIM = 16
RIM = 1  # pixels that stay empty, as in nearly all of MNIST: at the very edge, the end of a 7 looked cut off
BLANK_BELOW = 24  # of 255: a lower contrast is not ink
LARGEST_ZOOM = 10  # a drawing that is smaller than a tenth of its canvas stays smaller, so that a dot stays a dot
THIN = 0.07  # of the longer side: thinner strokes are thickened to …
STROKE_WIDTH = 0.095  # … this, the median of MNIST (1.9 pixels of 20, measured)
FAINT = 0.32  # of the contrast of the darkest marks: fainter ones are printed lines, or show through the paper
FAINTEST = 20  # of 255: the contrast, after smoothing, of the faintest pencil that is read
MOST_CROSSINGS = 8  # strokes that reach the border; the lines of ruled or squared paper are more
MOST_PARTS = 60  # pieces of handwriting, broken strokes included; the dots of dotted paper are more
PHOTO_SIDE = 800  # pixels: larger photos are reduced before ink is looked for
LEVELS = np.arange(256)
GRAIN = 0.5  # pixels: the radius of the blur that removes grain; a median filter would also remove a thin stroke


def fill_of(side: int) -> float:
    """The fraction of the side that digits fill in images of this size.

    Those of 28×28 (MNIST) leave a margin, those of 8×8 (scikit-learn) fill the image.
    """
    return MNIST_FILL if side >= SMALLEST_WITH_RIM else 1.0


def centre_ink(ink: np.ndarray, side: int, fill: float = MNIST_FILL) -> np.ndarray:
    """Scale ink to `fill` of the side, keep its shape, and put its centre of mass at the centre: side x side, uint8.

    `ink` is H x W, bright on 0, of any real dtype. Ink that fits does not touch the edges: then its centre of mass may
    be off the centre. With `fill` 1 its bounding box is centred instead.
    Without ink, all zeros.
    """
    out = np.zeros((side, side), np.uint8)
    peak = float(ink.max(initial=0))
    box = ink_box(ink)
    if box is None or peak <= 0:
        return out
    top, bottom, left, right = box
    ink_crop = ink[top:bottom, left:right]
    if ink_crop.dtype != np.uint8:
        ink_crop = np.clip(ink_crop * (255 / peak), 0, 255).astype(np.uint8)

    height, width = ink_crop.shape
    scale = min(side * fill / max(height, width), LARGEST_ZOOM * side / max(ink.shape))
    new_height, new_width = (min(side, max(1, round(length * scale))) for length in (height, width))
    # An area mean keeps thin strokes that a sharper filter would surround with ringing; it is blocky when enlarging.
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(ink_crop).resize((new_width, new_height), resampling), np.float32)
    small = small * (255 / max(float(small.max()), 1))

    if fill >= 1:
        rim, centre_y, centre_x = 0, new_height / 2, new_width / 2
    else:
        rim = RIM
        mass = small.sum()
        # In MNIST the centre of mass is in the middle of pixel 14, counted from 0 (measured), not between 13 and 14.
        centre_y = float(small.sum(axis=1) @ np.arange(new_height)) / mass
        centre_x = float(small.sum(axis=0) @ np.arange(new_width)) / mass
    y, x = _start(side, new_height, centre_y, rim), _start(side, new_width, centre_x, rim)
    out[y : y + new_height, x : x + new_width] = np.rint(small)
    return out


def _start(side: int, length: int, centre: float, rim: int) -> int:
    """Where ink of this length begins, so that its centre of mass is in the middle if `rim` pixels then stay empty."""
    rim = min(rim, (side - length) // 2)
    return min(max(round(side / 2 - centre), rim), side - length - rim)


def ink_box(ink: np.ndarray) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right of the pixels brighter than a tenth of the brightest; None if all are 0."""
    peak = float(ink.max(initial=0))
    if peak <= 0:
        return None
    mask = ink > peak / 10
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def separate_drawing(canvas: np.ndarray) -> np.ndarray | None:
    """Ink of a canvas (H x W x 4 RGBA or H x W grey, uint8): its difference from the background; None if it is empty.

    The background is the median of the border, so white on black, black on white and ink on nothing are the same.
    """
    if canvas.ndim == 2:
        canvas = canvas[..., None]
    alpha = canvas[..., 3].astype(np.float32) if canvas.shape[-1] == 4 else None
    if alpha is not None and np.median(border(alpha)) < 128:
        ink = alpha
    else:
        ink = np.zeros(canvas.shape[:2], np.float32)
        for channel in range(min(canvas.shape[-1], 3)):
            values = canvas[..., channel].astype(np.float32)
            np.maximum(ink, np.abs(values - np.median(border(values))), out=ink)
        if alpha is not None:
            ink *= alpha / 255
    peak = float(ink.max(initial=0))
    if peak < BLANK_BELOW:
        return None
    return np.where(ink > peak / 10, ink * (255 / peak), 0).astype(np.uint8)


def border(values: np.ndarray) -> np.ndarray:
    """The outermost pixels of an H x W array, as one row."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def thicken(ink: np.ndarray) -> np.ndarray:
    """Give the strokes of a fine pen the width they have in MNIST: about a tenth of the longer side of the ink.

    The result is larger than `ink` by what the strokes grew. Strokes that are wide enough are returned unchanged.
    """
    box = ink_box(ink)
    if box is None:
        return ink
    top, bottom, left, right = box
    mask = np.zeros((bottom - top + 2, right - left + 2), bool)  # much faster than `np.pad`
    mask[1:-1, 1:-1] = ink[top:bottom, left:right] > float(ink.max()) / 4
    edges = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    width = 2 * np.count_nonzero(mask) / edges  # area by half the outline: the width of a long strip
    longer = max(bottom - top, right - left)
    if width >= THIN * longer:
        return ink
    radius = round((STROKE_WIDTH * longer - width) / 2)
    grown = np.pad(ink, radius)
    for step in range(radius):
        reach = grown.copy()
        np.maximum(reach[1:], grown[:-1], out=reach[1:])
        np.maximum(reach[:-1], grown[1:], out=reach[:-1])
        across = (
            reach if step % 2 else grown
        )  # alternating square and cross make an octagon, so that all slopes grow alike
        across = across.copy()
        np.maximum(reach[:, 1:], across[:, :-1], out=reach[:, 1:])
        np.maximum(reach[:, :-1], across[:, 1:], out=reach[:, :-1])
        grown = reach
    return grown


def separate_photo(
    grey: np.ndarray, known_dark: bool | None = None, *, is_located: bool = False
) -> tuple[np.ndarray | None, bool]:
    """Ink of a photo (H x W, uint8) and whether it was darker than its paper; (None, False) without ink.

    `known_dark` says whether it is darker, if that is known. Where handwriting was located (`is_located`), fainter ink
    is accepted after more smoothing.

    The paper is what remains when all narrow marks are filled, so shadows and uneven light are removed with it. Pixels
    that are darker than the paper by a threshold (N. Otsu, "A Threshold Selection Method from Gray-Level Histograms",
    1979) are ink, with a soft edge; the paper becomes exactly 0. Specks are removed.
    """
    ink, is_dark = _separated(grey, known_dark, GRAIN, FAINTEST)
    if ink is None and is_located:
        return _separated(grey, known_dark, 3 * GRAIN, FAINTEST / 2)
    return ink, is_dark


def _separated(
    grey: np.ndarray, known_dark: bool | None, blur: float, faintest: float
) -> tuple[np.ndarray | None, bool]:
    image = Image.fromarray(grey)
    if max(grey.shape) > PHOTO_SIDE:
        image = image.reduce(-(-max(grey.shape) // PHOTO_SIDE))
    if min(image.size) >= 3 * WRITING_SIDE:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(image, np.float32)
    # Ink is rare and far from the paper's brightness: the third power lets it decide the sign.
    is_dark = float(((values - surroundings(image)) ** 3).sum()) < 0 if known_dark is None else known_dark
    if not is_dark:
        image, values = ImageOps.invert(image), 255 - values
    rest = paper_of(image) - values
    noise = 1.5 * float(np.median(np.abs(rest)))
    rest = np.maximum(rest, 0)
    # Printed lines are fainter than a pen: if they dominate, they would pull the threshold towards them.
    threshold = max(otsu(rest), FAINT * _darkest(rest), 5 * noise if faintest < FAINTEST else 0)
    above = rest[rest > threshold]
    if not above.size or float(np.mean(above)) < max(faintest, 6 * noise):
        return None, False
    full = float(np.mean(above))
    low = max(2 * threshold - full, full / 4)
    ink = np.clip((rest - low) / (full - low), 0, 1) * 255
    return _without_specks(ink.astype(np.uint8)), is_dark


def is_pattern(ink: np.ndarray) -> bool:
    """Whether ink (H x W, uint8) is the pattern of the paper: lines that cross its border, or many dots."""
    mask = ink > 127
    edge = np.concatenate([mask[0], mask[1:, -1], mask[-1, -2::-1], mask[-2:0:-1, 0]])  # once around
    crossings = int(np.count_nonzero(edge != np.roll(edge, 1))) // 2
    return crossings > MOST_CROSSINGS or connected_components(mask)[1] > MOST_PARTS


def has_faint_marks(grey: np.ndarray) -> bool:
    """Whether a photo (H x W, uint8) contains a stroke that is darker than its paper, even if only by a few levels."""
    image = Image.fromarray(grey).reduce(-(-max(grey.shape) // (PHOTO_SIDE // 2)))
    image = image.filter(ImageFilter.GaussianBlur(2 * GRAIN))
    rest = paper_of(image) - np.asarray(image, np.float32)
    rest -= np.median(rest)
    noise = 1.4826 * float(np.median(np.abs(rest)))
    part, count = connected_components(rest > max(FAINTEST / 6, 5 * noise))
    inside = np.setdiff1d(np.arange(1, count + 1), border(part))
    return any(max(map(np.ptp, np.nonzero(part == number))) > 0.08 * max(rest.shape) for number in inside)


def _darkest(rest: np.ndarray) -> float:
    """The contrast of what is certainly ink: the mean of the darkest pixels."""
    count = max(8, rest.size // 300)
    marks = rest[rest > 0]  # most of an even background is exactly 0, and a partition of equal numbers is slow
    if len(marks) <= count:
        return float(marks.sum()) / count
    return float(np.partition(marks, -count)[-count:].mean())


def otsu(values: np.ndarray) -> float:
    """Otsu's threshold for values in 0..255: it maximises the variance between the two groups."""
    return otsu_of(np.bincount(values.astype(np.uint8).ravel(), minlength=256))


def otsu_of(counts: np.ndarray) -> float:
    """The same from the number of values at each of the 256 levels; 0 if all are equal."""
    below = np.cumsum(counts, dtype=np.float64)
    sums = np.cumsum(counts * LEVELS, dtype=np.float64)
    groups = below * (below[-1] - below)
    between = (sums * below[-1] - sums[-1] * below) ** 2 / np.maximum(groups, 1)
    best = int(between.argmax())
    return float(best + 1) if groups[best] else 0.0


def connected_components(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The connected parts of a mask, corners included: numbers from 1, int (H, W), 0 outside the mask; their count."""
    from scipy import ndimage  # here, because it takes a while to import and drawings never need it

    labels, count = ndimage.label(mask, np.ones((3, 3)))
    return labels, count


def _without_specks(ink: np.ndarray) -> np.ndarray:
    """Ink without parts that are much smaller than the largest one, and without those that reach in from the border."""
    block = -(-max(ink.shape) // (2 * WRITING_SIDE))
    padded = np.zeros([length + -length % block for length in ink.shape], ink.dtype)
    padded[: ink.shape[0], : ink.shape[1]] = ink
    blocks = padded.reshape(padded.shape[0] // block, block, -1, block)
    mask = blocks.max(axis=(1, 3)) > 127
    part, _ = connected_components(mask)
    amount = np.bincount(part.ravel(), weights=blocks.sum(axis=(1, 3), dtype=np.float64).ravel())
    amount[0] = 0
    # The edge of a table or a shadow reaches the border of the image; handwriting does only if there is nothing else.
    touching = np.zeros(amount.size, bool)
    touching[border(part)] = True
    inside = np.where(touching, 0, amount).max()
    amount[touching & (amount < 8 * inside)] = 0
    keep = (amount * 12 >= amount.max())[part] & mask
    # The edge of a stroke is in blocks that are not in the mask themselves.
    wide = np.zeros((keep.shape[0] + 2, keep.shape[1] + 2), bool)
    wide[1:-1, 1:-1] = keep
    wide = wide[:-2] | wide[1:-1] | wide[2:]
    keep = wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]
    pixels = keep.repeat(block, axis=0).repeat(block, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(pixels, ink, 0)
