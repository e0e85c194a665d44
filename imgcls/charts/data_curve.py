"""Test accuracy against the number of training images: the runs, the fitted law, and what it says beyond them."""

from collections.abc import Sequence

import numpy as np

from imgcls.charts.theme import QUIET, TRAINING, faded, lay_out
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.metrics.power_law import PowerLaw

BEYOND = 4.0
"""The law is drawn up to this many times the largest number of images."""
POINTS = 80


def data_curve(images: np.ndarray, accuracies: np.ndarray, law: PowerLaw, runs: Sequence[str]):
    """A dot per run and the law with its 95% band; dashed where it is an extrapolation.

    Args:
        images: Training images of each run, ascending, (runs,).
        accuracies: Their test accuracies, 0 to 1, (runs,).
        runs: Their IDs, which a click on a dot reports.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    first, largest = float(images[0]), float(images[-1])
    x = np.geomspace(first, largest * BEYOND, POINTS)
    value, low, high = (100 * (1 - part) for part in law.error(x))
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        fill="toself",
        fillcolor=faded(TRAINING, 0.14),
        line={"width": 0},
        mode="lines",
        name="95% band",
        hoverinfo="skip",
    )
    for inside, name, dash in ((x <= largest * 1.0001, "fitted law", "solid"), (x >= largest, "estimate", "dash")):
        figure.add_scatter(
            x=x[inside],
            y=value[inside],
            mode="lines",
            line={"color": TRAINING, "width": 2, "dash": dash},
            name=name,
            hovertext=[percent(one / 100) for one in value[inside].tolist()],
            hovertemplate="%{x:,.0f} images: %{hovertext}<extra></extra>",
        )
    figure.add_scatter(
        x=images,
        y=100 * accuracies,
        mode="markers",
        marker={"color": TRAINING, "size": 9, "line": {"width": 1, "color": "white"}},
        customdata=list(runs),
        name="one run",
        hovertext=[percent(one) for one in accuracies],
        hovertemplate="%{x:,.0f} images: %{hovertext}<extra></extra>",
    )
    figure.add_vline(x=largest, line={"color": QUIET, "width": 1, "dash": "dot"})
    lay_out(figure, height=360, x="training images", y="test accuracy, %")
    ticks = largest * np.array([0.1, 0.2, 0.5, 1, 2, 4])
    return figure.update_xaxes(type="log", tickvals=ticks, ticktext=[_short(tick) for tick in ticks])


def _short(number: float) -> str:
    """12345 -> 12k; 850 -> 850."""
    return f"{number / 1000:.3g}k" if number >= 1000 else f"{number:.0f}"
