"""Handwriting as strokes, rendered to the pixels of a canvas."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from imgcls.images.ink import centre_ink, thicken

Strokes = list[np.ndarray]
"""One array (points, 2) of x and y per stroke, y downwards, in any unit."""

CANVAS = 160
"""The longer side of a rendered drawing in pixels, without its rim."""


def rendered(strokes: Strokes, width: float) -> np.ndarray:
    """The strokes as drawn by a round pen: uint8, 255 on 0, the longer side `CANVAS` pixels plus a rim.

    `width` is that of the pen as a fraction of the longer side.
    """
    points = np.concatenate(strokes)
    low = points.min(0)
    scale = CANVAS / max(float((points - low).max()), 1e-6)
    pen = max(1, round(width * CANVAS))
    rim = pen + 2
    size = np.ceil((points.max(0) - low) * scale).astype(int) + 2 * rim
    image = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        places = [tuple(point) for point in (stroke - low) * scale + rim]
        draw.line(places, fill=255, width=pen, joint="curve")
        for x, y in (places[0], places[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image)


def as_digit(strokes: Strokes, width: float, *, side: int = 28, like_the_page: bool = True) -> np.ndarray:
    """The strokes as a digit model gets them, uint8 (side, side); `like_the_page` thickens those of a fine pen."""
    ink = rendered(strokes, width)
    return centre_ink(thicken(ink) if like_the_page else ink, side)


def varied(strokes: Strokes, generator: np.random.Generator) -> Strokes:
    """The same handwriting with a slightly different slant, aspect, rotation and tremor.

    P. Simard, D. Steinkraus and J. Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
    Analysis", 2003, showed how much a digit network gains from affine and elastic variants.
    """
    points = np.concatenate(strokes)
    centre, size = points.mean(0), max(float(np.ptp(points, 0).max()), 1e-6)
    angle, slant, stretch = generator.normal(0, (np.deg2rad(6), 0.12, 0.1))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[np.exp(stretch), slant], [0, np.exp(-stretch)]])
    # A smooth displacement field: a few long waves over the drawing, of about 2% of its size.
    waves = generator.normal(0, 3, (4, 2))
    phases = generator.uniform(0, 2 * np.pi, (4, 2))
    amounts = generator.normal(0, 0.018, (4, 2))
    result = []
    for stroke in strokes:
        place = (stroke - centre) / size
        bent = place + sum(amounts[i] * np.sin(place @ waves[i] + phases[i, 0])[:, None] for i in range(len(waves)))
        result.append(bent @ matrix.T)
    return result


def from_points(strokes: Sequence[Sequence[Sequence[float]]], *, y_upwards: bool = False) -> Strokes:
    """Lists of points as arrays; strokes without points are dropped.

    Raises:
        ValueError: there is no point at all, or one is not two finite numbers.
    """
    arrays = [np.array(stroke, np.float64) for stroke in strokes if len(stroke)]
    if not arrays or not all(array.shape[1:] == (2,) and np.isfinite(array).all() for array in arrays):
        raise ValueError("strokes need at least one point, and each point two finite numbers")
    return [array * (1, -1) for array in arrays] if y_upwards else arrays
