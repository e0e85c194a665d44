"""Figures of scores: ROC and PR curves, reliability diagrams, accuracy against coverage, scores per class.

Data in, Plotly figure out.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import BEST, ERROR, QUIET, TRAINING, VALIDATION, class_colour, faded, lay_out, literal
from imgcls.evaluation.metrics.calibration import AbstentionCurve, Reliability
from imgcls.evaluation.metrics.percent import percent, percentages
from imgcls.evaluation.metrics.roc_pr import Curve

HEIGHT = 380
DASHES = ("solid", "dash", "dot", "dashdot")


def class_curves(
    curves: Mapping[int, Curve],
    notes: Mapping[int, str],
    names: Sequence[str],
    *,
    kind: str,
    points: Mapping[int, tuple[float, float]] | None = None,
):
    """ROC (`kind` "roc") or precision-recall ("pr") curves of some classes, in percent: class index -> curve.

    `notes` are appended to the names. `points` (x, y) from 0 to 1 mark the result at the current threshold. Each class
    has its own colour, and neighbours in the legend have different dashes.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for position, (one, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=(100 * curve.x).astype(np.float32),
            y=(100 * curve.y).astype(np.float32),
            mode="lines",
            name=f"{literal(names[one], NAME_LENGTH)} {notes[one]}",
            legendgroup=str(one),
            line={"color": class_colour(one), "width": 2, "dash": DASHES[position % len(DASHES)]},
            customdata=np.stack(
                [percentages(curve.x), percentages(curve.y), percentages(np.minimum(curve.threshold, 1), 3)], 1
            ).astype(np.float32),
            meta=literal(names[one], HOVER_LENGTH),  # a name inside the template could contain one of its variables
            hovertemplate="%{meta}, threshold %{customdata[2]:.5~g}%<br>"
            "%{customdata[0]:.1f}, %{customdata[1]:.1f}%<extra></extra>",
        )
    for one, (x, y) in (points or {}).items():
        figure.add_scatter(
            x=[100 * x],
            y=[100 * y],
            mode="markers",
            marker={
                "color": class_colour(one),
                "size": 11,
                "symbol": "star",
                "line": {"width": 1, "color": "white"},
            },
            legendgroup=str(one),
            showlegend=False,
            cliponaxis=False,
            meta=literal(names[one], HOVER_LENGTH),
            hovertemplate=f"%{{meta}} at the current threshold<br>{percent(x)}, {percent(y)}<extra></extra>",
        )
    if kind == "roc":
        chance = {"color": QUIET, "width": 1, "dash": "dot"}
        figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line=chance, hoverinfo="skip", showlegend=False)
        axes = "False positive rate, %", "True positive rate (recall), %"
    else:
        axes = "Recall, %", "Precision, %"
    lay_out(figure, height=HEIGHT, x=axes[0], y=axes[1], margins=(56, 12, 8, 52), legend="above")
    figure.update_xaxes(range=[-1, 101])
    return figure.update_yaxes(range=[-1, 101])


