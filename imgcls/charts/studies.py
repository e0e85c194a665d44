"""Figures of a study and of repeated seeds. Data in, Plotly figure out; every point carries the ID of its run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.charts.theme import BEST, ERROR, QUIET, TRAINING, VALIDATION, faded, lay_out, literal
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import percent
from imgcls.params import Value

SCALE = [[0, "#D55E00"], [0.5, "#E69F00"], [1, "#0072B2"]]
"""From bad to good; also distinguishable with colour blindness."""
JITTER = 0.12
MOST_TEXTS = 40


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
    for is_pruned, name, symbol, colour in ((False, "complete", "circle", TRAINING), (True, "ended early", "x", QUIET)):
        here = [point for point in points if point.is_pruned is is_pruned]
        if here:
            figure.add_trace(_scatter(here, [point.number for point in here], name, colour, symbol))
    return lay_out(figure, height=320, x="trial", y=score)


def slices(points: Sequence[Point], name: str, score: str, *, is_log: bool):
    """The score against one varied setting."""
    import plotly.graph_objects as go

    figure = go.Figure()
    values = [point.params[name] for point in points]
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    x = values if is_number else [_text(value) for value in values]
    figure.add_trace(_scatter(points, x, "trials", TRAINING, "circle"))
    lay_out(figure, height=260, x=literal(name.replace("_", " ")), y=score, legend=None)
    if is_number:
        figure.update_xaxes(type="log" if is_log else "linear")
    else:
        figure.update_xaxes(type="category", categoryorder="category ascending")
    return figure


def parallel_coordinates(points: Sequence[Point], logarithmic: Sequence[str], score: str, *, is_higher_better: bool):
    """One line per trial through its settings to its score; the colour is the score."""
    import plotly.graph_objects as go

    dimensions = [
        _dimension(name, [point.params[name] for point in points], name in logarithmic)
        for name in (points[0].params if points else ())
    ]
    values = [point.value for point in points]
    dimensions.append({"label": score, "values": values})
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={"color": values, "colorscale": SCALE, "reversescale": not is_higher_better, "showscale": False},
            unselected={"line": {"color": QUIET, "opacity": 0.15}},
        )
    )
    return lay_out(figure, height=340, margins=(60, 60, 40, 24), legend=None)


def importances(shares: Mapping[str, float]):
    """How much each setting explains the differences between trials, in percent."""
    import plotly.graph_objects as go

    names = list(shares)[::-1]
    figure = go.Figure(
        go.Bar(
            x=[100 * shares[name] for name in names],
            y=[literal(name.replace("_", " "), 24) for name in names],
            orientation="h",
            marker_color=TRAINING,
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
    front = [known[index] for index in front_of(cost, [p.value for p in known], is_higher_better=is_higher_better)]
    figure = go.Figure()
    figure.add_trace(_scatter(known, cost, "trials", TRAINING, "circle"))
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


def seed_groups(
    names: Sequence[str], accuracies: Sequence[np.ndarray], means: Sequence[Score], runs: Sequence[Sequence[str]]
):
    """A row per setting: one dot per seed (test accuracy in percent), and the mean with its 95% interval."""
    import plotly.graph_objects as go

    figure = go.Figure()
    rows = np.arange(len(names))[::-1]
    for row, values, ids in zip(rows, accuracies, runs, strict=True):
        offsets = np.linspace(-JITTER, JITTER, len(values)) if len(values) > 1 else np.zeros(1)
        figure.add_scatter(
            x=100 * np.asarray(values),
            y=row + offsets,
            mode="markers",
            marker={"color": faded(TRAINING, 0.55), "size": 9},
            customdata=list(ids),
            name="one run per seed",
            showlegend=bool(row == rows[0]),
            hovertext=[percent(one, 2) for one in values],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.add_scatter(
        x=[100 * mean.value for mean in means],
        y=rows,
        mode="markers",
        marker={"color": ERROR, "symbol": "diamond", "size": 11, "line": {"width": 1, "color": "white"}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (mean.high - mean.value) for mean in means],
            "arrayminus": [100 * (mean.value - mean.low) for mean in means],
            "color": ERROR,
            "thickness": 2,
        },
        name="mean with 95% CI",
        hovertext=[percent(mean.value, 2) for mean in means],
        hovertemplate="mean %{hovertext}<extra></extra>",
    )
    lay_out(figure, height=110 + 56 * len(names), x="test accuracy, %", margins=(190, 24, 16, 48))
    figure.update_yaxes(
        tickvals=rows,
        ticktext=[literal(name, 26) for name in names],
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
    )
    return figure


def _scatter(points: Sequence[Point], x: Sequence[Value], name: str, colour: str, symbol: str):
    import plotly.graph_objects as go

    return go.Scatter(
        x=x,
        y=[point.value for point in points],
        mode="markers",
        marker={"color": faded(colour, 0.75), "size": 10, "symbol": symbol},
        selected={"marker": {"color": VALIDATION}},
        name=name,
        customdata=[point.run for point in points],
        text=[_hover(point) for point in points],
        hovertemplate="%{text}<br>%{y:.5~g}<extra></extra>",
    )


def _hover(point: Point) -> str:
    lines = [f"trial {point.number}", *(f"{name}: {_text(value)}" for name, value in point.params.items())]
    return "<br>".join(literal(line, MOST_TEXTS) for line in lines)


def _dimension(name: str, values: list[Value], is_log: bool) -> dict:
    label = literal(name.replace("_", " "), 20)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if not is_log:
            return {"label": label, "values": values}
        exponents = np.log10(np.asarray(values, float))
        ticks = np.arange(np.floor(exponents.min()), np.ceil(exponents.max()) + 1)
        return {"label": label, "values": exponents, "tickvals": ticks, "ticktext": [f"{10**tick:g}" for tick in ticks]}
    texts = sorted({_text(value) for value in values})
    return {
        "label": label,
        "values": [texts.index(_text(value)) for value in values],
        "tickvals": list(range(len(texts))),
        "ticktext": [literal(text, 16) for text in texts],
    }


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
