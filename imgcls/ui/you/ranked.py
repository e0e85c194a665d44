"""A leaderboard as a list: place, medal, name, score and a line of details. A phone has no room for a table."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from imgcls.languages import N_
from imgcls.languages import gettext as _

MEDALS = {1: N_("Gold"), 2: N_("Silver"), 3: N_("Bronze")}
STYLE = (
    "<style>ol.ranked{list-style:none;margin:0!important;padding:0!important;max-width:44rem}"
    ".ranked>li{display:grid;grid-template-columns:2.25rem 1fr auto;column-gap:.5rem;align-items:baseline;"
    "margin:0!important;padding:.45rem .6rem;border-bottom:1px solid rgba(128,128,128,.3)}"
    ".ranked.unranked>li{grid-template-columns:1fr auto}.ranked.unranked .place{display:none}"
    ".ranked.unranked .details{grid-column:1/-1}"
    ".ranked>.own{border:2px solid;border-radius:.5rem}"
    ".ranked .place{font-weight:700}.ranked .name{overflow-wrap:anywhere;min-width:0}"
    ".ranked .score{font-weight:700;font-variant-numeric:tabular-nums}"
    ".ranked .details{grid-column:2/-1;font-size:.875rem;opacity:.8}"
    ".ranked .medal{display:inline-block;margin-inline-start:.4rem;padding:0 .5rem;border-radius:1rem;"
    "font-size:.8125rem;font-weight:600}"
    ".ranked .medal-1{background:#f5c93b;color:#3d2f00}.ranked .medal-2{background:#cfd5dd;color:#23272e}"
    ".ranked .medal-3{background:#dda36a;color:#2e1700}.ranked .medal-you{background:#1d5fb8;color:#fff}</style>"
)


@dataclass(frozen=True)
class Row:
    """One person; texts are not escaped yet. `is_own`: of the visitor who looks. No medal for who missed a goal. A list
    whose ranks are 0 shows none."""

    rank: int
    name: str
    score: str
    details: str = ""
    is_own: bool = False
    has_medal: bool = True


def show(rows: Sequence[Row], label: str) -> None:
    """The list, with the place of the visitor in words if they are in it."""
    if text := own_place(rows):
        st.markdown(text)
    st.html(markup(rows, label))


def own_place(rows: Sequence[Row]) -> str:
    """The place and the score of the visitor in words, as Markdown; "" if they are not in the list."""
    own = next((row for row in rows if row.is_own), None)
    if own is None:
        return ""
    is_shared = sum(row.rank == own.rank for row in rows) > 1
    text = _("Your place: **{rank} of {count}**, shared, with **{score}**")
    if not is_shared:
        text = _("Your place: **{rank} of {count}**, with **{score}**")
    return text.format(rank=own.rank, count=len(rows), score=own.score)


def markup(rows: Sequence[Row], label: str) -> str:
    """The list as HTML."""
    kind = "ranked" if any(row.rank for row in rows) else "ranked unranked"
    return f'{STYLE}<ol class="{kind}" role="list" aria-label="{html.escape(label)}">{"".join(map(_item, rows))}</ol>'


def _item(row: Row) -> str:
    badges = _badge(_(MEDALS[row.rank]), str(row.rank)) if row.has_medal and row.rank in MEDALS else ""
    if row.is_own:
        badges += _badge(_("you"), "you")
    details = f'<span class="details">{html.escape(row.details)}</span>' if row.details else ""
    return (
        f'<li{" class=own" if row.is_own else ""}><span class="place">{row.rank}.</span>'
        f'<span class="name">{html.escape(row.name)}{badges}</span>'
        f'<span class="score">{html.escape(row.score)}</span>{details}</li>'
    )


def _badge(text: str, kind: str) -> str:
    return f'<span class="medal medal-{kind}">{html.escape(text)}</span>'
