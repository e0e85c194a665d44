"""A small picture for each technical term that a beginner meets, as SVG.

The three colours have a contrast of at least 3:1 on a white and on a black ground, so one picture serves every theme,
and paper. To add a picture, add an entry to `PICTURES`: what it shows, for who cannot see it, and its shapes.
"""

import math
from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 96, 64
INK, HOT, COOL = "#7a8794", "#d9662b", "#3a7fc1"
"""For what is ordinary, for what the term is about, and for what it is compared with."""
SEVEN = ((-7, -9), (7, -9), (-2, 9))
VALLEY = [(x, 12 + 40 * math.sin(math.pi * (x - 8) / 80) ** 1.2) for x in range(8, 89, 4)]
Point = tuple[float, float]


def svg(term: str) -> str:
    """The picture of a term; "" if it has none."""
    if term not in PICTURES:
        return ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" font-family="sans-serif" font-size="14" '
        f'text-anchor="middle">{PICTURES[term][1]}</svg>'
    )


def alt(term: str) -> str:
    """What the picture of a term shows; "" if it has none."""
    return PICTURES[term][0] if term in PICTURES else ""


def _line(points: Iterable[Point], colour: str = INK, more: str = "") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" stroke="{colour}" {more}/>'


def _dashed(points: Iterable[Point], colour: str = INK) -> str:
    return _line(points, colour, 'stroke-dasharray="3 4"')


def _arrow(start: Point, end: Point, colour: str = INK) -> str:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(end[0] - 6 * math.cos(angle + turn), end[1] - 6 * math.sin(angle + turn)) for turn in (0.5, -0.5)]
    return _line([start, end], colour) + _line([wings[0], end, wings[1]], colour)


def _box(x: float, y: float, width: float, height: float, colour: str = INK, fill: float = 0.0, radius: int = 2) -> str:
    """`fill` is the opacity of its inside."""
    inside = f'fill="{colour}" fill-opacity="{fill}"' if fill else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" stroke="{colour}" {inside}/>'


def _dot(x: float, y: float, colour: str = INK, radius: float = 4, *, is_full: bool = True) -> str:
    inside = f'fill="{colour}"' if is_full else ""
    return f'<circle cx="{x}" cy="{y}" r="{radius}" stroke="{colour}" {inside}/>'


def _dots(points: Iterable[Point], colour: str = INK, radius: float = 4, *, is_full: bool = True) -> str:
    return "".join(_dot(x, y, colour, radius, is_full=is_full) for x, y in points)


def _text(x: float, y: float, text: str, colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}">{text}</text>'


def _cross(x: float, y: float, colour: str = HOT, half: float = 4) -> str:
    return _line([(x - half, y - half), (x + half, y + half)], colour) + _line(
        [(x - half, y + half), (x + half, y - half)], colour
    )


def _seven(x: float, y: float, colour: str = INK, size: float = 1.0, turn: float = 0.0) -> str:
    cosine, sine = math.cos(turn), math.sin(turn)
    return _line(((x + size * (a * cosine - b * sine), y + size * (a * sine + b * cosine)) for a, b in SEVEN), colour)


def _image(x: float, y: float, side: float = 28, colour: str = INK, turn: float = 0.0) -> str:
    """A square image of a seven, by its corner."""
    return _box(x, y, side, side, colour) + _seven(x + side / 2, y + side / 2, colour, side / 28, turn)


def _grid(x: float, y: float, cells: int, side: float, marked: Sequence[Point] = (), colour: str = HOT) -> str:
    found = [
        _box(x + side * column, y + side * row, side, side, INK, 0, 0)
        for row in range(cells)
        for column in range(cells)
    ]
    found += [_box(x + side * column, y + side * row, side, side, colour, 0.6, 0) for column, row in marked]
    return "".join(found)


