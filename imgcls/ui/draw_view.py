"""A digit drawn by hand, asked about while it is drawn."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from imgcls import doubts, images
from imgcls.handwriting import Handwriting
from imgcls.images import Prepared
from imgcls.runs import Run
from imgcls.ui import answer_view, blame_view, canvas, doctor_view, errors, stored


@st.fragment
def show(run: Run, facts: dict) -> None:
    """The canvas at the left, the answer at the right. A stroke redraws only this part of the page."""
    left, right = st.columns([4, 7], gap="large")
    with left, errors.shown():
        kept = canvas.show()
        st.caption("Draw one digit with mouse, finger or pen. The answer comes while you draw.")
    drawn = kept.drawn

    def ask(drawings: Sequence[Handwriting]) -> np.ndarray:
        pixels = np.stack([_prepared(drawing, facts).pixels for drawing in drawings])
        return stored.answers(run, facts, pixels)

    with right, errors.shown():
        answer_view.show(
            run,
            facts,
            _prepared(drawn, facts) if drawn else None,
            todo="Draw a digit.",
            warning=_warning(drawn, facts, ask) if drawn else "",
            answers={"edition": kept.edition, "number": kept.number},
            prepare=lambda others: _prepared(drawn, others),
        )
    why, doctor = st.columns(2, gap="large")
    with why, errors.shown():
        blame_view.show(drawn, facts, ask, is_done=kept.is_done)
    with doctor, errors.shown():
        doctor_view.show(run, facts, drawn, ask)


def _prepared(drawn: Handwriting, facts: dict) -> Prepared:
    return images.prepare_ink(drawn.ink(), tuple(facts["shape"]))


def _warning(drawn: Handwriting, facts: dict, ask) -> str:
    """What speaks against taking the answer for one, in a sentence; usually nothing."""
    if doubts.is_scribble(drawn):
        return (
            "This looks like a scribble, and like nothing this model knows: the pen went further or turned more often "
            "than a digit needs. The answer below means little."
        )
    seen = doubts.side_by_side(drawn, ask)
    if seen:
        names = [facts["classes"][index] for index in seen]
        number = {2: "two", 3: "three", 4: "four"}.get(len(seen), str(len(seen)))
        return (
            f"This looks like {number} beside each other: {', '.join(names[:-1])} and {names[-1]}. "
            "The model answers for one alone: draw one at a time."
        )
    return ""
