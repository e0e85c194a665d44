"""Technical terms, explained where they are used: a chip opens a plain sentence and an exact one, with a picture.

The explanation is below the row of chips, so that no chip moves; opening another one closes it.
"""

import html
from collections.abc import Iterable, Sequence

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.lessons import glossary


def show(terms: Sequence[str]) -> None:
    """A chip for each of these terms of the glossary."""
    if terms:
        hint = html.escape(_("Press a term to see what it means:"))
        st.html(f'<div class="words"><span class="words-hint">{hint}</span>{"".join(map(_chip, terms))}</div>')


def meanings(terms: Iterable[str]) -> str:
    """Terms of the glossary with their explanations, to read, as HTML."""
    return f'<div class="glossary">{"".join(map(_meaning, terms))}</div>'


def _chip(term: str) -> str:
    return f'<details name="words"><summary>{html.escape(_(term))}</summary>{_meaning(term)}</details>'


def _meaning(term: str) -> str:
    plain, exact = (html.escape(_(text)) for text in glossary.terms()[term])
    text = f"<b>{html.escape(_(term))}</b><span>{plain}</span><small>{exact}</small>"
    return f'<div class="meaning"><i>{glossary.picture(term)}</i><p>{text}</p></div>'
