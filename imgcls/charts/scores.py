"""Figures of scores: ROC and precision-recall curves, reliability, and accuracy against what is answered."""

import numpy as np

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import BEST, ERROR, QUIET, TRAINING, VALIDATION, class_colour, faded, lay_out, literal
from imgcls.evaluation.metrics.calibration import AbstentionCurve, Reliability
from imgcls.evaluation.metrics.roc_pr import Curve

HEIGHT = 380
DASHES = ("solid", "dash", "dot", "dashdot")


def class_curves(curves: dict[int, Curve], notes: dict[int, str], names, *, kind: str):
    """Curves of some classes (class number -> curve), `kind` "roc" or "pr"; `notes` go behind the names.

    Axes are in percent. A class has its colour, and neighbours in the list another dash.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, (one, curve) in enumerate(curves.items()):
        figure.add_scatter(
            x=(100 * curve.x).astype(np.float32),
            y=(100 * curve.y).astype(np.float32),
            mode="lines",
            name=f"{literal(names[one], NAME_LENGTH)} {notes[one]}",
            line={"color": class_colour(one), "width": 2, "dash": DASHES[place % len(DASHES)]},
            customdata=np.where(np.isfinite(curve.threshold), 100 * curve.threshold, 100).astype(np.float32),
            meta=literal(names[one], HOVER_LENGTH),  # a name within the template could hold one of its variables
            hovertemplate="%{meta} from %{customdata:.3g}% on<br>%{x:.1f}, %{y:.1f}%<extra></extra>",
        )
    if kind == "roc":
        guess = {"color": QUIET, "width": 1, "dash": "dot"}
        figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line=guess, hoverinfo="skip", showlegend=False)
        axes = "false alarms: % of other pictures that are taken", "% of the class that is found"
    else:
        axes = "recall: % of the class that is found", "precision: % of those taken that belong"
    lay_out(figure, height=HEIGHT, x=axes[0], y=axes[1], margins=(56, 12, 8, 52), legend="above")
    figure.update_xaxes(range=[-1, 101])
    return figure.update_yaxes(range=[-1, 101])


def reliability(before: Reliability, after: Reliability | None = None):
    """How often answers were right over how sure the model was, in percent; the diagonal is a model to be believed.

    Bars show how many pictures stand behind a point, on a scale of their own at the bottom.
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
        name="pictures",
        marker={"color": faded(QUIET, 0.45)},
        hovertext=[f"{count:,} pictures" for count in before.count.tolist()],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="to be believed",
        line={"color": QUIET, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    drawn = [("as trained", before, TRAINING, "circle", "solid")]
    if after is not None:
        drawn.append(("after temperature", after, VALIDATION, "diamond", "dash"))
    for name, of, colour, symbol, dash in drawn:
        there = of.count > 0
        value, low, high = (100 * np.asarray(part)[there] for part in (of.right.value, of.right.low, of.right.high))
        figure.add_scatter(
            x=100 * of.confidence[there],
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
                f"{name}: {right:.1f}% right of {count:,} answers"
                for right, count in zip(value.tolist(), of.count[there].tolist(), strict=True)
            ],
            hoverinfo="text",
        )
    lay_out(figure, height=HEIGHT, x="how sure the model was, in %", y="% right", margins=(56, 12, 8, 52))
    figure.update_xaxes(range=[0, 102])
    return figure.update_yaxes(range=[0, 102])


def answered(line: AbstentionCurve, threshold: float, fraction: float, right: float):
    """Accuracy of what is answered (%) over the share that is answered (%); the dial's place is marked."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=(100 * line.fraction).astype(np.float32),
        y=(100 * line.right).astype(np.float32),
        mode="lines",
        line={"color": TRAINING, "width": 2},
        customdata=(100 * line.threshold).astype(np.float32),
        hovertemplate="answers from %{customdata:.1f}% on<br>%{x:.1f}% answered, %{y:.2f}% right<extra></extra>",
        showlegend=False,
    )
    if fraction > 0:
        figure.add_scatter(
            x=[100 * fraction],
            y=[100 * right],
            mode="markers+text",
            marker={"color": BEST, "size": 14, "symbol": "star"},
            text=[f"from {100 * threshold:.0f}% on"],
            textposition="bottom right" if fraction < 0.5 else "bottom left",
            hoverinfo="skip",
            showlegend=False,
        )
    lowest = float(np.min(100 * line.right)) if len(line.right) else 0
    lay_out(figure, height=300, x="% of the pictures answered", y="% right of these", margins=(56, 12, 8, 52))
    figure.update_xaxes(range=[-1, 101])
    return figure.update_yaxes(range=[max(0, lowest - 2 - 0.1 * (100 - lowest)), 100.5])


def class_bars(value: np.ndarray, low: np.ndarray, high: np.ndarray, names, before: np.ndarray | None = None):
    """A score of each class in percent with its interval, as dots on lines; `before` is another score to compare."""
    import plotly.graph_objects as go

    places = np.arange(len(names))
    figure = go.Figure()
    figure.add_scatter(
        x=100 * value,
        y=places,
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
        hovertemplate="%{x:.1f}%<extra></extra>",
        customdata=places[:, None].tolist(),
    )
    if before is not None:
        figure.add_scatter(
            x=100 * before,
            y=places,
            mode="markers",
            marker={"color": ERROR, "symbol": "line-ns-open", "size": 12, "line": {"width": 2}},
            name="before",
            hovertemplate="before: %{x:.1f}%<extra></extra>",
        )
    lay_out(figure, height=int(np.clip(26 * len(names) + 90, 200, 900)), x="%", margins=(130, 16, 8, 44))
    figure.update_yaxes(
        tickvals=places.tolist(),
        ticktext=[literal(name, NAME_LENGTH) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )
    return figure
