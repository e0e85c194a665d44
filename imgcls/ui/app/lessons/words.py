"""Technical terms, explained where they are used: a chip that opens to one sentence, with a picture if there is one."""

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
    text = html.escape(_(glossary.terms()[term]))
    return f"<details><summary>{html.escape(_(term))}</summary><p>{glossary.picture(term)}{text}</p></details>"
