"""Runs at a glance: the curve of a run as a small image, and the test image it got wrong most confidently."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls import languages
from imgcls.charts import theme
from imgcls.errors import UserError
from imgcls.runs import Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache import predictions as cached
from imgcls.ui.widgets import gallery

WIDTH, HEIGHT, MARGIN = 120, 40, 3
MOST_POINTS = 60


@dataclass(frozen=True)
class Mistake:
    """A test image as a data URL, with what was predicted and what it is."""

    url: str
    predicted: str
    true: str

    @property
    def text(self) -> str:
        return f"predicted {self.predicted} · actually {self.true}"


def accuracies(run: Run, name: str = "val_accuracy") -> list[float]:
    """The validation accuracy after each epoch, 0 to 1, at most `MOST_POINTS` of them; empty if there are none."""
    (values,) = cached_curves.curves(run).series("epochs", name)
    values = values[np.isfinite(values)]
    if len(values) > MOST_POINTS:
        values = values[np.linspace(0, len(values) - 1, MOST_POINTS).round().astype(int)]
    return [float(value) for value in values]


STEADY = 'vector-effect="non-scaling-stroke"'
"""The lines keep their width if the image is stretched."""


def sparkline(
    *lines: Sequence[float],
    width: int = WIDTH,
    height: int = HEIGHT,
    stroke: float = 2,
) -> str:
    """Curves on a common scale as a data URL of an SVG image: the first is the validation's colour, the second the
    training's. Empty if none has two points."""
    drawn = [line for line in lines if len(line) > 1]
    if not drawn:
        return ""
    low, high = min(map(min, drawn)), max(map(max, drawn))
    colours = (theme.VALIDATION, theme.TRAINING)
    paths = "".join(
        f'<polyline points="{_points(line, low, high, width, height)}" stroke="{colour}" {STEADY}/>'
        for line, colour in zip(drawn, colours, strict=False)
    )
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f'<g fill="none" stroke-width="{stroke}" stroke-linecap="round" stroke-linejoin="round">{paths}</g></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(image.encode()).decode()


def accuracy_curve(values: Sequence[float], alt: str, label: str, *, has_ends: bool = True, **size: int) -> str:
    """The curve of an accuracy with the ends of its axis, which it fills, and its label, as HTML; nothing without two
    points. `size`: `width` and `height`."""
    if not (url := sparkline(values, **size)):
        return ""
    ends = "".join(f"<small>{languages.percent(end)}</small>" for end in (max(values), min(values)) if has_ends)
    return f'<div class="fitted">{picture(url, alt, "curve")}<div>{ends}</div></div><small>{html.escape(label)}</small>'


def under_way(fraction: float, text: str) -> str:
    """How far a run is, as HTML, in the place of the curve that it does not have yet."""
    return (
        f'<div class="under-way"><small>{html.escape(text)}</small>'
        f'<div><i style="width:{100 * min(1.0, max(0.0, fraction)):.0f}%"></i></div></div>'
    )


def _points(line: Sequence[float], low: float, high: float, width: int, height: int) -> str:
    span = (high - low) or 1.0
    across, up = (width - 2 * MARGIN) / (len(line) - 1), height - 2 * MARGIN
    return " ".join(
        f"{MARGIN + at * across:.1f},{MARGIN + up * (high - value) / span:.1f}" for at, value in enumerate(line)
    )


def worst_mistake(run: Run) -> Mistake | None:
    """The stored test image with the most confident wrong prediction; None if there is none, or several labels an
    image."""
    found = worst_mistakes(run, 1)
    return found[0] if found else None


def worst_mistakes(run: Run, most: int) -> tuple[Mistake, ...]:
    """Up to `most` of them, the most confident first."""
    if not run.is_tested:
        return ()
    return _worst_mistakes(str(run.folder), cached.predictions_stamp(run), most)


@lru_cache(256)
def _worst_mistakes(folder: str, stamp: tuple, most: int) -> tuple[Mistake, ...]:
    try:
        tested = cached.single_label_predictions(Run(Path(folder)))
    except UserError:
        return ()  # damaged, or multi-label; the run's own page says what is wrong
    order = tested.worst_first
    rows = tested.row_of[tested.indices[order]]
    order = order[(rows >= 0) & ~tested.is_right[order]][:most]
    return tuple(
        Mistake(
            gallery.data_url(tested.images[tested.row_of[tested.indices[at]]]),
            tested.names[tested.predicted[at]],
            tested.names[tested.labels[at]],
        )
        for at in order
    )


def picture(url: str, alt: str, name: str = "") -> str:
    """An image as HTML; nothing without an address."""
    return f'<img class="{name}" src="{html.escape(url)}" alt="{html.escape(alt)}">' if url else ""
