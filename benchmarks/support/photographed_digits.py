"""Synthetic images of handwritten digits as people upload them: cropped to the ink, or photographed on paper."""

import io
import itertools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from imgcls.images.strokes import Strokes, varied

PAPERS = ("plain", "ruled", "squared", "dotted")
ENLARGEMENTS = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
THIN_DIGITS = {
    "1": [[(0.5, 0.0), (0.5, 1.0)]],
    "7": [[(0.15, 0.0), (0.8, 0.0), (0.4, 1.0)]],
}
"""The strokes of a long 1 and a long 7, on a field of 1."""
MORE_ONES = [[(0.3, 0.22), (0.52, 0.0), (0.5, 1.0)]]
MORE_SEVENS = [[(0.15, 0.04), (0.8, 0.0), (0.42, 1.0)], [(0.36, 0.5), (0.76, 0.48)]]


def cropped(
    digit: np.ndarray, factor: int, *, is_dark: bool, resampling: Image.Resampling, least: int = 0
) -> np.ndarray:
    """A digit of MNIST, uint8 (28, 28), cropped to the pixels above `least` and enlarged; inverted if `is_dark`."""
    rows, columns = (np.flatnonzero((digit > least).any(axis)) for axis in (1, 0))
    image = Image.fromarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    pixels = np.asarray(image.resize((image.width * factor, image.height * factor), resampling))
    return 255 - pixels if is_dark else pixels


def thin_digit(digit: str, generator: np.random.Generator) -> Strokes:
    """A 1 or a 7 of long lines, by a hand that leans and trembles a little; in one of two styles."""
    styles = (THIN_DIGITS[digit], MORE_ONES if digit == "1" else MORE_SEVENS)
    lines = [np.array(line) for line in styles[generator.integers(2)]]
    dense = [
        np.concatenate([a + (b - a) * np.linspace(0, 1, 12)[:, None] for a, b in itertools.pairwise(line)])
        for line in lines
    ]
    return varied(dense, generator)


def photo(
    strokes: Strokes,
    size: float,
    generator: np.random.Generator,
    *,
    paper: str = "plain",
    pen: float = 0.006,
    contrast: float = 150,
    grain: float = 5,
    shape: tuple[int, int] = (1200, 900),
) -> np.ndarray:
    """Handwriting on paper as a phone takes it, uint8 (height, width); blank paper without strokes.

    It covers `size` of the height, or of the width if that is too narrow. `pen` is the width of its strokes in heights
    of the photo, `contrast` that of the ink in grey levels, `grain` the standard deviation of the noise; the paper has
    a texture of half of that. Light falls off to one side.
    """
    height, width = shape
    page = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(page)
    _print_lines(draw, paper, shape, 0.4 if contrast > 60 else 0.0)
    points = np.concatenate(strokes) if strokes else np.zeros((1, 2))
    low, extent = points.min(0), np.maximum(np.ptp(points, axis=0), 1e-6)
    scale = min(size * height / extent[1], size * width / extent[0])
    room = np.array([width, height]) - extent * scale
    corner = room * generator.uniform(0.4, 0.6, 2) if size > 0.6 else room * generator.uniform(0.15, 0.85, 2)
    line_width = max(1, round(pen * height))
    for stroke in strokes:
        places = [tuple(point) for point in (stroke - low) * scale + corner]
        draw.line(places, fill=255, width=line_width, joint="curve")
    ink = np.asarray(page.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / 255
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(shape)
    angle = generator.uniform(0, 2 * np.pi)
    light = 215 + 35 * (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5))
    texture = Image.fromarray(generator.normal(128, 40, (height // 3, width // 3)).clip(0, 255).astype(np.uint8))
    fibres = (np.asarray(texture.resize((width, height), Image.Resampling.BICUBIC), np.float32) - 128) / 40
    values = light - contrast * ink + grain * (generator.normal(0, 1, shape) + 0.5 * fibres)
    file = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return np.asarray(Image.open(file))


def _print_lines(draw: ImageDraw.ImageDraw, paper: str, shape: tuple[int, int], strength: float) -> None:
    height, width = shape
    step, fill = height // 24, round(255 * strength)
    if paper in ("ruled", "squared"):
        for y in range(step // 2, height, step):
            draw.line([(0, y), (width, y)], fill=fill, width=2)
    if paper == "squared":
        for x in range(step // 2, width, step):
            draw.line([(x, 0), (x, height)], fill=fill, width=2)
    if paper == "dotted":
        for y in range(step // 2, height, step):
            for x in range(step // 2, width, step):
                draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=fill)
