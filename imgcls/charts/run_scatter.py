"""Runs as points: the test accuracy against what it cost. Data in, Plotly figure out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import class_colour, lay_out, literal
from imgcls.evaluation.metrics.percent import percent

HEIGHT = 320
MOST_NAMED = 8
"""With more points than this, their names would overlap: they are shown on hover."""

MOST_DECADES = 2
"""Over more powers of ten than this, the axis names these alone."""


@dataclass(frozen=True)
class RunPoint:
    """A run: its name, the group that gives its colour (the dataset), cost and accuracy (0 to 1), with its
    confidence interval if it has one."""

    name: str
    group: str
    cost: float
    accuracy: float
    interval: tuple[float, float] | None = None


def run_scatter(points: Sequence[RunPoint], cost: str, score: str = "test accuracy, %"):
    """The accuracy of runs in percent against a `cost`, the title of the logarithmic axis. Each group has a colour.

    Points with an `interval` (0 to 1) have error bars.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, group in enumerate(dict.fromkeys(point.group for point in points)):
        members = [point for point in points if point.group == group]
        figure.add_scatter(
            x=[point.cost for point in members],
            y=[100 * point.accuracy for point in members],
            mode="markers+text" if len(points) <= MOST_NAMED else "markers",
            name=literal(group, NAME_LENGTH),
            text=[literal(point.name, NAME_LENGTH) for point in members],
            textposition="top center",
            customdata=[literal(point.name, HOVER_LENGTH) for point in members],
            marker={"color": class_colour(number), "size": 12, "symbol": number % 8},
            error_y=_error_bars(members),
            hovertext=[percent(point.accuracy) for point in members],
            hovertemplate="%{customdata}<br>%{hovertext}, %{x:,.4g}<extra></extra>",
            cliponaxis=False,
        )
    lay_out(figure, height=HEIGHT, x=cost, y=score, margins=(64, 32, 24, 52))
    ticks = _ticks([point.cost for point in points])
    return figure.update_xaxes(type="log", tickvals=ticks, ticktext=[_short(tick) for tick in ticks])


def _error_bars(points: Sequence[RunPoint]) -> dict:
    limits = [point.interval or (point.accuracy, point.accuracy) for point in points]
    return {
        "visible": any(point.interval for point in points),
        "symmetric": False,
        "array": [100 * (high - point.accuracy) for point, (_, high) in zip(points, limits, strict=True)],
        "arrayminus": [100 * (point.accuracy - low) for point, (low, _) in zip(points, limits, strict=True)],
        "thickness": 1,
    }


def _ticks(costs: Sequence[float]) -> list[float]:
    """1, 2 and 5 times the powers of ten from below the least cost to above the largest.

    Plotly's own ticks within a decade are bare digits in small type.
    """
    first, last = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    every = [factor * 10.0**power for power in range(first, last + 1) for factor in (1, 2, 5)]
    return every if last - first <= MOST_DECADES else every[::3]


def _short(number: float) -> str:
    """50000 -> 50k."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"
