"""Where the controls of a step are on the page, and how they are outlined."""

from collections.abc import Mapping, Sequence

import streamlit as st

from imgcls.lessons import Step

SECTIONS = "evaluate-sections"
"""Session key: the titles of the sections on the Evaluate page, in the order of their tabs. The tabs are one control,
whose buttons have no names of their own."""
ROW = "view"
"""The key of that control."""
LOOK = "outline:3px solid var(--lesson);border-radius:var(--radius)"
IN_BAR = f".st-key-lesson .st-key-lesson-open button{{{LOOK};outline-offset:3px}}"
"""A style rule that outlines the button in the bar that leads to what the step waits for."""


def keys(step: Step, query: Mapping[str, str], *, is_done: bool) -> tuple[str, ...]:
    """The controls of the step to mark on its page: those of its task; once it was done, those to look at.

    In a section that is open, they are in the section.
    """
    if is_done and step.has_task:
        return step.after_keys
    inside = tuple(key for key in step.keys if key != ROW)
    return inside if inside and query.get(ROW) == step.tab else step.keys


def selectors(step: Step, marked: Sequence[str]) -> str:
    """These controls. Of the sections of the Evaluate page, only the one that the step is about."""
    return ",".join(_selector(step, key) for key in marked)


def style(step: Step, marked: Sequence[str]) -> str:
    """A style rule that outlines them."""
    offset = -2 if _tab(step) and ROW in marked else 4
    return f"{selectors(step, marked)}{{{LOOK};outline-offset:{offset}px}}" if marked else ""


def _selector(step: Step, key: str) -> str:
    tab = _tab(step) if key == ROW else 0
    return f".stMain .st-key-{key}" + (f" button:nth-of-type({tab})" if tab else "")


def _tab(step: Step) -> int:
    """The place of the step's section among the tabs, from 1; 0 before they are known, or without it."""
    titles: Sequence[str] = st.session_state.get(SECTIONS, ())
    return titles.index(step.tab) + 1 if step.tab in titles else 0
