"""Confident learning: which labels do a model's probabilities contradict?

A class has a threshold of its own: the mean probability that pictures with its label get for it. A picture whose
probability for some other class passes that class's threshold, and whose label does not win, is a suspect.
Source: Northcutt, C., Jiang, L. and Chuang, I. (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels",
Journal of Artificial Intelligence Research 70. The figures are those of the package cleanlab (2.9), with
filter_by="confident_learning", ranked by self-confidence.
"""

from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-6
"""Thresholds give way by this much, as in cleanlab: a class of equal probabilities is then above its own mean."""
NEVER = 2.0
"""The threshold of a class that no picture has."""


@dataclass(frozen=True, eq=False)
class Suspects:
    """Labels that are probably wrong, the least likely first.

    `places` among the pictures that were given, (s,); `suggested` classes, (s,); `confidence`, the probability that the
    label itself got, (s,). `joint` counts pictures: rows are labels, columns what they seem to be, (k, k), scaled so
    that each row has as many pictures as the label.
    """

    places: np.ndarray
    suggested: np.ndarray
    confidence: np.ndarray
    joint: np.ndarray

    @property
    def estimated(self) -> int:
        """How many labels are wrong by the joint: pictures off its diagonal. Which ones, nobody knows for sure."""
        return int(self.joint.sum() - np.trace(self.joint))


def suspects(labels: np.ndarray, probabilities: np.ndarray) -> Suspects:
    """Suspects among pictures with these labels (n,), by probabilities (n, k) of a model that has not learnt from them.

    What is not a number counts as 0.

    Raises:
        ValueError: shapes disagree, a label is none of the classes, or there is no picture.
    """
    labels = np.asarray(labels, np.int64)
    probabilities = np.nan_to_num(np.asarray(probabilities, float), nan=0.0)
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or not len(labels):
        raise ValueError(f"Expected probabilities for {len(labels)} labels, at least one; got {probabilities.shape}.")
    num_classes = probabilities.shape[1]
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"Expected labels from 0 to {num_classes - 1}; got {labels.min()} to {labels.max()}.")
    own = probabilities[np.arange(len(labels)), labels]
    count = np.bincount(labels, minlength=num_classes)
    thresholds = np.where(count, np.bincount(labels, own, num_classes) / np.maximum(count, 1), NEVER)
    passes = probabilities >= thresholds - TOLERANCE
    answer = probabilities.argmax(1)
    seeming = np.where(passes.sum(1) > 1, answer, passes.argmax(1))
    is_sure = passes.any(1)
    joint = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(joint, (labels[is_sure], seeming[is_sure]), 1)
    # A label that wins is no suspect, however low its own class's threshold makes another one seem.
    places = np.flatnonzero(is_sure & (seeming != labels) & (answer != labels))
    places = places[np.argsort(own[places], kind="stable")]
    return Suspects(places, seeming[places], own[places].astype(np.float32), _calibrated(joint, count))


def _calibrated(joint: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The joint with as many pictures in each row as have the label, in whole numbers (largest remainders)."""
    joint = joint.copy()
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    wished = joint / joint.sum(1, keepdims=True) * count[:, None]
    whole = np.floor(wished).astype(np.int64)
    for row, missing in enumerate((count - whole.sum(1)).tolist()):
        whole[row, np.argsort(whole[row] - wished[row], kind="stable")[:missing]] += 1
    return whole
