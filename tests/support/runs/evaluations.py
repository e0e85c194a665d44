"""Stored results of evaluations, made without running them."""

import numpy as np

from imgcls import datasets
from imgcls.datasets.store.records import Records
from imgcls.evaluation import predictions
from imgcls.evaluation.label_errors import training_set
from imgcls.evaluation.robustness import evaluate
from imgcls.evaluation.robustness.corruptions import CORRUPTIONS
from imgcls.evaluation.robustness.evaluate import Robustness
from imgcls.runs.predictions import test_records


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


def stored_robustness(run) -> None:
    """Writes robustness results of a run trained on "digits": half of the predictions under noise are wrong."""
    labels = np.asarray(datasets.open_dataset("digits").y_test)
    found = found_with("noise", 0.5, len(labels))
    right = np.where(found.corrupted == 0, labels, (labels + 1) % 10)
    np.savez(
        run.folder / "robustness.npz",
        indices=found.indices,
        labels=labels,
        clean=labels,
        damaged=right,
        names=np.array(list(CORRUPTIONS)),
        version=evaluate.VERSION,
    )


def grouped_run(run):
    """The run with file names and groups of test images; all errors are in the second of three groups."""
    found = predictions.read(run)
    groups = np.where(found.is_right, np.arange(len(found.labels)) % 2 * 2, 1)
    numbers = np.column_stack([groups, groups]).astype(np.int32)
    names = [f"scans/<b>{number}</b>.png" for number in range(len(groups))]
    test_records.write(run, Records({"test": names}, {"test": numbers}, ["Ann", "<i>Bob</i>", "Cy"]))
    return run