def reliability(
    before: Reliability,
    after: Reliability | None = None,
    *,
    x: str = "Confidence, %",
    y: str = "Accuracy, %",
    noun: str = "prediction",
):
    """Observed frequency over predicted probability, in percent; the diagonal is perfect calibration.

    Bars at the bottom, on their own scale, show how many predictions each point is based on.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    bins = len(before.count)
    middles = 100 * (np.arange(bins) + 0.5) / bins
    fraction = before.count / max(int(before.count.sum()), 1)
    figure.add_bar(
        x=middles,
        y=20 * np.sqrt(fraction),
        width=90 / bins,
        name=f"{noun}s",
        marker={"color": faded(QUIET, 0.45)},
        hovertext=[f"{count:,} {noun}s" for count in before.count.tolist()],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="perfectly calibrated",
        line={"color": QUIET, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    lines = [("as trained", before, TRAINING, "circle", "solid")]
    if after is not None:
        lines.append(("temperature-scaled", after, VALIDATION, "diamond", "dash"))
    for name, line, colour, symbol, dash in lines:
        filled = line.count > 0
        value, low, high = (
            100 * np.asarray(part)[filled] for part in (line.right.value, line.right.low, line.right.high)
        )
        figure.add_scatter(
            x=100 * line.confidence[filled],
            y=value,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": high - value,
                "arrayminus": value - low,
                "color": faded(colour, 0.5),
                "thickness": 1.5,
                "width": 3,
            },
            hovertext=[
                f"{name}: {percent(one / 100)} of {count:,} {noun}s"
                for one, count in zip(value.tolist(), line.count[filled].tolist(), strict=True)
            ],
            hoverinfo="text",
        )
    lay_out(figure, height=HEIGHT, x=x, y=y, margins=(56, 12, 8, 52))
    figure.update_xaxes(range=[0, 102])
    return figure.update_yaxes(range=[0, 102])


def accuracy_coverage(line: AbstentionCurve, threshold: float, fraction: float, accuracy: float):
    """Accuracy on the answered images (%) over the fraction answered (%); a star marks the chosen threshold."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=(100 * line.fraction).astype(np.float32),
        y=(100 * line.right).astype(np.float32),
        mode="lines",
        line={"color": TRAINING, "width": 2},
        customdata=np.stack(
            [percentages(line.threshold), percentages(line.fraction), percentages(line.right, 2)], 1
        ).astype(np.float32),
        hovertemplate="confidence ≥ %{customdata[0]:.1f}%<br>%{customdata[1]:.1f}% answered, "
        "accuracy %{customdata[2]:.2f}%<extra></extra>",
        showlegend=False,
    )
    if fraction > 0:
        figure.add_scatter(
            x=[100 * fraction],
            y=[100 * accuracy],
            mode="markers+text",
            marker={"color": BEST, "size": 14, "symbol": "star"},
            text=[f"≥ {percent(threshold, 0)}"],
            textposition="bottom right" if fraction < 0.5 else "bottom left",
            hoverinfo="skip",
            showlegend=False,
        )
    lowest = float(np.min(100 * line.right)) if len(line.right) else 0
    lay_out(figure, height=300, x="Images answered, %", y="Accuracy on answered images, %", margins=(56, 12, 8, 52))
    figure.update_xaxes(range=[-1, 101])
    return figure.update_yaxes(range=[max(0, lowest - 2 - 0.1 * (100 - lowest)), 100.5])


def class_bars(
    value: np.ndarray, low: np.ndarray, high: np.ndarray, names: Sequence[str], before: np.ndarray | None = None
):
    """A score of each class in percent with its interval, as dots on lines; `before` is another score to compare."""
    import plotly.graph_objects as go

    positions = np.arange(len(names))
    figure = go.Figure()
    figure.add_scatter(
        x=100 * value,
        y=positions,
        mode="markers",
        marker={"color": TRAINING, "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": 100 * (high - value),
            "arrayminus": 100 * (value - low),
            "color": faded(TRAINING, 0.5),
        },
        name="now",
        hovertext=[percent(one) for one in value.tolist()],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=positions[:, None].tolist(),
    )
    if before is not None:
        figure.add_scatter(
            x=100 * before,
            y=positions,
            mode="markers",
            marker={"color": ERROR, "symbol": "line-ns-open", "size": 12, "line": {"width": 2}},
            name="before",
            hovertext=[percent(one) for one in before.tolist()],
            hovertemplate="before: %{hovertext}<extra></extra>",
        )
    lay_out(figure, height=int(np.clip(26 * len(names) + 90, 200, 900)), x="%", margins=(130, 16, 8, 44))
    figure.update_yaxes(
        tickvals=positions.tolist(),
        ticktext=[literal(name, NAME_LENGTH) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )
    return figure
