"""The whole glossary, with a search and a row of letters: `/lessons?lesson=glossary`."""

import html
import unicodedata
from itertools import groupby

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.lessons import glossary
from imgcls.ui.app import soft_links
from imgcls.ui.app.lessons import words

NAME = "glossary"
"""What the address of the page has in place of the name of a lesson."""
SEARCH = "glossary-search"


def show() -> None:
    """The search, the letters and the terms that match."""
    soft_links.enable()
    st.title(_("Glossary"))
    count = len(glossary.terms())
    searched = st.text_input(
        _("Search {count} terms").format(count=count),
        key=SEARCH,
        placeholder=_("Type a word and press Enter"),
        icon=":material/search:",
        width=420,
    )
    found = matching(searched)
    if not found:
        st.info(_("No term matches. Try a shorter word."), icon=":material/search_off:")
        return
    parts = [(letter, list(terms)) for letter, terms in groupby(found, _letter)]
    links = "".join(
        f'<a href="#letter-{ord(letter)}" target="_self">{html.escape(letter)}</a>' for letter, _terms in parts
    )
    label = html.escape(_("Letters"))
    nav = f'<nav class="glossary-letters" aria-label="{label}">{links}</nav>' if len(parts) > 1 else ""
    body = "".join(
        f'<h2 id="letter-{ord(letter)}">{html.escape(letter)}</h2>{words.meanings(terms)}' for letter, terms in parts
    )
    st.html(f'{nav}<div class="glossary-parts">{body}</div>')


def matching(searched: str) -> list[str]:
    """The terms whose name or explanation has all words of the search, by name in the visitor's language.

    Those whose name has them come alone, if there are any: whoever looks up "loss" wants the term, not each sentence
    with the word.
    """
    wanted = searched.casefold().split()
    ordered = sorted(glossary.terms(), key=lambda term: _plain(_(term)))
    named = [term for term in ordered if all(word in f"{_(term)} {term}".casefold() for word in wanted)]
    if named:
        return named
    texts = {term: " ".join(map(_, glossary.terms()[term])).casefold() for term in ordered}
    return [term for term in ordered if all(word in texts[term] for word in wanted)]


def _letter(term: str) -> str:
    return _plain(_(term))[:1].upper()


def _plain(text: str) -> str:
    """Without accents, so that É is among E."""
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))
