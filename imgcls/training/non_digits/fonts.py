"""Letters, digits and signs of fonts that imitate handwriting, as images: many more hands than the seven writers.

The fonts are the .ttf and .otf files in the folder `handwriting_fonts` of the one set by IMGCLS_DATA; none is part of
imgcls. The shipped network was fitted with 56, all free to use. From Debian packages:

fonts-breip, fonts-bwht, fonts-comic-neue, fonts-dkg-handwriting, fonts-ecolier-court, fonts-femkeklaver,
fonts-humor-sans, fonts-kiloji, fonts-klee, fonts-kristi, fonts-rufscript, fonts-seto, fonts-sjfonts, fonts-tomsontalks
and fonts-yusei-magic: all files but setofont-ex, dkgBI, kiloji_d and kiloji_p.

From npm packages (@expo-google-fonts/NAME): caveat, gloria-hallelujah, gochi-hand, indie-flower, kalam,
la-belle-aurore, mansalva, nanum-pen-script, patrick-hand, permanent-marker, playpen-sans, reenie-beanie, schoolbell,
shadows-into-light and shantell-sans: all files but those named 100Thin, 200ExtraLight, 500Medium, 600SemiBold and
800ExtraBold.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from imgcls.datasets.preparing.pen_characters import LOOK_ALIKES
from imgcls.images.ink import centre_ink, thicken
from imgcls.images.strokes import CANVAS, Strokes, varied
from imgcls.system import paths

FOLDER = "handwriting_fonts"
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?@#$%&*+=<>{}[]^~"
RIM = 14
"""Empty pixels on each side."""


def images(copies: int, generator: np.random.Generator) -> Iterator[tuple[np.ndarray, str]]:
    """Each character of each font, `copies` times in varied handwriting: uint8 (28, 28), and the character.

    Characters that look like a digit are omitted.

    Raises:
        FileNotFoundError: there is no font in the folder.
    """
    folder = (paths.data_folder() or Path()) / FOLDER
    files = sorted(path for path in folder.glob("*") if path.suffix in (".ttf", ".otf"))
    if not files:
        raise FileNotFoundError(f"{folder} contains no fonts (.ttf, .otf); {Path(__file__).name} lists them.")
    for file in files:
        for character in CHARACTERS:
            outline = [] if character in LOOK_ALIKES else outlines(file, character)
            for _ in range(copies if outline else 0):
                yield _written(outline, generator), character


def outlines(file: Path, character: str) -> Strokes:
    """The closed outlines of a character of a font, y downwards; none if the font lacks it."""
    from matplotlib import ft2font, path

    font = ft2font.FT2Font(str(file))
    if not font.get_char_index(ord(character)):
        return []
    font.set_size(100, 72)
    font.load_char(ord(character), ft2font.LoadFlags.NO_HINTING)
    corners, codes = font.get_path()
    if not len(corners):
        return []
    polygons = [np.asarray(polygon) for polygon in path.Path(corners, codes).to_polygons(closed_only=True)]
    return [polygon * (1, -1) for polygon in polygons if len(polygon) > 3]


def _written(outline: Strokes, generator: np.random.Generator) -> np.ndarray:
    """The character as a digit model gets it, slightly bent, with bolder or thinner strokes."""
    ink = filled(varied([_dense(line) for line in outline], generator), int(generator.integers(-3, 11)))
    return centre_ink(thicken(ink) if generator.random() < 0.85 else ink, 28)


def filled(outline: Strokes, bolder: int = 0) -> np.ndarray:
    """The area within closed outlines, uint8, 255 on 0, the longer side `CANVAS` pixels plus a rim.

    Outlines that run against the largest one cut holes. The edge is redrawn with a pen of `bolder` pixels, or erased
    where that is negative.
    """
    points = np.concatenate(outline)
    low = points.min(0)
    scale = CANVAS / max(float(np.ptp(points, axis=0).max()), 1e-6)
    width, height = (np.ptp(points, axis=0) * scale).astype(int) + 2 * RIM + 1
    image = Image.new("L", (int(width), int(height)))
    draw = ImageDraw.Draw(image)
    areas = [_area(line) for line in outline]
    largest = max(areas, key=abs)
    corners = [[(float(x), float(y)) for x, y in (line - low) * scale + RIM] for line in outline]
    for index in np.argsort(np.abs(areas))[::-1]:
        draw.polygon(corners[index], fill=255 if areas[index] * largest > 0 else 0)
    for line in corners if bolder else []:
        draw.line([*line, line[0]], fill=255 if bolder > 0 else 0, width=abs(bolder), joint="curve")
    return np.asarray(image)


def _area(line: np.ndarray) -> float:
    """The signed area within a closed line (points, 2)."""
    x, y = line.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def _dense(line: np.ndarray) -> np.ndarray:
    """A line with points in between, so that straight parts bend when varied."""
    steps = np.linspace(0, 1, 4, endpoint=False)[:, None]
    return np.concatenate([a + (b - a) * steps for a, b in zip(line, np.roll(line, -1, axis=0), strict=True)])
