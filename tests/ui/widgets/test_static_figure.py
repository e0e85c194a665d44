"""A static figure is sent to the browser exactly as Streamlit would send the Plotly figure."""

import json

import numpy as np
import plotly.io
import pytest
from plotly.tools import return_figure_from_figure_or_data

from imgcls import charts
from imgcls.charts.compared.curves import compare_curves
from imgcls.evaluation.metrics.mean_curve import mean_curve
from imgcls.ui.widgets.figures.static_figure import StaticFigure, static

POINTS = np.linspace(0, 3, 40, dtype=np.float32)
VALUES = {
    "batches": (POINTS, np.where(POINTS > 2, np.nan, POINTS)),
    "epochs": (POINTS[:3], POINTS[:3]),
    "validation": (POINTS[:3], POINTS[:3]),
    "best_epoch": float(POINTS[1]),
    "total_epochs": 3,
}


def sent(figure) -> dict:
    """What `st.plotly_chart` sends for a figure."""
    content = return_figure_from_figure_or_data(figure, validate_figure=True)
    return json.loads(plotly.io.to_json(content, validate=False))


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_a_live_curve_is_sent_like_plotly_would(quantity):
    live = sent(StaticFigure(charts.learning_curve_dict(quantity, **VALUES)))
    whole = sent(charts.learning_curve(quantity, **VALUES))
    whole["layout"].pop("template", None)

    assert live == whole


def test_a_static_figure_is_sent_unchanged_and_is_immutable():
    figure = compare_curves([("a", mean_curve([(POINTS, POINTS)])), ("b", mean_curve([(POINTS, POINTS)] * 2))], "loss")
    frozen = static(figure)

    assert sent(frozen) == sent(figure)
    frozen.to_dict().clear()
    assert sent(frozen) == sent(figure)
