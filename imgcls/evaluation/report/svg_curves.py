"""Learning curves as SVG: a few hundred bytes instead of a plotting library, and they print well."""

import html
import math
from collections.abc import Sequence

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 34


def curve(
    title: str,
    epochs: Sequence[float | None],
    training: Sequence[float | None],
    validation: Sequence[float | None],
    best: int | None,
    *,
    as_fraction: bool,
    width: int = WIDTH,
) -> str:
    """Training (solid) and validation (dashed) over the epochs as one SVG; values that are None leave a gap.

    Empty if there are no values.
    """
    known = [value for value in (*training, *validation) if value is not None]
    places = [epoch for epoch in epochs if epoch is not None]
    if not known or not places:
        return ""
    ticks = _ticks(min(known), max(known))
    low, high = min(*ticks, *known), max(*ticks, *known)
    first, last = min(places), max(places)

    def x(epoch: float) -> float:
        fraction = (epoch - first) / (last - first) if last > first else 0.5
        return LEFT + fraction * (width - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in ticks:
        label = f"{100 * tick:.4g}%" if as_fraction else f"{tick:.4g}"
        parts.append(f'<path class="grid" d="M{LEFT} {y(tick):.1f}H{width - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{label}</text>')
    for epoch in sorted({first, last}):
        parts.append(f'<text x="{x(epoch):.1f}" y="{HEIGHT - 14}" text-anchor="middle">{epoch:g}</text>')
    parts.append(f'<text x="{(LEFT + width - RIGHT) / 2}" y="{HEIGHT - 2}" text-anchor="middle">epoch</text>')
    for kind, values in (("training", training), ("validation", validation)):
        points = [
            (x(epoch), y(value))
            for epoch, value in zip(epochs, values, strict=True)
            if epoch is not None and value is not None
        ]
        if len(points) == 1:
            parts.append(f'<circle class="{kind} dot" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3.5"/>')
        elif points:
            parts.append(f'<path class="{kind}" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in points)}"/>')
    marks = {epoch: value for epoch, value in zip(epochs, validation, strict=True) if value is not None}
    if best is not None and best in marks:
        at, level = x(best), y(marks[best])
        parts.append(f'<circle class="best" cx="{at:.1f}" cy="{level:.1f}" r="5"><title>best epoch</title></circle>')
    description = html.escape(f"{title} over {len(places)} epochs: training solid, validation dashed")
    return f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{description}">{"".join(parts)}</svg>'


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values that span the range."""
    span = high - low or abs(high) or 1.0
    step = 10 ** math.floor(math.log10(span / 4))
    step *= next((factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5), 10)
    start, count = math.floor(low / step), math.ceil(high / step) - math.floor(low / step)
    return [round((start + number) * step, 12) for number in range(max(count, 1) + 1)]
