"""Stores a finished model's predictions for its test set with a gallery of test images, and computes the scores."""

import numpy as np

from imgcls.evaluation.metrics import classification, multilabel
from imgcls.runs.run import Run
from imgcls.system import atomic

GALLERY_BYTES = 6_000_000
"""Size of the gallery's images before compression: all errors of most runs fit, and many runs still fit on a disk."""


def store(
    run: Run,
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    thresholds: tuple[float, ...] | None = None,
) -> dict[str, float]:
    """Writes `predictions.npz` and `gallery.npz` of a run, and returns the scores.

    Args:
        images: The test images, uint8 (n, height, width, channels); may be memory-mapped.
        labels: Their classes (n,), or their labels 0/1, (n, classes), if multi-label.
        probabilities: The predictions, float32 (n, classes).
        thresholds: Those of the labels if multi-label, else None.
    """
    with atomic.replacing(run.folder / "predictions.npz") as aside:
        np.savez_compressed(
            aside, probabilities=probabilities, labels=labels.astype(np.int32 if thresholds is None else np.uint8)
        )
    count = max(200, GALLERY_BYTES // images[0].size)
    if thresholds is None:
        indices = gallery_indices(probabilities, labels, count)
    else:
        indices = worst_indices(probabilities, labels, count, thresholds)
    with atomic.replacing(run.folder / "gallery.npz") as aside:
        np.savez_compressed(aside, indices=indices.astype(np.int32), pictures=np.asarray(images[indices]))
    if thresholds is not None:
        return multilabel_scores(probabilities, labels, thresholds)
    return {
        "test_accuracy": float((probabilities.argmax(1) == labels).mean()),
        "test_cross_entropy": classification.cross_entropy(probabilities, labels),
    }


def gallery_indices(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of the test images for the gallery: errors, the most confident first, then correct ones of all classes.

    At least a third are correct predictions, so that every class has an example.
    """
    predicted = probabilities.argmax(1)
    confidence = probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][: count * 2 // 3]
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(confidence[right], kind="stable")]
    # Within a class the least and the most confident ones are the most interesting: take from both ends in turn.
    ranking = np.empty(len(right))
    for label in np.unique(labels[right]):
        members = np.flatnonzero(labels[right] == label)
        ranks = np.arange(len(members))
        ranking[members] = np.minimum(2 * ranks, 2 * ranks[::-1] + 1)
    right = right[np.argsort(ranking, kind="stable")][: count - len(wrong)]
    return np.sort(np.concatenate([wrong, right]))


def worst_indices(
    probabilities: np.ndarray,
    labels: np.ndarray,
    count: int,
    threshold: multilabel.Threshold = multilabel.THRESHOLD,
) -> np.ndarray:
    """The same for multi-label models: images with a wrong label, the largest loss first, then correct ones, the least
    confident first. At least a third are correct.
    """
    is_correct = ((probabilities >= np.asarray(threshold)) == (labels > 0)).all(1)
    order = np.argsort(-multilabel.losses(probabilities, labels), kind="stable")
    wrong = order[~is_correct[order]][: count * 2 // 3]
    return np.sort(np.concatenate([wrong, order[is_correct[order]][: count - len(wrong)]]))


def multilabel_scores(probabilities: np.ndarray, labels: np.ndarray, thresholds: tuple[float, ...]) -> dict[str, float]:
    """Scores at the thresholds of the labels, as on the Evaluate page. The accuracy is the fraction of images whose
    labels are all correct."""
    predicted = probabilities >= np.asarray(thresholds)
    f1 = multilabel.f1_of((predicted & (labels > 0)).sum(0), labels.sum(0), predicted.sum(0))
    precisions = multilabel.average_precisions(probabilities, labels)
    return {
        "test_accuracy": float((predicted == (labels > 0)).all(1).mean()),
        "test_cross_entropy": float(multilabel.losses(probabilities, labels).mean()),
        "test_label_accuracy": float((predicted == (labels > 0)).mean()),
        "test_macro_f1": float(f1.mean()),
        "test_average_precision": float(np.nanmean(precisions)) if labels.any() else 0.0,
    }
