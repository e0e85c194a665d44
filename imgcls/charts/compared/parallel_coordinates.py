"""The settings of trials and their scores side by side: a line per trial, in the colour of its score.

Plotly has a figure for this, but its lines are one pixel wide, lie on each other and know neither hovers nor clicks. So
these are ordinary lines, which are spread a little where many trials share a value of a list.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from imgcls.charts import studies
from imgcls.charts.studies import DARK_SCALE, SCALE, Point
from imgcls.charts.theme import QUIET, faded, lay_out, literal
from imgcls.params import Value

MOST_LINES = 200
LEAST_TICKS, TICK_DISTANCE = 3, 0.08
"""Round numbers on an axis, and their least distance to its ends, as a fraction of its length."""
FAINT = 0.25
"""Opacity of trials that are not chosen."""
SPREAD, MOST_SPREAD = 0.3, 0.05
"""Half the height over which the lines of one value spread: a fraction of the distance to the next value, at most that
of the axis."""
BAR, BAR_END = 0.012, 0.012
"""Half the width of the bar in which the lines of one value lie, and how far it reaches beyond them."""
REACH, OFF = 0.06, 0.04
"""Room above and below the axes, as a fraction of their length, and how far beyond its end a score is drawn that is
off the axis."""


@dataclass(frozen=True)
class Axis:
    """Where each point is on an axis, from 0 to 1, and where its labels are."""

    name: str
    places: Sequence[float]
    ticks: Mapping[float, str]
    spread: float = 0.0
    """Above and below the place of a value of a list, where its lines lie side by side."""


def figure(
    points: Sequence[Point],
    logarithmic: Sequence[str],
    score: str,
    *,
    is_higher_better: bool,
    listed: Sequence[str] = (),
    ends: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    is_dark: bool = False,
    chosen: Collection[str] = (),
):
    """The `MOST_LINES` best trials; those that ended early are grey and dotted. `listed` settings have the values of a
    list, the others those of a range, which begins and ends at `ends`. With `chosen` runs, all others are faint."""
    import plotly.graph_objects as go
    from plotly.colors import sample_colorscale

    # The best are drawn last, on top of the others.
    points = sorted(points, key=lambda one: (not one.is_pruned, one.value if is_higher_better else -one.value))
    points = sorted(points[-MOST_LINES:], key=lambda one: one.is_winner)
    axes = [
        _axis(name, [point.params[name] for point in points], name in logarithmic, name in listed, ends.get(name))
        for name in (points[0].params if points else ())
    ]
    axes.append(_score_axis(points, score))
    scale = (DARK_SCALE if is_dark else SCALE)[:: 1 if is_higher_better else -1]
    scale = [[at, colour] for (at, _), (_, colour) in zip(SCALE, scale, strict=True)]
    found = go.Figure()
    for at, point in enumerate(points):
        colour = sample_colorscale(scale, min(1.0, max(0.0, axes[-1].places[at])))[0]
        line = {"color": colour, "width": 2.5}
        if point.is_pruned:
            line = {"color": faded(QUIET, 0.6), "width": 1.5, "dash": "dot"}
        if point.is_winner:
            line = {"color": colour, "width": 6}
        if is_faint := bool(chosen) and point.run not in chosen:
            line = {"color": QUIET, "width": 1}
        found.add_scatter(
            x=list(range(len(axes))),
            y=[axis.places[at] for axis in axes],
            mode="lines+markers",
            line=line,
            marker={"size": 7, "opacity": 1},
            opacity=FAINT if is_faint else 1 if point.is_winner else 0.8,
            customdata=[point.run] * len(axes),
            text=[studies.hover(point)] * len(axes),
            hovertemplate="%{text}<extra></extra>",
        )
    _draw_axes(found, axes, scale)
    return found


def _draw_axes(figure, axes: Sequence[Axis], scale: list) -> None:
    """The lines and labels of the axes; that of the scores is the scale of the colours."""
    lay_out(figure, height=400, margins=(70, 96, 44, 12), legend=None)
    last = len(axes) - 1
    for at in range(last):
        figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, line={"color": QUIET, "width": 1}, layer="below")
        for place, text in axes[at].ticks.items():
            if spread := axes[at].spread:
                ends = {"y0": place - spread - BAR_END, "y1": place + spread + BAR_END}
                bar = {"type": "rect", "x0": at - BAR, "x1": at + BAR, "layer": "below", "line": {"width": 0}}
                figure.add_shape(**bar, **ends, fillcolor=faded(QUIET, 0.35))
            figure.add_annotation(x=at, y=place, text=text, showarrow=False, xanchor="right", xshift=-10)
    bar = {
        "thickness": 14,
        "len": 1 / (1 + 2 * REACH),
        "x": 1,
        "xpad": 0,
        "ypad": 0,
        "tickvals": list(axes[-1].ticks),
        "ticktext": list(axes[-1].ticks.values()),
    }
    marker = {"color": [0], "cmin": 0, "cmax": 1, "colorscale": scale, "showscale": True, "colorbar": bar}
    figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, hoverinfo="skip")
    names = [literal(axis.name.replace("_", " "), 22) for axis in axes]
    figure.update_xaxes(
        side="top",
        tickvals=list(range(len(axes))),
        ticktext=names,
        range=[-0.06, last],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, range=[-REACH, 1 + REACH], fixedrange=True)


def _axis(
    name: str, values: list[Value], is_log: bool, is_listed: bool, ends: tuple[float, float] | None = None
) -> Axis:
    if not studies.are_numbers(values) or is_listed:
        return _listed_axis(name, values)
    # Without the range that was searched, the axis of a few trials would be as long as they happen to lie apart.
    reach = [float(value) for value in (*values, *(ends or ()))]
    low, high = min(reach), max(reach)
    if is_log:
        found = studies.log_ticks(reach)
        ticks = dict(zip(found["tickvals"], found["ticktext"], strict=True))
    else:
        ticks = {tick: f"{tick:g}" for tick in (low, *_round_numbers(low, high), high)}
    return Axis(
        name,
        [_place(float(value), low, high, is_log) for value in values],
        {_place(at, low, high, is_log): text for at, text in ticks.items() if low <= at <= high},
    )


def _listed_axis(name: str, values: list[Value]) -> Axis:
    texts = studies.categories(values)
    step = 1 / max(1, len(texts) - 1)
    middle = {text: at * step if len(texts) > 1 else 0.5 for at, text in enumerate(texts)}
    spread = min(MOST_SPREAD, SPREAD * step)
    kinds = [studies.text_of(value) for value in values]
    places = []
    for at, kind in enumerate(kinds):
        here = kinds.count(kind)
        across = 2 * kinds[:at].count(kind) / (here - 1) - 1 if here > 1 else 0.0
        places.append(middle[kind] + spread * across)
    return Axis(name, places, {at: literal(text, 16) for text, at in middle.items()}, spread)


def _score_axis(points: Sequence[Point], name: str) -> Axis:
    """From the worst complete trial to the best one. Its ends are written as on the page; between are round numbers."""
    known = [point for point in points if not point.is_pruned or point.is_winner] or list(points)
    least, most = (choose(known, key=lambda point: point.value) for choose in (min, max))
    low, high = least.value, most.value
    ticks = {at: f"{at:.6g}" for at in _round_numbers(low, high)}
    ticks |= {low: studies.written(least), high: studies.written(most)}
    return Axis(
        name,
        [min(1 + OFF, max(-OFF, _place(point.value, low, high))) for point in points],
        {_place(at, low, high): text for at, text in ticks.items()},
    )


def _place(value: float, low: float, high: float, is_log: bool = False) -> float:
    if low == high:
        return 0.5
    value, low, high = map(math.log10, (value, low, high)) if is_log else (value, low, high)
    return (value - low) / (high - low)


def _round_numbers(low: float, high: float) -> list[float]:
    """A few round numbers between the ends of an axis, none of them close to an end."""
    reach = high - low
    if not reach:
        return []
    step = 10 ** math.floor(math.log10(reach))
    step /= next(parts for parts in (1, 2, 5, 10) if reach / step * parts >= LEAST_TICKS)
    inner = step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    free = TICK_DISTANCE * reach
    return [float(f"{at:.6g}") for at in inner if free < at - low and free < high - at]
