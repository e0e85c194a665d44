"""Outliers as strokes: things that people draw on a canvas and that are no digits. Each fills a field of about 1."""

import itertools
from collections.abc import Callable

import numpy as np

from imgcls.images.strokes import Strokes

Shape = Callable[[np.random.Generator], Strokes]


def arc(centre: tuple[float, float], radius: float, start: float, stop: float, stretch: float = 1.0) -> np.ndarray:
    """Part of an ellipse, from and to these fractions of a turn, clockwise from the right."""
    angle = np.linspace(start, stop, max(6, int(48 * abs(stop - start)))) * 2 * np.pi
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * stretch * np.sin(angle)])


def polygon(points: np.ndarray, *, is_closed: bool = True) -> np.ndarray:
    """Straight lines from point to point, with points in between so that they bend when varied."""
    corners = np.concatenate([points, points[:1]]) if is_closed else points
    lines = [a + (b - a) * np.linspace(0, 1, 8)[:, None] for a, b in itertools.pairwise(corners)]
    return np.concatenate(lines)


def smiley(generator: np.random.Generator) -> Strokes:
    """A face: a circle, eyes as dots, lines or rings, and a mouth."""
    begin, mood = generator.uniform(), generator.choice([-1, 1], p=[0.2, 0.8])
    face = [arc((0.5, 0.5), 0.5, begin, begin + generator.uniform(0.95, 1.1), generator.uniform(0.85, 1.15))]
    kind, eye_y, eye_x = generator.integers(3), generator.uniform(0.3, 0.42), generator.uniform(0.13, 0.22)
    for x in (0.5 - eye_x, 0.5 + eye_x):
        if kind == 0:
            face.append(np.array([[x, eye_y], [x + 0.015, eye_y + 0.015], [x, eye_y + 0.02]]))
        elif kind == 1:
            face.append(polygon(np.array([[x, eye_y - 0.07], [x, eye_y + 0.07]]), is_closed=False))
        else:
            face.append(arc((x, eye_y), 0.06, 0, 1))
    mouth_y = 0.5 if mood > 0 else 0.9
    half = generator.uniform(0.18, 0.32)
    mouth = arc((0.5, mouth_y), half, 0.05, 0.45, generator.uniform(0.6, 1.1))
    face.append(mouth if mood > 0 else np.column_stack([mouth[:, 0], 1.4 - mouth[:, 1] + 0.2]))
    if generator.random() < 0.25:
        face.append(polygon(np.array([[0.5, 0.42], [0.46, 0.58], [0.52, 0.58]]), is_closed=False))
    if generator.random() < 0.15:
        face = face[1:]
    return face if generator.random() < 0.7 else [face[i] for i in generator.permutation(len(face))]


def zigzag(generator: np.random.Generator) -> Strokes:
    """Teeth to the right, or downwards."""
    teeth = int(generator.integers(4, 16))
    high = generator.uniform(0.15, 1.0)
    x = np.linspace(0, 1, teeth + 1)
    points = np.column_stack([x, np.where(np.arange(teeth + 1) % 2, high, 0) + generator.normal(0, 0.04, teeth + 1)])
    return [polygon(points if generator.random() < 0.7 else points[:, ::-1], is_closed=False)]


def wave(generator: np.random.Generator) -> Strokes:
    """A sine of at least one and a half periods, along any axis."""
    t = np.linspace(0, 1, 90)
    line = np.column_stack([t, generator.uniform(0.08, 0.35) * np.sin(2 * np.pi * generator.uniform(1.6, 6) * t)])
    return [line if generator.random() < 0.75 else line[:, ::-1]]


def regular_polygon(generator: np.random.Generator) -> Strokes:
    """A triangle, square, rectangle, diamond, pentagon or hexagon, in one stroke or side by side."""
    corners = int(generator.choice([3, 3, 4, 4, 4, 5, 6]))
    turn = generator.choice([0.25, 0.75, 0.125, 0.0]) if corners < 5 else 0.75
    angle = (np.arange(corners) / corners + turn) * 2 * np.pi
    points = np.column_stack([np.cos(angle), generator.uniform(0.5, 1.4) * np.sin(angle)])
    points += generator.normal(0, 0.05, points.shape)
    if generator.random() < 0.7:
        return [polygon(points)]
    return [polygon(np.stack([points[i], points[(i + 1) % corners]]), is_closed=False) for i in range(corners)]


