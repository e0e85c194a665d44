"""A sheet of paper in a photo: found, cut out, and levelled, as if it had been scanned.

A sheet is the large bright part of a photo that has four corners. Its corners are those of the bright part that lie
furthest along the diagonals, which holds as long as it is turned by less than about 40 degrees; then a perspective
transform makes it a rectangle (P. Heckbert, "Fundamentals of Texture Mapping and Image Warping", 1989, section 2.2).
Where there is no such part, as when the paper fills the photo, nothing is done.
"""

import numpy as np
from PIL import Image, ImageFilter

from imgcls.images.ink import border, connected, otsu

SIDE = 160
"""Pixels of the longer side of the small copy in which the sheet is looked for."""
LONGEST = 1200
"""Pixels of the longer side of the levelled sheet."""
SMALLEST, LARGEST = 0.2, 0.93
"""A sheet covers at least and at most such a share of the photo; a larger one leaves no table around it."""
FILLED = (0.97, 1.045)
"""The area of the bright part by that of the quadrangle of its corners: a part of another form is no sheet."""
CONTRAST = 25
"""Grey levels between a sheet and what lies around it."""
DARK = 0.5
"""A table has at most so much of the sheet's brightness; a shadow on the sheet mostly has more."""
RIM = 2
"""Pixels of the small copy: a corner that is nearer to the rim of the photo may lie outside of it."""
INSET = 0.015
"""So much is cut at each edge, where the table shines through."""

Sheets = list[tuple[np.ndarray, np.ndarray]]
"""Brightness of a small copy of a photo, and a mask of what may be a sheet in it; several guesses, the best first."""


def levelled(grey: np.ndarray, sheets: Sheets | None = None) -> np.ndarray | None:
    """The sheet in a photo (H x W, uint8) as a rectangle, uint8; None where none has four corners in sight."""
    found = (_corners(*sheet) for sheet in (candidates(grey) if sheets is None else sheets))
    corners = next((corners for corners in found if corners is not None), None)
    if corners is None:
        return None
    corners = corners * (max(grey.shape) / SIDE)
    top, right, bottom, left = (np.linalg.norm(corners[i] - corners[(i + 1) % 4]) for i in range(4))
    width, height = (top + bottom) / 2, (left + right) / 2
    scale = min(1.0, LONGEST / max(width, height))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    centre = corners.mean(0)
    source = corners + (centre - corners) * 2 * INSET
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], float)
    sheet = Image.fromarray(grey).transform(
        size, Image.Transform.PERSPECTIVE, _perspective(target, source), Image.Resampling.BILINEAR
    )
    return np.asarray(sheet)


def on_a_table(grey: np.ndarray, sheets: Sheets | None = None) -> np.ndarray | None:
    """Where in a photo (H x W, uint8) the sheet is, as a mask; None where nothing is as dark as a table around it.

    For a sheet that reaches out of the photo, so that it has no four corners.
    """
    for values, bright in candidates(grey) if sheets is None else sheets:
        sheet = _filled(bright)
        if sheet.mean() <= LARGEST and values[~sheet].mean() < DARK * values[sheet].mean():
            inner = Image.fromarray(sheet.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(5))
            return np.asarray(inner.resize(grey.shape[::-1], Image.Resampling.NEAREST)) > 127
    return None


def candidates(grey: np.ndarray) -> Sheets:
    """What may be a sheet in a photo; nothing in what is too small to be one, such as a white digit of 28 x 28."""
    height, width = grey.shape
    scale = SIDE / max(height, width)
    if scale > 0.5:
        return []
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(grey).resize(size, Image.Resampling.BOX)
    # Writing and lines on the sheet are narrow: a closing fills them, a median takes single specks.
    closed = small.filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.MinFilter(7)).filter(ImageFilter.MedianFilter(3))
    values = np.asarray(closed, np.float32)
    found = [(values, _largest(values > threshold)) for threshold in _thresholds(values)]
    return [(values, sheet) for values, sheet in found if SMALLEST <= sheet.mean() <= LARGEST]


def _thresholds(values: np.ndarray) -> tuple[float, float, float]:
    """Three ways to divide a photo into sheet and table: a shadow over either is another step of brightness."""
    between = otsu(values)
    low = otsu(values[values <= between])
    return (low + between) / 2, between, low


def _corners(values: np.ndarray, sheet: np.ndarray) -> np.ndarray | None:
    """Top left, top right, bottom right and bottom left of a part as (x, y), if it looks like a sheet."""
    if values[sheet].mean() - values[~sheet].mean() < CONTRAST:
        return None
    y, x = np.nonzero(sheet)
    places = [np.argmin(x + y), np.argmax(x - y), np.argmax(x + y), np.argmin(x - y)]
    # A pixel is a square: corners lie at its outer corner.
    found = np.array([(x[i], y[i]) for i in places], float) + np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    high = np.array(sheet.shape[::-1]) - RIM
    if ((found > RIM) & (found < high)).all(1).sum() < 3:
        return None  # its corners are those of the photo: it is where the light falls, or a sheet that is cut off
    area = _area(found)
    return found if area > 0 and FILLED[0] <= sheet.sum() / area <= FILLED[1] else None


def _largest(there: np.ndarray) -> np.ndarray:
    """The largest connected part of a mask."""
    part = connected(there)
    counts = np.bincount(part.ravel())
    counts[0] = 0
    return (part == counts.argmax()) & there


def _filled(there: np.ndarray) -> np.ndarray:
    """A mask with its holes: a table reaches the rim of the photo, broad writing on the sheet does not."""
    part = connected(~there)
    return ~np.isin(part, np.setdiff1d(border(part), 0))


def _area(corners: np.ndarray) -> float:
    """The area of a polygon (Gauss's shoelace formula)."""
    x, y = corners.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _perspective(target: np.ndarray, source: np.ndarray) -> list[float]:
    """The eight numbers with which Pillow finds, for each pixel of the target, its place in the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()
