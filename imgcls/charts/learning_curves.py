"""Loss and accuracy over epochs as figures, and what `compared.curves` shares with them."""

import itertools
from typing import Any

import numpy as np

from imgcls.charts.theme import BEST, QUIET, TRAINING, VALIDATION, faded, layout, literal, whole_epochs
from imgcls.evaluation.metrics.percent import interval, percent, percentages

MAX_POINTS = 500
BLOCK = 128
AXES = {"loss": "loss (cross-entropy, lower is better)", "accuracy": "accuracy (%)"}
SCALES = {"loss": 1, "accuracy": 100}
LEAST_EPOCHS = 4
TICK_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def learning_curve(quantity, **values):
    """`learning_curve_dict` as a Plotly figure."""
    return unchecked_figure(learning_curve_dict(quantity, **values))


def learning_curve_dict(
    quantity,
    *,
    batches,
    epochs,
    validation,
    best_epoch=None,
    height=300,
    total_epochs=None,
    smoothing=0.0,
    logarithmic=False,
    changes=(),
    forecast=None,
):
    """Loss (nats) or accuracy (fractions, shown in percent) over epochs, for training and validation.

    Args:
        quantity: "loss" or "accuracy".
        batches: training values of batches as a pair (x, values), x in epochs; NaN and None leave gaps.
        epochs: training values after each epoch, likewise.
        validation: validation values after each epoch, likewise.
        best_epoch: the x of the validation point to mark.
        height: in pixels.
        total_epochs: extends the x axis over the whole run.
        smoothing: the decay of an exponential moving average over the batches, from 0 to below 1.
        logarithmic: whether the y axis is logarithmic.
        changes: pairs (x, text) of settings changed during training.
        forecast: an `imgcls.runs.forecast.Forecast` of the validation curve.
    """
    scale = SCALES[quantity]
    traces: list[dict] = []
    batches = (batches[0], smoothed(batches[1], smoothing))
    lines: tuple[tuple[str, Any, dict[str, Any]], ...] = (
        ("training, batches", batches, {"mode": "lines", "line": {"color": faded(TRAINING, 0.75), "width": 1}}),
        ("training", epochs, {"mode": "lines+markers", "line": {"color": TRAINING, "width": 2}}),
        (
            "validation",
            validation,
            {
                "mode": "lines+markers",
                "line": {"color": VALIDATION, "width": 2, "dash": "6px,3px"},
                "marker": {"symbol": "diamond"},
            },
        ),
    )
    for name, (x, values), style in lines:
        x, values = thin(x, numbers(values) * scale)
        if len(x) > 60 and np.isfinite(values).sum() > 60:
            style = style | {"mode": "lines"}
        style = style | {"marker": style.get("marker", {}) | {"size": 5}}
        said = {"hoverinfo": "skip"} if name == "training, batches" else hover(quantity, values)
        traces.append({"type": "scatter", "x": x, "y": values, "name": name, "connectgaps": False} | said | style)
    best = _best(quantity, validation, best_epoch)
    traces += best
    if forecast is not None:
        traces.append(_forecast(quantity, forecast))
    axes = axes_of(quantity, traces, height=height)
    if total_epochs:
        axes["xaxis"] |= {"range": [0, total_epochs]} | whole_epochs(total_epochs)
    if logarithmic:
        axes["yaxis"] = {**axes["yaxis"], "type": "log", "rangemode": "normal", "dtick": "D2", "autorangeoptions": {}}
        axes["yaxis"].pop("range", None)
    # Where the curves leave room: a loss falls, an accuracy rises.
    free = "top" if quantity == "loss" else "bottom"
    axes |= marks(changes, at=free)
    if best:
        axes |= _named_best(axes, best_epoch, at=free, is_late=best_epoch > 0.75 * (total_epochs or validation[0][-1]))
    return {"data": traces, "layout": axes}


