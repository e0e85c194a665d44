"""A digit, or what else a model knows, drawn by hand and asked about while it is drawn."""

import numpy as np
import streamlit as st

from imgcls.datasets.importing import drawings
from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.app import errors
from imgcls.ui.components import canvas, drawable_canvas
from imgcls.ui.explain import input_quality, neighbours, stroke_attribution
from imgcls.ui.predict import drawing_input, feedback, prediction

STYLE = """<style>
.details{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px 40px}
.details section{min-width:0}
</style>"""


def show(run: Run, card: ModelCard) -> None:
    """The canvas at the left, the answer at the right, and the switch between the two canvases."""
    page = st.container()  # on a phone the answer has to stand right below the canvas
    is_lifted = drawable_canvas.switch()
    with page:
        (_lifted if is_lifted else _drawn)(run, card)


@st.fragment
def _drawn(run: Run, card: ModelCard) -> None:
    """A stroke reruns this part of the page alone."""
    left, right = st.columns([4, 7], gap="large")
    kept = canvas.kept()
    with left, errors.shown():
        canvas.show()
    drawn = kept.drawn
    prepared = drawing_input.prepared(drawn, card) if drawn else None
    ask = drawing_input.asker(run, card)
    rejection = likeness = found = None
    if not drawn:
        kept.rejection = None
    with right, errors.shown():
        if prepared is not None:
            # Half a stroke is no digit, so while the pen is down what was said before it stands.
            if kept.is_done:
                kept.rejection = drawing_input.rejection(drawn, card, ask)
            rejection = kept.rejection or drawing_input.scribble(drawn, card)
            # What is half drawn is new to any model.
            likeness = neighbours.look(run, prepared.pixels) if kept.is_done else None
            rejection = rejection or (likeness and likeness.rejection)
        found = prediction.show(
            run,
            card,
            prepared,
            todo=f"{drawing_input.todo(card)} The answer comes while you draw.",
            rejection=rejection,
            predictions={"edition": kept.edition, "number": kept.number},
            prepare=lambda other: drawing_input.prepared(drawn, other),
            is_whole=kept.is_done,
        )
    # While the pen is down the answer alone counts: what explains it waits, and costs nothing.
    raw = _reduced(drawn, card) if found is not None and kept.is_done else None
    with errors.shown():
        said = None if rejection else found
        why = stroke_attribution.why(drawn, card, said, ask, is_done=kept.is_done)
        seen = input_quality.examined(run, None if raw is None else prepared, raw)
        below = input_quality.ROOM
        if seen is not None and raw is not None:
            below = input_quality.before_and_after(run, card, raw, prepared.pixels, said)
        st.html(
            f'{STYLE}<div class="details"><section><h4>Why</h4>{why}</section>'
            f"<section><h4>Doctor</h4>{input_quality.report(seen, below)}</section></div>"
        )
        if raw is not None:
            is_same = card.shape == drawings.SHAPE
            kept_as = prepared if is_same else drawing_input.prepared(drawn, feedback.STORED_DRAWING)
            feedback.show(kept_as.pixels, card.classes)
            input_quality.fix(drawn, seen, len(raw))
            neighbours.show(run, likeness, card.classes)


@st.fragment
def _lifted(run: Run, card: ModelCard) -> None:
    """The same with the other canvas, which knows no strokes."""
    left, right = st.columns([4, 7], gap="large")
    drawing = prepared = None
    shape = card.shape
    with left, errors.shown():
        drawing = drawable_canvas.show()
    with right, errors.shown():
        if drawing is not None:
            prepared = loading.prepare_drawing(drawing, shape)
        prediction.show(
            run,
            card,
            prepared,
            todo=drawing_input.todo(card),
            prepare=lambda other: loading.prepare_drawing(drawing, other.shape),
        )


def _reduced(drawn: Handwriting, card: ModelCard) -> np.ndarray:
    """The canvas, reduced to the pixels of the model and nothing else."""
    height, width, _ = card.shape
    side = min(height, width)
    out = np.zeros(card.shape, np.uint8)
    y, x = (height - side) // 2, (width - side) // 2
    out[y : y + side, x : x + side] = drawn.on_field(side)
    return out
