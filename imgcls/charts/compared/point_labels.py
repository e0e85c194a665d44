"""Which points of a scatter plot can be named without one name covering another one, a point or the edge.

Points are placed in order: each name takes the first free place around its point, and one that finds none is left to
the hover. Sizes are estimates, as only the browser knows the letters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LETTER, LINE, GAP = 6.6, 15.0, 9.0
"""Pixels: of a letter, of a line, and from a point to its name."""
POINT = 7.0
"""Pixels around a point that names keep clear of."""
NEARER = 1.3
"""Another point is so many times as far from a name as its own, or it would be taken for that one's. If no place is so
clear, because points lie on each other, it is at least as far."""
PLACES = ("top center", "top left", "top right", "middle right", "middle left", "bottom center")
"""Around a point, the best first, as Plotly calls them."""
BESIDE = ("middle right", "middle left")
"""The places for points with an error bar above and below."""


@dataclass(frozen=True)
class Box:
    """Pixels, from the left and from the top."""

    left: float
    right: float
    top: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def distance(self, x: float, y: float) -> float:
        """Of a point from its nearest edge."""
        return math.hypot(max(self.left - x, x - self.right, 0.0), max(self.top - y, y - self.bottom, 0.0))


def placed(
    points: Sequence[tuple[float, float]],
    names: Sequence[Sequence[str]],
    size: tuple[float, float],
    *,
    places: Sequence[str] = PLACES,
    kin: Sequence[str] = (),
) -> list[str]:
    """The place of each name, "" for those that fit nowhere or are empty.

    Args:
        points: pixels from the left and from the top.
        names: their lines, in the order of `points`; the first have precedence.
        size: width and height of the figure in pixels, which no name leaves.
        places: in which order places are tried.
        kin: what each point belongs to; a name may stand as near to others of the same, "" being nothing.
    """
    taken = [Box(x - POINT, x + POINT, y - POINT, y + POINT) for x, y in points]
    kin = kin or [""] * len(points)
    found = []
    for (x, y), lines, own in zip(points, names, kin, strict=True):
        others = [point for point, of in zip(points, kin, strict=True) if point != (x, y) and not (own and of == own)]
        chosen = ""
        across = sorted(places, key=lambda one: not one.endswith("center"))  # above and below tell rows of points apart
        tried = [*((place, NEARER) for place in places), *((place, 1.0) for place in across)]
        for place, times in tried if lines else ():
            box = _box(x, y, lines, place)
            is_inside = box.left >= 0 and box.right <= size[0] and box.top >= 0 and box.bottom <= size[1]
            least = times * box.distance(x, y)
            is_clear = is_inside and all(box.distance(*other) >= least for other in others)
            if is_clear and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                chosen = place
                break
        found.append(chosen)
    return found


def _box(x: float, y: float, lines: Sequence[str], place: str) -> Box:
    width, height = LETTER * max(map(len, lines)), LINE * len(lines)
    row, column = place.split()
    left = {"left": x - GAP - width, "center": x - width / 2, "right": x + GAP}[column]
    top = {"top": y - GAP - height, "middle": y - height / 2, "bottom": y + GAP}[row]
    return Box(left, left + width, top, top + height)
