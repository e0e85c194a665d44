"""Handwriting from a canvas: the validated message of a browser, its strokes with a width at every point, and its ink.

Messages are never trusted: anybody can send one. Coordinates are those of a canvas of `SIDE` by `SIDE`.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from imgcls.errors import ImageError
from imgcls.images.ink import LARGEST_ZOOM
from imgcls.images.strokes import CANVAS

SIDE = 280
MOST_STROKES = 400
MOST_POINTS = 20_000
WIDEST = 80
BROADEST = 0.16
"""The widest pen, as a fraction of the longer side: the training digits go up to 0.18, and are read best below that."""
PENS = (4, 40)
"""The smallest and the largest width of the pen."""


@dataclass(frozen=True)
class Handwriting:
    """Strokes in the order of writing, each float64 (points, 3): x, y (downwards) and the width of the pen there."""

    strokes: tuple[np.ndarray, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.strokes)

    def without(self, number: int) -> "Handwriting":
        """The drawing without one stroke."""
        return Handwriting(self.strokes[:number] + self.strokes[number + 1 :])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the ink on the canvas."""
        points = np.concatenate(self.strokes)
        reach = points[:, 2:] / 2
        low = np.clip((points[:, :2] - reach).min(0), 0, SIDE)
        high = np.clip((points[:, :2] + reach).max(0), 0, SIDE)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def narrowed(self) -> "Handwriting":
        """The same strokes with a pen that is not too wide for their size: at most `BROADEST` of the longer side."""
        extent = float(np.ptp(np.concatenate(self.strokes)[:, :2], axis=0).max())
        widest = max(float(stroke[:, 2].max()) for stroke in self.strokes)
        if extent < widest or widest <= BROADEST * extent:  # a blob is not handwriting
            return self
        fraction = BROADEST * extent / widest
        return Handwriting(tuple(stroke * (1, 1, fraction) for stroke in self.strokes))

    def ink(self) -> np.ndarray:
        """The ink of the pen: uint8 (height, width), 255 on 0, cropped to the ink.

        The longer side has about `strokes.CANVAS` pixels whatever the size on the canvas, as in the training data of
        the digit model, so a small drawing is as sharp as a large one. Ink outside the canvas is cut off.
        """
        left, top, right, bottom = self.box
        longer = max(right - left, bottom - top)
        smallest = SIDE / LARGEST_ZOOM  # a drawing below a tenth of the canvas stays small, so that a dot stays a dot
        scale = CANVAS / max(longer, 1.5 * smallest)
        rim = 1
        height, width = (math.ceil((high - low) * scale) + 2 * rim for low, high in ((top, bottom), (left, right)))
        image = Image.new("L", (width, height))
        draw = ImageDraw.Draw(image)
        for stroke in self.strokes:
            _draw(draw, (stroke - (left, top, 0)) * scale + (rim, rim, 0))
        ink = np.asarray(image)
        if longer >= smallest:
            return ink
        room = round(SIDE * scale)  # `centre_ink` takes the whole canvas into account
        return np.pad(ink, [(0, room - side) for side in ink.shape])

    def on_field(self, side: int) -> np.ndarray:
        """The whole canvas, reduced to uint8 (side, side, 1), 255 on 0: size and place unchanged."""
        image = Image.new("L", (SIDE, SIDE))
        draw = ImageDraw.Draw(image)
        for stroke in self.strokes:
            _draw(draw, stroke)
        return np.asarray(image.resize((side, side), Image.Resampling.BOX))[..., None]

    def normalised(self, width: float, fill: float) -> "Handwriting":
        """The same strokes with a pen of this width, scaled to `fill` of the canvas, centred by their mass."""
        points = np.concatenate(self.strokes)[:, :2]
        low, extent = points.min(0), np.ptp(points, axis=0)
        scale = (fill * SIDE - width) / max(float(extent.max()), 1.0)
        large = [(stroke[:, :2] - low - extent / 2) * scale + SIDE / 2 for stroke in self.strokes]
        moved = Handwriting(tuple(np.column_stack([places, np.full(len(places), width)]) for places in large))
        ink = moved.on_field(SIDE // 5)[..., 0].astype(np.float64)
        middle = (np.arange(len(ink)) + 0.5) * 5
        balance = np.array([ink.sum(0) @ middle, ink.sum(1) @ middle, 0]) / max(ink.sum(), 1)
        shift = np.array([SIDE / 2, SIDE / 2, 0]) - balance
        return Handwriting(tuple(np.clip(stroke + shift, 0, SIDE) for stroke in moved.strokes))

    def as_lists(self) -> list[list[float]]:
        """The strokes as the canvas expects them: flat lists of x, y, width."""
        return [np.round(stroke, 1).ravel().tolist() for stroke in self.strokes]


def _draw(draw: ImageDraw.ImageDraw, stroke: np.ndarray) -> None:
    """A line from point to point and a disc at each: four times as fast as Pillow's own round joints."""
    points = [(x, y, max(1, round(width))) for x, y, width in stroke.tolist()]
    for (x, y, _), (next_x, next_y, width) in itertools.pairwise(points):
        draw.line((x, y, next_x, next_y), fill=255, width=width)
    for x, y, width in points:
        reach = (width - 1) / 2
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)


def from_message(message: object) -> Handwriting | None:
    """The handwriting in a message of the canvas; None for a message of something else.

    Raises:
        ImageError: the drawing is too large, or contains something that is not a point.
    """
    if not isinstance(message, dict) or not isinstance(message.get("strokes"), list):
        return None
    lists = message["strokes"]
    if len(lists) > MOST_STROKES:
        raise ImageError(
            f"This drawing has {len(lists):,} strokes; the limit is {MOST_STROKES}. Clear it and draw fewer."
        )
    if not all(isinstance(numbers, list) for numbers in lists):
        raise _damaged()
    if sum(map(len, lists)) > 3 * MOST_POINTS:
        raise ImageError(f"This drawing has more than {MOST_POINTS:,} points. Clear it and draw something shorter.")
    return Handwriting(tuple(_stroke(numbers) for numbers in lists if numbers))


def _stroke(numbers: list) -> np.ndarray:
    if len(numbers) % 3 or not all(type(number) in (int, float) for number in numbers):
        raise _damaged()
    try:
        stroke = np.array(numbers, np.float64).reshape(-1, 3)
    except OverflowError as error:
        raise _damaged() from error
    if not np.isfinite(stroke).all() or np.abs(stroke).max() > 1e6:
        raise _damaged()
    # The pen may have left the canvas: it continues along the border, as on the screen.
    return np.clip(stroke, (0, 0, 1), (SIDE, SIDE, WIDEST))


def _damaged() -> ImageError:
    return ImageError("The drawing arrived damaged: it contains invalid points. Clear it and draw again.")
