"""A sheet of paper in a photo: found, cropped and straightened, as if it had been scanned.

A sheet is a large bright region with four corners. The corners are its points furthest along the diagonals, which works
for rotations of less than about 40°; a perspective transform then makes it a rectangle (P. Heckbert, "Fundamentals of
Texture Mapping and Image Warping", 1989, section 2.2). Without such a region, for example if the paper fills the photo,
nothing is done.
"""

import numpy as np
from PIL import Image, ImageFilter

from imgcls.images.ink import border, connected_components, otsu

SIDE = 160
"""Pixels of the longer side of the small copy in which the sheet is looked for."""
LONGEST = 1200
"""Pixels of the longer side of the straightened sheet."""
SMALLEST, LARGEST = 0.2, 0.93
"""The fraction of the photo that a sheet covers, at least and at most; a larger one leaves no table around it."""
FILLED = (0.97, 1.045)
"""The area of the bright region divided by that of its quadrilateral: a region of another shape is not a sheet."""
CONTRAST = 25
"""Difference in intensity, of 255, between a sheet and its surroundings."""
DARK = 0.5
"""A table has at most this fraction of the sheet's brightness; a shadow on the sheet usually has more."""
RIM = 2
"""Pixels of the small copy: a corner nearer to the border of the photo may be outside it."""
INSET = 0.015
"""The fraction that is cut off at each edge, where the table shows."""

Sheets = list[tuple[np.ndarray, np.ndarray]]
"""The brightness of a small copy of a photo, and a mask of a possible sheet in it; several candidates, best first."""


def straightened(grey: np.ndarray, sheets: Sheets | None = None) -> np.ndarray | None:
    """The sheet in a photo (H x W, uint8) as a rectangle, uint8; None if no sheet has its four corners in the photo."""
    found = (_corners(*sheet) for sheet in (candidates(grey) if sheets is None else sheets))
    corners = next((corners for corners in found if corners is not None), None)
    if corners is None:
        return None
    corners = corners * (max(grey.shape) / SIDE)
    top, right, bottom, left = (float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4))
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


def sheet_mask(grey: np.ndarray, sheets: Sheets | None = None) -> np.ndarray | None:
    """A mask of the sheet in a photo (H x W, uint8); None if nothing around it is as dark as a table.

    For a sheet that extends beyond the photo, so that it does not have four corners.
    """
    for values, bright in candidates(grey) if sheets is None else sheets:
        sheet = _filled(bright)
        if sheet.mean() <= LARGEST and values[~sheet].mean() < DARK * values[sheet].mean():
            inner = Image.fromarray(sheet.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(5))
            return np.asarray(inner.resize(grey.shape[::-1], Image.Resampling.NEAREST)) > 127
    return None


def candidates(grey: np.ndarray) -> Sheets:
    """Possible sheets in a photo; none in an image that is too small, such as a white digit of 28×28."""
    height, width = grey.shape
    scale = SIDE / max(height, width)
    if scale > 0.5:
        return []
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(grey).resize(size, Image.Resampling.BOX)
    # Handwriting and lines on the sheet are narrow: a closing fills them, a median removes specks.
    closed = small.filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.MinFilter(7)).filter(ImageFilter.MedianFilter(3))
    values = np.asarray(closed, np.float32)
    found = [(values, _largest(values > threshold)) for threshold in _thresholds(values)]
    return [(values, sheet) for values, sheet in found if SMALLEST <= sheet.mean() <= LARGEST]


def _thresholds(values: np.ndarray) -> tuple[float, float, float]:
    """Three thresholds between sheet and table: a shadow over either adds another brightness level."""
    between = otsu(values)
    low = otsu(values[values <= between])
    return (low + between) / 2, between, low


def _corners(values: np.ndarray, sheet: np.ndarray) -> np.ndarray | None:
    """Top left, top right, bottom right and bottom left of a region as (x, y), if it is shaped like a sheet."""
    if values[sheet].mean() - values[~sheet].mean() < CONTRAST:
        return None
    y, x = np.nonzero(sheet)
    places = [np.argmin(x + y), np.argmax(x - y), np.argmax(x + y), np.argmin(x - y)]
    # Pixels are squares: the corners of the sheet are their outer corners.
    found = np.array([(x[i], y[i]) for i in places], float) + np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    high = np.array(sheet.shape[::-1]) - RIM
    if ((found > RIM) & (found < high)).all(1).sum() < 3:
        return None  # its corners are those of the photo: a bright area, or a sheet that is cut off
    area = _area(found)
    return found if area > 0 and FILLED[0] <= sheet.sum() / area <= FILLED[1] else None


def _largest(mask: np.ndarray) -> np.ndarray:
    """The largest connected component of a mask."""
    part, _ = connected_components(mask)
    counts = np.bincount(part.ravel())
    counts[0] = 0
    return (part == counts.argmax()) & mask


def _filled(mask: np.ndarray) -> np.ndarray:
    """A mask with its holes filled: a table reaches the border of the photo, bold writing on the sheet does not."""
    part, _ = connected_components(~mask)
    return ~np.isin(part, np.setdiff1d(border(part), 0))


def _area(corners: np.ndarray) -> float:
    """The area of a polygon (Gauss's shoelace formula)."""
    x, y = corners.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _perspective(target: np.ndarray, source: np.ndarray) -> list[float]:
    """Pillow's eight coefficients, which map each pixel of the target to its place in the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()