def _layers(sizes: Sequence[int], *, off: Iterable[tuple[int, int]] = (), colour: str = INK) -> str:
    """Units in layers, each connected to all of the layer before; those that are `off` (layer, unit) to none."""
    off = set(off)
    places = [
        [(14 + 68 * at / (len(sizes) - 1), 32 + 15 * (unit - (size - 1) / 2)) for unit in range(size)]
        for at, size in enumerate(sizes)
    ]
    lines = "".join(
        _line([one, other], INK, 'stroke-width="1"')
        for at in range(1, len(sizes))
        for i, one in enumerate(places[at - 1])
        for j, other in enumerate(places[at])
        if (at - 1, i) not in off and (at, j) not in off
    )
    units = "".join(
        _dot(x, y, INK, 5, is_full=False) + _cross(x, y, HOT, 3) if (at, unit) in off else _dot(x, y, colour, 5)
        for at, layer in enumerate(places)
        for unit, (x, y) in enumerate(layer)
    )
    return lines + units


def _axes() -> str:
    return _line([(10, 6), (10, 56), (88, 56)])


def _curves(train: Sequence[float], validation: Sequence[float]) -> str:
    """Losses over the epochs, as heights: blue in training, orange in validation."""
    across = [14 + 70 * place / (len(train) - 1) for place in range(len(train))]
    return _axes() + _line(zip(across, train, strict=True), COOL) + _line(zip(across, validation, strict=True), HOT)


