"""All numbers of a run as plain values, ready for strict JSON: NaN and infinity become null."""

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from imgcls import datasets
from imgcls.errors import UserError
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.metrics.calibration import BINS, reliability
from imgcls.evaluation.metrics.confidence_intervals import Score, ScoreArray, wilson
from imgcls.evaluation.metrics.multilabel import THRESHOLD
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.runs.metrics_log import Curves
from imgcls.runs.run import Run

VERSION = 2
WORST = 24
"""At most this many of the worst errors are listed."""
AVERAGES = [f"{average}_{name}" for average in ("macro", "weighted") for name in ("precision", "recall", "f1")]
T = TypeVar("T")


def collect(run: Run, predictions: Predictions | Decisions) -> dict[str, Any]:
    """Settings, result, learning curves and all test scores with their confidence intervals.

    Fractions run from 0 to 1, cross-entropy is in nats. What cannot be read is null.

    Raises:
        RunError: the run has no model.
    """
    card = run.card
    is_multilabel = isinstance(predictions, Decisions)
    content = {
        "version": VERSION,
        "run": run.id,
        "name": run.label,
        "data": {
            "name": card.data,
            "title": data_title(run),
            "classes": card.classes,
            "shape": card.shape,
            "multi_label": is_multilabel,
        },
        "settings": _readable(lambda: run.config.as_dict()),
        "result": _readable(lambda: run.result),
        "test": _multilabel(predictions) if isinstance(predictions, Decisions) else _single_label(predictions),
        "robustness": _robustness(run, predictions),
        "curves": _curves(run),
        "layers": list(card.layers),
    }
    return strict(content)


def _single_label(predictions: Predictions) -> dict[str, Any]:
    report, names = predictions.report, predictions.names
    table = report.classes
    return {
        "images": len(predictions.labels),
        **{name: _score(getattr(report, name)) for name in ("accuracy", "cross_entropy", *AVERAGES)},
        "classes": [
            {
                "name": name,
                "images": int(table.support[label]),
                **{score: _score(getattr(table, score), label) for score in ("precision", "recall", "f1")},
            }
            for label, name in enumerate(names)
        ],
        "confusion_matrix": report.matrix.tolist(),
        "most_frequent_errors": [
            {"true": true, "predicted": predicted, "images": images, "fraction_of_true": fraction}
            for true, predicted, images, fraction in classification.worst_pairs(report.matrix, names)
        ],
        "calibration": calibration(predictions),
        "worst_errors": [
            {
                "image": int(index),
                **_file(predictions, int(index)),
                "true": names[predictions.labels[index]],
                "predicted": names[predictions.predicted[index]],
                "confidence": float(predictions.confidence[index]),
            }
            for index in worst_errors(predictions)
        ],
    }


def _multilabel(decisions: Decisions) -> dict[str, Any]:
    report, names = decisions.report, decisions.names
    table = report.labels
    pairs = classification.worst_pairs(decisions.error_pairs, names)
    return {
        "images": len(decisions.labels),
        "threshold": decisions.threshold if isinstance(decisions.threshold, float) else list(decisions.threshold),
        "exact_match": _score(report.all_right),
        "label_accuracy": _score(report.label_accuracy),
        "macro_f1": _score(report.macro_f1),
        "micro_f1": _score(report.micro_f1),
        "mean_average_precision": _score(report.mean_average_precision),
        "cross_entropy": _score(report.cross_entropy),
        "labels": [
            {
                "name": name,
                "images": int(table.support[label]),
                **{
                    score: _score(getattr(table, score), label)
                    for score in ("precision", "recall", "f1", "average_precision")
                },
                "true_positives": int((decisions.labels & decisions.predicted)[:, label].sum()),
                "false_negatives": int(decisions.missing[:, label].sum()),
                "false_positives": int(decisions.extra[:, label].sum()),
            }
            for label, name in enumerate(names)
        ],
        "most_frequent_errors": [
            {"missing": missing, "predicted": predicted, "images": images} for missing, predicted, images, _ in pairs
        ],
        "calibration": calibration(decisions),
        "worst_errors": [
            {
                "image": int(index),
                **_file(decisions, int(index)),
                "true": [names[label] for label in np.flatnonzero(decisions.labels[index])],
                "predicted": [names[label] for label in np.flatnonzero(decisions.predicted[index])],
                "cross_entropy": float(decisions.losses[index]),
            }
            for index in worst_errors(decisions)
        ],
    }


