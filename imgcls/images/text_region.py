"""Where on a photographed page the writing is: the largest group of dark marks that is no line and no rim.

It is looked for in a small copy and cut out of the large one, so that a small digit on a large page keeps its strokes.
"""

import math

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from imgcls.images import page_rectification
from imgcls.images.ink import connected, paper_of, surroundings

SIDE = 900
"""Pixels of the longer side of the copy in which writing is looked for."""
LARGEST = 1_600
"""Pixels of the longer side of what it is cut out of: a larger photo is reduced, to less than twice that."""
BLOCK = 6
"""Pixels of a block: marks that lie in neighbouring blocks belong together."""
DARKEST = 0.0005
"""The share of the page that surely is ink where there is any; marks of less than half of its contrast are none."""
NOISE = 5
"""Ink is at least so many standard deviations of the paper's noise darker than it."""
LINE = 0.5
"""What reaches over this share of the page, and is thin or touches its rim, is a line or an edge."""
MARGIN = 1.0
"""So much of the longer side of the writing is left around it, for the paper to be seen."""
NEAR = 0.3
"""Marks within this share of the longer side belong to the writing as well: the bar of a five."""
ALIKE = 0.5
"""Other marks that are longer than this share of it are writing of their own."""
Box = tuple[int, int, int, int]
"""Top, bottom, left, right."""
NOT_ALONE = "Other writing beside it was left out."