def star(generator: np.random.Generator) -> Strokes:
    """A pentagram in one stroke, or an outline with five points, or an asterisk."""
    kind = generator.integers(3)
    if kind == 0:
        angle = (np.arange(5) * 2 / 5 + 0.75) * 2 * np.pi
        return [polygon(np.column_stack([np.cos(angle), np.sin(angle)]))]
    if kind == 1:
        angle = (np.arange(10) / 10 + 0.75) * 2 * np.pi
        radius = np.where(np.arange(10) % 2, generator.uniform(0.35, 0.5), 1)
        return [polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))]
    rays = int(generator.integers(3, 5))
    angle = (np.arange(rays) / rays / 2 + generator.uniform(0, 0.5)) * 2 * np.pi
    ends = np.column_stack([np.cos(angle), np.sin(angle)])
    return [polygon(np.stack([-end, end]), is_closed=False) for end in ends]


def arrow(generator: np.random.Generator) -> Strokes:
    """A shaft and a head, in any of eight directions, in one, two or three strokes."""
    angle = generator.integers(8) / 8 * 2 * np.pi
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back, side = generator.uniform(0.2, 0.4), generator.uniform(0.15, 0.35)
    shaft = np.array([[0.0, 0], [1, 0]])
    upper, lower = np.array([[1 - back, -side], [1, 0]]), np.array([[1, 0], [1 - back, side]])
    kind = generator.integers(3)
    lines = [
        [shaft, np.concatenate([upper, lower[1:]])],
        [shaft, upper, lower],
        [np.concatenate([shaft, upper[:1], shaft[1:], lower[1:]])],
    ][kind]
    return [polygon(line @ turn.T, is_closed=False) for line in lines]


def heart(generator: np.random.Generator) -> Strokes:
    """A heart, in one stroke or in two halves."""
    t = np.linspace(0, 2 * np.pi, 60) + np.pi * generator.integers(2)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    line = np.column_stack([x * generator.uniform(0.8, 1.2), y]) / 32
    return [line] if generator.random() < 0.7 else [line[:31], line[30:]]


def spiral(generator: np.random.Generator) -> Strokes:
    """A spiral of at least two turns, inwards or outwards."""
    t = np.linspace(0.05, 1, 120)
    angle = generator.choice([-1, 1]) * t * 2 * np.pi * generator.uniform(2.2, 6) + generator.uniform(0, 6)
    line = np.column_stack([np.cos(angle), np.sin(angle)]) * t[:, None]
    return [line if generator.random() < 0.5 else line[::-1]]


def loops(generator: np.random.Generator) -> Strokes:
    """A row of loops, as in a signature."""
    t = np.linspace(0, 1, 160)
    angle = t * 2 * np.pi * generator.uniform(3, 10)
    return [
        np.column_stack(
            [t * generator.uniform(1.5, 4) + 0.5 * np.cos(angle), generator.uniform(0.4, 1) * np.sin(angle)]
        )
    ]


def scribble(generator: np.random.Generator) -> Strokes:
    """A smooth walk without aim, through at least eight places."""
    places = generator.uniform(0, 1, (int(generator.integers(8, 18)), 2))
    t = np.linspace(0, len(places) - 1, 160)
    raw = np.column_stack([np.interp(t, np.arange(len(places)), places[:, axis]) for axis in range(2)])
    kernel = np.ones(7) / 7
    return [np.column_stack([np.convolve(raw[:, axis], kernel, "valid") for axis in range(2)])]


def strewn_strokes(generator: np.random.Generator) -> Strokes:
    """Three to seven short strokes or dots anywhere."""
    count = int(generator.integers(3, 8))
    starts, ways = generator.uniform(0, 1, (count, 2)), generator.normal(0, generator.choice([0.03, 0.25]), (count, 2))
    return [polygon(np.stack([a, a + way]), is_closed=False) for a, way in zip(starts, ways, strict=True)]


def flat_line(generator: np.random.Generator) -> Strokes:
    """One to three nearly horizontal lines: minus, equals, a hyphen."""
    count = int(generator.choice([1, 1, 2, 2, 3]))
    slope, gap = generator.normal(0, 0.12), generator.uniform(0.2, 0.5)
    return [polygon(np.array([[0, i * gap], [1, i * gap + slope]]), is_closed=False) for i in range(count)]


