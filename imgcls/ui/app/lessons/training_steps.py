"""Steps that wait for a training, or are about a run that is still to be trained."""

import html
from collections.abc import Callable

import streamlit as st

from imgcls import lessons
from imgcls.languages import gettext as _
from imgcls.lessons import Situation, Step
from imgcls.runs import Run
from imgcls.ui.app import links

ARROW = ":material/arrow_forward:"


def awaited(step: Step, situation: Situation) -> Run | None:
    """The run of the step that waits or is being trained; None if there is none."""
    return _unfinished(step, situation) if step.settings else None


def wait(run: Run, situation: Situation) -> None:
    """What to do while a run of the step is queued or training."""
    if run.state == "queued":
        say(_("Your run waits for other runs and starts by itself. The lesson continues when it is done."))
    else:
        say(_("Training has started. Watch it; the lesson continues when it is done."))
    _watch(run, situation)


def train_first(name: str, step: Step, situation: Situation, move: Callable[[int], None]) -> None:
    """A step about a run that has no result: where it is training, or the way to the step that trains it."""
    begun = situation.started(step.run_of, earlier=True, is_alike=step.is_alike)
    if begun and not begun[0].has_ended:
        text = _("This step is about your run “{run}”, which is still training. The step continues when it is done.")
        say(text.format(run=begun[0].label), "lesson-hint")
        _watch(begun[0], situation)
        return
    say(_("This step is about a run that you have not trained yet."), "lesson-hint")
    training = next(
        (number for number, one in enumerate(lessons.find(name).STEPS) if one.settings == step.run_of), None
    )
    if training is not None:
        st.button(_("Train it now"), key="lesson-train", icon=ARROW, type="primary", on_click=move, args=(training,))


def offer_missing(name: str, step: Step, situation: Situation, move: Callable[[int], None]) -> None:
    """If the step compares runs of earlier steps: which of them have no result yet, with a way to each."""
    if not step.compares_runs:
        return
    trained = [(number, one) for number, one in enumerate(lessons.find(name).STEPS) if one.settings]
    missing = [(number, one) for number, one in trained if situation.score(one.settings, is_alike=one.is_alike) is None]
    if not missing:
        return
    say(_("“–” stands for a run that has no result yet. Train it now, or finish without it:"), "lesson-hint")
    for number, one in missing:
        label = _(one.run_name)
        if _unfinished(one, situation) is not None:
            label = _("{run}: still training").format(run=label)
        st.button(label, key=f"lesson-missing-{number}", icon=ARROW, width="stretch", on_click=move, args=(number,))


def say(text: str, kind: str = "lesson-do") -> None:
    """A sentence of the bar: the task, or with "lesson-hint" what is in its way."""
    st.html(f'<p class="{kind}">{html.escape(text)}</p>')


def _unfinished(step: Step, situation: Situation) -> Run | None:
    begun = situation.started(step.settings, earlier=step.earlier, is_alike=step.is_alike)
    return begun[0] if begun and not begun[0].has_ended else None


def _watch(run: Run, situation: Situation) -> None:
    """A button to the page of the run, if it is not open."""
    is_open = situation.page == "train" and situation.query.get("run") == run.id
    if not is_open and st.button(_("Watch the training"), icon=ARROW, type="primary", key="lesson-open"):
        links.go("train.py", run=run.id)
