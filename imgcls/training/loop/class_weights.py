"""The weights of the classes in the training loss."""

from typing import Any

import numpy as np

from imgcls.config import Config


def class_weights(config: Config, labels: np.ndarray, num_classes: int) -> np.ndarray | None:
    """The weight of each class in the training loss, float32 (num_classes,); None if the setting is off.

    n / (classes * images of the class), as scikit-learn's "balanced", so the mean over the training images is 1 if
    every class occurs. A class that does not occur has weight 0.

    For a matrix of labels (n, num_classes) each label is a binary problem, weighted in the same way: float32
    (2, num_classes), the weights of "no" and of "yes".
    """
    if not config.class_weights:
        return None
    if labels.ndim == 2:
        counts = np.stack([(labels == value).sum(0) for value in (0, 1)])
        present: Any = np.count_nonzero(counts, axis=0)
    else:
        counts = np.bincount(labels, minlength=num_classes)
        present = np.count_nonzero(counts)
    return np.where(counts, len(labels) / (present * np.maximum(counts, 1)), 0).astype(np.float32)
