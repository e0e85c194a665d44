"""Confident learning: which labels do a model's probabilities contradict?

Each class has its own threshold: the mean probability of the class over the images with this label. An image is a
suspect if its probability of another class reaches that class's threshold and its own label is not the prediction.
Source: Northcutt, C., Jiang, L. and Chuang, I. (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels",
Journal of Artificial Intelligence Research 70. The results are those of the package cleanlab (2.9), with
filter_by="confident_learning", ranked by self-confidence.
"""

from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-6
"""Tolerance of the thresholds, as in cleanlab: equal probabilities then reach their own mean."""
NEVER = 2.0
"""The threshold of a class without images."""


@dataclass(frozen=True, eq=False)
class Suspects:
    """Labels that are probably wrong, the least likely first.

    `places` are positions among the images, (s,); `suggested` classes, (s,); `confidence`, the probability of the given
    label, (s,). `joint` (k, k) counts images by given label (row) and estimated label (column), scaled so that each row
    sums to the number of images with that label.
    """

    places: np.ndarray
    suggested: np.ndarray
    confidence: np.ndarray
    joint: np.ndarray


def suspects(labels: np.ndarray, probabilities: np.ndarray) -> Suspects:
    """Suspects among images with these labels (n,), given out-of-sample probabilities (n, k). NaN counts as 0.

    Raises:
        ValueError: shapes do not match, a label is out of range, or there are no images.
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
    # A label that is the prediction is never a suspect, whatever the thresholds say.
    places = np.flatnonzero(is_sure & (seeming != labels) & (answer != labels))
    places = places[np.argsort(own[places], kind="stable")]
    return Suspects(places, seeming[places], own[places].astype(np.float32), _calibrated(joint, count))


def _calibrated(joint: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The joint with rows that sum to the number of images per label, in integers (largest remainder method)."""
    joint = joint.copy()
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    wished = joint / joint.sum(1, keepdims=True) * count[:, None]
    whole = np.floor(wished).astype(np.int64)
    for row, missing in enumerate((count - whole.sum(1)).tolist()):
        whole[row, np.argsort(whole[row] - wished[row], kind="stable")[:missing]] += 1
    return whole
