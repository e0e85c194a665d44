"""A drawing as a model gets it, and what speaks against taking it for one thing: for each page with a canvas."""

from collections.abc import Callable, Sequence

import numpy as np

from imgcls.images import loading
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import Prepared
from imgcls.inference.rejection import multiple_digits
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.ui.cache import predictions as cached
from imgcls.ui.components.probability_bars import NOT_KNOWN, Rejection
from imgcls.ui.predict import prediction

Ask = Callable[[Sequence[Handwriting]], np.ndarray]


def todo(card: ModelCard) -> str:
    """What to draw for a model with these card."""
    return "Draw a digit." if multiple_digits.hold_for(card) else "Draw something."


def prepared(drawing: Handwriting, card: ModelCard) -> Prepared:
    """The picture that a model with these card gets of a drawing."""
    narrowed = drawing.narrowed()
    image = loading.prepare_ink(narrowed.ink(), card.shape)
    notes = () if narrowed is drawing else ("Drawn with a finer pen: yours is wide for writing of this size.",)
    return Prepared(image.pixels, notes)


def asker(run: Run, card: ModelCard) -> Ask:
    """What gives the probabilities, float32 (n, classes), of n drawings."""
    return lambda some: cached.predictions(run, card, np.stack([prepared(drawing, card).pixels for drawing in some]))


def rejection(drawing: Handwriting, card: ModelCard, ask: Ask) -> Rejection | None:
    """What is said in the place of an answer, where digits are asked for and it is not one; usually nothing."""
    if not multiple_digits.hold_for(card):
        return None
    if multiple_digits.is_blot(drawing):
        return Rejection(NOT_KNOWN, "It is a dot: the pen stayed where it was put down.", for_digits=True)
    return prediction.is_multilabel(multiple_digits.digits_in(drawing, ask, card.classes)) or scribble(drawing, card)


def scribble(drawing: Handwriting, card: ModelCard) -> Rejection | None:
    """The part of it that asks no model, for while the pen is down."""
    if not multiple_digits.hold_for(card) or not multiple_digits.is_scribble(drawing):
        return None
    return Rejection(
        NOT_KNOWN,
        "It looks like a scribble: the pen went further, or turned more often, than any digit needs.",
        for_digits=True,
    )
