"""The scores of the classes or labels, and the prediction for each test image, as CSV files."""

from typing import Any

import numpy as np

from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.system import safe_csv


def scores_csv(predictions: Predictions | Decisions) -> bytes:
    """One row per class or label: images, precision, recall and F1 as fractions with their 95% confidence intervals.

    Multi-label: average precision as well.
    """
    names = ["precision", "recall", "f1"]
    columns: dict[str, Any]
    table: Any
    if isinstance(predictions, Decisions):
        table = predictions.report.labels
        columns = {"label": list(table.names), "images": table.support}
        names.append("average_precision")
    else:
        table = predictions.report.classes
        columns = {"class": list(table.names), "images": table.support}
    for name in names:
        score = getattr(table, name)
        columns |= {name: score.value, f"{name} low": score.low, f"{name} high": score.high}
    return safe_csv.csv_file({name: _rounded(values) for name, values in columns.items()})


def predictions_csv(predictions: Predictions | Decisions) -> bytes:
    """One row per test image: its number, its file and group if known, true and predicted class or labels, and the
    probability of each class.
    """
    names = predictions.names
    correct = ["yes" if right else "no" for right in predictions.is_right]
    columns: dict[str, Any] = {"image": np.arange(len(predictions.labels))}
    records = predictions.records
    if "test" in records.names:
        columns["file"] = list(records.names["test"])
    if "test" in records.groups and len(records.group_names):
        columns["group"] = [records.group("test", row) for row in range(len(predictions.labels))]
    if isinstance(predictions, Decisions):
        columns |= {
            "true labels": _joined(predictions.labels, names),
            "predicted labels": _joined(predictions.predicted, names),
            "all correct": correct,
        }
    else:
        columns |= {
            "true class": [names[label] for label in predictions.labels],
            "predicted class": [names[label] for label in predictions.predicted],
            "correct": correct,
        }
    columns |= {f"{label}: {name}": _rounded(predictions.probabilities[:, label]) for label, name in enumerate(names)}
    return safe_csv.csv_file(columns)


def _joined(matrix: np.ndarray, names: tuple[str, ...]) -> list[str]:
    return ["; ".join(names[label] for label in np.flatnonzero(row)) for row in matrix]


def _rounded(values: Any) -> Any:
    """Six digits: the rest is noise in float32."""
    return np.round(np.asarray(values, float), 6).tolist() if np.asarray(values).dtype.kind == "f" else values
