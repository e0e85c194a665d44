"""The figure of the learning-rate finder."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgcls.charts.theme import BEST, QUIET, TRAINING, faded, layout


def finder_dict(
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: np.ndarray,
    initial: float,
    *,
    suggested: float | None = None,
    current: float | None = None,
    height: int = 280,
) -> dict[str, Any]:
    """Training loss over the learning rate on a logarithmic axis, with the suggested and the current rate.

    Args:
        rates: the learning rate of each step (n,).
        losses: the loss of each step (n,); NaN leaves a gap.
        smoothed: the same, smoothed, without gaps (n,).
        initial: the loss before training, which sets the height of the axis.
        suggested: the rate to mark with a star.
        current: the rate in the form, marked with a dotted line.
        height: in pixels.
    """
    steps, values, line = np.asarray(rates, float), np.asarray(losses, float), np.asarray(smoothed, float)
    top = 1.25 * max(initial, float(line[0])) if len(line) else 1.0
    low = min(0.0, float(line.min())) if len(line) else 0.0
    finite = np.where(np.isfinite(values), values, np.nan)
    common = {"type": "scatter", "x": np.log10(steps).astype(np.float32) if len(steps) else steps, "connectgaps": False}
    # The logarithm is the x, with ticks of its own: arrays are sent as float32, which cannot separate rates near 1e-6.
    traces = [
        {
            **common,
            "y": finite.astype(np.float32),
            "name": "each batch",
            "mode": "lines",
            "line": {"color": faded(TRAINING, 0.35), "width": 1},
            "hoverinfo": "skip",
        },
        {
            **common,
            "y": line.astype(np.float32),
            "name": "smoothed",
            "mode": "lines",
            "line": {"color": TRAINING, "width": 2},
            "customdata": [f"{rate:.2g}" for rate in steps.tolist()],
            "hovertemplate": "rate %{customdata}: loss %{y:.3f}<extra></extra>",
        },
    ]
    if suggested and len(steps):
        index = int(np.abs(np.log(steps / suggested)).argmin())
        is_right = index > 0.6 * len(steps)
        traces.append(
            {
                "type": "scatter",
                "x": np.array([np.log10(suggested)], np.float32),
                "y": line[index : index + 1].astype(np.float32),
                "name": "suggested",
                "mode": "markers+text",
                "text": [f"suggested: {suggested:g}"],
                "textposition": "bottom left" if is_right else "top right",
                "textfont": {"color": BEST},
                "marker": {"symbol": "star", "size": 15, "color": BEST},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    style = layout(height=height, x="learning rate", y="training loss (nats)")
    style["yaxis"]["range"] = [low, top]
    ticks = list(range(-6, 2))
    style["xaxis"] |= {
        "range": [-6.1, 1.1],
        "tickvals": ticks,
        "ticktext": [f"{10.0**tick:g}" for tick in ticks],
    }
    if current and -6.1 <= np.log10(current) <= 1.1:
        x = float(np.log10(current))
        dotted = {"color": QUIET, "width": 1, "dash": "dot"}
        style["shapes"] = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": dotted}]
        style["annotations"] = [
            {
                "x": x,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "xanchor": "left",
                "text": "current",
                "showarrow": False,
                "font": {"size": 11, "color": QUIET},
            }
        ]
    return {"data": traces, "layout": style}