def cross(generator: np.random.Generator) -> Strokes:
    """Plus, times, hash, not-equal, or a cross in a ring."""
    kind = generator.integers(5)
    lines: dict[int, list[list[tuple[float, float]]]] = {
        0: [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]],
        1: [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
        2: [[(0.33, 0), (0.28, 1)], [(0.7, 0), (0.65, 1)], [(0, 0.33), (1, 0.33)], [(0, 0.67), (1, 0.67)]],
        3: [[(0, 0.35), (1, 0.35)], [(0, 0.65), (1, 0.65)], [(0.75, 0), (0.25, 1)]],
        4: [[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]],
    }
    chosen = [np.array(line, float) + generator.normal(0, 0.03, (2, 2)) for line in lines[int(kind)]]
    drawn = [polygon(line, is_closed=False) for line in chosen]
    return [*drawn, arc((0.5, 0.5), 0.5, 0, 1.02)] if kind == 4 else drawn


def thing(generator: np.random.Generator) -> Strokes:
    """A house, a stick figure, a sun, a flower, a tree, a fish, a cloud, a tick, a moon, infinity, a cup."""
    ring = arc((0.5, 0.5), 0.25, 0, 1.02)
    rays = [
        polygon(0.5 + np.outer([0.32, generator.uniform(0.42, 0.5)], [np.cos(a), np.sin(a)]), is_closed=False)
        for a in np.linspace(0, 2 * np.pi, int(generator.integers(6, 11)), endpoint=False)
    ]
    petals = [
        arc((0.5 + 0.3 * np.cos(a), 0.5 + 0.3 * np.sin(a)), 0.17, 0, 1)
        for a in np.linspace(0, 2 * np.pi, int(generator.integers(4, 7)), endpoint=False)
    ]
    t = np.linspace(0, 2 * np.pi, 60)
    things: list[Strokes] = [
        [_line("0,.4 .5,0 1,.4 1,1 0,1 0,.4")],
        [_line("0,.4 .5,0 1,.4"), _line("0,.4 0,1 1,1 1,.4"), _line(".4,1 .4,.65 .6,.65 .6,1")],
        [arc((0.5, 0.15), 0.15, 0, 1.02), _line(".5,.3 .5,.65"), _line(".2,.42 .8,.42"), _line(".25,1 .5,.65 .75,1")],
        [ring, *rays],
        [arc((0.5, 0.5), 0.13, 0, 1), *petals],
        [_line(".5,1 .5,.5"), arc((0.5, 0.28), 0.28, 0, 1.02)],
        [_line(".5,1 .5,.75"), _line("0,.75 .5,0 1,.75 0,.75")],
        [np.column_stack([np.cos(t * 0.9 + 0.3), 0.5 * np.sin(t * 0.9 + 0.3)]), _line("1,-.3 1.4,.3 1.4,-.3 1,.3")],
        [np.concatenate([arc((x, 0.5), 0.2, 0.5, 1) for x in (0.2, 0.5, 0.8)] + [_line("1,.5 0,.5")])],
        [_line("0,.6 .3,1 1,0")],
        [np.concatenate([arc((0.4, 0.5), 0.5, 0.15, 0.85), arc((0.55, 0.5), 0.38, 0.8, 0.2)])],
        [np.column_stack([np.cos(t), 0.5 * np.sin(2 * t)])],
        [_line("0,0 .15,1 .85,1 1,0"), arc((1.0, 0.45), 0.25, -0.25, 0.25)],
        [_line("0,0 1,0 1,1 0,1 0,0"), _line("0,0 1,1"), _line("1,0 0,1")],
        [_line("0,0 0,1"), _line("1,0 1,1"), *[_line(f"0,{y} 1,{y}") for y in (0.2, 0.4, 0.6, 0.8)]],
        [_line(".3,0 0,.5 .3,1"), _line(".7,0 1,.5 .7,1")],
        [_line("0,1 .25,.3 .5,.8 .75,0 1,1")],
    ]
    return things[int(generator.integers(len(things)))]


def _line(points: str) -> np.ndarray:
    return polygon(np.array([point.split(",") for point in points.split()], float), is_closed=False)


SHAPES: dict[str, Shape] = {
    "smiley": smiley,
    "zigzag": zigzag,
    "wave": wave,
    "polygon": regular_polygon,
    "star": star,
    "arrow": arrow,
    "heart": heart,
    "spiral": spiral,
    "loops": loops,
    "scribble": scribble,
    "strewn": strewn_strokes,
    "flat": flat_line,
    "cross": cross,
    "thing": thing,
}
