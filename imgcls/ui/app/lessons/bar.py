"""The bar of the current lesson, on every page: the step, its question and task, and a marker at the real control.

It is on the right on wide screens and at the bottom on narrow ones. There, it is one line with Next on other pages
than that of the step, and has only the task below while it is to be done; a tap shows the rest. Every two seconds the
bar looks whether the task was done.
"""

import html
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st

from imgcls import lessons, sharing
from imgcls.errors import UserError
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.lessons import Situation, Step
from imgcls.sharing.lesson_progress import Standing
from imgcls.ui.app import errors, links, ticks
from imgcls.ui.app.lessons import markers, questions, requirements, stored, training_steps, words
from imgcls.ui.app.lessons import standing as standings
from imgcls.ui.components import reveal

TICK_SECONDS = 2.0
GO, FINISHED = "lesson-go", "lesson-finished"
"""Session keys: the page should show a step that is new; the name of the lesson finished a moment ago."""
FOLD = "lesson-folded"
"""Session key: the phase of a step for which the visitor chose to fold the bar or not, and what they chose."""
HOME = "home"
DRAWN_ON = "predict"
"""The page with the canvas."""
ARROW = ":material/arrow_forward:"
FORM = N_("The form already has all the settings for this step. If you have changed them, this restores them.")


def show(url_path: str) -> None:
    """The bar, if the visitor is in a lesson. `url_path` is that of the page they are on."""
    name = stored.progress().current
    if not name:
        return
    try:
        step = standings.step_of(name, stored.progress().of(name))[1]
    except UserError:  # an older version had this lesson
        return
    if url_path == "lessons" != step.page:
        return
    with st.container(key="lesson"):
        ticks.every(TICK_SECONDS, _show, name, url_path or HOME, path=url_path)


def _show(name: str, page: str) -> None:
    with errors.shown():
        if st.session_state.pop(FINISHED, ""):
            st.session_state[standings.JUST_FINISHED] = name
            links.go("lessons.py", lesson=name)
        standing = stored.progress().of(name)
        at, step = standings.step_of(name, standing)
        if st.session_state.pop(GO, False):
            if step.settings or step.page != page:
                standings.open_page(step)
            st.rerun()  # the page may have another section to show
        situation = standings.situation(standing, page)
        is_asked = step.question is None or at in standing.answers
        needed = situation.finished(step.run_of, is_alike=step.is_alike) if step.run_of else None
        model = requirements.missing_model(step)
        is_missing = (bool(step.run_of) and needed is None) or bool(model)  # then the page shows another run, or none
        is_done = is_asked and (at in standing.done or (step.is_done(situation) and not (is_missing and step.has_task)))
        if is_done and at not in standing.done:
            standings.change(name, done=standing.done | {at})
        if is_asked and step.page == DRAWN_ON and step.values and step.is_done(situation):
            standing = _keep(name, at, step.values(situation))
        is_elsewhere = _is_elsewhere(step, page, situation) and not (is_done and step.has_task)
        is_at_work = is_asked and not is_done and page == step.page
        is_shown = page == step.page and not is_missing
        is_marked = is_shown and (is_asked or not step.has_task)  # where to look, if there is nothing to do
        marked = markers.keys(step, situation.query, is_done=is_done) if is_marked else ()
        dataset = requirements.dataset_to_get(step) if is_at_work else None
        awaited = training_steps.awaited(step, situation) if is_at_work else None
        if awaited is not None:  # Start would train it a second time
            marked = ()
        if dataset is not None and marked:  # its Start button is disabled until then
            marked = (requirements.button_of(dataset),)
        # what does not do the task gets a hint: then the bar is higher on a narrow screen
        is_hinted = is_at_work and step.is_hinted(situation)
        cookie = "" if sharing.is_shared() else f"{stored.COOKIE}={name}"
        seen = marked or (step.keys if page == step.page == DRAWN_ON else ())  # a phone's bar hides it
        selectors = markers.selectors(step, seen)
        shown_run = situation.query.get("run", "") if step.other_run_of else ""
        reveal.show(selectors, f"{name} {at} {selectors} {is_done} {is_hinted} {shown_run}", cookie)
        is_away = page != step.page
        is_folded = _fold((name, at, is_asked, is_done, is_away), is_at_work or is_away)
        is_asking = not (is_asked or is_missing or is_elsewhere)
        kind = " ".join(("lesson-asks",) * is_asking + ("lesson-folded",) * is_folded + ("lesson-away",) * is_away)
        ring = markers.IN_BAR if awaited is not None else markers.style(step, marked)
        _head(name, at, ring, kind)
        st.markdown(f"## {_(step.title)}")
        if model:
            text = _("This step needs the included model “{name}”, which this app does not have. Press Skip.")
            training_steps.say(text.format(name=model), "lesson-hint")
        elif is_missing:
            training_steps.train_first(name, step, situation, partial(_move, name, at, page=page))
        elif is_elsewhere:
            _lead_back(step)
        else:
            if not is_done or not step.after:  # then the result is what counts
                st.markdown(_filled(name, step.text, _values(step, situation)))
                words.show(step.terms)
                training_steps.offer_missing(name, step, situation, partial(_move, name, at, page=page))
            if step.question is not None:
                questions.ask(name, at, step.question, standing.answers.get(at), is_done=is_done)
            if is_done:
                st.markdown(_filled(name, step.after, standing.found.get(at) or _values(step, situation)))
                words.show(step.after_terms)
            elif is_asked:
                _task(name, step, page, situation)
        _buttons(name, at, page, is_done=is_done and not is_missing)


