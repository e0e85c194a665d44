"""Runs as points: the test accuracy against what it cost. Data in, Plotly figure out."""

from collections.abc import Sequence
from dataclasses import dataclass

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import class_colour, lay_out, literal

HEIGHT = 320
MOST_NAMED = 8
"""With more points than this, their names would overlap: they are shown on hover."""


@dataclass(frozen=True)
class RunPoint:
    """A run: its name, the group that gives its colour (the dataset), cost and accuracy (0 to 1)."""

    name: str
    group: str
    cost: float
    accuracy: float


def run_scatter(points: Sequence[RunPoint], cost: str):
    """The accuracy of runs in percent against a `cost`, the title of the logarithmic axis. Each group has a colour."""
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
            hovertemplate="%{customdata}<br>%{y:.1f}%, %{x:,.4g}<extra></extra>",
            cliponaxis=False,
        )
    lay_out(figure, height=HEIGHT, x=cost, y="test accuracy, %", margins=(64, 32, 24, 52))
    return figure.update_xaxes(type="log", dtick="D2" if _spread(points) < 10 else None)


def _spread(points: Sequence[RunPoint]) -> float:
    costs = [point.cost for point in points]
    return max(costs) / min(costs)
