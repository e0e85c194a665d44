"""What guessing would score on the images that a run is judged by: always the most frequent class."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from imgcls.errors import UserError
from imgcls.runs.run import Run

ACCURACIES = (("test_accuracy", "test", "predictions.npz"), ("val_accuracy", "validation", "validation.npz"))
"""Score in result.json, its number of images, and the file with their labels. The first that a run has judges it."""


def of(run: Run, result: Mapping[str, Any]) -> tuple[float | None, int]:
    """The accuracy of guessing, and the number of images; None if it is not known, as with several labels an image."""
    for score, part, name in ACCURACIES:
        if result.get(score) is None:
            continue
        count = int(result.get("counts", {}).get(part) or 0)
        if "test_macro_f1" in result or not count:
            return None, 0
        return _most_frequent(run, name), count
    return None, 0


def _most_frequent(run: Run, name: str) -> float | None:
    """The fraction of the most frequent label; without the labels, as if all classes were equally frequent."""
    labels = _labels(run, name)
    if labels.ndim == 1 and labels.dtype.kind in "iu" and labels.size:
        return float(np.unique(labels, return_counts=True)[1].max() / labels.size)
    try:
        return 1 / max(1, len(run.card.classes))
    except UserError:
        return None


def _labels(run: Run, name: str) -> np.ndarray:
    """Empty if the file cannot be read, of which the page of the run says why."""
    try:
        # Opened here, because NumPy leaves a damaged archive open.
        with (run.folder / name).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return np.asarray(file["labels"])
    except Exception:  # noqa: BLE001  (a damaged archive raises many kinds of errors)
        return np.zeros(0)
