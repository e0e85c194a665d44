import math

import numpy as np
import plotly.graph_objects as go
import pytest

from imgcls.charts.lr_finder import finder_dict

RATES = np.logspace(-6, 1, 140)


@pytest.mark.parametrize("count", [0, 1, 2, 30, 140])
def test_the_figure_is_valid_for_any_number_of_points(count):
    losses = np.linspace(2.3, 1.0, 140)[:count]
    smoothed = losses.copy()
    if count:
        losses[-1] = np.nan
    suggested = 0.003 if count > 30 else None
    figure = go.Figure(finder_dict(RATES[:count], losses, smoothed, 2.3, suggested=suggested, current=1e-3))

    assert figure.layout.xaxis.range == (-6.1, 1.1)
    assert math.isfinite(figure.layout.yaxis.range[1])
    assert [trace.name for trace in figure.data] == ["each batch", "smoothed", *(["suggested"] if suggested else [])]
    assert figure.layout.annotations[0].text == "current"
