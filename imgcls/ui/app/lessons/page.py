"""The Lessons page: all lessons as cards, or the one that the address names (`?lesson=draw`), or the glossary."""

import html
import sys
from types import ModuleType
from typing import Literal

import streamlit as st

from imgcls import lessons, sharing
from imgcls.errors import UserError
from imgcls.jobs.classroom.assignments import assignment as assignments
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.lessons import glossary, teacher_sheet
from imgcls.sharing.lesson_progress import Progress, Standing
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.app.lessons import glossary_page, seven_ways, stored, teaching, words
from imgcls.ui.app.lessons import standing as standings

PARAMETER = "lesson"
PARTS = {1: N_("First steps"), 4: N_("Inside a network"), 7: N_("Bigger problems"), 10: N_("Trust and use")}
"""Number of a lesson -> the part of the course that begins with it: three lessons fill a row."""
SAMPLES = ("Class", "Filter")
"""Terms whose pictures are on the card of the glossary."""


def show() -> None:
    """The whole page."""
    name = st.query_params.get(PARAMETER, "")
    if name == glossary_page.NAME:
        _back()
        glossary_page.show()
        return
    if name:
        try:
            _show_one(name, lessons.find(name))
            return
        except UserError as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
    _show_all()


def _show_all() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="lessons-title"):
        st.title(_("Lessons"), width="content")
        _glossary_button(_("Glossary"), "lessons-glossary-head")
    progress = stored.progress()
    with st.container(horizontal=True, gap="small", key="lessons-head"):
        st.markdown(
            _(
                "Each lesson takes 5 to 15 minutes on the real pages of this app, with networks that you train "
                "yourself. No mathematics or programming needed. Start with the first, or continue where you left off."
            )
        )
        with st.container(key="lessons-progress", gap="xxsmall"):
            _overall(progress)
    teaching.hint()
    assigned = assignments.lessons_of(sharing.current())
    ends = [*list(PARTS)[1:], sys.maxsize]
    for (first, title), end in zip(PARTS.items(), ends, strict=True):
        names = [name for name in lessons.names() if first <= lessons.number(name) < end]
        if not names:
            continue
        st.header(_(title), anchor=False)
        with st.grid(3, min_column_width=260, gap="medium"):
            for name in names:
                with st.container(border=True, height="stretch", key=f"card-lesson-{name}", gap="small"):
                    _card(name, lessons.find(name), progress, is_assigned=name in assigned)
            if end == sys.maxsize:
                with st.container(border=True, height="stretch", key="card-lesson-glossary", gap="small"):
                    _glossary()


def _overall(progress: Progress) -> None:
    """How many lessons are finished, and the way to the one that comes next."""
    names = lessons.names()
    finished = sum(progress.of(name).is_finished for name in names)
    text = _("{finished} of {count} lessons finished").format(finished=finished, count=len(names))
    text = html.escape(text)
    st.html(
        f'<div class="lesson-head"><span>{text}</span></div>'
        f'<progress max="{len(names)}" value="{finished}" aria-label="{text}"></progress>'
    )
    following = standings.next_lesson()
    if not following:
        return
    is_begun = finished or progress.of(following).since
    text = _("Continue with lesson {number}") if is_begun else _("Start with lesson {number}")
    label = text.format(number=lessons.number(following))
    if st.button(label, type="primary", icon=":material/play_arrow:", key="lessons-continue", width="stretch"):
        st.query_params[PARAMETER] = following
        st.rerun()


