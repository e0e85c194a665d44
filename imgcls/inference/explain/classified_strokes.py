"""The predictions for drawings made of strokes, of which the latest are remembered.

The check for several digits and the contributions of strokes ask about the same parts of a drawing; and while it is
being drawn, about the same finished strokes at every movement of the pen.
"""

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.predictor import classify, load_predictor
from imgcls.inference.preparing import prepare
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

MOST = 64
"""Drawings that are remembered for each model."""

_lock = threading.Lock()
_known: WeakKeyDictionary[object, dict[tuple, np.ndarray]] = WeakKeyDictionary()


def probabilities_of(run: Run, card: ModelCard, drawings: Sequence[Handwriting]) -> np.ndarray:
    """The probabilities, float32 (n, classes), of n drawings.

    Raises:
        RunError: the run has no model, or it is damaged.
    """
    keys = [_key(card, drawing) for drawing in drawings]
    with _lock:
        known = _known.setdefault(load_predictor(run), {})
        found = {key: known[key] for key in keys if key in known}
    missing = {key: drawing for key, drawing in zip(keys, drawings, strict=True) if key not in found}
    if missing:
        pixels = np.stack([prepare(drawing, card).pixels for drawing in missing.values()])
        new = dict(zip(missing, classify(run, card, pixels), strict=True))
        found |= new
        with _lock:
            _remember(known, new)
    return np.stack([found[key] for key in keys])


def remember(run: Run, card: ModelCard, drawing: Handwriting, probabilities: np.ndarray) -> None:
    """What the model says about a whole drawing, float32 (classes,), which is one of the parts that are asked for."""
    with _lock:
        _remember(_known.setdefault(load_predictor(run), {}), {_key(card, drawing): probabilities})


def _remember(known: dict[tuple, np.ndarray], new: dict[tuple, np.ndarray]) -> None:
    known |= new
    for key in list(known)[:-MOST]:
        del known[key]


def _key(card: ModelCard, drawing: Handwriting) -> tuple:
    return (card.shape, card.is_ink, *(stroke.tobytes() for stroke in drawing.strokes))