def fitted_percentages(*curves):
    """A y axis of percentages that fits the last three quarters of curves (x, fractions), with a tick at both ends.

    The first epochs would stretch it: they may be below it. None with fewer than `LEAST_EPOCHS` epochs.
    """
    later = [values[len(x) // 4 :] for x, values in ((numbers(x), numbers(values)) for x, values in curves)]
    known = np.concatenate([values[np.isfinite(values)] for values in later]) * SCALES["accuracy"]
    if max(len(x) for x, _ in curves) < LEAST_EPOCHS or not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    step = next((step for step in TICK_STEPS if (high - low) / step <= 4), TICK_STEPS[-1])
    low, high = max(0.0, np.floor(low / step) * step), min(100.0, np.ceil(high / step) * step)
    if low == high:
        low, high = max(0.0, low - step), min(100.0, high + step)
    room = (high - low) / 50  # for markers
    return {
        "range": [low - room, high + room],
        "tick0": low,
        "dtick": step,
        "minallowed": None,
        "maxallowed": None,
        "autorangeoptions": {},
    }


def small_curve_dict(x, y, *, name, unit, digits=".3g", logarithmic=False, total_epochs=None, changes=()):
    """A small figure of one more quantity over epochs, such as the gradient norm."""
    x, y = thin(x, y)
    trace = {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines",
        "connectgaps": False,
        "line": {"color": TRAINING, "width": 1.5},
        "hovertemplate": f"%{{y:{digits}}} {unit}<extra></extra>",
    }
    axes = layout(height=190, x="epoch", y=f"{name} ({unit})" if unit else name, margins=(64, 16, 8, 44), legend=None)
    last = total_epochs or max(1.0, float(x[-1]) if len(x) else 1.0)
    axes["xaxis"] |= {"range": [0, last]} | whole_epochs(last)
    axes["yaxis"] |= {"type": "log", "dtick": "D2"} if logarithmic else {"rangemode": "tozero"}
    return {"data": [trace], "layout": axes | marks(changes, at=None)}


def smoothed(values, fraction):
    """The exponential moving average of a series with decay `fraction`; gaps stay gaps and do not affect the rest."""
    values = numbers(values)
    is_known = ~np.isnan(values)
    known = values[is_known].astype(float)
    if not fraction or not len(known):
        return values
    # Blocks of values as rows: within a block, one matrix product; from block to block, what the one before ends with.
    rows = np.append(known, np.zeros(-len(known) % BLOCK)).reshape(-1, BLOCK)
    ages, decay = np.arange(BLOCK), fraction ** np.arange(BLOCK + 1)
    means = (1 - fraction) * rows @ np.triu(decay[np.abs(ages[:, None] - ages)])
    for before, row in itertools.pairwise(means):
        row += before[-1] * decay[1:]
    result = values.copy()
    result[is_known] = means.ravel()[: len(known)] / -np.expm1(np.log(fraction) * np.arange(1, len(known) + 1))
    return result


def marks(changes, *, at):
    """Dotted lines where settings were changed, labelled `at` the "top" or "bottom", as parts of a layout."""
    if not changes:
        return {}
    line = {"color": QUIET, "width": 1, "dash": "dot"}
    text = {"yref": "paper", "y": float(at == "top"), "yanchor": at, "xanchor": "left", "showarrow": False}
    text["font"] = {"size": 11, "color": QUIET}
    return {
        "shapes": [
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line} for x, _ in changes
        ],
        "annotations": [text | {"x": x, "text": literal(label, 30)} for x, label in changes if at],
    }


def thin(x, y, most=MAX_POINTS):
    """At most `most` points (at least 8) of a curve, as float32, keeping the minimum and maximum of each segment.

    The first and last point and one gap of each segment with gaps are kept as well. Infinite values become gaps.
    """
    x, y = numbers(x), numbers(y)
    x, y = x[: len(y)], y[: len(x)]
    if len(y) <= most:
        return x, y
    has_gaps = np.isnan(y).any()
    number = (most - 2) // (3 if has_gaps else 2)
    length = -(-len(y) // number)
    # Segments of equal length; the last one is padded with its last point.
    rows = np.append(y, np.full(number * length - len(y), y[-1])).reshape(number, length)
    picked = [rows.argmin(1), rows.argmax(1)]
    if has_gaps:
        gaps = np.isnan(rows)
        picked = [np.where(gaps, np.inf, rows).argmin(1), np.where(gaps, -np.inf, rows).argmax(1), gaps.argmax(1)]
    is_kept = np.zeros(len(y), bool)
    is_kept[[0, -1]] = True
    for places in picked:
        is_kept[np.minimum(np.arange(number) * length + places, len(y) - 1)] = True
    return x[is_kept], y[is_kept]


def _best(quantity, validation, best_epoch):
    """The star of the best epoch, as a list of one trace or none."""
    x, values = numbers(validation[0]), numbers(validation[1])
    found = np.flatnonzero(x == best_epoch) if best_epoch is not None else np.empty(0, int)
    if not len(found) or np.isnan(values[found[0]]):
        return []
    return [
        {
            "type": "scatter",
            "x": x[found[:1]],
            "y": values[found[:1]] * SCALES[quantity],
            "name": "best",
            "mode": "markers",
            "marker": {"symbol": "star", "size": 15, "color": BEST},
            "hoverinfo": "skip",
            "cliponaxis": False,
            "showlegend": False,
        }
    ]


def _named_best(axes, best_epoch, *, at, is_late):
    """A dotted line from the star to the name of the best epoch, beside which no curve runs, as parts of a layout."""
    line = {"type": "line", "x0": best_epoch, "x1": best_epoch, "y0": 0, "y1": 1, "yref": "paper"}
    name = {
        "x": best_epoch,
        "yref": "paper",
        "y": float(at == "top"),
        "yanchor": at,
        "xanchor": "right" if is_late else "left",
        "text": f"best: epoch {best_epoch}",
        "font": {"color": BEST},
        "showarrow": False,
    }
    return {
        "shapes": [
            *axes.get("shapes", ()),
            line | {"layer": "below", "line": {"color": BEST, "width": 1, "dash": "dot"}},
        ],
        "annotations": [*axes.get("annotations", ()), name],
    }


def _forecast(quantity, forecast):
    """The forecast of the last value, with its band as an error bar."""
    scale = SCALES[quantity]
    if quantity == "loss":
        text = f"{forecast.value:.3g}, 90% band {forecast.low:.3g}–{forecast.high:.3g}"
    else:
        text = f"{percent(forecast.value)}, 90% band {interval(forecast.low, forecast.high)}"
    bar = {"type": "data", "symmetric": False, "color": QUIET, "thickness": 1.5, "width": 5}
    bar |= {
        "array": [(forecast.high - forecast.value) * scale],
        "arrayminus": [(forecast.value - forecast.low) * scale],
    }
    return {
        "type": "scatter",
        "x": [forecast.epoch],
        "y": [forecast.value * scale],
        "name": "forecast",
        "mode": "markers",
        "marker": {"symbol": "circle-open", "size": 9, "color": QUIET, "line": {"width": 2}},
        "error_y": bar,
        "hovertemplate": text,
        "cliponaxis": False,
    }


def hover(quantity, values):
    """What a point of a curve says."""
    if quantity != "accuracy":
        return {"hovertemplate": "%{y:.3f}" if quantity == "loss" else "%{y:.4g}"}
    return {"customdata": percentages(values / 100).astype(np.float32), "hovertemplate": "%{customdata:.1f}%"}


def axes_of(quantity, traces, *, title="", **options):
    """The axes: loss starts at 0, accuracy ends at 100%, and both have a sensible range without points. Any other
    quantity needs a `title`, and its axis fits the points."""
    axes = layout(x="epoch", y=title or AXES[quantity], **options) | {"hovermode": "x unified"}
    axes["xaxis"] |= {"hoverformat": ".4~g", "unifiedhovertitle": {"text": "epoch %{x}"}, "rangemode": "tozero"}
    axes["xaxis"] |= whole_epochs(max((float(np.nanmax(trace["x"])) for trace in traces if len(trace["x"])), default=1))
    if quantity == "loss":
        axes["yaxis"]["rangemode"] = "tozero"
    elif quantity == "accuracy":
        axes["yaxis"]["autorangeoptions"] = {"minallowed": 0, "maxallowed": 101}
    if not any(len(trace["x"]) for trace in traces):
        axes["xaxis"]["range"] = [0, 1]
    if not any(np.isfinite(trace["y"]).any() for trace in traces):
        axes["yaxis"]["range"] = [0, 100 if quantity == "accuracy" else 1]
    return axes


def unchecked_figure(content):
    """Without Plotly's validation, which would dominate the cost of a live page; a test validates every figure."""
    import plotly.graph_objects as go

    return go.Figure(content, _validate=False)


def numbers(values):
    """As float32 (n,), with NaN for None and infinite values."""
    numbers = np.asarray(values, np.float32).reshape(-1)
    is_finite = np.isfinite(numbers)
    return numbers if is_finite.all() else np.where(is_finite, numbers, np.float32("nan"))
