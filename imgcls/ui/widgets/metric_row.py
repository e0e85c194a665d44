"""A row of metrics as one piece of HTML, which costs a seventh of seven `st.metric` elements."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

STYLE = """<style>
.stHtml dl.numbers{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(150px,50% - .5rem),1fr));
gap:1.2rem 1rem;margin:0;padding:0;font-variant-numeric:tabular-nums}
.numbers div{position:relative;min-width:0}
.numbers dt{font-size:.875rem;font-weight:400}
.numbers dd{margin:0;font-size:2.1rem;line-height:1.3;white-space:nowrap}
.numbers dd+dd{font-size:.875rem;opacity:.75;white-space:normal}
.numbers dt span{display:inline-block;width:1rem;line-height:1rem;margin-inline-start:.4rem;border-radius:50%;
box-shadow:inset 0 0 0 1.5px currentColor;font-size:.7rem;font-weight:600;text-align:center;opacity:.75;cursor:help}
.numbers dt i{display:none;position:absolute;z-index:9;top:1.7rem;left:50%;width:14rem;transform:translateX(-50%);
padding:.5rem .7rem;border-radius:.5rem;background:#1C2530;color:#E6EBF0;font-style:normal;line-height:1.4;
box-shadow:0 2px 12px rgba(0,0,0,.3)}
.numbers span:hover+i,.numbers span:focus+i{display:block}
@media (max-width:640px){.numbers{position:relative}.numbers div{position:static}
.numbers dt i{top:auto;left:0;width:100%;transform:none}}
</style>"""


@dataclass(frozen=True)
class Number:
    """A name, its formatted value, a line below it, and a help text. All of them may contain user input."""

    name: str
    value: str
    note: str = ""
    help: str = ""


def show(numbers: Iterable[Number]) -> None:
    """The numbers side by side, wrapping as needed."""
    st.html(markup(numbers))


def markup(numbers: Iterable[Number]) -> str:
    """The same as HTML, to be part of a larger piece."""
    return f'{STYLE}<dl class="numbers">{"".join(map(_cell, numbers))}</dl>'


def _cell(number: Number) -> str:
    name, value, note, help_text = map(html.escape, (number.name, number.value, number.note, number.help))
    # The question mark is focusable, so that the help text is reachable by keyboard and touch.
    icon = f'<span tabindex="0" role="img" aria-label="{help_text}">?</span><i aria-hidden="true">{help_text}</i>'
    below = f"<dd>{note}</dd>" if note else ""
    return f"<div><dt>{name}{icon if help_text else ''}</dt><dd>{value}</dd>{below}</div>"
