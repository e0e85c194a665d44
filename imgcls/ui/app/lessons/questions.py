"""The question of a step: its choices, and once it was answered, the guess and what is right."""

import html

import streamlit as st

from imgcls.languages import gettext as _
from imgcls.lessons import Question
from imgcls.ui.app.lessons import standing as standings
from imgcls.ui.app.lessons import stored


def ask(name: str, at: int, question: Question, chosen: int | None, *, is_done: bool) -> None:
    """The choices as buttons; once one was taken, a list; once it was seen, what is right, and the guess."""
    heading = _("Your guess:")
    st.markdown(f"**{heading}** {_(question.text)}")
    if chosen is None:
        for number, choice in enumerate(question.choices):
            st.button(
                _(choice), key=f"lesson-choice-{number}", width="stretch", on_click=_answer, args=(name, at, number)
            )
        return
    shown = {question.right, chosen} if is_done else {chosen}
    items = (_choice(question, number, chosen, is_done) for number in sorted(shown))
    st.html(f'<ul class="lesson-choices">{"".join(items)}</ul>')


def _choice(question: Question, number: int, chosen: int, is_done: bool) -> str:
    kind = ("right" if number == question.right else "wrong") if is_done else "chosen"
    mark = html.escape({"right": _("Right"), "wrong": _("Wrong")}.get(kind, ""))
    icon = f'<i role="img" aria-label="{mark}" title="{mark}"></i>' if mark else "<i></i>"
    said = " <small>" + html.escape(_("your guess")) + "</small>" if number == chosen else ""
    return f'<li class="{kind}">{icon}{html.escape(_(question.choices[number]))}{said}</li>'


def _answer(name: str, at: int, number: int) -> None:
    """A callback."""
    standing = stored.progress().of(name)
    standings.change(name, answers={**standing.answers, at: number})
