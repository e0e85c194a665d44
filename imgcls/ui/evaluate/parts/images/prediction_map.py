"""The map of the test images: those that the model treats as similar are close together. A lasso selects images."""

from functools import lru_cache, partial

import numpy as np
import streamlit as st

from imgcls.charts import HOVER_LENGTH, prediction_map
from imgcls.charts.theme import literal
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.selection import Selection, simplified
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key, View
from imgcls.ui.widgets.figures import figure_download
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

EXACT_MATCH = ("All labels correct", "Errors")
POINT = 4
"""Half the side of the square that a click on a single point selects."""


def show(view: View) -> None:
    """The map of what all filters except its own lasso keep."""
    positions, source = selection_state.positions_of(view.key)
    others = selection_state.changed(view.selection, area=())
    count = int((selection_state.kept(view.key, others) & np.isfinite(positions[:, 0])).sum())
    key = f"prediction-map-{view.run.id}"
    colours = "correct and incorrect images" if isinstance(view.predictions, Decisions) else "each class"
    st.plotly_chart(
        _figure(view.key, others, view.selection.area),
        key=key,
        on_select=partial(_follow, key),
        selection_mode=("points", "box", "lasso"),
        config=figure_download.explorable("prediction-map"),
        alt=f"Map of {count} test images, a colour for {colours}, a cross for an incorrect prediction.",
    )
    st.caption(
        "Similar images lie close together. Draw a lasso around points to see their images.",
        help=f"Similar for the model: the positions are the first two principal components of {source}. At most "
        f"{prediction_map.MOST_POINTS:,} points are drawn, errors first; a lasso selects all images inside it.",
    )


@lru_cache(8)
def _figure(key: Key, filters: Selection, area: tuple) -> StaticFigure:
    predictions = selection_state.predictions_of(key)
    positions, _ = selection_state.positions_of(key)
    chosen = np.flatnonzero(selection_state.kept(key, filters) & np.isfinite(positions[:, 0]))
    names = predictions.names
    groups: np.ndarray
    group_names: tuple[str, ...]
    if isinstance(predictions, Decisions):
        groups, group_names = (~predictions.is_right[chosen]).astype(int), EXACT_MATCH
        texts = [_label_list(names, predictions.labels[one]) for one in chosen]
    else:
        groups, group_names = predictions.labels[chosen], names
        texts = [_text(names, predictions.labels[one], predictions.predicted[one]) for one in chosen]
    return static(
        prediction_map.prediction_map(
            positions[chosen],
            groups,
            predictions.is_right[chosen],
            predictions.indices[chosen],
            group_names,
            texts,
            area,
            are_classes=not isinstance(predictions, Decisions),
        )
    )


def _text(names: tuple[str, ...], label: int, predicted: int) -> str:
    true = literal(names[label], HOVER_LENGTH)
    if label == predicted:
        return f"{true}, predicted correctly"
    return f"{true}, predicted as {literal(names[predicted], HOVER_LENGTH)}"


def _label_list(names: tuple[str, ...], labels: np.ndarray) -> str:
    return literal(", ".join(names[label] for label in np.flatnonzero(labels)) or "no label", HOVER_LENGTH)


def _follow(key: str) -> None:
    """Writes the drawn polygon into the URL; for a click on a point, a small square around it."""
    event = st.session_state.get(key)
    drawn = event.selection if event else None
    corners: list[tuple[float, float]] = []
    if drawn and drawn.get("lasso"):
        line = drawn["lasso"][0]
        corners = list(zip(line["x"], line["y"], strict=True))
    elif drawn and drawn.get("box"):
        (x1, x2), (y1, y2) = drawn["box"][0]["x"], drawn["box"][0]["y"]
        corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    elif drawn and drawn.get("points"):
        x, y = drawn["points"][0]["x"], drawn["points"][0]["y"]
        corners = [(x + POINT * right, y + POINT * up) for right, up in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    if len(corners) < 3:
        selection_state.clear("area")
        return
    area = simplified(corners)
    selection_state.put(area="_".join(f"{value:g}" for corner in area for value in corner))
