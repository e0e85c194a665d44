"""The handwriting on a photographed page: the largest group of dark marks that is neither a line nor an edge.

It is located in a small copy and cropped from the large one, so that a small digit on a large page keeps its strokes.
"""

import math

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from imgcls.images import page_rectification
from imgcls.images.ink import GRAIN, connected_components
from imgcls.images.paper import paper_of, surroundings

SIDE = 900
"""Pixels of the longer side of the copy in which handwriting is located."""
LARGEST = 1_600
"""Pixels of the longer side of the photo it is cropped from: a larger one is reduced, to less than twice that."""
BLOCK = 6
"""Pixels of a block: marks in neighbouring blocks belong together."""
DARKEST = 0.0005
"""The fraction of a page that is certainly ink if there is any; marks of less than half its contrast are ignored."""
NOISE = 5
"""Ink is darker than the paper by at least this many standard deviations of the paper's noise."""
LINE = 0.5
"""What spans this fraction of the page and is thin is a line, or a 1 or 7 that is as tall."""
PRINTED = 3
"""Printed lines are at least this many, or reach the border."""
BESIDE = 1 / 12
"""Beside other marks that have at least this fraction of its ink, a long thin one is a line, they are the writing …"""
IN_LINE = 0.05
"""… unless they are nearer to it than this fraction of its length: then they are pieces of a broken stroke."""
MARGIN = 1.0
"""The margin around the handwriting, as a fraction of its longer side, so that some paper is visible."""
NEAR = 0.3
"""Marks within this fraction of the longer side also belong to the handwriting, such as the bar of a 5."""
MOST_GROUPS = 60
"""More groups of about the same amount of ink are the pattern of the paper."""
ALIKE = 0.5
"""Other marks that are longer than this fraction of it are handwriting of their own."""
Box = tuple[int, int, int, int]
"""Top, bottom, left, right."""
Group = tuple[float, Box]
"""How much ink it has, and where."""
NOT_ALONE = "Other handwriting in the image was ignored."


