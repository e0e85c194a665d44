"""The scores of the classes, and the answer to each test picture, as CSV files."""

import numpy as np

from imgcls.evaluation.predictions import Predictions
from imgcls.system import safe_csv


def classes(predictions: Predictions) -> bytes:
    """One row a class: pictures, precision, recall and F1 as shares with their 95% intervals."""
    table = predictions.report.classes
    columns: dict = {"class": list(table.names), "pictures": table.support}
    for name in ("precision", "recall", "f1"):
        score = getattr(table, name)
        columns |= {name: score.value, f"{name} low": score.low, f"{name} high": score.high}
    return safe_csv.csv_file({name: _rounded(values) for name, values in columns.items()})


def predictions(given: Predictions, names: list[str]) -> bytes:
    """One row a test picture: its number, true class, answer, and the probability of each class."""
    columns = {
        "picture": np.arange(len(given.labels)),
        "true class": [names[label] for label in given.labels],
        "answer": [names[label] for label in given.predicted],
        "right": ["yes" if right else "no" for right in given.predicted == given.labels],
    }
    columns |= {f"{label}: {name}": _rounded(given.probabilities[:, label]) for label, name in enumerate(names)}
    return safe_csv.csv_file(columns)


def _rounded(values):
    """Six digits: in 32 bits the rest is noise."""
    return np.round(np.asarray(values, float), 6).tolist() if np.asarray(values).dtype.kind == "f" else values
