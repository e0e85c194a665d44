"""A run's predictions: read, stored, and seen with merged classes or at a threshold.

test_set        predictions for the test images, stored in the run's folder
decisions       the yes/no decisions of a multi-label model at a threshold
class_merging   classes that are merged or removed
validation_set  predictions for the validation images of older runs, made when they are needed
"""

from imgcls.evaluation.predictions.test_set import (
    Predictions,
    gallery_indices,
    log_odds,
    multilabel_scores,
    read,
    read_gallery,
    spread,
    store,
    worst_indices,
)

__all__ = [
    "Predictions",
    "gallery_indices",
    "log_odds",
    "multilabel_scores",
    "read",
    "read_gallery",
    "spread",
    "store",
    "worst_indices",
]
