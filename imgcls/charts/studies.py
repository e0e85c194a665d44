"""Figures of a study. Data in, Plotly figure out; every point carries the ID of its run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.charts.theme import BEST, QUIET, VALIDATION, lay_out, literal
from imgcls.evaluation.metrics.percent import percent
from imgcls.params import Value

SCALE = [[0, "#D55E00"], [0.5, "#E69F00"], [1, "#0072B2"]]
DARK_SCALE = [[0, "#FF9E5E"], [0.5, "#FFD27A"], [1, "#7CC7F5"]]
"""From bad to good; also distinguishable with colour blindness. On dark ground, lines must be light."""
TRIAL = "#2F8FD0"
"""The blue of a trial, with enough contrast to a white and to a dark page."""
MOST_TRIAL_TICKS = 10
"""With more trials than this, the axis names not every number."""
STAR = 18
"""Pixels of the star that marks the winner."""
PADDING, MOST_TEXTS, MOST_DECADES = 0.04, 40, 2
EARLY = "stopped early"
"""What a legend calls trials that ended before their last epoch."""
MOST_LONGER, LEAST_SPAN = 3.0, 0.05
"""So many times as long as the complete trials need it, the axis of the scores is at most; and what equal ones need, as
a fraction of their score."""


@dataclass(frozen=True)
class Point:
    """A trial with a score: `value` as the figures show it (accuracy in percent, or the loss)."""

    run: str
    number: int
    value: float
    params: Mapping[str, Value]
    is_pruned: bool = False
    seconds: float | None = None
    parameters: int | None = None
    watt_hours: float | None = None
    is_winner: bool = False
    score: str = ""
    """The value as the page writes it; figures that write it have no rounding of their own."""


def history(points: Sequence[Point], score: str, *, is_higher_better: bool):
    """The score of each trial in the order of their numbers, and the best so far."""
    import plotly.graph_objects as go

    figure = go.Figure()
    best = (np.maximum if is_higher_better else np.minimum).accumulate([point.value for point in points])
    numbers = [point.number for point in points]
    figure.add_scatter(
        x=numbers,
        y=best,
        mode="lines",
        line={"color": BEST, "width": 2, "shape": "hv"},
        name="best so far",
        hoverinfo="skip",
    )
    lay_out(figure, height=320, x="trial", y=score)
    _add_trials(figure, points, numbers)
    return figure.update_xaxes(dtick=1) if len(numbers) <= MOST_TRIAL_TICKS else figure


def slices(
    points: Sequence[Point],
    name: str,
    score: str,
    *,
    is_log: bool,
    is_listed: bool = False,
    ends: tuple[float, float] | None = None,
):
    """The score against one varied setting. `is_listed`: its values come from a list, not from a range, which begins
    and ends at `ends`."""
    import plotly.graph_objects as go

    figure = go.Figure()
    values = [point.params[name] for point in points]
    is_number = are_numbers(values) and not is_listed
    x = values if is_number else [text_of(value) for value in values]
    _add_trials(figure, points, x)
    lay_out(figure, height=260, x=literal(name.replace("_", " ")), y=score, legend=None)
    if is_number:
        figure.update_xaxes(**(log_ticks([*values, *(ends or ())]) if is_log else {"type": "linear"}))
        if ends:
            figure.update_xaxes(range=_padded(*(map(math.log10, ends) if is_log else ends)))
    else:
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=categories(values))
    return figure


def importances(shares: Mapping[str, float]):
    """How much each setting explains the differences between trials, in percent."""
    import plotly.graph_objects as go

    names = list(shares)[::-1]
    figure = go.Figure(
        go.Bar(
            x=[100 * shares[name] for name in names],
            y=[literal(name.replace("_", " "), 24) for name in names],
            orientation="h",
            marker_color=TRIAL,
            text=[percent(shares[name], 0) for name in names],
            textposition="auto",
            hovertext=[percent(shares[name]) for name in names],
            hovertemplate="%{y}: %{hovertext}<extra></extra>",
        )
    )
    return lay_out(
        figure, height=max(160, 60 + 34 * len(names)), x="importance, %", margins=(130, 16, 8, 44), legend=None
    )


def pareto(points: Sequence[Point], quantity: str, title: str, score: str, *, is_higher_better: bool):
    """The score against what a trial costs, with the trials that are best for their cost. `quantity`: "seconds",
    "parameters" or "watt_hours"."""
    import plotly.graph_objects as go

    known = [point for point in points if getattr(point, quantity) is not None]
    cost = [getattr(point, quantity) for point in known]
    whole = [point for point in known if not point.is_pruned]
    places = front_of(
        [getattr(p, quantity) for p in whole], [p.value for p in whole], is_higher_better=is_higher_better
    )
    front = [whole[place] for place in places]
    figure = go.Figure()
    _add_trials(figure, known, cost)
    figure.add_scatter(
        x=[getattr(point, quantity) for point in front],
        y=[point.value for point in front],
        mode="lines",
        line={"color": BEST, "width": 2, "dash": "dot"},
        name="Pareto front: nothing is better for less",
        hoverinfo="skip",
    )
    return lay_out(figure, height=320, x=title, y=score)


def front_of(cost: Sequence[float], value: Sequence[float], *, is_higher_better: bool) -> list[int]:
    """The indices on the Pareto front by rising cost: each is better than all that cost no more."""
    sign = 1.0 if is_higher_better else -1.0
    found: list[int] = []
    for index in sorted(range(len(cost)), key=lambda one: (cost[one], -sign * value[one])):
        if not found or sign * value[index] > sign * value[found[-1]]:
            found.append(index)
    return found


def _add_trials(figure, points: Sequence[Point], x: Sequence[Value]) -> None:
    """The trials; those that ended early are crosses, and those so far off that they would squeeze the others together
    are triangles at the edge of the axis, which say so."""
    low, high = reach(points)
    figure.update_yaxes(range=[low, high])
    kinds = (
        ("complete", "circle", TRIAL, lambda one: not one.is_pruned),
        (EARLY, "x", QUIET, lambda one: one.is_pruned and low <= one.value <= high),
        (f"{EARLY}, below the axis", "triangle-down", QUIET, lambda one: one.is_pruned and one.value < low),
        (f"{EARLY}, above the axis", "triangle-up", QUIET, lambda one: one.is_pruned and one.value > high),
    )
    for name, symbol, colour, belongs in kinds:
        places = [place for place, point in enumerate(points) if belongs(point)]
        if places:
            trace = _scatter([points[at] for at in places], [x[at] for at in places], name, colour, symbol)
            figure.add_trace(trace.update(y=[min(max(value, low), high) for value in trace.y], cliponaxis=False))


def reach(points: Sequence[Point]) -> tuple[float, float]:
    """The ends of the axis of the scores: all trials are on it, and a little more, but the complete ones keep at least
    a third of its length."""
    values = [point.value for point in points if not point.is_pruned or point.is_winner]
    values = values or [point.value for point in points]
    low, high = min(values), max(values)
    margin = 2 * PADDING * (high - low) or 1e-3
    farthest = MOST_LONGER * ((high - low) or max(abs(high), 1.0) * LEAST_SPAN)
    for value in sorted((point.value for point in points), key=lambda one: max(low - one, one - high)):
        if max(high, value) - min(low, value) <= farthest:
            low, high = min(low, value), max(high, value)
    return low - margin, high + margin


def _scatter(points: Sequence[Point], x: Sequence[Value], name: str, colour: str, symbol: str):
    import plotly.graph_objects as go

    # The legend shows the marker of the first point; the winner's star would stand for all of them.
    order = sorted(range(len(points)), key=lambda place: points[place].is_winner)
    points, x = [points[place] for place in order], [x[place] for place in order]
    return go.Scatter(
        x=x,
        y=[point.value for point in points],
        mode="markers",
        marker={
            "color": [BEST if point.is_winner else colour for point in points],
            "opacity": 1,  # with several sizes, Plotly takes 0.7, too dark on a dark page
            "size": [STAR if point.is_winner else 10 for point in points],
            "symbol": ["star" if point.is_winner else symbol for point in points],
        },
        selected={"marker": {"color": VALIDATION}},
        name=name,
        customdata=[point.run for point in points],
        text=[hover(point) for point in points],
        hovertemplate="%{text}<extra></extra>",
    )


def hover(point: Point) -> str:
    """What a hover says of a trial: its score and its settings."""
    lines = [
        f"trial {point.number}{', the winner' if point.is_winner else ''}: {written(point)}",
        *(f"{name}: {text_of(value)}" for name, value in point.params.items()),
    ]
    return "<br>".join(literal(line, MOST_TEXTS) for line in lines)


def written(point: Point) -> str:
    """The score as the page writes it."""
    return point.score or f"{point.value:g}"


def _padded(low: float, high: float) -> list[float]:
    """A little beyond the ends of a range, so that the points there are seen whole."""
    margin = PADDING * (high - low)
    return [low - margin, high + margin]


def log_ticks(values: Sequence[Value]) -> dict:
    """Powers of ten; within a few of them also twice and five times those, as an axis without a number says nothing."""
    numbers = [float(value) for value in values]
    first, last = math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers)))
    factors = (1, 2, 5) if max(numbers) / min(numbers) < 10**MOST_DECADES else (1,)
    ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def are_numbers(values: Sequence[Value]) -> bool:
    """Whether all are, on and off not among them."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def categories(values: Sequence[Value]) -> list[str]:
    """The texts of the different values: numbers by size, others by alphabet."""
    ordered = sorted(values, key=float) if are_numbers(values) else sorted(values, key=text_of)
    return list(dict.fromkeys(map(text_of, ordered)))


def text_of(value: Value) -> str:
    """A value as figures write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