def _is_elsewhere(step: Step, page: str, situation: Situation) -> bool:
    """Whether the page shows something else than the step is about, so that its text would not be true."""
    if page != step.page:
        return training_steps.awaited(step, situation) is None  # a training is waited for on any page
    shown = situation.query.get("run")
    if not step.run_of or not shown:
        return False
    about = filter(None, (step.run_of, step.other_run_of))
    found = [run for one in about for run in situation.started(one, earlier=True, is_alike=step.is_alike)]
    return shown not in {run.id for run in found}


def _lead_back(step: Step) -> None:
    title = _(step.page.capitalize())
    training_steps.say(_("This step is on the page “{page}”.").format(page=title), "lesson-hint")
    if st.button(_("Back to this step's page"), icon=ARROW, type="primary", key="lesson-open"):
        standings.open_page(step)


def _keep(name: str, at: int, values: Mapping[str, str]) -> Standing:
    """Keeps what a step says about a drawing: later it will be another one, with which the task is not done."""
    standing = stored.progress().of(name)
    if standing.found.get(at) != values:
        standings.change(name, found={**standing.found, at: values})
    return stored.progress().of(name)


def _values(step: Step, situation: Situation) -> Mapping[str, str]:
    return step.values(situation) if step.values else {}


def _filled(name: str, text: str, values: Mapping[str, str]) -> str:
    return lessons.filled(_(text), lessons.find(name), {key: errors.plain(value) for key, value in values.items()})


def _fold(phase: tuple, is_usual: bool) -> bool:
    """Whether a narrow screen shows the bar folded, with the button that changes it; a new phase forgets the choice."""
    chosen_for, chosen = st.session_state.get(FOLD, (None, False))
    is_folded = chosen if chosen_for == phase else is_usual
    st.button(
        _("Show the step") if is_folded else _("Hide the step"),
        key="lesson-fold",
        icon=":material/keyboard_arrow_up:" if is_folded else ":material/keyboard_arrow_down:",
        type="tertiary",
        on_click=lambda: st.session_state.update({FOLD: (phase, not is_folded)}),
    )
    return is_folded


def _head(name: str, at: int, style: str, kind: str) -> None:
    """`style` is part of it because an element that is only a style stays when it is no longer there; `kind` is a class
    by which narrow screens know how much of the bar they show."""
    lesson = lessons.find(name)
    count = len(lesson.STEPS)
    place = html.escape(_("Step {number} of {count}").format(number=at + 1, count=count))
    title = html.escape(_("Lesson {number}").format(number=lessons.number(name)))
    st.html(
        f'<style>{style}</style><div class="lesson-head {kind}"><b>{title}</b>'
        f"<span>{html.escape(_(lesson.TITLE))}</span></div>"
        f'<progress max="{count}" value="{at + 1}" aria-label="{place}"></progress>'
        f'<div class="lesson-head"><span>{place}</span></div>'
    )


