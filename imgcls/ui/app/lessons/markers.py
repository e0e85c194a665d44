"""Where the controls of a step are on the page, and how they are outlined."""

from collections.abc import Sequence

import streamlit as st

from imgcls.lessons import Step

SECTIONS = "evaluate-sections"
"""Session key: the titles of the sections on the Evaluate page, in the order of their tabs. The tabs are one control,
whose buttons have no names of their own."""
ROW = "view"
"""The key of that control."""
LOOK = "outline:3px solid var(--lesson);border-radius:var(--radius)"


def selectors(step: Step) -> str:
    """The controls of the step. Of the sections of the Evaluate page, only the one that it is about."""
    return ",".join(_selector(step, key) for key in step.keys)


def style(step: Step) -> str:
    """A style rule that outlines them."""
    return f"{selectors(step)}{{{LOOK};outline-offset:{-2 if _tab(step) else 4}px}}" if step.keys else ""


def _selector(step: Step, key: str) -> str:
    tab = _tab(step) if key == ROW else 0
    return f".stMain .st-key-{key}" + (f" button:nth-of-type({tab})" if tab else "")


def _tab(step: Step) -> int:
    """The place of the step's section among the tabs, from 1; 0 before they are known, or without it."""
    titles: Sequence[str] = st.session_state.get(SECTIONS, ())
    return titles.index(step.tab) + 1 if step.tab in titles else 0
