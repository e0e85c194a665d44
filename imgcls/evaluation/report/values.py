"""All figures of a run as plain values, ready for strict JSON: NaN and infinity become null."""

import math
from typing import Any

import numpy as np

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.calibration import BINS, reliability
from imgcls.evaluation.metrics.confidence_intervals import Score, wilson
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run

VERSION = 1
WORST = 24
"""So many of the surest mistakes are shown."""


def figures(run: Run, predictions: Predictions) -> dict[str, Any]:
    """Settings, outcome, curves, scores with their intervals, matrix, calibration and worst mistakes.

    Shares run from 0 to 1, cross-entropy is in nats. What cannot be read is null.

    Raises:
        RunError: the run has no model.
    """
    model, report = run.card, predictions.report
    names = model.classes
    table = report.classes
    content = {
        "version": VERSION,
        "run": run.id,
        "name": run.label,
        "data": {"name": model.data, "title": data_title(run), "classes": names, "shape": model.shape},
        "settings": _told(lambda: run.config.as_dict()),
        "outcome": _told(lambda: run.result),
        "test": {
            "pictures": len(predictions.labels),
            **{
                name: _score(getattr(report, name))
                for name in (
                    "accuracy",
                    "cross_entropy",
                    *(f"{kind}_{name}" for kind in ("macro", "weighted") for name in ("precision", "recall", "f1")),
                )
            },
            "classes": [
                {
                    "name": name,
                    "pictures": int(table.support[label]),
                    **{score: _score(getattr(table, score), label) for score in ("precision", "recall", "f1")},
                }
                for label, name in enumerate(names)
            ],
            "confusion": report.matrix.tolist(),
            "worst_pairs": [
                {"true": true, "predicted": predicted, "pictures": images, "share_of_true": fraction}
                for true, predicted, images, fraction in classification.worst_pairs(report.matrix, names)
            ],
            "calibration": calibration(predictions),
            "surest_mistakes": [
                {
                    "picture": int(index),
                    "true": names[predictions.labels[index]],
                    "predicted": names[predictions.predicted[index]],
                    "probability": float(predictions.confidence[index]),
                }
                for index in surest_mistakes(predictions)
            ],
        },
        "robustness": _robustness(run),
        "curves": _curves(run),
        "layers": list(model.layers),
    }
    return strict(content)


def data_title(run: Run) -> str:
    """The name of the data set for people."""
    model = run.card
    if model.data_title:
        return model.data_title
    try:
        return datasets.facts(model.data).title
    except UserError:
        return model.data or "unknown"


def surest_mistakes(predictions: Predictions) -> np.ndarray:
    """The numbers of the wrong answers of which the model was surest, at most WORST."""
    wrong = np.flatnonzero(predictions.predicted != predictions.labels)
    return wrong[np.argsort(-predictions.confidence[wrong], kind="stable")][:WORST]


def calibration(predictions: Predictions) -> dict[str, Any]:
    """Whether 90% sure means right nine times in ten: the expected calibration error, and its bins."""
    sure = np.clip(np.nan_to_num(predictions.confidence, nan=0.0), 0.0, 1.0)
    found = reliability(sure, predictions.predicted == predictions.labels, BINS)
    return {
        "expected_calibration_error": _score(found.error),
        "bins": [
            {"from": k / BINS, "to": (k + 1) / BINS, "pictures": int(found.count[k])}
            | ({"certainty": float(found.confidence[k]), "accuracy": _score(found.right, k)} if found.count[k] else {})
            for k in range(BINS)
        ],
    }


def strict(value: Any) -> Any:
    """The value with null in place of each number that strict JSON refuses, and NumPy's values as Python's."""
    if isinstance(value, dict):
        return {str(name): strict(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [strict(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _score(score: Score, label: int | None = None) -> dict[str, float]:
    parts = (score.value, score.low, score.high)
    values = parts if label is None else (part[label] for part in parts)
    return dict(zip(("value", "low", "high"), map(float, values), strict=True))


def _curves(run: Run) -> dict[str, list[float]]:
    read = Curves(run.folder / "metrics.jsonl").refresh()
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    return dict(
        zip(columns, (column.astype(float).tolist() for column in read.series("epochs", *columns)), strict=True)
    )


def _robustness(run: Run) -> dict[str, Any] | None:
    """Accuracy on damaged pictures, strengths 1 to 5, with intervals; None where the model was not asked."""
    if robustness.task_of(run).state().state != "ready" or (found := _told(lambda: robustness.read(run))) is None:
        return None
    count = len(found.indices)
    return {
        "pictures": count,
        "clean": _score(wilson(int((found.clean == found.labels).sum()), count)),
        "damages": {
            name: [_score(wilson(int(right), count)) for right in found.right(name).sum(1)] for name in found.names
        },
    }


def _told(ask) -> Any:
    """What a file of the run says, or None where it cannot be read."""
    try:
        return ask()
    except UserError:
        return None
