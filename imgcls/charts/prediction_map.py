"""The map of test images: data in, Plotly figure out."""

from collections.abc import Sequence

import numpy as np

from imgcls.charts import NAME_LENGTH
from imgcls.charts.theme import TRAINING, class_colour, lay_out, literal
from imgcls.evaluation.selection import SIDE

MOST_POINTS = 2000
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
):
    """Test images as points (n, 2) of 0 to `SIDE`: a dot if predicted correctly, else a cross.

    `groups` (n,) give the colours and index `names`; `texts` (n,) are shown on hover, after the image's number. At most
    `most` points are drawn, errors first; a lasso around them still selects all images inside. customdata is [index].
    `area` is a polygon drawn on top.
    """
    import plotly.graph_objects as go

    drawn = _thinned(is_right, most)
    figure = go.Figure()
    for group in np.unique(groups[drawn]):
        members = drawn[groups[drawn] == group]
        figure.add_scatter(
            x=positions[members, 0].astype(np.float32),
            y=positions[members, 1].astype(np.float32),
            mode="markers",
            name=literal(names[group], NAME_LENGTH),
            marker={
                "color": class_colour(int(group)),
                "symbol": np.where(is_right[members], "circle", "x").tolist(),
                "size": np.where(is_right[members], 5, 8).tolist(),
                "opacity": 0.8,
            },
            customdata=indices[members][:, None].tolist(),
            hovertext=[f"image {indices[member]}: {texts[member]}" for member in members],
            hoverinfo="text",
            unselected={"marker": {"opacity": 0.2}},
        )
    if area:
        x, y = zip(*area, area[0], strict=True)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": TRAINING, "width": 2}, hoverinfo="skip", showlegend=False
        )
    has_legend = len(names) <= MOST_NAMED
    lay_out(figure, height=520, margins=(8, 8, 8, 8), legend="above" if has_legend else None)
    figure.update_layout(dragmode="lasso", hovermode="closest")
    hidden = {"showticklabels": False, "range": [0, SIDE], "zeroline": False, "showgrid": False}
    return figure.update_xaxes(**hidden).update_yaxes(**hidden)


def _thinned(is_right: np.ndarray, most: int) -> np.ndarray:
    wrong, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    wrong = wrong[:: max(1, -(-len(wrong) // max(most * 2 // 3, 1)))]
    room = max(most - len(wrong), 1)
    return np.sort(np.concatenate([wrong, right[:: max(1, -(-len(right) // room))]]))
