"""Runs as points: the test accuracy against what it cost, and by seed. Data in, Plotly figure out."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.compared import point_labels
from imgcls.charts.studies import front_of
from imgcls.charts.theme import ERROR, TRAINING, class_colour, faded, lay_out, literal
from imgcls.evaluation.metrics.confidence_intervals import Score
from imgcls.evaluation.metrics.percent import percent

HEIGHT = 320
WIDTH, MARGINS, LEGEND = 1000, (64, 32, 24, 52), 20
"""Pixels of the figure and around its axes, and the room that `lay_out` adds for a legend."""
MOST_NAMED = 8
"""With more points than this, only the best of a group is named, the others on hover."""
MOST_BEST = 4
"""So many groups, the largest ones, have their best point named."""
ROOM, NAME_ROOM, LEAST_ROOM = 0.08, 0.2, 0.005
"""Beyond the ends of the points: a fraction of their distance, above them for names, and an accuracy if all have the
same."""
FADED, SMALL, LARGE, RING = 0.3, 7, 12, 20
MARKED = "selected"
"""Name of the ring in the legend."""

LABEL_LENGTH, MOST_LINES = 24, 4
"""Letters of a line beside its point, for which half the width of a phone has room, and lines: a name of 60 letters is
not cut off."""

JITTER = 0.12
MOST_LABEL, MOST_PARTS = 28, 4
"""Characters of a line beside the axis of repeated seeds, and lines: model and dataset, then what distinguishes the
setting."""

CLOSE_DECADES, NARROW_DECADES = 0.3, 1.0
"""Costs within less than the first get an axis as long as the second."""
MOST_DECADES = 2
"""Over more powers of ten than this, the axis names these alone."""


@dataclass(frozen=True)
class RunPoint:
    """A run: its name, the group that gives its colour (the dataset), cost and accuracy (0 to 1), with its
    confidence interval if it has one, its ID if a click is to find it, whether it is one to find at once, and what runs
    that differ from it only in the seed are called in common."""

    name: str
    group: str
    cost: float
    accuracy: float
    interval: tuple[float, float] | None = None
    run: str = ""
    is_marked: bool = False
    setting: str = ""


def run_scatter(points: Sequence[RunPoint], cost: str, score: str = "test accuracy, %", width: int = WIDTH):
    """The accuracy of runs in percent against a `cost`, the title of the logarithmic axis. Each group has a colour.

    Points with an `interval` (0 to 1) have error bars. Many points are a cloud, so all are faded but those that nothing
    in their group beats for less, which a line joins. Names that fit into a figure of `width` pixels are written beside
    their points, those of repeated seeds once: "base, 3 seeds". All are shown on hover. Marked points have a ring, and
    their names come first.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    are_many = len(points) > MOST_NAMED
    groups: dict[str, tuple[list[RunPoint], list[RunPoint]]] = {}
    for group in dict.fromkeys(point.group for point in points):
        members = [point for point in points if point.group == group]
        front, rest = members, []
        if are_many:
            indices = front_of([one.cost for one in members], [one.accuracy for one in members], is_higher_better=True)
            front = [members[index] for index in indices]
            rest = [one for index, one in enumerate(members) if index not in indices]
        groups[group] = front, rest
    marked = [one for one in points if one.is_marked]
    bright = [one for front, _ in groups.values() for one in front if not one.is_marked] + marked
    across, up = _ends(points), _reach(points)
    named = [*_best(points), *marked] if are_many else points
    names = _names(named)
    places = _places(names, bright, across, up, width)
    for number, (group, (front, rest)) in enumerate(groups.items()):
        colour, symbol = class_colour(number), number % 8
        if rest:
            quiet = {"color": faded(colour, FADED), "size": SMALL, "symbol": symbol}
            figure.add_scatter(**_trace(rest, group, quiet), mode="markers", showlegend=False)
        marker = {"color": colour, "size": LARGE, "symbol": symbol}
        figure.add_scatter(
            **_trace(front, group, marker),
            mode=f"{'lines+' if rest else ''}markers{'+text' if any(id(one) in places for one in front) else ''}",
            line={"color": colour, "width": 1.5, "dash": "dot"},
            text=["<br>".join(map(literal, names[id(one)])) if id(one) in places else "" for one in front],
            textposition=[places.get(id(one), "top center") for one in front],
        )
    for one in marked if are_many else ():
        if all(one not in front for front, _ in groups.values()):  # among the faded points, which have no names
            figure.add_scatter(
                **_trace([one], one.group, {"color": class_colour(list(groups).index(one.group)), "size": LARGE}),
                mode="markers+text",
                text=["<br>".join(map(literal, names[id(one)])) if id(one) in places else ""],
                textposition=[places.get(id(one), "top center")],
                showlegend=False,
            )
    if marked:
        ring = {"color": "rgba(0,0,0,0)", "size": RING, "symbol": "circle", "line": {"color": ERROR, "width": 2}}
        rings = _trace(marked, MARKED, ring)
        figure.add_scatter(**rings | {"error_y": {"visible": False}, "legendgroup": MARKED}, mode="markers")
    lay_out(figure, height=HEIGHT, x=cost, y=score, margins=MARGINS)
    ticks = _ticks([point.cost for point in points])
    figure.update_yaxes(range=[100 * end for end in up])
    return figure.update_xaxes(
        type="log", tickvals=ticks, ticktext=[_short(tick) for tick in ticks], range=list(across)
    )


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
            marker={"color": faded(TRAINING, 0.8), "size": 9},
            customdata=list(ids),
            name="one run per seed",
            showlegend=bool(row == rows[0]),
            hovertext=[percent(one) for one in values],
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
        hovertext=[percent(mean.value) for mean in means],
        hovertemplate="mean %{hovertext}<extra></extra>",
    )
    lay_out(figure, height=110 + 56 * len(names), x="test accuracy, %", margins=(190, 24, 16, 48))
    figure.update_yaxes(
        tickvals=rows,
        ticktext=["<br>".join(map(literal, _label_lines(name))) for name in names],
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
    )
    return figure