def crop_handwriting(grey: np.ndarray) -> tuple[np.ndarray, list[str], bool]:
    """The part of a photo (H x W, uint8) with the handwriting; what was done, one sentence each; and whether any group
    of marks stands out.

    If none does, the photo is returned unchanged.
    """
    notes = []
    if (factor := max(grey.shape) // LARGEST) > 1:
        grey = np.asarray(Image.fromarray(grey).reduce(factor))
    sheets = page_rectification.candidates(grey)
    sheet = page_rectification.straightened(grey, sheets)
    if sheet is not None:
        grey, sheets = sheet, []
        notes.append("The sheet of paper was cropped and straightened.")
    found = _box(grey, sheets)
    if found is None:
        return grey, notes, False
    (top, bottom, left, right), is_alone = found
    if not is_alone:
        notes.append(NOT_ALONE)
    return grey[top:bottom, left:right], notes, True


def _box(grey: np.ndarray, sheets: page_rectification.Sheets) -> tuple[Box, bool] | None:
    """Top, bottom, left and right of the handwriting with a margin, in pixels; and whether there is no other."""
    scale = min(1.0, SIDE / max(grey.shape))
    size = tuple(max(1, round(length * scale)) for length in grey.shape[::-1])
    image = Image.fromarray(grey).resize(size, Image.Resampling.BOX) if scale < 1 else Image.fromarray(grey)
    if min(image.size) < 10 * BLOCK:
        return None
    image = image.filter(ImageFilter.GaussianBlur(GRAIN))
    sheet = page_rectification.sheet_mask(np.asarray(image), sheets)
    groups = _groups_on(image, sheet) or (_groups_on(image, None) if sheet is not None else [])
    if not groups or len(groups) > MOST_GROUPS:
        return None
    main = groups[0]
    length = _length(main)
    near = [other for other in groups[1:] if _gap(groups[0], other) <= NEAR * length]
    main = _bounding_box([main, *near])
    others = [other for other in groups[1:] if other not in near]
    margin = math.ceil(MARGIN * _length(main) + 1)
    low, high = (main[0] - margin, main[2] - margin), (main[1] + margin, main[3] + margin)
    # Handwriting in the margin is included with all that belongs to it, so that no 4 is torn apart.
    included = [o for o in others if low[0] <= o[0] and o[1] <= high[0] and low[1] <= o[2] and o[3] <= high[1]]
    included += [o for o in others if any(_gap(one, o) <= NEAR * _length(one) for one in included)]
    top, bottom, left, right = _bounding_box([main, *included])
    is_alone = not any(_length(other) > ALIKE * length for other in others if other not in included)
    box = min(low[0], top - 1), max(high[0], bottom + 1), min(low[1], left - 1), max(high[1], right + 1)
    top, bottom, left, right = (round(side * BLOCK / scale) for side in box)
    return (max(top, 0), min(bottom, grey.shape[0]), max(left, 0), min(right, grey.shape[1])), is_alone


def _length(box: Box) -> int:
    return max(box[1] - box[0], box[3] - box[2])


def _gap(one: Box, other: Box) -> int:
    """The distance between two boxes in blocks, vertical or horizontal."""
    return max(other[0] - one[1], one[0] - other[1], other[2] - one[3], one[2] - other[3])


def _bounding_box(boxes: list[Box]) -> Box:
    tops, bottoms, lefts, rights = zip(*boxes, strict=True)
    return min(tops), max(bottoms), min(lefts), max(rights)


def _groups_on(image: Image.Image, sheet: np.ndarray | None) -> list[Box]:
    """The groups of marks; only those on the sheet if there is one."""
    if sheet is not None:
        image = _without_table(image, sheet)
    values = np.asarray(image, np.float32)
    if float(((values - surroundings(image)) ** 3).sum()) > 0:  # light on dark, as in `ink.separate_photo`
        image, values = ImageOps.invert(image), 255 - values
    rest = np.maximum(paper_of(image) - values, 0)
    if sheet is None:
        sheet = np.ones(rest.shape, bool)
    marks = _in_blocks(_marks(rest * sheet))
    is_paper = np.asarray(_in_blocks(sheet).all(axis=(1, 3)))
    return _groups(marks.max(axis=(1, 3)), marks.sum(axis=(1, 3)), is_paper)


def _without_table(image: Image.Image, sheet: np.ndarray) -> Image.Image:
    """The image with everything outside the sheet replaced by the brightness of the sheet nearby."""
    values = np.asarray(image)
    blur = ImageFilter.BoxBlur(max(image.size) // 8)
    light = np.asarray(Image.fromarray(np.where(sheet, values, 0).astype(np.uint8)).filter(blur), np.float32)
    fraction = np.asarray(Image.fromarray(sheet.astype(np.uint8) * 255).filter(blur), np.float32) / 255
    filled = np.where(fraction > 0.1, light / np.maximum(fraction, 0.1), np.median(values[sheet]))
    return Image.fromarray(np.where(sheet, values, filled.clip(0, 255)).astype(np.uint8))


def _marks(rest: np.ndarray) -> np.ndarray:
    """How much darker than the paper the ink is, H x W, 0 without ink."""
    noise = 1.4826 * float(np.median(np.abs(rest)))
    count = max(8, int(DARKEST * rest.size))
    darkest = float(np.partition(rest.ravel(), -count)[-count:].mean())
    return np.where(rest > max(NOISE * noise, darkest / 2), rest, 0)


def _in_blocks(values: np.ndarray) -> np.ndarray:
    """An array H x W as blocks (rows, y, columns, x), the last ones padded with the border."""
    padded = np.pad(values, [(0, -length % BLOCK) for length in values.shape], mode="edge")
    return padded.reshape(padded.shape[0] // BLOCK, BLOCK, -1, BLOCK)


def _groups(darkest: np.ndarray, amount: np.ndarray, sheet: np.ndarray) -> list[Box]:
    """The boxes (top, bottom, left, right, in blocks) of possible handwriting, the one with most ink first.

    `sheet` says which blocks are entirely paper: marks that touch others are its edge, or that of a shadow.
    """
    mask = darkest > 0
    parts, count = connected_components(mask)
    found: list[Group] = []
    lines: list[Group] = []
    height, width = mask.shape
    for number in range(1, count + 1):
        y, x = np.nonzero(parts == number)
        top, bottom, left, right = int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1
        tall, wide = bottom - top, right - left
        is_long = tall > LINE * height or wide > LINE * width
        at_border = top == 0 or left == 0 or bottom == height or right == width or not sheet[y, x].all()
        is_thin = len(y) < 2.5 * max(tall, wide)
        if not at_border:
            kind = lines if is_long and is_thin else found
            kind.append((float(amount[y, x].sum()), (top, bottom, left, right)))
    found += _long_strokes(lines, found)
    found.sort(key=lambda group: -group[0])
    if not found:
        return []
    return [box for ink, box in found if ink > found[0][0] / 20]


def _long_strokes(lines: list[Group], others: list[Group]) -> list[Group]:
    """Those of the long thin marks that are handwriting: all, or none if they are printed lines."""
    if not lines or len(lines) >= PRINTED:
        return []
    ink, box = max(lines)
    near = IN_LINE * _length(box)
    is_line = any(other_ink > BESIDE * ink and _gap(box, other) > near for other_ink, other in others)
    return [] if is_line else lines