def _sets(marked: Iterable[int]) -> str:
    """Twelve images, of which some are marked."""
    marked = set(marked)
    cells = [(6 + 14.5 * (place % 6), 16 + 17 * (place // 6), place in marked) for place in range(12)]
    return "".join(_box(x, y, 11, 13, HOT if on else INK, 0.6 if on else 0) for x, y, on in cells)


def _bars(heights: Sequence[float], marked: int, base: float = 56) -> str:
    return "".join(
        _box(14 + 14 * at, base - height, 9, height, HOT if at == marked else INK, 0.6)
        for at, height in enumerate(heights)
    )


def _blocks(hot: Iterable[int]) -> str:
    """Four blocks of a network and its head, from left to right."""
    hot = set(hot)
    found = [_box(6 + 17 * at, 12 + 4 * at, 12, 40 - 8 * at, HOT if at in hot else INK, 0.5) for at in range(4)]
    return "".join(found) + _line([(70, 32), (77, 32)]) + _dot(84, 32, HOT if 4 in hot else INK, 6)


def _found(marked: str) -> str:
    """Dots of a class inside and outside of the ring of what was predicted; `marked` says what is counted."""
    inside = [(38, 26), (50, 20), (46, 38)]
    false, missed = [(58, 34)], [(80, 20), (82, 44)]
    ring = _dot(48, 31, HOT if marked == "predicted" else INK, 23, is_full=False)
    of_class = HOT if marked == "class" else COOL
    others = _dots([(12, 18), (14, 46), *false], INK, 4, is_full=False)
    return ring + _dots([*inside, *missed], of_class) + others


CLOUD = [(20, 40), (28, 34), (24, 48), (34, 44), (36, 34), (30, 26), (42, 40)]
TOP = [12, 30, 42, 48, 51, 53, 54]
PICTURES = {
    "Accuracy": (
        "Ten images: eight are ticked, two crossed out.",
        "".join(
            _cross(14 + 17 * (at % 5), 22 + 22 * (at // 5))
            if at in (3, 6)
            else _dot(14 + 17 * (at % 5), 22 + 22 * (at // 5), COOL, 5)
            for at in range(10)
        ),
    ),
    "Augmentation": (
        "A seven, and three copies of it: shifted, turned and smaller.",
        _image(4, 18)
        + _arrow((38, 32), (50, 32), HOT)
        + _image(58, 3, 18, HOT, 0.35)
        + _image(58, 23, 18, HOT, -0.35)
        + _box(58, 43, 18, 18, HOT)
        + _seven(71, 50, HOT, 0.45),
    ),
    "Backbone": ("A network of four large blocks, which are marked, and a small head.", _blocks(range(4))),
    "Batch": ("Four of twelve images in a frame.", _sets(()) + _box(3, 12, 57.5, 20.5, HOT)),
    "Batch size": (
        "A frame around four of twelve images.",
        _sets(()) + _box(3, 12, 57.5, 20.5, HOT) + _text(32, 9, "4", HOT),
    ),
    "Bias": (
        "A sum, to which one more number is added.",
        _dot(32, 32, INK, 14, is_full=False)
        + _text(32, 37, "Σ")
        + _arrow((72, 32), (50, 32), HOT)
        + _text(81, 37, "+b", HOT),
    ),
    "Calibration": (
        "Bars that follow the diagonal: of the predictions with 80% confidence, 80% are right.",
        _axes()
        + "".join(_box(14 + 18 * at, 56 - height, 13, height, COOL, 0.4) for at, height in enumerate((9, 22, 33, 46)))
        + _dashed([(10, 56), (86, 6)], HOT),
    ),
    "Class": (
        "Three boxes, for threes, sevens and nines.",
        "".join(
            _box(4 + 31 * at, 18, 26, 28, HOT if digit == "7" else INK)
            + _text(17 + 31 * at, 37, digit, HOT if digit == "7" else INK)
            for at, digit in enumerate("379")
        ),
    ),
    "Classifier": (
        "An image, from which an arrow leads to one of three boxes.",
        _image(4, 18)
        + _arrow((37, 32), (62, 32), HOT)
        + "".join(_box(68, 6 + 19 * at, 22, 14, HOT if at == 1 else INK) for at in range(3)),
    ),
    "CNN": (
        "An image with a small window, a stack of maps that get smaller, and units at the end.",
        _image(3, 18)
        + _box(7, 22, 9, 9, HOT)
        + _arrow((34, 32), (40, 32))
        + _box(44, 18, 20, 20)
        + _box(48, 24, 20, 20, HOT, 0.3)
        + _arrow((71, 32), (78, 32))
        + _dots([(87, 18), (87, 32), (87, 46)]),
    ),
    "Confidence": ("Five bars; the highest is marked.", _bars((8, 12, 46, 18, 6), 2)),
    "Confidence interval": (
        "A score with a range to both sides.",
        _line([(8, 52), (88, 52)])
        + _line([(26, 28), (70, 28)], HOT)
        + _line([(26, 21), (26, 35)], HOT)
        + _line([(70, 21), (70, 35)], HOT)
        + _dot(48, 28, HOT, 5),
    ),
    "Confusion matrix": (
        "A table: full cells on the diagonal, and one error beside it.",
        _grid(22, 6, 4, 13, [(0, 0), (1, 1), (2, 2), (3, 3)], COOL) + _box(48, 19, 13, 13, HOT, 0.6, 0),
    ),
    "Convolution": (
        "A window of 3×3 pixels slides over an image; each of its places gives one value.",
        _grid(4, 8, 6, 8)
        + _box(12, 16, 24, 24, HOT, 0.3, 0)
        + _arrow((40, 28), (62, 28), HOT)
        + _grid(66, 14, 4, 7, [(1, 1)]),
    ),
    "Corruption": (
        "A seven under noise.",
        _image(28, 12, 40)
        + _dots([(35, 20), (60, 25), (38, 40), (55, 46), (62, 38), (45, 18), (33, 30), (50, 34)], HOT, 1.6),
    ),
    "Dense layer": ("Every unit of one layer is connected to every unit of the next.", _layers((4, 3))),
    "Dropout": ("A network in which some units are crossed out.", _layers((4, 4, 2), off=[(0, 1), (1, 0), (1, 3)])),
    "Duplicate": ("The same image twice.", _image(8, 18) + _text(48, 37, "=", HOT) + _image(60, 18)),
    "Early stopping": (
        "The validation loss falls and rises again; training ends at its lowest point.",
        _axes()
        + _line([(14, 12), (24, 28), (36, 38), (48, 41), (60, 38), (74, 32)], HOT)
        + _dashed([(48, 8), (48, 56)], COOL),
    ),
    "Epoch": (
        "An arrow in a circle around all images.",
        "".join(_box(34 + 4 * at, 22 + 4 * at, 16, 14, INK) for at in range(3))
        + '<path d="M62 12 A26 26 0 1 1 34 12" stroke="'
        + HOT
        + '"/>'
        + _line([(26, 10), (35, 11.5), (33, 20)], HOT),
    ),
    "Feature map": (
        "A grid in which the cells along an edge are bright.",
        _image(4, 14, 36)
        + _arrow((44, 32), (53, 32))
        + _grid(58, 15, 5, 7, [(1, 0), (2, 0), (3, 0), (3, 1), (2, 2), (2, 3), (1, 4)]),
    ),
    "Filter": (
        "Nine numbers in a square, positive ones orange and negative ones blue.",
        _grid(27, 11, 3, 14, [(0, 0), (0, 1), (0, 2)])
        + "".join(_box(55, 11 + 14 * at, 14, 14, COOL, 0.6, 0) for at in range(3)),
    ),
    "Fine-tuning": ("The last two blocks of a network and its head are marked.", _blocks((2, 3, 4))),
    "Generalisation": (
        "A curve through known points; a new point lies close to it.",
        _line([(8, 50), (24, 36), (44, 28), (66, 24), (88, 12)])
        + _dots([(16, 44), (30, 32), (52, 27), (82, 14)], COOL)
        + _dot(66, 20, HOT, 5, is_full=False),
    ),
    "Gradient": (
        "A point on a slope, and an arrow downhill.",
        _line(VALLEY) + _dot(24, 35, HOT, 5) + _arrow((30, 36), (40, 52), HOT),
    ),
    "Head": ("A network of four large blocks, and a small head, which is marked.", _blocks((4,))),
    "Label": (
        "An image with a tag that says 7.",
        _image(8, 14, 36)
        + _line([(46, 32), (56, 32)], HOT)
        + _box(56, 20, 32, 24, HOT, 0, 6)
        + _text(72, 37, "7", HOT),
    ),
    "Leak": (
        "Two sets of images that overlap.",
        _dot(36, 32, COOL, 22, is_full=False) + _dot(60, 32, HOT, 22, is_full=False) + _image(40, 24, 16),
    ),
    "Learning rate": (
        "Steps down into a valley, small ones and a large one that jumps across.",
        _line(VALLEY) + _dots([(16, 23), (20, 29), (24, 35)], COOL, 3) + _arrow((24, 14), (76, 14), HOT),
    ),
    "Loss": (
        "A curve that falls while the network learns.",
        _axes() + _line([(14 + 12 * at, y) for at, y in enumerate(TOP)], HOT),
    ),
    "Neural network": ("Three layers of units, connected by lines.", _layers((3, 4, 2))),
    "Outlier": ("A cloud of points, and one far away.", _dots(CLOUD, INK, 3) + _dot(80, 12, HOT, 5)),
    "Overfitting": (
        "The training loss keeps falling; the validation loss rises again.",
        _curves(TOP, [14, 30, 38, 40, 37, 31, 24]),
    ),
    "Parameter": (
        "Three dials, each set to another value.",
        "".join(
            _dot(18 + 30 * at, 34, INK, 11, is_full=False)
            + _line([(18 + 30 * at, 34), (18 + 30 * at + 9 * math.sin(turn), 34 - 9 * math.cos(turn))], HOT)
            for at, turn in enumerate((-0.9, 0.3, 1.4))
        ),
    ),
    "Pixel": (
        "An image as a grid of cells, one of which is marked.",
        _grid(24, 8, 6, 8, [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (3, 3), (3, 4)], INK)
        + _box(48, 24, 8, 8, HOT, 0.7, 0),
    ),
    "Pooling": (
        "Four by four values become two by two.",
        _grid(6, 8, 4, 12)
        + _box(6, 8, 24, 24, HOT, 0, 0)
        + _arrow((58, 32), (68, 32))
        + _grid(72, 22, 2, 10, [(0, 0)]),
    ),
    "Precision": ("Of the points inside a ring, most belong to the class.", _found("predicted")),
    "Prediction": (
        "An image of a seven, an arrow, and the digit 7.",
        _image(6, 14, 36) + _arrow((48, 32), (66, 32), HOT) + _text(80, 38, "7", HOT),
    ),
    "Recall": ("Of the points of the class, most are inside a ring.", _found("class")),
    "Receptive field": (
        "The 3×3 pixels that one unit sees, joined to it by lines.",
        _grid(4, 8, 6, 8)
        + _box(12, 16, 24, 24, HOT, 0.3, 0)
        + _line([(36, 16), (80, 32), (36, 40)], HOT)
        + _dot(80, 32, HOT, 5),
    ),
    "Rejection": (
        "A scribble with a question mark instead of an answer.",
        _box(6, 14, 36, 36)
        + _line([(12, 40), (20, 20), (24, 44), (30, 22), (34, 42), (37, 30)])
        + _arrow((48, 32), (64, 32))
        + _text(80, 38, "?", HOT),
    ),
    "ReLU": (
        "A line that is flat for negative inputs and rises for positive ones.",
        _line([(8, 46), (88, 46)]) + _line([(48, 6), (48, 58)]) + _line([(10, 46), (48, 46), (84, 10)], HOT),
    ),
    "Saliency map": (
        "An image with a marked region.",
        _image(28, 12, 40) + f'<circle cx="55" cy="24" r="10" fill="{HOT}" fill-opacity="0.5"/>',
    ),
    "Schedule": (
        "A learning rate that rises briefly and then falls.",
        _axes() + _line([(12, 46), (30, 12), (50, 26), (68, 42), (86, 54)], HOT),
    ),
    "Seed": (
        "A die.",
        _box(30, 14, 36, 36, INK, 0, 6) + _dots([(39, 23), (57, 23), (48, 32), (39, 41), (57, 41)], HOT, 3),
    ),
    "Split": (
        "A row of images, divided into three parts.",
        _sets(()) + _dashed([(47.5, 8), (47.5, 56)], HOT) + _dashed([(76.5, 8), (76.5, 56)], HOT),
    ),
    "Test set": ("Of twelve images, the last two are marked.", _sets((5, 11))),
    "Threshold": (
        "Bars, and a line; one bar is above it.",
        _bars((12, 18, 42, 24, 10), 2) + _dashed([(8, 24), (88, 24)], COOL),
    ),
    "Training set": ("Of twelve images, the first six are marked.", _sets((0, 1, 2, 6, 7, 8))),
    "Transfer learning": (
        "A large network that stays as it is, with a new head.",
        _blocks((4,)) + _text(30, 37, "✓", COOL),
    ),
    "Underfitting": (
        "Training and validation loss both stay high.",
        _curves([12, 16, 19, 21, 22, 22, 22], [10, 13, 15, 16, 17, 17, 17]),
    ),
    "Unit": (
        "Three inputs are added up to one output.",
        "".join(_line([(8, y), (42, 32)], INK) for y in (14, 32, 50))
        + _dot(48, 32, HOT, 13, is_full=False)
        + _text(48, 37, "Σ", HOT)
        + _arrow((62, 32), (88, 32), HOT),
    ),
    "Validation set": ("Of twelve images, four in the middle are marked.", _sets((3, 4, 9, 10))),
    "Weight": (
        "A line between two units, with a number on it.",
        _dot(12, 36, INK, 6)
        + _line([(18, 36), (78, 36)], HOT, 'stroke-width="5"')
        + _dot(84, 36, INK, 6)
        + _text(48, 26, "× 0.7", HOT),
    ),
}
"""Term -> what its picture shows, and its shapes."""
