"""The map of the test pictures: those that the model sees alike lie together. A line around some selects them."""

from functools import lru_cache, partial

import numpy as np
import streamlit as st

from imgcls.charts import prediction_map
from imgcls.evaluation.selection import simplified
from imgcls.ui.evaluate.parts import selection_state
from imgcls.ui.evaluate.parts.selection_state import Looked
from imgcls.ui.widgets.static_figure import StaticFigure, static


def show(looked: Looked) -> None:
    """The map of what is left by everything but its own line."""
    places, made_of = selection_state.places_of(looked.key)
    left = looked.without(area=()) & np.isfinite(places[:, 0])
    lifted = selection_state.lifted(looked.selection, area=())
    key = f"answer-map-{looked.run.id}"
    st.plotly_chart(
        _figure(looked.key, lifted, looked.selection.area),
        key=key,
        on_select=partial(_follow, key),
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "autoScale2d"]},
        alt=f"Map of {int(left.sum())} test pictures, a colour for each class, a cross for a wrong answer.",
    )
    st.caption(
        f"Made of {made_of}: the two directions in which it differs most. Draw a line around points to see their "
        f"pictures. At most {prediction_map.MOST_POINTS:,} are drawn, wrong ones first; a line means all inside it."
    )


@lru_cache(8)
def _figure(key: tuple, selected, area: tuple) -> StaticFigure:
    predictions = selection_state.predictions_of(key)
    places, _ = selection_state.places_of(key)
    left = selection_state.kept(key, selected) & np.isfinite(places[:, 0])
    return static(
        prediction_map.answer_map(
            places[left],
            predictions.labels[left],
            predictions.predicted[left],
            predictions.indices[left],
            predictions.names,
            area,
        )
    )


def _follow(key: str) -> None:
    """Takes the drawn line into the URL; where only points were clicked, a small square around the first."""
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
        corners = [(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4)]
    if len(corners) < 3:
        selection_state.clear("area")
        return
    area = simplified(corners)
    selection_state.put(area="_".join(f"{value:g}" for corner in area for value in corner))
