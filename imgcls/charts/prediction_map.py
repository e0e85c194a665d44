"""Figures of answers to choose pictures in: a map. Data in, Plotly Figure out."""

import numpy as np

from imgcls.charts import HOVER_LENGTH, NAME_LENGTH
from imgcls.charts.theme import TRAINING, class_colour, lay_out, literal
from imgcls.evaluation.selection import SIDE

MOST_POINTS = 2000
MOST_NAMED = 12
"""With more classes than these, a legend would push the map away."""


def answer_map(
    places: np.ndarray, labels: np.ndarray, predicted: np.ndarray, indices: np.ndarray, names, area=(), most=MOST_POINTS
):
    """Test pictures as points (n, 2) of 0 to `SIDE`: a colour for the true class, a dot if read rightly, else a cross.

    At most `most` are drawn, wrong ones first, then every so many of the right ones; a line around them means all.
    customdata is [number of the picture]. `area` is a polygon that is drawn on top.
    """
    import plotly.graph_objects as go

    is_right = predicted == labels
    drawn = _thinned(is_right, most)
    figure = go.Figure()
    for label in np.unique(labels[drawn]):
        of = drawn[labels[drawn] == label]
        marks = np.where(is_right[of], "circle", "x")
        figure.add_scatter(
            x=places[of, 0].astype(np.float32),
            y=places[of, 1].astype(np.float32),
            mode="markers",
            name=literal(names[label], NAME_LENGTH),
            marker={
                "color": class_colour(int(label)),
                "symbol": marks.tolist(),
                "size": np.where(is_right[of], 5, 8).tolist(),
                "opacity": 0.8,
            },
            customdata=indices[of][:, None].tolist(),
            hovertext=[
                f"picture {index}: {_told(names, label, answer)}"
                for index, answer in zip(indices[of].tolist(), predicted[of].tolist(), strict=True)
            ],
            hoverinfo="text",
            unselected={"marker": {"opacity": 0.2}},
        )
    if area:
        x, y = zip(*area, area[0], strict=True)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": TRAINING, "width": 2}, hoverinfo="skip", showlegend=False
        )
    named = len(names) <= MOST_NAMED
    lay_out(figure, height=520, margins=(8, 8, 8, 8), legend="above" if named else None)
    figure.update_layout(dragmode="lasso", hovermode="closest")
    hidden = {"showticklabels": False, "range": [0, SIDE], "zeroline": False, "showgrid": False}
    return figure.update_xaxes(**hidden).update_yaxes(**hidden)


def _thinned(is_right: np.ndarray, most: int) -> np.ndarray:
    wrong, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    wrong = wrong[:: max(1, -(-len(wrong) // max(most * 2 // 3, 1)))]
    room = max(most - len(wrong), 1)
    return np.sort(np.concatenate([wrong, right[:: max(1, -(-len(right) // room))]]))


def _told(names, label: int, answer: int) -> str:
    true = literal(names[label], HOVER_LENGTH)
    return f"{true}, read rightly" if label == answer else f"{true}, read as {literal(names[answer], HOVER_LENGTH)}"
