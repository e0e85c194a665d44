"""Probabilities as bars that keep their places and move smoothly, and the answer in large letters."""

import html

import numpy as np
import streamlit as st

STYLE = """<style>
.answer{font-size:3.4rem;font-weight:700;line-height:1.1;overflow-wrap:anywhere}
.answer.long{font-size:2.2rem}
.sure{opacity:.75;margin:.1rem 0 .9rem}
.bars{display:grid;grid-template-columns:minmax(1.2rem,max-content) 1fr 4.2rem;gap:6px 10px;align-items:center;
font-variant-numeric:tabular-nums}
.bars b,.bars span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:11rem}
.bars i{display:block;height:16px;border-radius:4px;background:rgba(128,128,128,.14)}
.bars i u{display:block;height:100%;border-radius:4px;background:rgba(128,128,128,.55);transition:width .18s ease-out}
.bars i u.best{background:#0072B2}
.bars em{font-style:normal;text-align:right}
</style>"""
MOST = 10


def show(probabilities: np.ndarray, names: list[str]) -> None:
    """The answer and the bars: all classes in their order up to ten, else the ten likeliest."""
    best = int(probabilities.argmax())
    order = range(len(names)) if len(names) <= MOST else np.argsort(-probabilities)[:MOST]
    rows = "".join(_row(names[i], float(probabilities[i]), i == best) for i in order)
    size = "answer long" if len(names[best]) > 3 else "answer"
    told = ", ".join(f"{names[i]} {probabilities[i]:.1%}" for i in order)
    st.html(
        f'{STYLE}<div class="{size}" role="status">{html.escape(names[best])}</div>'
        f'<div class="sure">{_words(float(probabilities[best]))}</div>'
        f'<div class="bars" role="img" aria-label="Probabilities: {html.escape(told)}">{rows}</div>'
    )


def _row(name: str, probability: float, is_best: bool) -> str:
    tag = "b" if is_best else "span"
    name = html.escape(name)
    mark = ' class="best"' if is_best else ""
    return (
        f'<{tag} title="{name}">{name}</{tag}><i><u{mark} style="width:{100 * probability:.1f}%"></u></i>'
        f"<em>{100 * probability:.1f} %</em>"
    )


def _words(probability: float) -> str:
    if probability >= 0.9:
        return f"The model gives it {100 * probability:.1f} %."
    if probability >= 0.6:
        return f"The model leans to it with {100 * probability:.1f} %."
    return f"The model is unsure: its best guess has {100 * probability:.1f} %."
