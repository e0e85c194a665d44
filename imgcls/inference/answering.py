"""The entry point of inference: one function from any input to its prediction, rejection and exact model input."""

from dataclasses import dataclass

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import Prepared
from imgcls.inference import predictor
from imgcls.inference.explain import classified_strokes
from imgcls.inference.preparing import Source, prepare
from imgcls.inference.rejection import Rejection, reject, unfamiliar
from imgcls.inference.rejection.unfamiliar import Familiarity
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

Threshold = float | tuple[float, ...]
"""One threshold for all labels, or one for each."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The result for one input.

    `prediction` is the most probable class, or for a multi-label model the labels at or above the threshold, the most
    probable first. It is given even if there is a `rejection`, which says why it should not be trusted. `probabilities`
    are float32 (classes,). `confidence` is the largest of them. `pixels` is the exact model input, uint8 (height,
    width, channels); `notes` say how it was prepared. `familiarity` compares the input with the training images; None
    if the run stores no features, or if the input is still being drawn.
    """

    prediction: str | tuple[str, ...]
    probabilities: np.ndarray
    confidence: float
    rejection: Rejection | None
    pixels: np.ndarray
    notes: tuple[str, ...] = ()
    familiarity: Familiarity | None = None

    @property
    def index(self) -> int:
        """The index of the most probable class."""
        return int(self.probabilities.argmax())

    @property
    def prepared(self) -> Prepared:
        """The model input with its notes."""
        return Prepared(self.pixels, self.notes)


def answer(
    run: Run,
    source: Source,
    *,
    card: ModelCard | None = None,
    threshold: Threshold | None = None,
    is_complete: bool = True,
) -> Answer:
    """Prepares an image or a drawing, classifies it and decides whether to reject it.

    `source` is a `Handwriting` (strokes), a photo (`LoadedImage`, bytes of a file, path, PIL image, uint8 array), the
    pixels of a canvas (`CanvasImage`), or a `Prepared` model input that is used as it is. `card` saves reading
    `run.card`. `threshold` is that of a multi-label model, for all labels or for each; the card's by default. With
    `is_complete=False` only the checks that make sense for half a drawing are done.

    Raises:
        ImageError: the image cannot be read or contains nothing to classify.
        RunError: the run has no model, or it is damaged.
    """
    card = run.card if card is None else card
    prepared = prepare(source, card)
    ((probabilities, features),) = predictor.outputs(run, card, prepared.pixels[None]).rows()
    if is_complete and isinstance(source, Handwriting):
        classified_strokes.remember(run, card, source, probabilities)
    return judge(
        run, card, source, prepared, probabilities, features=features, threshold=threshold, is_complete=is_complete
    )


def judge(
    run: Run,
    card: ModelCard,
    source: Source,
    prepared: Prepared,
    probabilities: np.ndarray,
    *,
    features: np.ndarray | None = None,
    threshold: Threshold | None = None,
    is_complete: bool = True,
) -> Answer:
    """The answer for an input whose probabilities, float32 (classes,), are known already, as in a batch.

    `features`, float32 (d,), are those of the last hidden layer, if the model has returned them.
    """
    familiarity = unfamiliar.measure(run, prepared.pixels, features) if is_complete else None
    top = card.classes[int(probabilities.argmax())]
    return Answer(
        prediction=predicted_labels(probabilities, card, threshold) if card.is_multilabel else top,
        probabilities=probabilities,
        confidence=float(probabilities.max()),
        rejection=reject(run, card, source, prepared.pixels, familiarity=familiarity, is_complete=is_complete),
        pixels=prepared.pixels,
        notes=prepared.notes,
        familiarity=familiarity,
    )


def predicted_labels(probabilities: np.ndarray, card: ModelCard, threshold: Threshold | None = None) -> tuple[str, ...]:
    """The labels of a multi-label model whose probability is at least the threshold, the most probable first."""
    wanted = (card.thresholds or card.threshold) if threshold is None else threshold
    is_on = probabilities >= np.asarray(wanted)
    order = np.argsort(-probabilities, kind="stable")
    return tuple(card.classes[i] for i in order.tolist() if is_on[i])
