"""The answer of a model whose pictures may have several labels: those that are there, and a bar for each label."""

import html

import numpy as np
import streamlit as st

from imgcls.runs.results import ModelCard
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import threshold

STYLE = """<style>
.labels-on{font-size:2.2rem;font-weight:700;line-height:1.15;overflow-wrap:anywhere}
.labels-on.none{opacity:.75}
.labels-how{opacity:.75;margin:.2rem 0 .9rem}
.label-bars{display:grid;grid-template-columns:minmax(1.2rem,max-content) 1fr 4.2rem 1.2rem;gap:6px 10px;
align-items:center;font-variant-numeric:tabular-nums}
.label-bars b,.label-bars span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:11rem}
.label-bars i{display:block;position:relative;height:16px;border-radius:4px;background:rgba(128,128,128,.14)}
.label-bars u{display:block;height:100%;border-radius:4px;background:rgba(128,128,128,.55);
transition:width .18s ease-out}
.label-bars u.on{background:#0072B2}
.label-bars s{position:absolute;top:-3px;bottom:-3px;width:2px;background:currentColor;opacity:.6}
.label-bars em{font-style:normal;text-align:right}
</style>"""
MOST = 12
NONE = "None of them"
"""What a model says that finds no label."""


def show(probabilities: np.ndarray | None, card: ModelCard, todo: str = "") -> None:
    """The answer at the threshold that is chosen here, for a model with these card (model.json).

    `todo` says what to do where there is no answer yet.
    """
    cut = threshold.choose(card)
    if probabilities is None:
        names = card.classes
        some = ", ".join(names[:MOST]) + (", ..." if len(names) > MOST else "")
        st.caption(plain(f"{todo} This model finds, several in a picture: {some}."))
    else:
        st.html(answer(probabilities, card.classes, cut))


def labels_on(probabilities: np.ndarray, cut: float) -> np.ndarray:
    """Which labels are said to be there, the likeliest first, int (n,)."""
    on = np.flatnonzero(probabilities >= cut)
    return on[np.argsort(-probabilities[on], kind="stable")]


def answer(probabilities: np.ndarray, names: list[str], cut: float) -> str:
    """As HTML: all labels in their order up to twelve, else the twelve likeliest; every name in it is escaped."""
    on = labels_on(probabilities, cut)
    order = range(len(names)) if len(names) <= MOST else np.argsort(-probabilities, kind="stable")[:MOST]
    said = ", ".join(names[i] for i in on) or NONE
    told = ", ".join(f"{names[i]} {probabilities[i]:.1%}{' (yes)' if probabilities[i] >= cut else ''}" for i in order)
    rows = "".join(_row(names[i], float(probabilities[i]), cut) for i in order)
    return (
        f'{STYLE}<div class="labels-on{"" if len(on) else " none"}" role="status">{html.escape(said)}</div>'
        f'<div class="labels-how">Each label is asked on its own. From {100 * cut:.0f}% on, at the mark, it is '
        f'there.</div><div class="label-bars" role="img" aria-label="Probabilities: {html.escape(told)}">{rows}</div>'
    )


def _row(name: str, probability: float, cut: float) -> str:
    is_on, name = probability >= cut, html.escape(name)
    tag, mark, sign = ("b", ' class="on"', "✓") if is_on else ("span", "", "")
    return (
        f'<{tag} title="{name}">{name}</{tag}><i><u{mark} style="width:{100 * probability:.1f}%"></u>'
        f'<s style="left:{100 * cut:.1f}%"></s></i><em>{100 * probability:.1f}%</em><em>{sign}</em>'
    )
