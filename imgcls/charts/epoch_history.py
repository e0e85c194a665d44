"""What changes over the epochs: data in, Plotly figure out.

The predictions of one image, a metric of the user's own, or the scores of the trials of a study.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.charts import NAME_LENGTH
from imgcls.charts.studies import DARK_SCALE, SCALE, STAR, TRIAL
from imgcls.charts.theme import BEST, QUIET, VALIDATION, class_colour, lay_out, literal, whole_epochs
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
    figure.update_layout(hovermode="x unified", xaxis=whole_epochs(int(epochs[-1])))
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
    known = [at for at in x if at is not None]
    figure.update_xaxes(whole_epochs(max(known, default=1), min(known, default=0)), hoverformat="d")
    return figure


@dataclass(frozen=True)
class TrialCurve:
    """The score of a trial after each epoch, as the figure shows it; None where an epoch reported none."""

    run: str
    number: int
    scores: Sequence[float | None]
    is_open: bool = False
    is_winner: bool = False
    ended: str = ""
    """How it ended before its last epoch, in a word such as "stopped"; "" if it did not."""

    @property
    def style(self) -> tuple[str, str]:
        """The dashes of its line, and what the legend calls them."""
        if self.is_open:
            return "dot", "still training"
        return ("dash", "ended before its last epoch") if self.ended else ("solid", "complete")


def trials(curves: Sequence[TrialCurve], score: str, *, is_higher_better: bool, is_dark: bool = False):
    """A line per trial, coloured by its best score as in the parallel coordinates; those that still train are dotted,
    those that ended before their last epoch grey and dashed, and the winner is thick, with a star at its best epoch."""
    import plotly.graph_objects as go
    from plotly.colors import sample_colorscale

    choose = max if is_higher_better else min
    best = {one.number: choose(value for value in one.scores if value is not None) for one in curves}
    compared = [best[one.number] for one in curves if not one.ended] or list(best.values())
    low, high = min(compared), max(compared)
    figure = go.Figure()
    # The winner on top, and below all others what did not train to its end.
    for one in sorted(curves, key=lambda one: (one.is_winner, not one.ended)):
        place = min(1.0, max(0.0, (best[one.number] - low) / (high - low))) if high > low else 1.0
        scale = DARK_SCALE if is_dark else SCALE
        colour = sample_colorscale(scale, place if is_higher_better else 1 - place)[0]
        colour = BEST if one.is_winner else QUIET if one.ended else colour
        star = next(at for at, value in enumerate(one.scores) if value == best[one.number])
        sizes = [STAR if one.is_winner and at == star else 5 for at in range(len(one.scores))]
        what = f" ({one.ended})" if one.ended else ""
        figure.add_scatter(
            x=list(range(1, len(one.scores) + 1)),
            y=list(one.scores),
            mode="lines+markers",
            name=f"trial {one.number}",
            line={"color": colour, "width": 4 if one.is_winner else 1.5, "dash": one.style[0]},
            marker={"size": sizes, "opacity": 1, "symbol": ["star" if size == STAR else "circle" for size in sizes]},
            customdata=[one.run] * len(one.scores),
            hovertemplate=f"trial {one.number}{what}, epoch %{{x}}: %{{y:.4g}}<extra></extra>",
            showlegend=False,
        )
    kinds = {one.style: one for one in curves}
    lay_out(figure, height=320, x="epoch", y=score, legend="above" if len(kinds) > 1 else None)
    if len(kinds) > 1:
        for (dash, name), one in sorted(kinds.items(), reverse=True):
            line = {"color": QUIET if one.ended else TRIAL, "width": 2, "dash": dash}
            figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=name, hoverinfo="skip")
    return figure.update_xaxes(whole_epochs(max(len(one.scores) for one in curves)))
