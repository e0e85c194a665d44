"""A digit drawn by hand, asked about while it is drawn."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from imgcls import doubts, images
from imgcls.handwriting import Handwriting
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import answer_view, blame_view, canvas, doctor_view, errors, lifted_canvas, stored

Ask = Callable[[Sequence[Handwriting]], np.ndarray]


@st.fragment
def show(run: Run, facts: dict) -> None:
    """The canvas at the left, the answer at the right. A stroke redraws only this part of the page."""
    if st.session_state.get(lifted_canvas.SWITCH):
        _lifted(run, facts)
        return
    left, right = st.columns([4, 7], gap="large")
    kept = canvas.kept()
    with left, errors.shown():
        canvas.show()
        st.caption("Draw one digit with mouse, finger or pen. The answer comes while you draw.")
        lifted_canvas.switch()
    drawn = kept.drawn
    prepared = _prepared(drawn, facts) if drawn else None

    def ask(drawings: Sequence[Handwriting]) -> np.ndarray:
        return stored.answers(run, facts, np.stack([_prepared(drawing, facts).pixels for drawing in drawings]))

    found = None
    with right, errors.shown():
        found = answer_view.show(
            run,
            facts,
            prepared,
            todo="Draw a digit.",
            warning=_warning(drawn, facts, ask) if drawn else "",
            answers={"edition": kept.edition, "number": kept.number},
            prepare=lambda other: _prepared(drawn, other),
        )
    why, doctor = st.columns(2, gap="large")
    with why, errors.shown():
        blame_view.show(drawn, facts, found, ask, is_done=kept.is_done)
    with doctor, errors.shown():
        doctor_view.show(run, prepared)
        if prepared is not None and kept.is_done:
            doctor_view.fix(run, facts, drawn, prepared, ask)


def _lifted(run: Run, facts: dict) -> None:
    """The same with the other canvas, which knows no strokes."""
    left, right = st.columns([4, 7], gap="large")
    drawing = prepared = None
    shape = tuple(facts["shape"])
    with left, errors.shown():
        drawing = lifted_canvas.show()
        lifted_canvas.switch()
    with right, errors.shown():
        if drawing is not None:
            prepared = images.prepare_drawing(drawing, shape)
        answer_view.show(
            run,
            facts,
            prepared,
            todo="Draw a digit.",
            prepare=lambda other: images.prepare_drawing(drawing, tuple(other["shape"])),
        )
        doctor_view.show(run, prepared)


def _prepared(drawn: Handwriting, facts: dict) -> Prepared:
    return images.prepare_ink(drawn.ink(), tuple(facts["shape"]))


def _warning(drawn: Handwriting, facts: dict, ask: Ask) -> str:
    """What speaks against taking the answer for one, in a sentence; usually nothing."""
    if doubts.is_scribble(drawn):
        return (
            "This looks like a scribble, and like nothing this model knows: the pen went further or turned more often "
            "than a digit needs. The answer means little."
        )
    return answer_view.several(doubts.side_by_side(drawn, ask), facts)