def _task(name: str, step: Step, page: str, situation: Situation) -> None:
    """What to do, and a button that brings the visitor to where it is done; what to change, if they tried in vain."""
    begun = situation.started(step.settings, earlier=step.earlier, is_alike=step.is_alike) if step.settings else []
    if begun and not begun[0].has_ended:
        training_steps.wait(begun[0], situation)
        return
    dataset = requirements.dataset_to_get(step)
    training_steps.say(_(step.do) if dataset is None else requirements.how_to_get(dataset))
    shown_run = situation.query.get("run", "") if step.settings and page == step.page else ""
    if begun:
        st.caption(_("The last training run ended without a result. Start it again, or press Skip."))
    elif shown_run:
        training_steps.say(
            _("The run on this page has other settings than this step needs, so it does not count."), "lesson-hint"
        )
    elif page == step.page and step.is_hinted(situation):
        training_steps.say(lessons.filled(_(step.hint), lessons.find(name), _values(step, situation)), "lesson-hint")
    if page != step.page or shown_run:
        label = _("Open {page}").format(page=_(step.page.capitalize()))
        if st.button(label, icon=ARROW, type="primary", key="lesson-open"):
            standings.open_page(step)
    elif step.settings and st.button(_("Fill in the form again"), type="tertiary", key="lesson-fill", help=_(FORM)):
        standings.open_page(step)


def _buttons(name: str, at: int, page: str, *, is_done: bool) -> None:
    """Their keys name the step, so that a click carries the step it was shown for."""
    last = at == len(lessons.find(name).STEPS) - 1
    with st.container(horizontal=True, gap="small", key="lesson-buttons"):
        st.button(
            _("Back"),
            key=f"lesson-back-{at}",
            disabled=not at,
            on_click=_move,
            args=(name, at, at - 1),
            kwargs={"page": page},
        )
        label = _("Finish") if last else _("Next") if is_done else _("Skip")
        kind: Literal["primary", "secondary"] = "primary" if is_done else "secondary"
        st.button(label, key=f"lesson-next-{at}", type=kind, on_click=_move, args=(name, at, at + 1, page))
        if st.button(
            _("Leave"),
            key="lesson-leave",
            type="tertiary",
            on_click=_leave,
            help=_("Your place is saved. Continue on the Lessons page."),
        ):
            st.rerun()


def _leave() -> None:
    """A callback: before the end, so the page says where the lesson goes on."""
    if name := stored.progress().current:
        standings.return_controls(standings.step_of(name, stored.progress().of(name))[1])
    standings.leave()
    st.session_state[stored.LEFT] = True


def _move(name: str, shown: int, at: int, page: str) -> None:
    """A callback: from the step that was `shown` to another, and its page; after the last one, the end.

    Ignored once that step is no longer the current one: the second click of a double click would skip a step.
    """
    if standings.step_of(name, stored.progress().of(name))[0] != shown or stored.progress().current != name:
        return
    steps = lessons.find(name).STEPS
    if at >= len(steps) or steps[at].page != steps[shown].page:
        standings.return_controls(steps[shown])
    if at >= len(steps):
        standings.change(name, is_finished=True)
        standings.leave()
        st.session_state[FINISHED] = name
        return
    standings.change(name, step=at)
    standings.forget_drawing()
    st.session_state[GO] = True
    step = standings.step_of(name, stored.progress().of(name))[1]
    if step.page == page and not step.settings:
        _turn_to(step, standings.situation(stored.progress().of(name), page))


def _turn_to(step: Step, situation: Situation) -> None:
    """In a callback: shows what a step is about on the page that is open, unless that would do its task."""
    if step.has_task and step.is_done(replace(situation, query={**situation.query, **step.query})):
        return
    standings.remember_controls(step)
    if step.page == "runs":  # it holds its controls itself, see `closed_popovers`
        st.session_state[stored.RETURNED] = {
            name: [value] if name == "columns" else value for name, value in step.query.items()
        }
        return
    for name, value in step.query.items():  # a control that is bound to the address has the name of its parameter
        if name in st.session_state:
            st.session_state[name] = value
        else:
            st.query_params[name] = value
