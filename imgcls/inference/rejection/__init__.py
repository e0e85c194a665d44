"""Reasons to reject an input instead of classifying it: `reject` is the one place that decides.

multiple_digits   a drawing or image that is not a single digit: several digits, a scribble, a dot
non_digits        a drawing or image of something else: a letter, a sign, a smiley
pen_path          the path of the pen, which both look at
unfamiliar        an image unlike anything in the training data
"""

from dataclasses import dataclass

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import prepare_ink
from imgcls.inference.explain import classified_strokes
from imgcls.inference.predictor import classify
from imgcls.inference.preparing import Source
from imgcls.inference.rejection import multiple_digits, non_digits
from imgcls.inference.rejection.unfamiliar import OUT_OF_DISTRIBUTION_PERCENTILE, Familiarity
from imgcls.languages import N_
from imgcls.languages import gettext as _
from imgcls.runs.results import ModelCard
from imgcls.runs.run import Run

OUT_OF_DISTRIBUTION = N_("Unlike anything in the training data")
NOT_A_DIGIT = N_("Not a digit")


@dataclass(frozen=True)
class Rejection:
    """Why an input is not classified: a `title` that replaces the prediction, and a sentence.

    `for_digits`: the input is not a single digit, so no digit model should classify it. Otherwise only this model does
    not know it, and another one may.
    """

    title: str
    text: str
    for_digits: bool = False


def reject(
    run: Run,
    card: ModelCard,
    source: Source,
    pixels: np.ndarray,
    *,
    familiarity: Familiarity | None = None,
    is_complete: bool = True,
) -> Rejection | None:
    """Whether a prediction for `source` should be withheld; usually None.

    `pixels` is the prepared input, uint8 (height, width, channels). `familiarity` is its distance to the training
    images, if known (`unfamiliar.measure`). While a drawing is not complete, only a scribble is rejected: half a digit
    looks like nothing in the training data. Multi-label models reject nothing: their labels do not compete.

    Raises:
        RunError: the model cannot classify the parts of the input.
    """
    if card.is_multilabel:
        return None
    is_of_digits = multiple_digits.applies_to(card)
    if is_of_digits and (r := _not_one_digit(run, card, source, pixels, is_complete)):
        return r
    limit = farthest(card)
    if is_complete and familiarity is not None and limit is not None and familiarity.percentile >= limit:
        return Rejection(_(OUT_OF_DISTRIBUTION), familiarity.distance_sentence)
    if is_of_digits and card.is_ink and is_complete:
        return _other(pixels, source if isinstance(source, Handwriting) else None)
    return None


def farthest(card: ModelCard) -> float | None:
    """The percentile of the distance to the training images from which an image is rejected; None: it never is.

    Other things than digits are recognised otherwise, so the distance need not reject a half percent of the digits.
    """
    if card.is_multilabel:
        return None
    return 100.0 if multiple_digits.applies_to(card) and card.is_ink else OUT_OF_DISTRIBUTION_PERCENTILE


def _not_one_digit(
    run: Run, card: ModelCard, source: Source, pixels: np.ndarray, is_complete: bool
) -> Rejection | None:
    if not isinstance(source, Handwriting):
        if not card.is_ink or not is_complete:
            return None

        def classify_ink(pieces: list[np.ndarray]) -> np.ndarray:
            return classify(run, card, np.stack([prepare_ink(piece, card.shape).pixels for piece in pieces]))

        return _several_digits(multiple_digits.digits_in_image(pixels, classify_ink, card.classes))

    def classify_strokes(drawings: list[Handwriting]) -> np.ndarray:
        return classified_strokes.probabilities_of(run, card, drawings)

    if is_complete:
        if multiple_digits.is_dot(source):
            return Rejection(_(OUT_OF_DISTRIBUTION), _("That is only a dot."), for_digits=True)
        if rejection := _several_digits(multiple_digits.digits_in(source, classify_strokes, card.classes)):
            return rejection
    if multiple_digits.is_scribble(source):
        return Rejection(
            _(OUT_OF_DISTRIBUTION),
            _("It looks like a scribble: the pen path is longer, or turns more often, than in any digit."),
            for_digits=True,
        )
    return None


def _other(pixels: np.ndarray, drawing: Handwriting | None = None) -> Rejection | None:
    if not non_digits.is_non_digit(pixels, drawing.strokes if drawing else None):
        return None
    return Rejection(
        _(NOT_A_DIGIT),
        _("It looks like a letter, a symbol or a picture. Draw a digit from 0 to 9."),
        for_digits=True,
    )


def _several_digits(digits: list[str]) -> Rejection | None:
    if not digits:
        return None
    title = {
        2: _("Two digits: {first} and {last}"),
        3: _("Three digits: {first} and {last}"),
        4: _("Four digits: {first} and {last}"),
    }.get(len(digits), _("{count} digits: {first} and {last}"))
    return Rejection(
        title.format(count=len(digits), first=", ".join(digits[:-1]), last=digits[-1]),
        _("This model recognises a single digit. Give it one at a time."),
        for_digits=True,
    )
