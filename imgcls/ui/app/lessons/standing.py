"""Where the visitor is in a lesson, what its checks read, and the steps from one to the next."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from imgcls import lessons
from imgcls.errors import UserError
from imgcls.images.canvas_strokes import Handwriting
from imgcls.lessons import Situation, Step
from imgcls.sharing.lesson_progress import Standing
from imgcls.ui.app import links
from imgcls.ui.app.lessons import stored
from imgcls.ui.app.lessons.stored import progress, store
from imgcls.ui.components import canvas, unit_by_hand

JUST_FINISHED = "lesson-just-finished"
"""Session key: the name of the lesson that was finished last in this visit."""
BEFORE = "lesson-drawing-before"
"""Session key of the drawing with which the step began: no task is done with what was there already."""

REMEMBERED = "lesson-controls-before"
"""Session key: what controls of Runs had before the present step set them, by name."""


def next_lesson() -> str:
    """The lesson to go on with: the current one, else the one begun last, else the first that is not finished.

    "" if all are finished.
    """
    found = progress()
    if found.current in lessons.names():
        return found.current
    left = [name for name in lessons.names() if not found.of(name).is_finished]
    begun = [name for name in left if found.of(name).since]
    return max(begun, key=lambda name: found.of(name).since) if begun else next(iter(left), "")


def is_over(name: str) -> bool:
    """Whether a lesson is finished and not being repeated: it would start from its first step."""
    standing = progress().of(name)
    return standing.is_finished and standing.step >= len(lessons.find(name).STEPS) - 1


def begin(name: str) -> None:
    """Makes a lesson the current one, where the visitor left it; one that is over, from its first step.

    It starts with an empty canvas: a drawing of before does none of its tasks.
    """
    store(progress().begun(name, again=is_over(name)))
    if canvas.state().drawing:
        canvas.put(Handwriting())
    forget_drawing()


def leave() -> None:
    """No lesson is the current one any more; its standing is kept."""
    store(replace(progress(), current=""))


def change(name: str, **values: Any) -> None:
    """Changes the standing of the visitor in a lesson: `step`, `answers`, `done` or `is_finished`."""
    before = progress()
    store(before.changed(name, replace(before.of(name), **values)))


def forget_drawing() -> None:
    """A step begins: what is on the canvas does not count for it, until it is cleared."""
    st.session_state[BEFORE] = canvas.state().drawing


def _new_drawing() -> Handwriting:
    """What is on the canvas once the pen is lifted, unless it still begins with the first stroke of what was there
    before the step."""
    before, present = st.session_state.get(BEFORE, Handwriting()), canvas.state()
    drawing = present.drawing
    is_old = before and drawing and np.array_equal(before.strokes[0], drawing.strokes[0])
    return Handwriting() if is_old or not present.is_done else drawing


def situation(standing: Standing, page: str) -> Situation:
    """What the checks of a lesson read: on which page the visitor is, with which address and which drawing."""
    query = {name: st.query_params[name] for name in st.query_params}
    unit = unit_by_hand.clicked(st.session_state.get(unit_by_hand.KEY))
    return Situation(standing.since, page, query, _new_drawing(), unit, st.session_state.to_dict())


def step_of(name: str, standing: Standing) -> tuple[int, Step]:
    """The step that the visitor is at; the last one if the lesson has become shorter."""
    steps = lessons.find(name).STEPS
    at = min(standing.step, len(steps) - 1)
    return at, steps[at]


def step_on(page: str) -> Step | None:
    """The step that the visitor is at if it happens on this page; None otherwise."""
    name = progress().current
    try:
        step = step_of(name, progress().of(name))[1] if name else None
    except UserError:  # an older version had this lesson
        return None
    return step if step is not None and step.page == page else None


def remember_controls(step: Step) -> None:
    """Before a step sets controls of Runs: what they have now."""
    if step.page == "runs":
        st.session_state.setdefault(REMEMBERED, {name: st.session_state.get(name) for name in step.query})


def return_controls(step: Step) -> None:
    """The visitor leaves a step: the controls of Runs that it has set get back what they had. `stored.RETURNED` says so
    to that page, which may not be open."""
    if step.page == "runs" and step.query:
        st.session_state[stored.RETURNED] = st.session_state.pop(REMEMBERED, dict.fromkeys(step.query))


def open_page(step: Step) -> None:
    """Switches to the page of a step; on the Train page, with its settings in the form."""
    remember_controls(step)
    if step.settings:
        links.train(**lessons.form_of(step))
    else:
        run = Situation().finished(step.run_of, is_alike=step.is_alike) if step.run_of else None
        links.go(f"{step.page}.py", **({**step.query, "run": run.id} if run else step.query))
