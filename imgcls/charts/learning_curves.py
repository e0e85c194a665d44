"""Loss and accuracy over epochs as figures; the pages reach them as `charts.learning_curve` and its neighbours."""

import numpy as np

from imgcls.charts.theme import BEST, QUIET, TRAINING, VALIDATION, class_colour, faded, layout, literal

MOST_POINTS = 500
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
QUANTITIES = {"loss": ("cross-entropy (nats)", 1, ".3f", ""), "accuracy": ("accuracy (%)", 100, ".1f", " %")}


def learning_curve(quantity, **values):
    """`learning_curve_dict` as a Plotly figure."""
    return _figure(learning_curve_dict(quantity, **values))


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
    """Loss (nats) or accuracy (shares from 0 to 1, shown in percent) over epochs, for training and validation.

    `batches`, `epochs`, `validation` are pairs (x, values), x in epochs; NaN and None leave gaps. `best_epoch` is the
    x of the validation point to mark. With `total_epochs` the x axis covers the whole run from its start. `smoothing`
    (0 to below 1) is the share of an exponential mean that stays from batch line to batch line. `changes` are pairs
    (x, words): what a person changed meanwhile. `forecast` is an `imgcls.runs.forecast.Forecast` of the validation curve.
    """
    _, scale, digits, unit = QUANTITIES[quantity]
    traces = []
    batches = (batches[0], smoothed(batches[1], smoothing))
    for name, (x, values), style in (
        ("training, batches", batches, {"mode": "lines", "line": {"color": faded(TRAINING, 0.5), "width": 1}}),
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
    ):
        x, values = thin(x, _numbers(values) * scale)
        if len(x) > 60 and np.isfinite(values).sum() > 60:
            style = style | {"mode": "lines"}
        style = style | {"marker": style.get("marker", {}) | {"size": 5}}
        hover = {"hoverinfo": "skip"} if name == "training, batches" else {"hovertemplate": f"%{{y:{digits}}}{unit}"}
        traces.append({"type": "scatter", "x": x, "y": values, "name": name, "connectgaps": False} | hover | style)
    traces += _best(quantity, validation, best_epoch, total_epochs)
    if forecast is not None:
        traces.append(_forecast(forecast, scale))
    looks = _layout(quantity, traces, height=height)
    if total_epochs:
        looks["xaxis"]["range"] = [0, total_epochs]
    if logarithmic:
        looks["yaxis"] = {**looks["yaxis"], "type": "log", "rangemode": "normal", "dtick": "D2", "autorangeoptions": {}}
        looks["yaxis"].pop("range", None)
    return {"data": traces, "layout": looks | marks(changes, at="top" if quantity == "loss" else "bottom")}


def small_curve_dict(x, y, *, name, unit, digits=".3g", logarithmic=False, total_epochs=None, changes=()):
    """One figure over epochs beside the two large ones, such as the norm of the gradient."""
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
    looks = layout(height=190, x="epoch", y=f"{name} ({unit})" if unit else name, margins=(64, 16, 8, 44), legend=None)
    looks["xaxis"]["range"] = [0, total_epochs] if total_epochs else [0, max(1.0, float(x[-1]) if len(x) else 1.0)]
    looks["yaxis"] |= {"type": "log", "dtick": "D2"} if logarithmic else {"rangemode": "tozero"}
    return {"data": [trace], "layout": looks | marks(changes, at=None)}


def smoothed(values, fraction):
    """The exponential mean of a series, of which `share` stays at each step; gaps stay gaps and spoil nothing."""
    values = _numbers(values)
    if not fraction or not len(values):
        return values
    result, mean, weight = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values.tolist()):
        if value == value:
            mean, weight = fraction * mean + (1 - fraction) * value, fraction * weight + 1 - fraction
            value = mean / weight
        result[index] = value
    return result


def marks(changes, *, at):
    """Dotted lines where a person changed something, with words `at` the "top" or "bottom", as parts of a layout."""
    if not changes:
        return {}
    line = {"color": QUIET, "width": 1, "dash": "dot"}
    text = {"yref": "paper", "y": float(at == "top"), "yanchor": at, "xanchor": "left", "showarrow": False}
    text["font"] = {"size": 11, "color": QUIET}
    return {
        "shapes": [
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line} for x, _ in changes
        ],
        "annotations": [text | {"x": x, "text": literal(words, 30)} for x, words in changes if at],
    }