def _file(predictions: Predictions | Decisions, index: int) -> dict[str, str]:
    name = predictions.file_name(index)
    return {"file": name} if name else {}


def data_title(run: Run) -> str:
    """The name of the dataset for people."""
    card = run.card
    if card.data_title:
        return card.data_title
    try:
        return datasets.facts(card.data).title
    except UserError:
        return card.data or "unknown"


def worst_errors(predictions: Predictions | Decisions) -> np.ndarray:
    """The indices of the worst errors, at most WORST: by confidence, or by cross-entropy if multi-label."""
    order = predictions.worst_first
    return order[~predictions.is_right[order]][:WORST]


def calibration(predictions: Predictions | Decisions) -> dict[str, Any]:
    """The expected calibration error and its bins.

    Single-label: the confidence of the predictions against their accuracy. Multi-label: the probability of each label
    against the fraction of images that have it.
    """
    if isinstance(predictions, Decisions):
        probability, came_true = predictions.probabilities.ravel(), predictions.labels.ravel()
    else:
        probability, came_true = predictions.confidence, predictions.is_right
    found = reliability(np.clip(np.nan_to_num(probability, nan=0.0), 0.0, 1.0), came_true, BINS)
    return {
        "expected_calibration_error": _score(found.error),
        "bins": [
            {"from": k / BINS, "to": (k + 1) / BINS, "count": int(found.count[k])}
            | (
                {"probability": float(found.confidence[k]), "frequency": _score(found.right, k)}
                if found.count[k]
                else {}
            )
            for k in range(BINS)
        ],
    }


def strict(value: Any) -> Any:
    """The value with null for numbers that strict JSON does not allow, and NumPy values converted to Python's."""
    if isinstance(value, dict):
        return {str(name): strict(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [strict(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def for_script(value: Any) -> str:
    """JSON that cannot end the script element it is in, whatever a class is called."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def _score(score: Score | ScoreArray, label: int | None = None) -> dict[str, float]:
    parts = (np.asarray(part, float) for part in (score.value, score.low, score.high))
    values = (float(part if label is None else part[label]) for part in parts)
    return dict(zip(("value", "low", "high"), values, strict=True))


def _curves(run: Run) -> dict[str, list[float]]:
    metrics = Curves(run.folder / "metrics.jsonl").refresh()
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    values = (column.astype(float).tolist() for column in metrics.series("epochs", *columns))
    return dict(zip(columns, values, strict=True))


def _robustness(run: Run, predictions: Predictions | Decisions) -> dict[str, Any] | None:
    """Accuracy (multi-label: exact match) on corrupted images at strengths 1 to 5; None if not evaluated."""
    threshold = predictions.threshold if isinstance(predictions, Decisions) else THRESHOLD
    if robustness.task_of(run).state().state != "ready":
        return None
    found = _readable(lambda: robustness.read(run, threshold))
    if found is None:
        return None
    count = len(found.indices)
    return {
        "images": count,
        "clean": _score(wilson(int(found.clean_right.sum()), count)),
        "corruptions": {
            name: [_score(wilson(int(right), count)) for right in found.right(name).sum(1)] for name in found.names
        },
    }


def _readable(read: Callable[[], T]) -> T | None:
    """The content of a file of the run, or None if it cannot be read."""
    try:
        return read()
    except UserError:
        return None
