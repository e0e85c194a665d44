"""Technical terms, explained where they are used: a chip opens a plain sentence and an exact one, with a picture.

The explanation is below the row of chips, so that no chip moves; opening another one closes it.
"""

import html
from collections.abc import Iterable, Sequence
from functools import cache

import streamlit as st

from imgcls import lessons
from imgcls.languages import gettext as _
from imgcls.lessons import glossary


def show(terms: Sequence[str]) -> None:
    """A chip for each of these terms of the glossary."""
    if terms:
        hint = html.escape(_("Press a term to see what it means:"))
        st.html(f'<div class="words"><span class="words-hint">{hint}</span>{"".join(map(_chip, terms))}</div>')


def meanings(terms: Iterable[str]) -> str:
    """Terms of the glossary with their explanations and the lessons about them, to read, as HTML."""
    return f'<div class="glossary">{"".join(_meaning(term, _lesson_links(term)) for term in terms)}</div>'


def _chip(term: str) -> str:
    return f'<details name="words"><summary>{html.escape(_(term))}</summary>{_meaning(term)}</details>'


def _lesson_links(term: str) -> str:
    """Links to the lessons that explain a term; the page must have called `soft_links.enable`."""
    text = _("Lesson {number}")
    return " ".join(
        f'<a href="?lesson={name}" target="_self" title="{html.escape(_(lessons.find(name).TITLE))}">'
        f"{html.escape(text.format(number=lessons.number(name)))}</a>"
        for name in _explained_in().get(term, ())
    )


@cache
def _explained_in() -> dict[str, list[str]]:
    """Term -> the names of the lessons that have a chip of it, in their order."""
    found: dict[str, list[str]] = {}
    for name in lessons.names():
        for term in dict.fromkeys(term for step in lessons.find(name).STEPS for term in step.all_terms):
            found.setdefault(term, []).append(name)
    return found


def _meaning(term: str, links: str = "") -> str:
    plain, exact = (html.escape(_(text)) for text in glossary.terms()[term])
    text = f"<b>{html.escape(_(term))}</b><span>{plain}</span><small>{exact}</small>"
    if links:
        text += f'<span class="term-lessons">{links}</span>'
    return f'<div class="meaning"><i>{glossary.picture(term)}</i><p>{text}</p></div>'
