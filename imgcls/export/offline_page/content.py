"""What the page that is taken home knows about its run: classes, input, scores, confusion matrix, worst mistakes."""

import base64
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.evaluation import predictions
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.report import values
from imgcls.images.loading import to_png
from imgcls.inference import rejection
from imgcls.inference.explain import neighbours
from imgcls.inference.rejection import multiple_digits, non_digits
from imgcls.runs import Run
from imgcls.runs.results import ModelCard

MOST_MISTAKES = 12
MOST_CELLS = 25
"""With more classes, the page lists the most frequent errors: a table would not fit on a phone."""
MOST_PAIRS = 12
SCORES = {
    "accuracy": "Accuracy",
    "exact_match": "All labels correct",
    "label_accuracy": "Label accuracy",
    "macro_f1": "Macro F1",
    "mean_average_precision": "Mean average precision",
}
SINGLE, MULTI = ("accuracy", "macro_f1"), ("exact_match", "label_accuracy", "macro_f1", "mean_average_precision")


def collect(run: Run) -> dict[str, Any]:
    """Everything, as plain values for JSON.

    Raises:
        RunError: the run has no model card or no test predictions.
    """
    card, stored = run.card, predictions.read(run)
    found = Decisions(stored, card.thresholds or card.threshold) if card.is_multilabel else stored
    test = values.collect(run, found)["test"]
    few = len(card.classes) <= MOST_CELLS
    thresholds = card.thresholds or (card.threshold,) * len(card.classes)
    return values.strict(
        {
            "run": run.id,
            "title": _text(run.label),
            "data": _text(values.data_title(run)),
            "classes": [_text(name) for name in card.classes],
            "shape": card.shape,
            "fit": card.fit,
            "hasRange": card.pixels.has_range,
            "thresholds": thresholds if card.is_multilabel else None,
            **of_digits(card),
            "familiarity": _familiarity(run),
            "testImages": test["images"],
            "scores": [{"title": SCORES[name], **test[name]} for name in (MULTI if card.is_multilabel else SINGLE)],
            "matrix": test.get("confusion_matrix") if few else None,
            "errors": [_error(error) for error in test["most_frequent_errors"][:MOST_PAIRS]],
            "mistakes": _mistakes(found, test["worst_errors"]),
        }
    )


def of_digits(card: ModelCard) -> dict[str, Any]:
    """What a page needs to reject handwriting that is not a single digit."""
    is_of_digits = multiple_digits.applies_to(card)
    network = _network() if is_of_digits and card.is_ink else None
    return {"isInk": card.is_ink, "isOfDigits": is_of_digits, "nonDigits": network}


def network_weights() -> bytes:
    """The weights of the network that recognises what is no digit: half precision, one array after the other."""
    with np.load(non_digits.FILE, allow_pickle=False) as file:
        return b"".join(file[name].astype("<f2").tobytes() for name in file.files if "/" in name)


def training_features(run: Run) -> bytes:
    """The features of the stored training images, int8 (m, d): each row of length 1 times a factor of its own.

    Only directions count, so the factor need not be known.

    Raises:
        RunError: the run stores none.
    """
    features = neighbours.training_features(run).features
    largest = np.abs(features).max(1, keepdims=True)
    return np.rint(features * (127 / np.maximum(largest, 1e-12))).astype(np.int8).tobytes()


def _familiarity(run: Run) -> dict[str, Any] | None:
    """What is needed besides to reject by distance; None if the run stores no features or rejects nothing by distance.

    `tail` are the largest distances of the `count` test images, ascending: those beyond which the rejection begins.
    """
    try:
        usual = neighbours.test_distances(run)
        images, values = neighbours.training_features(run).features.shape
    except RunError:
        return None
    farthest = rejection.farthest(run.card)
    if farthest is None:
        return None
    start = int(0.99 * len(usual))
    return {
        "images": images,
        "values": values,
        "rank": min(neighbours.RANK, images),
        "farthest": farthest,
        "count": len(usual),
        "tail": usual[start:].tolist(),
    }


def _network() -> dict[str, Any]:
    """What is needed to read those weights: the names and sizes of the arrays; and the thresholds of the scores."""
    with np.load(non_digits.FILE, allow_pickle=False) as file:
        return {
            "members": {kind: int(file[f"members_{kind}"]) for kind in ("image", "pen")},
            "image": non_digits.threshold(has_pen=False),
            "pen": non_digits.threshold(has_pen=True),
            "arrays": [(name, file[name].size) for name in file.files if "/" in name],
        }


def _error(error: dict[str, Any]) -> dict[str, Any]:
    """A frequent error: the true label (multi-label: the missing one), the predicted one, and how many images."""
    true = error.get("true", error.get("missing"))
    return {"true": _text(true or ""), "predicted": _text(error["predicted"]), "images": error["images"]}


def _mistakes(found: Predictions | Decisions, errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The worst errors whose images the run has stored, each with its image as a data URL."""
    mistakes = []
    for error in errors:
        index = error["image"]
        row = int(found.row_of[index]) if index < len(found.row_of) else -1
        if row < 0:
            continue
        png = base64.b64encode(to_png(np.asarray(found.images[row]))).decode("ascii")
        mistakes.append(
            {
                "image": f"data:image/png;base64,{png}",
                "true": _labels(error["true"]),
                "predicted": _labels(error["predicted"]),
                "confidence": error.get("confidence"),
            }
        )
    return mistakes[:MOST_MISTAKES]


def _labels(names: str | list[str]) -> str:
    return _text(names if isinstance(names, str) else ", ".join(names))


def _text(text: str) -> str:
    """Text that can be stored as UTF-8: a name may hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
