"""Figures: data in, a Plotly Figure out. No Streamlit, no arithmetic beyond what drawing needs.

    learning_curve, compare_curves       what happened during training (drawn in `imgcls.learning_curves`)
    confusion_matrix                     what a model answers
    network                              what a model is made of (drawn in `imgcls.drawing`)

Every figure has a fixed height and no background, so that a page's theme shows. Names may hold anything: they are
shown as they are. Plotly is imported when the first figure is drawn, as its import takes longer than a page's rerun.
"""

import numpy as np

from imgcls.drawing import network
from imgcls.learning_curves import compare_curves, learning_curve, learning_curve_dict, small_curve_dict, thin
from imgcls.look import DARK, ERROR, QUIET, TRAINING, class_colour, lay_out, literal, mixed

__all__ = [
    "class_colour",
    "compare_curves",
    "confusion_matrix",
    "learning_curve",
    "learning_curve_dict",
    "literal",
    "network",
    "small_curve_dict",
    "thin",
]

NAME_LENGTH = 18  # characters of a name beside an axis; the hover text has up to HOVER_LENGTH
HOVER_LENGTH = 80


def confusion_matrix(matrix, names, *, as_shares=False, errors_only=False, selected=None, order=None):
    """Where the answers went: true classes down, predicted across, counts of pictures or shares of the true class.

    Correct answers are grey and mistakes have a colour scale of their own, so that a good model's few mistakes show.
    The last trace holds invisible markers with customdata [true, predicted]: Streamlit hears clicks on those, never
    on a heat map. `selected` (true, predicted) gets a frame, and so does a cell that is clicked, without being drawn
    anew. From 41 classes on only cells with pictures answer. `order` says which class stands where, else as they are
    numbered; customdata and `selected` are class numbers in any order.
    """
    import plotly.graph_objects as go

    order = np.arange(len(matrix)) if order is None else np.asarray(order)
    counts = np.asarray(matrix)[np.ix_(order, order)]
    names = [names[number] for number in order]
    k = len(counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = share * 100 if as_shares else counts.astype(float)
    diagonal = np.eye(k, dtype=bool)
    errors = np.where(diagonal | (counts == 0), np.nan, shown)
    right = np.where(diagonal & (counts > 0) & (not errors_only), shown, np.nan)
    height = int(np.clip(34 * k + 130, 340, 740))
    margins = (150, 16, 36, 110)  # above, room for Plotly's buttons, which would cover the corner cell

    figure = go.Figure()
    for values, colour, strongest in ((right, QUIET, 0.8), (errors, ERROR, 0.9)):
        most = np.nanmax(values) if np.isfinite(values).any() else 1
        steps = np.array([0, 0.02, 0.05, 0.1, 0.25, 0.5, 1])
        # Opaque tints: the dark numbers on them can be read on a light page and on a dark one.
        scale = [[float(step), mixed("#ffffff", colour, strongest * (0.15 + 0.85 * step**0.7))] for step in steps]
        figure.add_heatmap(
            z=values, zmin=0, zmax=most, colorscale=scale, showscale=False, hoverinfo="skip", xgap=1, ygap=1
        )
    asked = np.ones((k, k), bool) if k <= 40 else counts > 0
    true, predicted = np.nonzero(asked)
    figure.add_scatter(
        x=predicted,
        y=true,
        mode="markers+text" if k <= 20 else "markers",
        text=[
            "" if errors_only and t == p else _cell(counts[t, p], share[t, p], as_shares)
            for t, p in zip(true, predicted, strict=True)
        ],
        textfont={"size": 13 if k <= 12 else 10, "color": DARK},
        hovertext=[_answer(names, t, p, counts[t, p], share[t, p]) for t, p in zip(true, predicted, strict=True)],
        hoverinfo="text",
        customdata=np.column_stack([order[true], order[predicted]]).tolist(),
        marker={"symbol": "square-open", "size": 6, "color": TRAINING, "line": {"width": 3}, "opacity": 0},
        # Plotly itself draws the frame of the clicked cell, and would fade the text of all others.
        selected={
            "textfont": {"color": DARK},
            "marker": {"opacity": 1, "size": min(26, 0.8 * (height - 146) / max(k, 1))},
        },
        unselected={"textfont": {"color": DARK}, "marker": {"opacity": 0}},
        selectedpoints=None if selected is None else _place(order, true, predicted, selected),
        showlegend=False,
    )
    lay_out(figure, height=height, x="predicted class", y="true class", margins=margins, legend=None)
    # The nearest marker answers, however far it is, so that every spot of a cell of any width belongs to its own.
    # Markers as large as cells would overlap on a narrow screen, and then a neighbour's answers (tried).
    figure.update_layout(dragmode=False, hovermode="closest", hoverdistance=-1 if k <= 40 else 8)
    step = max(1, -(-k // 40))
    ticks = {"tickvals": list(range(0, k, step)), "ticktext": [literal(name, NAME_LENGTH) for name in names[::step]]}
    figure.update_xaxes(range=[-0.5, k - 0.5], showgrid=False, tickangle=0 if k <= 6 else -45, **ticks)
    figure.update_yaxes(range=[k - 0.5, -0.5], showgrid=False, **ticks)
    return figure


def _place(order, true, predicted, selected):
    """Which marker stands for the selected cell, as a list for Plotly; None where none does."""
    found = np.flatnonzero((order[true] == selected[0]) & (order[predicted] == selected[1]))
    return found.tolist() or None


def _cell(count, share, as_shares):
    if not count:
        return ""
    return f"{share * 100:.1f} %" if as_shares else f"{count:,}"


def _answer(names, true, predicted, count, share):
    name, other = literal(names[true], HOVER_LENGTH), literal(names[predicted], HOVER_LENGTH)
    return f"true {name}, predicted {other}: {_pictures(count)} ({share * 100:.1f} % of {name})"


def _pictures(count):
    return f"{int(count):,} picture{'' if count == 1 else 's'}"
