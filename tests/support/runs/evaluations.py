"""Stored results of evaluations, made without running them."""

import numpy as np

from imgcls import datasets
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness


def stored_suspects(run, **changes) -> None:
    """Writes the label errors found for a run that was trained on "digits"."""
    dataset = datasets.open_dataset("digits")
    rows = np.array([7, 3, 40])
    content = {
        "rows": rows,
        "given": np.asarray(dataset.y_train)[rows],
        "suggested": (np.asarray(dataset.y_train)[rows] + 1) % 10,
        "certainty": np.array([0.01, 0.02, 0.2], np.float32),
        "count": 1437,
        "found": 3,
        "wrong": np.array([0.004, 0.001, 0.009]),
        "source": np.array("heads"),
        "accuracy": 0.97,
        "fingerprint": dataset.fingerprint,
        "version": training_set.VERSION,
    }
    np.savez(run.folder / "suspects.npz", **content | changes)


def found_with(broken: str, fraction: float, count: int = 200) -> Robustness:
    """All predictions correct, except for a fraction of those under one corruption."""
    labels = np.zeros(count, int)
    damaged = np.zeros((8, 5, count), int)
    damaged[list(CORRUPTIONS).index(broken), :, : round(fraction * count)] = 1
    return Robustness(np.arange(count), labels, labels.copy(), damaged, tuple(CORRUPTIONS))
