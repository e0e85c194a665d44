"""The three drawings that explain a study, as HTML. Their colours suit light and dark mode."""

import base64
import math

from imgcls.charts.theme import BEST, QUIET, TRAINING
from imgcls.ui.runs import thumbnails

WIDTH, HEIGHT = 300, 150
SCORES = (0.42, 0.58, 0.93, 0.71, 0.5, 0.8)
"""Of the trials in the drawings, in order; the third wins."""
PLACES = (0.06, 0.24, 0.55, 0.72, 0.94, 0.4)
"""Of their values in the range."""
BEST_TRIAL = SCORES.index(max(SCORES))


def ranges(alt: str) -> str:
    """A range and a list, with the values that the trials try; those of the best one in green."""
    dots = "".join(
        _dot(20 + 260 * place, 46, is_best=at == BEST_TRIAL)
        for at, place in sorted(enumerate(PLACES), key=lambda one: one[0] == BEST_TRIAL)
    )
    boxes = "".join(
        f'<rect x="{20 + 94 * at}" y="90" width="72" height="28" rx="8" fill="{BEST if at == 1 else TRAINING}"/>'
        for at in range(3)
    )
    line = f'<line x1="20" x2="280" y1="46" y2="46" stroke="{QUIET}" stroke-width="4"/>'
    return _picture(f"{line}{dots}{boxes}", alt)


def curves(alt: str) -> str:
    """The learning curve of each trial."""
    lines = []
    for at, score in enumerate(SCORES):
        is_best = at == BEST_TRIAL
        ends = 1.0 if score > 0.55 else 0.5  # a trial that falls behind ends early
        points = " ".join(
            f"{20 + 260 * ends * step / 24:.0f},{_height(score * (1 - math.exp(-4.5 * ends * step / 24))):.0f}"
            for step in range(25)
        )
        colour, width = (BEST, 5) if is_best else (TRAINING, 2.5)
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-linecap="round" opacity="{1 if is_best else 0.65}"/>'
        )
        if ends < 1:
            x, y = 20 + 260 * ends, _height(score * (1 - math.exp(-4.5 * ends)))
            lines.append(f'<path d="M{x - 5:.0f},{y - 5:.0f}l10,10m0,-10l-10,10" stroke="{QUIET}" stroke-width="3"/>')
    return _picture(_axes() + "".join(sorted(lines, key=lambda line: BEST in line)), alt)


def winner(alt: str) -> str:
    """The score of each trial against a setting, and a star at the best."""
    dots = [
        _star(20 + 260 * place, _height(score)) if at == BEST_TRIAL else _dot(20 + 260 * place, _height(score))
        for at, (place, score) in enumerate(zip(PLACES, SCORES, strict=True))
    ]
    return _picture(_axes() + "".join(dots), alt)


def _height(score: float) -> float:
    return HEIGHT - 16 - (HEIGHT - 32) * score


def _axes() -> str:
    return f'<path d="M12,8V{HEIGHT - 10}H{WIDTH - 8}" fill="none" stroke="{QUIET}" stroke-width="2" opacity="0.7"/>'


def _dot(x: float, y: float, *, is_best: bool = False) -> str:
    colour, radius = (BEST, 10) if is_best else (TRAINING, 8)
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius}" fill="{colour}"/>'


def _star(x: float, y: float) -> str:
    corners = (
        (x + radius * math.sin(math.pi * at / 5), y - radius * math.cos(math.pi * at / 5))
        for at, radius in enumerate((17, 7) * 5)
    )
    return f'<polygon points="{" ".join(f"{a:.0f},{b:.0f}" for a, b in corners)}" fill="{BEST}"/>'


def _picture(content: str, alt: str) -> str:
    image = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{content}</svg>'
    return thumbnails.picture("data:image/svg+xml;base64," + base64.b64encode(image.encode()).decode(), alt)