def _label_lines(name: str) -> list[str]:
    """A name beside its row: a line for each part, between words where it is long."""
    parts = [line for part in name.split(", ") for line in textwrap.wrap(part, MOST_LABEL, break_on_hyphens=False)]
    return parts[:MOST_PARTS]


def _lines(name: str) -> list[str]:
    """A name in lines, between words where that is possible."""
    return textwrap.wrap(name, LABEL_LENGTH, max_lines=MOST_LINES, placeholder="…", break_on_hyphens=False)


def _trace(members: Sequence[RunPoint], group: str, marker: dict) -> dict:
    """What all traces of a group have in common."""
    return {
        "x": [point.cost for point in members],
        "y": [100 * point.accuracy for point in members],
        "name": literal(group, NAME_LENGTH),
        "legendgroup": literal(group),
        "customdata": [[literal(point.name, HOVER_LENGTH), point.run] for point in members],
        "marker": marker,
        "error_y": _error_bars(members, marker["color"]),
        "hovertext": [percent(point.accuracy) for point in members],
        "hovertemplate": "%{customdata[0]}<br>%{hovertext}, %{x:,.4g}<extra></extra>",
        "cliponaxis": False,
    }


def _best(points: Sequence[RunPoint]) -> list[RunPoint]:
    """The best point of each of the largest groups."""
    groups: dict[str, list[RunPoint]] = {}
    for point in points:
        groups.setdefault(point.group, []).append(point)
    largest = sorted(groups.values(), key=len, reverse=True)[:MOST_BEST]
    return [max(members, key=lambda one: (one.accuracy, -one.cost)) for members in largest]


def _names(named: Sequence[RunPoint]) -> dict[int, list[str]]:
    """The lines of the names by the `id` of the point. Of several that differ only in the seed, the best has a name for
    all: their names would stand beside each other's points."""
    settings: dict[tuple[str, str, bool], list[RunPoint]] = {}
    for point in named:
        settings.setdefault((point.group, point.setting or f"#{id(point)}", point.is_marked), []).append(point)
    found = {}
    for (_, setting, _), members in settings.items():
        best = max(members, key=lambda one: one.accuracy)
        found[id(best)] = _lines(best.name if len(members) == 1 else f"{setting}, {len(members):,} seeds")
    return found


def _places(
    names: dict[int, list[str]],
    bright: Sequence[RunPoint],
    across: tuple[float, float],
    up: tuple[float, float],
    width: int,
) -> dict[int, str]:
    """Where the names of points are that fit, by the `id` of the point: marked ones and the best have precedence.

    `bright`: all points that names must not cover; `across` and `up`: the ends of the axes, of costs as logarithms.
    """
    order = sorted(bright, key=lambda one: (not one.is_marked, -one.accuracy, one.cost))
    size = width - MARGINS[0] - MARGINS[1], HEIGHT - MARGINS[2] - LEGEND - MARGINS[3]
    found = point_labels.placed(
        [
            (
                size[0] * (math.log10(one.cost) - across[0]) / (across[1] - across[0]),
                size[1] * (up[1] - one.accuracy) / (up[1] - up[0]),
            )
            for one in order
        ],
        [names.get(id(one), []) for one in order],
        size,
        places=point_labels.BESIDE if any(one.interval for one in bright) else point_labels.PLACES,
        kin=[one.setting and f"{one.group}/{one.setting}" for one in order],
    )
    return {id(one): place for one, place in zip(order, found, strict=True) if place}


def _reach(points: Sequence[RunPoint]) -> tuple[float, float]:
    """The ends of the axis of the accuracies: all points and intervals, and a little more."""
    values = [end for point in points for end in (point.accuracy, *(point.interval or ()))]
    low, high = min(values), max(values)
    return low - (ROOM * (high - low) or LEAST_ROOM), high + (NAME_ROOM * (high - low) or LEAST_ROOM)


def _error_bars(points: Sequence[RunPoint], colour: str) -> dict:
    limits = [point.interval or (point.accuracy, point.accuracy) for point in points]
    return {
        "visible": any(point.interval for point in points),
        "symmetric": False,
        "array": [100 * (high - point.accuracy) for point, (_, high) in zip(points, limits, strict=True)],
        "arrayminus": [100 * (point.accuracy - low) for point, (low, _) in zip(points, limits, strict=True)],
        "thickness": 1,
        "color": colour,
    }


def _ends(points: Sequence[RunPoint]) -> tuple[float, float]:
    """The logarithms of the ends of the axis, a little beyond the costs. For those that hardly differ it is as long as
    `NARROW_DECADES`: Plotly would show decades around them."""
    first, last = (math.log10(end(point.cost for point in points)) for end in (min, max))
    spare = ROOM * (last - first) if last - first >= CLOSE_DECADES else (NARROW_DECADES - (last - first)) / 2
    return first - spare, last + spare


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
