"""The learning-rate finder's curve: smoothed, with the rate that it suggests, and as a figure."""

import numpy as np

from imgcls.charts.theme import BEST, QUIET, TRAINING, faded, layout

SMOOTHING_STEPS = 4.0
"""Deviation of the bell curve that smooths the loss; to both sides, so that nothing is moved to larger rates."""
NOISY_FRACTION = 0.12
"""The first steps say more about their batches than about the rate."""
CLEAR_FALL = 0.05
"""The loss must fall by this share of its first height before a rate is suggested."""
TOO_HIGH = 3.0


def smoothed(losses) -> np.ndarray:
    """Losses of a finder's steps, smoothed over neighbouring steps; what is no number, or far too high, is cut.

    What is cut stands at three times the first loss, so one wild step cannot hide its neighbours.
    """
    losses = np.array(losses, float)
    if not len(losses):
        return losses
    top = TOO_HIGH * _first(losses)
    losses = np.minimum(np.where(np.isfinite(losses), losses, top), top)
    places = np.arange(len(losses))
    weights = np.exp(-0.5 * ((places[:, None] - places) / SMOOTHING_STEPS) ** 2)
    return weights @ losses / weights.sum(1)


def suggestion(rates, losses) -> float | None:
    """The rate at which the smoothed loss falls steepest (per factor, not per unit), with two digits.

    None where it never fell clearly, or there are too few steps to say so.
    """
    rates, line = np.asarray(rates, float), smoothed(losses)
    if len(line) < 20 or len(rates) != len(line) or not (np.diff(rates) > 0).all() or rates[0] <= 0:
        return None
    first, lowest = _first(np.asarray(losses, float)), int(line.argmin())
    begin = max(3, round(NOISY_FRACTION * len(line)))
    head = np.asarray(losses, float)[:begin]
    if not np.isfinite(head).all():
        return None
    noise = float(head.std()) / np.sqrt(SMOOTHING_STEPS)
    fall = first - line[lowest]
    if not fall > max(CLEAR_FALL * first, 3 * noise):
        return None
    slopes = np.gradient(line, np.log(rates))
    # Where the fall has begun, and is more than the wavering of the start.
    places = np.flatnonzero((np.arange(len(line)) >= begin) & (np.arange(len(line)) < lowest))
    places = places[line[places] < first - 0.1 * fall]
    if not len(places):
        return None
    return float(f"{rates[places[slopes[places].argmin()]]:.1e}")


def finder_dict(rates, losses, *, suggested=None, now=None, height=280) -> dict:
    """The figure: loss over the learning rate on a logarithmic axis, with the suggested and the present rate."""
    rates, losses, line = np.asarray(rates, float), np.array(losses, float), smoothed(losses)
    top = 1.25 * max(_first(losses), float(line[0])) if len(line) else 1.0
    low = min(0.0, float(line.min())) if len(line) else 0.0
    shown = np.where(np.isfinite(losses), losses, np.nan)
    common = {"type": "scatter", "x": np.log10(rates).astype(np.float32) if len(rates) else rates, "connectgaps": False}
    # A logarithm as the x, with its own ticks: arrays travel in 32 bits, in which 1e-6 and its neighbours are one.
    traces = [
        {
            **common,
            "y": shown.astype(np.float32),
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
            "customdata": [f"{rate:.2g}" for rate in rates.tolist()],
            "hovertemplate": "rate %{customdata}: loss %{y:.3f}<extra></extra>",
        },
    ]
    if suggested and len(rates):
        place = int(np.abs(np.log(rates / suggested)).argmin())
        right = place > 0.6 * len(rates)
        traces.append(
            {
                "type": "scatter",
                "x": np.array([np.log10(suggested)], np.float32),
                "y": line[place : place + 1].astype(np.float32),
                "name": "suggested",
                "mode": "markers+text",
                "text": [f"suggested: {suggested:g}"],
                "textposition": "bottom left" if right else "top right",
                "textfont": {"color": BEST},
                "marker": {"symbol": "star", "size": 15, "color": BEST},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    looks = layout(height=height, x="learning rate", y="training loss (nats)")
    looks["yaxis"]["range"] = [low, top]
    ticks = list(range(-6, 2))
    looks["xaxis"] |= {
        "range": [-6.1, 1.1],
        "tickvals": ticks,
        "ticktext": [f"{10.0**tick:g}" for tick in ticks],
    }
    if now and -6.1 <= np.log10(now) <= 1.1:
        x = float(np.log10(now))
        dotted = {"color": QUIET, "width": 1, "dash": "dot"}
        looks["shapes"] = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": dotted}]
        looks["annotations"] = [
            {
                "x": x,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "xanchor": "left",
                "text": "in the form",
                "showarrow": False,
                "font": {"size": 11, "color": QUIET},
            }
        ]
    return {"data": traces, "layout": looks}


def _first(losses: np.ndarray) -> float:
    """The loss before anything was learnt: the median of the first steps."""
    head = losses[:10][np.isfinite(losses[:10])]
    return float(np.median(head)) if len(head) else 1.0
