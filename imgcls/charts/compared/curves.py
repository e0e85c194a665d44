"""Curves of several runs in one figure; repeated runs as their mean with a band."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgcls.charts.learning_curves import (
    MAX_POINTS,
    SCALES,
    axes_of,
    hover,
    numbers,
    smoothed,
    thin,
    unchecked_figure,
)
from imgcls.charts.theme import class_colour, distinct, faded, literal
from imgcls.evaluation.metrics.mean_curve import MeanCurve

VALIDATION = {"loss": "validation loss (cross-entropy)", "accuracy": "validation accuracy (%)"}
"""Titles of axes."""
LONGEST_NAME = 40
"""Of a run in a legend."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
BAND_OPACITY = 0.18
ROW, MOST_ROWS = 29, 20
"""The height of a row of the legend in pixels, and rows that have room below the figure."""
PLOT_HEIGHT, BELOW_PLOT, AXIS_TITLE = 350, 66, 46
"""Pixels of a figure without its legend, below its plot, and of that what the axis and its title take."""
FITTED = {"clipmin": 0, "clipmax": 101}
"""The limits of an axis of percentages that fits its curves; above 100%, for the markers."""
MOST_MARKED = 60
"""Points; a line with more has no markers."""


def compare_curves(
    lines: Sequence[tuple[str, MeanCurve]],
    quantity: str,
    *,
    title: str = "",
    smoothing: float = 0.0,
    is_whole: bool = False,
):
    """Curves of several runs, each with its own colour and dash.

    Args:
        lines: The name and the curve of each run, or of several that differ only in the seed.
        quantity: "loss" or "accuracy", or something else that has a `title`.
        title: of the axis; by default, that of a loss or an accuracy of the validation images.
        smoothing: the decay of an exponential moving average over the epochs, from 0 to below 1.
        is_whole: whether the axis of an accuracy goes from 0 to 100%; by default it fits the curves.
    """
    is_percentage, scale = quantity == "accuracy", SCALES.get(quantity, 1)
    if smoothing:
        lines = [(name, _smooth(curve, smoothing)) for name, curve in lines]
    traces: list[dict] = []
    bands: list[dict] = []
    names = distinct([name for name, _ in lines], LONGEST_NAME)
    for index, (name, (_, curve)) in enumerate(zip(names, lines, strict=True)):
        if curve.runs == 1:
            x, values = thin(curve.x, numbers(curve.mean) * scale)
            of_points = hover(quantity, values)
            name = f"{name} ({curve.count})" if curve.count else name
        else:
            name = f"{name} ({curve.count}, {curve.band})"
            count = len(curve.x)
            kept = np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))
            x, values = numbers(curve.x[kept]), numbers(curve.mean[kept]) * scale
            texts = [curve.text(at, is_percentage=is_percentage) for at in kept.tolist()]
            of_points = {"hovertext": texts, "hovertemplate": "%{hovertext}"}
            band = _band(curve, kept, scale, 100.0 if is_percentage else np.inf)
            bands.append(band | {"legendgroup": str(index), "fillcolor": faded(class_colour(index), BAND_OPACITY)})
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": values,
                "name": literal(name),
                "legendgroup": str(index),
                "mode": "lines+markers" if np.isfinite(values).sum() <= MOST_MARKED else "lines",
                "line": {"color": class_colour(index), "width": 2, "dash": DASHES[index % len(DASHES)]},
                "marker": {"size": 5},
            }
            | of_points
        )
    of_legend = ROW * min(MOST_ROWS, _rows([trace["name"] for trace in traces]))
    title = title or VALIDATION[quantity]
    height, bottom = PLOT_HEIGHT + of_legend, BELOW_PLOT + of_legend
    axes = axes_of(quantity, traces, title=title, height=height, margins=(64, 16, 16, bottom), legend="below")
    # Right below the axis: how many rows a legend needs depends on the width of the window, which only a browser knows.
    axes["legend"] |= {"y": (bottom - AXIS_TITLE) / height, "yanchor": "top"}
    axes["showlegend"] = bool(lines)
    if is_percentage:  # "minallowed" of the other charts would be the lower end, also of an axis that fits
        limits = {"range": [0, 101], "autorangeoptions": {}} if is_whole else {"autorangeoptions": FITTED}
        axes["yaxis"] |= limits
    return unchecked_figure({"data": [*bands, *traces], "layout": axes})


def _smooth(curve: MeanCurve, smoothing: float) -> MeanCurve:
    mean, low, high = (smoothed(values, smoothing) for values in (curve.mean, curve.low, curve.high))
    return replace(curve, mean=mean, low=low, high=high)


def _rows(names: Sequence[str]) -> int:
    """The rows of a legend; long names have a row each on a screen of any width."""
    longest = max(map(len, names), default=0)
    return -(-len(names) // (1 if longest > 24 else 2))


def _band(mean: MeanCurve, kept: np.ndarray, scale: float, most: float) -> dict:
    """The area between the ends of the band, which the legend hides with its curve."""
    kept = kept[np.isfinite(mean.mean[kept])]
    low, high = (np.clip(values[kept] * scale, 0.0, most) for values in (mean.low, mean.high))
    return {
        "type": "scatter",
        "x": numbers(np.concatenate([mean.x[kept], mean.x[kept][::-1]])),
        "y": numbers(np.concatenate([low, high[::-1]])),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "hoverinfo": "skip",
        "showlegend": False,
    }
