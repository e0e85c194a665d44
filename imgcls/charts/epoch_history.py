"""The predictions of one image, or a metric of the user's own, over the epochs: data in, Plotly figure out."""

from collections.abc import Sequence

import numpy as np

from imgcls.charts import NAME_LENGTH
from imgcls.charts.theme import QUIET, VALIDATION, class_colour, lay_out, literal
from imgcls.evaluation.metrics.percent import percent

MOST_CLASSES = 5
MOST_POINTS, MOST_MARKERS = 2_000, 40


def one_image(epochs: np.ndarray, probabilities: np.ndarray, true: int, names: Sequence[str], position: int):
    """The probabilities (epochs, classes) of one image, in percent.

    The true class is a thick line, the most likely others are thin dashed ones. A vertical line marks the epoch at
    `position`.
    """
    import plotly.graph_objects as go

    order = [one for one in np.argsort(-probabilities.max(0), kind="stable").tolist() if one != true]
    figure = go.Figure()
    for one in [true, *order[: MOST_CLASSES - 1]]:
        is_true = one == true
        figure.add_scatter(
            x=epochs,
            y=100 * probabilities[:, one],
            mode="lines+markers",
            name=literal(names[one], NAME_LENGTH) + (" (true)" if is_true else ""),
            line={"color": class_colour(one), "width": 4 if is_true else 1.5, "dash": "solid" if is_true else "dash"},
            marker={"size": 6 if is_true else 4},
            hovertext=[percent(value) for value in probabilities[:, one].tolist()],
            hovertemplate="epoch %{x}: %{hovertext}",
        )
    figure.add_vline(x=int(epochs[position]), line={"color": QUIET, "width": 2, "dash": "dot"})
    lay_out(figure, height=320, x="epoch", y="probability (%)", margins=(56, 12, 8, 52))
    figure.update_layout(hovermode="x unified")
    return figure.update_yaxes(range=[-2, 102])


def own_metric(name: str, values: Sequence[tuple[int | None, float]]):
    """The values of a metric of the user's own code by epoch, or in their order if one of them has none."""
    import plotly.graph_objects as go

    by_epoch = all(epoch is not None for epoch, _ in values)
    every = -(-len(values) // MOST_POINTS)
    x = [epoch if by_epoch else at for at, (epoch, _) in enumerate(values, 1)][::every]
    y = [value for _, value in values][::every]
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers" if len(x) <= MOST_MARKERS else "lines",
        line={"color": VALIDATION, "width": 2},
        hovertemplate="%{x}: %{y:.6g}<extra></extra>",
    )
    lay_out(figure, height=240, x="epoch" if by_epoch else "value number", y=literal(name), legend=None)
    figure.update_xaxes(tickformat="d")
    return figure
