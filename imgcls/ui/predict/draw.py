"""Draw a digit, or anything else that the model was trained on, and watch the prediction update."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from imgcls import inference, languages
from imgcls.datasets.importing import drawings
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import CanvasImage
from imgcls.inference import Answer
from imgcls.inference.preparing import without_normalisation
from imgcls.inference.rejection import multiple_digits
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.app.lessons import standing, stored
from imgcls.ui.components import canvas, drawable_canvas
from imgcls.ui.components.canvas import CanvasState
from imgcls.ui.data.search import results as search_results
from imgcls.ui.explain import input_quality, neighbours, stroke_attribution
from imgcls.ui.predict import answer as answer_view
from imgcls.ui.predict import example_drawings, feedback

BEFORE_MARKS = ("draw", "pixels")
"""Lessons in which nothing is painted on the drawing: what strokes contribute is explained in a later one."""


def show(run: Run, card: ModelCard) -> None:
    """The canvas on the left, the answer on the right, and the switch between the two canvases."""
    page = st.container()  # on a phone the answer has to be right below the canvas
    is_fallback = drawable_canvas.switch()
    with page:
        (_show_fallback if is_fallback else _show_canvas)(run, card)


@st.fragment
def _show_canvas(run: Run, card: ModelCard) -> None:
    """A stroke reruns this part of the page alone."""
    with st.container(key="draw"):
        left, right = st.columns([9, 10], gap="large")
    state = canvas.state()
    step = standing.step_on("predict")
    with left, errors.shown():
        hint = todo(card) + " " + _("The prediction updates as you draw.")
        canvas.show(hint=hint, digit=(step.faint if step else "3") if is_of_digits(card) else "")
        note = st.container(key="marks-note")  # what the colours on the drawing mean; the sentences are far below
    drawing = state.drawing
    answer: Answer | None = None
    explained: Answer | None = None
    with right, errors.shown():
        answer = live_answer(run, card, state)
        if answer is not None and step is not None and step.is_quiet:
            answer = replace(answer, rejection=None)
        answer_view.show(
            run,
            card,
            answer,
            source=drawing,
            todo=_("The prediction appears here."),
            acknowledge={"edition": state.edition, "number": state.number},
            is_complete=state.is_done,
        )
        if is_of_digits(card):
            example_drawings.show()
        # While the pen is down only the answer counts: its explanations wait, and cost nothing.
        explained = answer if state.is_done else None
        raw = without_normalisation(drawing, card) if explained else None
        checked = input_quality.check(run, None if explained is None else explained.pixels, raw)
        if explained is not None:
            with st.container(horizontal=True, gap="small"):
                input_quality.chip(checked, partial(_before_and_after, run, card, raw, explained))
                feedback.show(_stored_pixels(drawing, explained, card), card, explained.pixels)
                input_quality.show_fix(drawing, checked, card.shape[0])
    if not drawing or answer is None:  # nothing is drawn, or the error is shown
        return
    with errors.shown():
        strokes = stroke_attribution.explain_strokes(run, card, drawing, answer, is_done=state.is_done)
        st.html(strokes.html)
        is_before = stored.progress().current in BEFORE_MARKS
        canvas.mark([] if is_before else strokes.marks)
        if strokes.legend and not is_before:
            note.caption(strokes.legend)
        if explained is not None:
            neighbours.show(run, explained.familiarity, card.classes)
            search_results.show_section(card.data, explained.pixels, "draw")


def live_answer(run: Run, card: ModelCard, state: CanvasState) -> Answer | None:
    """The answer to what is on the canvas; None while it is empty.

    While the pen is down, a rejection of the strokes before it stays.
    """
    state.reads = ""
    if not state.drawing:
        state.rejection = None
        return None
    answer = inference.answer(run, state.drawing, card=card, is_complete=state.is_done)
    if not state.is_done:
        answer = replace(answer, rejection=state.rejection or answer.rejection)
    else:
        state.rejection = answer.rejection if answer.rejection and answer.rejection.for_digits else None
    state.reads = in_words(answer, card)
    return answer


def in_words(answer: Answer, card: ModelCard) -> str:
    """What the network says of a drawing, in one line, as the projector shows it."""
    if answer.rejection is not None:
        return answer.rejection.title.rstrip(".")
    if card.is_multilabel:
        return ", ".join(answer.prediction) or "–"
    return f"{card.classes[answer.index]} · {languages.percent(float(answer.probabilities[answer.index]))}"


@st.fragment
def _show_fallback(run: Run, card: ModelCard) -> None:
    """The same with the fallback canvas, whose strokes are not known."""
    left, right = st.columns(2, gap="large")
    source = answer = None
    with left, errors.shown():
        pixels = drawable_canvas.show()
        source = None if pixels is None else CanvasImage(pixels)
    with right, errors.shown():
        if source is not None:
            answer = inference.answer(run, source, card=card)
        answer_view.show(run, card, answer, source=source, todo=todo(card))
        answer_view.show_explanations(run, card, answer, source)
    if source is not None and answer is not None:
        with errors.shown():
            feedback.show(_stored_pixels(source, answer, card), card, answer.pixels)


def todo(card: ModelCard) -> str:
    return _("Draw a digit.") if is_of_digits(card) else _("Draw something.")


def is_of_digits(card: ModelCard) -> bool:
    """Whether the model tells digits apart: then the empty canvas shows a faint one."""
    return multiple_digits.applies_to(card)


def _before_and_after(run: Run, card: ModelCard, raw: np.ndarray | None, answer: Answer) -> str:
    return "" if raw is None else input_quality.before_and_after(run, card, raw, answer)


def _stored_pixels(drawing: Handwriting | CanvasImage, answer: Answer, card: ModelCard):
    """The drawing in the form in which "My drawings" stores it."""
    is_same = card.shape == drawings.SHAPE
    return answer.pixels if is_same else inference.prepare(drawing, feedback.STORED_DRAWING).pixels
