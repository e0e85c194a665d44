"""Technical terms, explained where they are used: a chip that opens to a plain sentence and an exact one, with a
picture."""

import html
from collections.abc import Sequence

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.lessons import glossary


def show(terms: Sequence[str]) -> None:
    """A chip for each of these terms of the glossary."""
    if terms:
        st.html(f'<div class="words">{"".join(map(_chip, terms))}</div>')


def _chip(term: str) -> str:
    plain, exact = (html.escape(_(text)) for text in glossary.terms()[term])
    text = f"<span>{plain} <small>{exact}</small></span>"
    return f"<details><summary>{html.escape(_(term))}</summary><p>{glossary.picture(term)}{text}</p></details>"