def compare_curves(runs, quantity):
    """The validation curves of several runs, a list of (name, x in epochs, values), each with a colour and a dash."""
    _, scale, digits, unit = QUANTITIES[quantity]
    traces = []
    for index, (name, x, values) in enumerate(runs):
        x, values = thin(x, _numbers(values) * scale)
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": values,
                "name": literal(name, 40),
                "mode": "lines+markers" if np.isfinite(values).sum() <= 60 else "lines",
                "line": {"color": class_colour(index), "width": 2, "dash": DASHES[index % len(DASHES)]},
                "marker": {"size": 5},
                "hovertemplate": f"%{{y:{digits}}}{unit}",
            }
        )
    rows = -(-len(runs) // 3)
    looks = _layout(quantity, traces, height=340 + 20 * rows, margins=(64, 16, 16, 56 + 20 * rows), legend="below")
    looks["showlegend"] = bool(runs)
    return _figure({"data": traces, "layout": looks})


def thin(x, y, most=MOST_POINTS):
    """At most `most` points (at least 8) of a curve, as float32: of each stretch its least and greatest value stay.

    Also the first and the last point stay, and one gap of each stretch that has any. Infinite values become gaps.
    """
    x, y = _numbers(x), _numbers(y)
    x, y = x[: len(y)], y[: len(x)]
    if len(y) <= most:
        return x, y
    has_gaps = np.isnan(y).any()
    number = (most - 2) // (3 if has_gaps else 2)
    length = -(-len(y) // number)
    # Stretches of equal length, the last one filled up with its own last point.
    rows = np.append(y, np.full(number * length - len(y), y[-1])).reshape(number, length)
    picked = [rows.argmin(1), rows.argmax(1)]
    if has_gaps:
        gaps = np.isnan(rows)
        picked = [np.where(gaps, np.inf, rows).argmin(1), np.where(gaps, -np.inf, rows).argmax(1), gaps.argmax(1)]
    kept = np.zeros(len(y), bool)
    kept[[0, -1]] = True
    for places in picked:
        kept[np.minimum(np.arange(number) * length + places, len(y) - 1)] = True
    return x[kept], y[kept]


def _best(quantity, validation, best_epoch, total_epochs):
    """The mark of the best epoch, as a list of one trace or none."""
    x, values = _numbers(validation[0]), _numbers(validation[1])
    found = [] if best_epoch is None else np.flatnonzero(x == best_epoch)
    if not len(found) or np.isnan(values[found[0]]):
        return []
    # Where the curve leaves room: above a loss, below an accuracy, and inside the right edge.
    upright = "top" if quantity == "loss" else "bottom"
    side = "left" if best_epoch > 0.75 * (total_epochs or x[-1]) else "right"
    return [
        {
            "type": "scatter",
            "x": x[found[:1]],
            "y": values[found[:1]] * QUANTITIES[quantity][1],
            "name": "best",
            "mode": "markers+text",
            "text": [f"best: epoch {best_epoch}"],
            "textposition": f"{upright} {side}",
            "textfont": {"color": BEST},
            "marker": {"symbol": "star", "size": 15, "color": BEST},
            "hoverinfo": "skip",
            "cliponaxis": False,
            "showlegend": False,
        }
    ]


def _forecast(forecast, scale):
    """The expected last value, with its band as an error bar."""
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
        "hovertemplate": f"%{{y:.3g}}, 90% band {forecast.low * scale:.3g} to {forecast.high * scale:.3g}",
        "cliponaxis": False,
    }


def _layout(quantity, traces, **wishes):
    """The axes: loss starts at 0, accuracy never shows more than 100%; without points both have a sensible range."""
    looks = layout(x="epoch", y=QUANTITIES[quantity][0], **wishes) | {"hovermode": "x unified"}
    looks["xaxis"] |= {"hoverformat": ".4~g", "unifiedhovertitle": {"text": "epoch %{x}"}, "rangemode": "tozero"}
    if quantity == "loss":
        looks["yaxis"]["rangemode"] = "tozero"
    else:
        looks["yaxis"]["autorangeoptions"] = {"minallowed": 0, "maxallowed": 101}
    if not any(len(trace["x"]) for trace in traces):
        looks["xaxis"]["range"] = [0, 1]
    if not any(np.isfinite(trace["y"]).any() for trace in traces):
        looks["yaxis"]["range"] = [0, 1 if quantity == "loss" else 100]
    return looks


def _figure(content):
    """Unchecked: Plotly's checks cost a live page ten times the rest; a test checks every figure instead."""
    import plotly.graph_objects as go

    return go.Figure(content, _validate=False)


def _numbers(values):
    """As float32 (n,), with NaN for None and for what is infinite."""
    numbers = np.asarray(values, np.float32).reshape(-1)
    return np.where(np.isfinite(numbers), numbers, np.float32("nan"))
