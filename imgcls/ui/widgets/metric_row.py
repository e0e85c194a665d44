"""A row of metrics as one piece of HTML, which costs a seventh of seven `st.metric` elements. Its look: `style.css`."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st


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
    return f'<dl class="numbers">{"".join(map(_cell, numbers))}</dl>'


def rounds(name: str, points: Sequence[bool], total: int, *, is_playing: bool = True) -> str:
    """The rounds of a game as a row of dots, won, lost or to come, below its `name`, as HTML."""
    now = len(points) if is_playing else total
    kinds = ["won" if point else "lost" for point in points]
    kinds += ["now" if number == now else "" for number in range(len(points), total)]
    dots = "".join(f'<i class="{kind}"></i>' for kind in kinds)
    text = html.escape(name)
    return f'<div class="rounds"><p>{text}</p><div aria-hidden="true">{dots}</div></div>'


def outcome(text: str, note: str = "", *, is_won: bool) -> str:
    """How a game has ended as HTML: a heading, with a tick beside it if there is something to celebrate."""
    heading, below = f"<h2>{html.escape(text)}</h2>", f"<p>{html.escape(note)}</p>" if note else ""
    if not is_won:
        return f"{heading}{below}"
    return f'<div class="lesson-finish is-new"><i class="tick"></i><div>{heading}{below}</div></div>'


def _cell(number: Number) -> str:
    name, value, note, help_text = map(html.escape, (number.name, number.value, number.note, number.help))
    # The question mark is focusable, so that the help text is reachable by keyboard and touch.
    icon = f'<span tabindex="0" role="img" aria-label="{help_text}">?</span><i aria-hidden="true">{help_text}</i>'
    below = f"<dd>{note}</dd>" if note else ""
    return f"<div><dt>{name}{icon if help_text else ''}</dt><dd>{value}</dd>{below}</div>"
