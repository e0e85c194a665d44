"""Figures whose points are runs: a click on one opens the page of its run."""

from typing import Any

import streamlit as st

from imgcls.ui.app import links
from imgcls.ui.widgets.figures import figure_download


def show(figure: Any, *, key: str, file_name: str, alt: str, at: int = 0) -> None:
    """The figure, which is saved under `file_name`. The ID of a point's run is its `customdata`, or the value `at` this
    place of several."""
    event = st.plotly_chart(
        figure,
        key=key,
        on_select="rerun",
        selection_mode="points",
        config=figure_download.savable(file_name),
        alt=alt,
    )
    if run_id := run_of(event.selection.points, at):
        links.go("train.py", run=run_id)


def show_brushed(figure: Any, *, key: str, file_name: str, alt: str) -> list[str]:
    """As `show`, and whoever drags a box over points gets the IDs of their runs; none as long as nobody does."""
    figure.update_layout(dragmode="select", hovermode="closest")
    event = st.plotly_chart(
        figure,
        key=key,
        on_select="rerun",
        selection_mode=("points", "box"),
        config=figure_download.savable(file_name),
        alt=alt,
    )
    points = event.selection.points
    if event.selection.box:
        return list(dict.fromkeys(run_of([point]) for point in points))
    if run_id := run_of(points):
        links.go("train.py", run=run_id)
    return []


def run_of(points: list, at: int = 0) -> str:
    """The ID of the clicked run. Streamlit gives a single value as it is or in a list, several as a list or as a
    dictionary with the keys "0" and "1"."""
    about = points[0].get("customdata") if points else None
    if not about or isinstance(about, str):
        return about or ""
    return str(about[str(at)] if isinstance(about, dict) else about[at])
