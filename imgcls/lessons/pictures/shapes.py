"""What the pictures of terms consist of: lines, boxes, dots, and small images, networks and curves made of them.

Each function gives SVG elements in a field of 96×64.
"""

import math
from collections.abc import Iterable, Sequence

INK, HOT, COOL = "#7a8794", "#d9662b", "#3a7fc1"
"""For what is ordinary, for what the term is about, and for what it is compared with."""
SEVEN = ((-7, -9), (7, -9), (-2, 9))
Point = tuple[float, float]


def line(points: Iterable[Point], colour: str = INK, more: str = "") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" stroke="{colour}" {more}/>'


def dashed(points: Iterable[Point], colour: str = INK) -> str:
    return line(points, colour, 'stroke-dasharray="3 4"')


def arrow(start: Point, end: Point, colour: str = INK) -> str:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(end[0] - 6 * math.cos(angle + turn), end[1] - 6 * math.sin(angle + turn)) for turn in (0.5, -0.5)]
    return line([start, end], colour) + line([wings[0], end, wings[1]], colour)


def box(x: float, y: float, width: float, height: float, colour: str = INK, fill: float = 0.0, radius: int = 2) -> str:
    """`fill` is the opacity of its inside."""
    inside = f'fill="{colour}" fill-opacity="{fill}"' if fill else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" stroke="{colour}" {inside}/>'


def dot(x: float, y: float, colour: str = INK, radius: float = 4, *, is_full: bool = True) -> str:
    inside = f'fill="{colour}"' if is_full else ""
    return f'<circle cx="{x}" cy="{y}" r="{radius}" stroke="{colour}" {inside}/>'


def dots(points: Iterable[Point], colour: str = INK, radius: float = 4, *, is_full: bool = True) -> str:
    return "".join(dot(x, y, colour, radius, is_full=is_full) for x, y in points)


def text(x: float, y: float, text: str, colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}">{text}</text>'


def cross(x: float, y: float, colour: str = HOT, half: float = 4) -> str:
    return line([(x - half, y - half), (x + half, y + half)], colour) + line(
        [(x - half, y + half), (x + half, y - half)], colour
    )


def seven(x: float, y: float, colour: str = INK, size: float = 1.0, turn: float = 0.0) -> str:
    cosine, sine = math.cos(turn), math.sin(turn)
    return line(((x + size * (a * cosine - b * sine), y + size * (a * sine + b * cosine)) for a, b in SEVEN), colour)


def image(x: float, y: float, side: float = 28, colour: str = INK, turn: float = 0.0) -> str:
    """A square image of a seven, by its corner."""
    return box(x, y, side, side, colour) + seven(x + side / 2, y + side / 2, colour, side / 28, turn)


def grid(x: float, y: float, cells: int, side: float, marked: Sequence[Point] = (), colour: str = HOT) -> str:
    found = [
        box(x + side * column, y + side * row, side, side, INK, 0, 0) for row in range(cells) for column in range(cells)
    ]
    found += [box(x + side * column, y + side * row, side, side, colour, 0.6, 0) for column, row in marked]
    return "".join(found)


def layers(sizes: Sequence[int], *, off: Iterable[tuple[int, int]] = (), colour: str = INK) -> str:
    """Units in layers, each connected to all of the layer before; those that are `off` (layer, unit) to none."""
    off = set(off)
    places = [
        [(14 + 68 * at / (len(sizes) - 1), 32 + 15 * (unit - (size - 1) / 2)) for unit in range(size)]
        for at, size in enumerate(sizes)
    ]
    lines = "".join(
        line([one, other], INK, 'stroke-width="1"')
        for at in range(1, len(sizes))
        for i, one in enumerate(places[at - 1])
        for j, other in enumerate(places[at])
        if (at - 1, i) not in off and (at, j) not in off
    )
    units = "".join(
        dot(x, y, INK, 5, is_full=False) + cross(x, y, HOT, 3) if (at, unit) in off else dot(x, y, colour, 5)
        for at, layer in enumerate(places)
        for unit, (x, y) in enumerate(layer)
    )
    return lines + units


def axes() -> str:
    return line([(10, 6), (10, 56), (88, 56)])


def curves(train: Sequence[float], validation: Sequence[float]) -> str:
    """Losses over the epochs, as heights: blue in training, orange in validation."""
    across = [14 + 70 * place / (len(train) - 1) for place in range(len(train))]
    return axes() + line(zip(across, train, strict=True), COOL) + line(zip(across, validation, strict=True), HOT)


def sets(marked: Iterable[int]) -> str:
    """Twelve images, of which some are marked."""
    marked = set(marked)
    cells = [(6 + 14.5 * (place % 6), 16 + 17 * (place // 6), place in marked) for place in range(12)]
    return "".join(box(x, y, 11, 13, HOT if on else INK, 0.6 if on else 0) for x, y, on in cells)


def bars(heights: Sequence[float], marked: int, base: float = 56) -> str:
    return "".join(
        box(14 + 14 * at, base - height, 9, height, HOT if at == marked else INK, 0.6)
        for at, height in enumerate(heights)
    )


def blocks(hot: Iterable[int]) -> str:
    """Four blocks of a network and its head, from left to right."""
    hot = set(hot)
    found = [box(6 + 17 * at, 12 + 4 * at, 12, 40 - 8 * at, HOT if at in hot else INK, 0.5) for at in range(4)]
    return "".join(found) + line([(70, 32), (77, 32)]) + dot(84, 32, HOT if 4 in hot else INK, 6)


def found(marked: str) -> str:
    """Dots of a class inside and outside of the ring of what was predicted; `marked` says what is counted."""
    inside = [(38, 26), (50, 20), (46, 38)]
    false, missed = [(58, 34)], [(80, 20), (82, 44)]
    ring = dot(48, 31, HOT if marked == "predicted" else INK, 23, is_full=False)
    of_class = HOT if marked == "class" else COOL
    others = dots([(12, 18), (14, 46), *false], INK, 4, is_full=False)
    return ring + dots([*inside, *missed], of_class) + others
