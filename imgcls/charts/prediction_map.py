"""The map of test images: data in, Plotly figure out."""

from collections.abc import Sequence

import numpy as np

from imgcls.charts import NAME_LENGTH
from imgcls.charts.theme import QUIET, TRAINING, class_colour, lay_out, literal
from imgcls.evaluation.selection import SIDE

MOST_POINTS = 2000
WRONG = "wrong"
MOST_NAMED = 12
"""With more classes than this, a legend would leave too little room for the map."""


def prediction_map(
    positions: np.ndarray,
    groups: np.ndarray,
    is_right: np.ndarray,
    indices: np.ndarray,
    names: Sequence[str],
    texts: Sequence[str],
    area: Sequence[tuple[float, float]] = (),
    most: int = MOST_POINTS,
    *,
    are_classes: bool = True,
):
    """Test images as points (n, 2) of 0 to `SIDE`: a dot if predicted correctly, else a cross.

    `groups` (n,) give the colours and index `names`; `texts` (n,) are shown on hover, after the image's number. At most
    `most` points are drawn, errors first; a lasso around them still selects all images inside. customdata is [index].
    `area` is a polygon drawn on top. `are_classes`: a group has both dots and crosses, so that the legend explains the
    cross on its own.
    """
    import plotly.graph_objects as go

    drawn = _thinned(is_right, most)
    figure = go.Figure()
    for group in np.unique(groups[drawn]):
        members = drawn[groups[drawn] == group]
        name, colour = literal(names[group], NAME_LENGTH), class_colour(int(group))
        # The sign of a trace is that of its entry in the legend.
        signs = [sign for sign in (True, False) if are_classes or is_right[members[0]] == sign]
        for sign in signs:
            figure.add_trace(
                _points(members[is_right[members] == sign], positions, indices, texts)
                | {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "legendgroup": name,
                    "showlegend": sign == signs[0],
                    "marker": {"color": colour, "symbol": "circle" if sign else "x", "size": 5 if sign else 8},
                    "opacity": 0.8,
                    "hoverinfo": "text",
                    "unselected": {"marker": {"opacity": 0.2}},
                }
            )
    if are_classes and not is_right[drawn].all():
        figure.add_scatter(x=[None], y=[None], mode="markers", name=WRONG, marker={"color": QUIET, "symbol": "x"})
    if area:
        x, y = zip(*area, area[0], strict=True)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": TRAINING, "width": 2}, hoverinfo="skip", showlegend=False
        )
    has_legend = len(names) <= MOST_NAMED
    # The buttons of the figure have a column of their own, or they would cover the legend.
    lay_out(figure, height=520, margins=(8, 44, 8, 8), legend="above" if has_legend else None)
    figure.update_layout(dragmode="lasso", hovermode="closest", legend_itemsizing="constant", modebar_orientation="v")
    hidden = {"showticklabels": False, "range": [0, SIDE], "zeroline": False, "showgrid": False}
    return figure.update_xaxes(**hidden).update_yaxes(**hidden)


def _points(members: np.ndarray, positions: np.ndarray, indices: np.ndarray, texts: Sequence[str]) -> dict:
    """What a trace of these images holds; one without images has a point that is not drawn, or it had no entry."""
    if not len(members):
        return {"x": [None], "y": [None]}
    return {
        "x": positions[members, 0].astype(np.float32),
        "y": positions[members, 1].astype(np.float32),
        "customdata": indices[members][:, None].tolist(),
        "hovertext": [f"image {indices[member]}: {texts[member]}" for member in members],
    }


def _thinned(is_right: np.ndarray, most: int) -> np.ndarray:
    wrong, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    wrong = wrong[:: max(1, -(-len(wrong) // max(most * 2 // 3, 1)))]
    room = max(most - len(wrong), 1)
    return np.sort(np.concatenate([wrong, right[:: max(1, -(-len(right) // room))]]))
