"""The prediction of a multi-label model: the predicted labels, and a probability bar for each label."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from imgcls.evaluation.metrics.multilabel import Threshold
from imgcls.evaluation.metrics.percent import percent
from imgcls.runs.results import ModelCard
from imgcls.ui.components.figure_menu import framed
from imgcls.ui.widgets import threshold

STYLE = """<style>
.labels-on{font-size:2.2rem;font-weight:700;line-height:1.15;overflow-wrap:anywhere}
.labels-on.none,.labels-on.todo{opacity:.75}
.labels-on.todo{font-size:1.6rem;font-weight:400}
.labels-how{opacity:.75;margin:.2rem 0 .9rem}
.label-bars{display:grid;grid-template-columns:fit-content(45%) minmax(2rem,1fr) 4.2rem 1.2rem;gap:6px 10px;
align-items:center;font-variant-numeric:tabular-nums}
.label-bars b,.label-bars span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:11rem}
.label-bars i{display:block;position:relative;height:16px;border-radius:4px;background:rgba(128,128,128,.14)}
.label-bars u{display:block;height:100%;border-radius:4px;background:rgba(128,128,128,.55);
transition:width .18s ease-out}
.label-bars u.on{background:var(--accent)}
.label-bars s{position:absolute;top:-3px;bottom:-3px;width:2px;background:currentColor;opacity:.6}
.label-bars em{font-style:normal;text-align:right}
</style>"""
MAX_BARS = 12
NO_LABEL = "No label"
"""Shown if no label reaches the threshold."""


def show(probabilities: np.ndarray | None, card: ModelCard, next_step: str = "") -> None:
    """The threshold control, and the prediction at that threshold.

    `next_step` says what to do if there is no prediction yet.
    """
    cut = threshold.choose(card)
    if probabilities is None:
        st.html(_empty(card.classes, cut, next_step))
    else:
        st.html(answer(probabilities, card.classes, cut))


def _empty(names: Sequence[str], cut: Threshold, next_step: str) -> str:
    """What to do, and the bars of the first labels without values: the answer takes their place."""
    cuts = np.broadcast_to(np.asarray(cut, float), len(names)).tolist()
    rows = "".join(_row(name, None, cuts[at]) for at, name in enumerate(names[:MAX_BARS]))
    more = "" if len(names) <= MAX_BARS else f" {MAX_BARS} of {len(names)} are shown."
    return (
        f'{STYLE}<div class="labels-on todo" role="status">{html.escape(next_step)}</div>'
        f'<div class="labels-how">Multi-label: each of these labels is predicted on its own.{more}</div>'
        f'<div class="label-bars">{rows}</div>'
    )


def labels_on(probabilities: np.ndarray, cut: Threshold) -> np.ndarray:
    """The predicted labels, most probable first, int (n,)."""
    on = np.flatnonzero(probabilities >= np.asarray(cut))
    return on[np.argsort(-probabilities[on], kind="stable")]


def answer(probabilities: np.ndarray, names: Sequence[str], cut: Threshold) -> str:
    """As HTML with all names escaped: up to twelve labels in their order, else the twelve most probable."""
    on = labels_on(probabilities, cut)
    cuts = np.broadcast_to(np.asarray(cut, float), len(names)).tolist()
    least = f"{100 * cut:g}% (the mark)" if isinstance(cut, float) else "the label's threshold (the mark)"
    order = range(len(names)) if len(names) <= MAX_BARS else np.argsort(-probabilities, kind="stable")[:MAX_BARS]
    predicted = ", ".join(names[i] for i in on) or NO_LABEL
    summary = ", ".join(
        f"{names[i]} {percent(probabilities[i])}{' (yes)' if probabilities[i] >= cuts[i] else ''}" for i in order
    )
    rows = "".join(_row(names[i], float(probabilities[i]), cuts[i]) for i in order)
    return (
        f'{STYLE}<div class="labels-on{"" if len(on) else " none"}" role="status">{html.escape(predicted)}</div>'
        f'<div class="labels-how">Labels are independent of each other: a label is predicted if its probability is at '
        f"least {least}.</div>"
        + framed(
            f'<div class="label-bars" role="img" aria-label="Probabilities: {html.escape(summary)}">{rows}</div>',
            "probabilities",
        )
    )


def _row(name: str, probability: float | None, cut: float) -> str:
    """A label, its bar with the threshold as a mark, and its value, if there is one already."""
    is_on, name = probability is not None and probability >= cut, html.escape(name)
    tag, mark, sign = ("b", ' class="on"', "✓") if is_on else ("span", "", "")
    return (
        f'<{tag} title="{name}">{name}</{tag}><i><u{mark} style="width:{100 * (probability or 0):.1f}%"></u>'
        f'<s style="left:{100 * cut:.1f}%"></s></i><em>{"" if probability is None else percent(probability)}</em>'
        f"<em>{sign}</em>"
    )