def cutout(grey: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The part of a photo (H x W, uint8) that holds the writing, and what was done, one sentence each.

    Where no group stands out the photo comes back as it is.
    """
    notes = []
    if (factor := max(grey.shape) // LARGEST) > 1:
        grey = np.asarray(Image.fromarray(grey).reduce(factor))
    sheets = page_rectification.candidates(grey)
    sheet = page_rectification.levelled(grey, sheets)
    if sheet is not None:
        grey, sheets = sheet, []
        notes.append("The sheet of paper was cut out of the photo and levelled.")
    found = _box(grey, sheets)
    if found is None:
        return grey, notes
    (top, bottom, left, right), is_alone = found
    if not is_alone:
        notes.append(NOT_ALONE)
    return grey[top:bottom, left:right], notes


def _box(grey: np.ndarray, sheets: page_rectification.Sheets) -> tuple[Box, bool] | None:
    """Top, bottom, left and right of the writing with a margin, in pixels of the photo; whether it is all there is."""
    scale = min(1.0, SIDE / max(grey.shape))
    size = tuple(max(1, round(length * scale)) for length in grey.shape[::-1])
    image = Image.fromarray(grey).resize(size, Image.Resampling.BOX) if scale < 1 else Image.fromarray(grey)
    if min(image.size) < 10 * BLOCK:
        return None
    sheet = page_rectification.on_a_table(np.asarray(image), sheets)
    groups = _groups_on(image, sheet) or (_groups_on(image, None) if sheet is not None else [])
    if not groups:
        return None
    main = groups[0]
    length = _length(main)
    near = [other for other in groups[1:] if _apart(groups[0], other) <= NEAR * length]
    main = _around([main, *near])
    others = [other for other in groups[1:] if other not in near]
    margin = math.ceil(MARGIN * _length(main) + 1)
    low, high = (main[0] - margin, main[2] - margin), (main[1] + margin, main[3] + margin)
    # Writing in the margin is seen, too: with all that belongs to it, so that no four is torn.
    seen = [o for o in others if low[0] <= o[0] and o[1] <= high[0] and low[1] <= o[2] and o[3] <= high[1]]
    seen += [o for o in others if any(_apart(one, o) <= NEAR * _length(one) for one in seen)]
    top, bottom, left, right = _around([main, *seen])
    is_alone = not any(_length(other) > ALIKE * length for other in others if other not in seen)
    box = min(low[0], top - 1), max(high[0], bottom + 1), min(low[1], left - 1), max(high[1], right + 1)
    top, bottom, left, right = (round(side * BLOCK / scale) for side in box)
    return (max(top, 0), min(bottom, grey.shape[0]), max(left, 0), min(right, grey.shape[1])), is_alone


def _length(box: Box) -> int:
    return max(box[1] - box[0], box[3] - box[2])


def _apart(one: Box, other: Box) -> int:
    """The blocks between two boxes, down or across."""
    return max(other[0] - one[1], one[0] - other[1], other[2] - one[3], one[2] - other[3])


def _around(boxes: list[Box]) -> Box:
    tops, bottoms, lefts, rights = zip(*boxes, strict=True)
    return min(tops), max(bottoms), min(lefts), max(rights)


def _groups_on(image: Image.Image, sheet: np.ndarray | None) -> list[Box]:
    """The groups of marks, on the sheet alone where there is one."""
    if sheet is not None:
        image = _without_table(image, sheet)
    values = np.asarray(image, np.float32)
    if float(((values - surroundings(image)) ** 3).sum()) > 0:  # light on dark, as in `ink.separate_photo`
        image, values = ImageOps.invert(image), 255 - values
    rest = np.maximum(paper_of(image) - values, 0)
    if sheet is None:
        sheet = np.ones(rest.shape, bool)
    marks = _in_blocks(_marks(rest * sheet))
    return _groups(marks.max(axis=(1, 3)), marks.sum(axis=(1, 3)), _in_blocks(sheet).all(axis=(1, 3)))


def _without_table(image: Image.Image, sheet: np.ndarray) -> Image.Image:
    """The picture with the brightness of the sheet nearby in place of what is not sheet."""
    values = np.asarray(image)
    blur = ImageFilter.BoxBlur(max(image.size) // 8)
    light = np.asarray(Image.fromarray(np.where(sheet, values, 0).astype(np.uint8)).filter(blur), np.float32)
    fraction = np.asarray(Image.fromarray(sheet.astype(np.uint8) * 255).filter(blur), np.float32) / 255
    filled = np.where(fraction > 0.1, light / np.maximum(fraction, 0.1), np.median(values[sheet]))
    return Image.fromarray(np.where(sheet, values, filled.clip(0, 255)).astype(np.uint8))


def _marks(rest: np.ndarray) -> np.ndarray:
    """How much darker than paper the ink is, H x W, 0 where there is none."""
    noise = 1.4826 * float(np.median(np.abs(rest)))
    count = max(8, int(DARKEST * rest.size))
    darkest = float(np.partition(rest.ravel(), -count)[-count:].mean())
    return np.where(rest > max(NOISE * noise, darkest / 2), rest, 0)


def _in_blocks(values: np.ndarray) -> np.ndarray:
    """An array H x W as rows, y, columns, x of blocks, the last ones filled up by what lies at the rim."""
    padded = np.pad(values, [(0, -length % BLOCK) for length in values.shape], mode="edge")
    return padded.reshape(padded.shape[0] // BLOCK, BLOCK, -1, BLOCK)


def _groups(darkest: np.ndarray, amount: np.ndarray, sheet: np.ndarray) -> list[Box]:
    """The boxes (top, bottom, left, right, in blocks) of what may be writing, the one with most ink first.

    `sheet` says which blocks are paper throughout: what touches others is its edge, or that of a shadow.
    """
    there = darkest > 0
    parts = connected(there)
    found = []
    height, width = there.shape
    for number in np.flatnonzero(np.bincount(parts.ravel()))[1:]:
        y, x = np.nonzero(parts == number)
        top, bottom, left, right = int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1
        tall, wide = bottom - top, right - left
        is_long = tall > LINE * height or wide > LINE * width
        at_rim = top == 0 or left == 0 or bottom == height or right == width or not sheet[y, x].all()
        is_thin = len(y) < 2.5 * max(tall, wide)
        if at_rim or (is_long and is_thin):
            continue
        found.append((float(amount[y, x].sum()), (top, bottom, left, right)))
    found.sort(key=lambda group: -group[0])
    if not found:
        return []
    return [box for ink, box in found if ink > found[0][0] / 20]
