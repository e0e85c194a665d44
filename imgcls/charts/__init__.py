"""Figures: data in, a Plotly Figure out. No Streamlit, no arithmetic beyond what drawing needs.

    learning_curve, compare_curves       what happened during training (drawn in `imgcls.charts.learning_curves`)
    network                              what a model is made of (drawn in `imgcls.charts.network_diagram`)

Every figure has a fixed height and no background, so that a page's theme shows. Names may hold anything: they are
shown as they are. Plotly is imported when the first figure is drawn, as its import takes longer than a page's rerun.
"""

from imgcls.charts.learning_curves import compare_curves, learning_curve, learning_curve_dict, small_curve_dict, thin
from imgcls.charts.network_diagram import network
from imgcls.charts.theme import class_colour, literal

__all__ = [
    "class_colour",
    "compare_curves",
    "learning_curve",
    "learning_curve_dict",
    "literal",
    "network",
    "small_curve_dict",
    "thin",
]

NAME_LENGTH = 18  # characters of a name beside an axis; the hover text has up to HOVER_LENGTH
HOVER_LENGTH = 80