def _card(name: str, lesson: ModuleType, progress: Progress, *, is_assigned: bool) -> None:
    standing = progress.of(name)
    mark = '<span class="lesson-assigned">' + html.escape(_("For your class")) + "</span>" if is_assigned else ""
    st.html(
        f'<div class="lesson-picture">{glossary.picture(lesson.PICTURE)}</div>'
        f'<div class="lesson-head"><b>{lessons.number(name)}</b><span>{lesson.MINUTES} min</span>'
        f"{_state(lesson, standing)}{mark}</div><h2>{html.escape(_(lesson.TITLE))}</h2>"
        f"<p>{html.escape(_(lesson.ABOUT))}</p>"
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if st.button(_verb(standing), key=f"lesson-{name}", type="tertiary", icon=":material/arrow_forward:"):
            st.query_params[PARAMETER] = name
            st.rerun()
        if teacher_sheet.is_for(sharing.current()):
            address = links.on_server("teacher-sheet", name)
            st.link_button(_("Teacher's sheet"), address, type="tertiary", icon=":material/description:")


def _glossary() -> None:
    """The card after the last lesson, which opens all terms."""
    pictures = "".join(map(glossary.picture, SAMPLES))
    text = _("All {count} technical terms, each in one plain sentence and with a picture.")
    text = html.escape(text.format(count=len(glossary.terms())))
    title = html.escape(_("Glossary"))
    mark = html.escape(_("To look up"))
    st.html(
        f'<div class="lesson-picture">{pictures}</div><div class="lesson-head"><span>{mark}</span></div>'
        f"<h2>{title}</h2><p>{text}</p>"
    )
    _glossary_button(_("Look up a term"), "lessons-glossary")


def _glossary_button(label: str, key: str) -> None:
    if st.button(label, key=key, type="tertiary", icon=":material/dictionary:"):
        st.query_params[PARAMETER] = glossary_page.NAME
        st.rerun()


def _back() -> None:
    if st.button(_("All lessons"), icon=":material/arrow_back:", type="tertiary", key="lessons-all"):
        del st.query_params[PARAMETER]
        st.rerun()


def _state(lesson: ModuleType, standing: Standing) -> str:
    """As HTML."""
    if standing.is_finished:
        finished = html.escape(_("Finished"))
        return f'<span class="lesson-done">✓ {finished}</span>'
    if not standing.since:
        return ""
    place = _("Step {number} of {count}").format(number=standing.step + 1, count=len(lesson.STEPS))
    return f"<span>{html.escape(place)}</span>"


def _verb(standing: Standing) -> str:
    if standing.is_finished:
        return _("Look at it again")
    return _("Continue") if standing.since else _("Open")


def _show_one(name: str, lesson: ModuleType) -> None:
    standing = stored.progress().of(name)
    _back()
    with st.container(key="lesson-front"):
        _front(name, lesson, standing)
    if hasattr(lesson, "WAYS"):
        seven_ways.show()
    _steps(lesson, standing)
    terms = dict.fromkeys(term for step in lesson.STEPS for term in step.all_terms)
    if terms:
        st.header(_("Terms in this lesson"), anchor=False)
        with st.container(key="lesson-words"):
            words.show(list(terms))


def _front(name: str, lesson: ModuleType, standing: Standing) -> None:
    """Its title, its picture, what it is about, and the buttons."""
    st.title(f"{lessons.number(name)}. {_(lesson.TITLE)}")
    with st.container(key="lesson-front-picture"):  # it has its place before its element is loaded
        st.html(f'<div class="lesson-picture">{glossary.picture(lesson.PICTURE)}</div>')
    if standing.is_finished:
        st.html(_finish(lesson, standing, is_new=st.session_state.get(standings.JUST_FINISHED) == name))
    else:
        about = _("About {minutes} minutes, {steps} steps.").format(minutes=lesson.MINUTES, steps=len(lesson.STEPS))
        st.markdown(f"{_(lesson.ABOUT)}\n\n{about}")
    with st.container(horizontal=True, gap="small", key="lesson-actions"):
        following = _following(name)
        if (
            standing.is_finished
            and following
            and st.button(
                _("Next lesson: {title}").format(title=_(lessons.find(following).TITLE)),
                type="primary",
                icon=":material/arrow_forward:",
                key="lesson-following",
            )
        ):
            st.query_params[PARAMETER] = following
            st.rerun()
        label = _("Continue") if standing.since else _("Start the lesson")
        label = _("Start again") if standings.is_over(name) else label
        kind: Literal["primary", "secondary"] = "secondary" if standing.is_finished and following else "primary"
        # a lesson that takes place here goes on in the bar beside it
        is_beside = hasattr(lesson, "WAYS") and stored.progress().current == name
        if not is_beside and st.button(label, type=kind, icon=":material/play_arrow:", key="lesson-start"):
            standings.begin(name)
            standings.open_page(standings.step_of(name, stored.progress().of(name))[1])
        teaching.buttons(name)


def _finish(lesson: ModuleType, standing: Standing, *, is_new: bool) -> str:
    """What the learner can do now and how far they are, beside a tick that is drawn once if the lesson `is_new`."""
    names = lessons.names()
    count = sum(stored.progress().of(name).is_finished for name in names)
    overall = _("{finished} of {count} lessons finished").format(finished=count, count=len(names))
    about = " ".join(filter(None, (_guesses(lesson, standing), f"{overall}.")))
    kind = "lesson-finish is-new" if is_new else "lesson-finish"
    heading, able = html.escape(_("You have finished this lesson.")), html.escape(_("What you can do now:"))
    return (
        f'<div class="{kind}"><i class="tick"></i><div><h2>{heading}</h2>'
        f"<p><b>{able}</b> {html.escape(_(lesson.GOAL))}</p><p>{html.escape(about)}</p></div></div>"
    )


def _guesses(lesson: ModuleType, standing: Standing) -> str:
    """How many of the learner's guesses were right; "" if they made none."""
    made = [(step.question, standing.answers.get(at)) for at, step in enumerate(lesson.STEPS)]
    right = [question.right == chosen for question, chosen in made if question is not None and chosen is not None]
    text = _("Right guesses: {right} of {count}.")
    return text.format(right=sum(right), count=len(right)) if right else ""


def _steps(lesson: ModuleType, standing: Standing) -> None:
    st.header(_("Steps"), anchor=False)
    items = [
        f"1. {errors.plain(_(step.title))}{' ✓' if standing.is_finished or at in standing.done else ''}"
        for at, step in enumerate(lesson.STEPS)
    ]
    st.markdown("\n".join(items))  # as HTML, it would load later and move what is below


def _following(name: str) -> str:
    """The lesson after this one, after the last one the first that is not finished; "" if there is none."""
    names, progress = lessons.names(), stored.progress()
    later = names[names.index(name) + 1 :]
    return next(iter(later or [one for one in names if not progress.of(one).is_finished]), "")
