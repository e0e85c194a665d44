"""Out-of-sample probabilities for training images: each comes from a head that was not trained on that image."""

import warnings

import numpy as np

from imgcls.datasets.splitting import grouped
from imgcls.errors import DatasetError
from imgcls.system.tasks import Progress

FOLDS = 5
ROUNDS = 200


def cross_validated(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    progress: Progress,
    units: np.ndarray | None = None,
) -> np.ndarray:
    """Cross-validated probabilities (n, classes) from features (n, d), with FOLDS folds.

    Images of one of the `units` (n,), -1 for an image of its own, are in the same fold: the same plant or writer among
    the training images would confirm its own wrong label. With fewer units than folds, there is a fold for each.

    The head is a logistic regression on standardised features. The network that computed the features may have been
    trained on all labels, wrong ones included, so some errors are missed; none are made up. A class with a single image
    gets no probability for that image.

    Raises:
        DatasetError: all images belong to one unit.
    """
    from sklearn.exceptions import ConvergenceWarning  # takes half a second to import
    from sklearn.linear_model import LogisticRegression

    predictions = np.zeros((len(labels), num_classes), np.float32)
    fold_of = _folds(labels, units)
    count = int(fold_of.max(initial=0)) + 1
    for fold in range(count):
        progress(fold / count, f"Cross-validation: fold {fold + 1} of {count}")
        train, test = fold_of != fold, fold_of == fold
        present = np.unique(labels[train])
        if len(present) < 2:
            predictions[test, present[:1]] = 1.0
            continue
        mean, deviation = features[train].mean(0), features[train].std(0)
        scaled = (features - mean) / np.where(deviation > 0, deviation, 1)
        head = LogisticRegression(max_iter=ROUNDS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # close enough for a ranking
            head.fit(scaled[train], labels[train])
        predictions[np.ix_(test, head.classes_)] = head.predict_proba(scaled[test])
    return predictions


def _folds(labels: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """The fold of each image, int (n,)."""
    if units is None:
        return np.random.default_rng(0).permutation(len(labels)) % FOLDS
    count = len(np.unique(grouped.completed(units, len(labels))))
    if count < 2:
        raise DatasetError("All images belong to one group, so no model can be tested on images of another one.")
    return grouped.folds(labels, units, min(FOLDS, count), seed=0)
