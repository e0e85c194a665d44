"""A run's predictions for its test images: stored in and read from its folder, merged or narrowed down."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from imgcls.datasets.store.records import Records
from imgcls.errors import DamagedFile, RunError
from imgcls.evaluation.metrics import classification, multilabel
from imgcls.evaluation.metrics.class_order import soft_confusion
from imgcls.evaluation.predictions.class_merging import ClassMerging, merge_classes
from imgcls.evaluation.selection import SIDE
from imgcls.runs import trials
from imgcls.runs.predictions import test_records
from imgcls.runs.run import Run
from imgcls.system import atomic
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz

ROUNDING = 1e-3
"""Probabilities in half precision may leave the range from 0 to 1 by this much."""
GALLERY_BYTES = 6_000_000
"""Size of the gallery's images before compression: all errors of most runs fit, and many runs still fit on a disk."""
NO_IMAGES = np.zeros((0, 1, 1, 1), np.uint8)


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted probabilities of some test images, and their true labels.

    `probabilities` is float32 (n, classes). `labels` is int64 (n,), or bool (n, classes) if images can have several
    labels. `indices` (n,) are the images' positions in the test set. `images` uint8 (m, height, width, channels) are
    those that the run has stored; `row_of[i]` is the position of test image i among them, or -1. `broken` counts
    predictions that were not numbers; their probabilities were replaced by 0. `records` has the file names and groups
    of all test images, if the dataset has them.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    images: np.ndarray = field(default_factory=lambda: NO_IMAGES)
    row_of: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    broken: int = 0
    records: Records = field(default_factory=Records)

    def file_name(self, index: int) -> str:
        """The file name of a test image; empty if it has none."""
        return self.records.name("test", index)

    @property
    def is_multilabel(self) -> bool:
        """Whether an image can have several labels."""
        return self.labels.ndim == 2

    @cached_property
    def predicted(self) -> np.ndarray:
        """The predicted class of each image (n,): the one with the highest probability, the first of equal ones."""
        return self.probabilities.argmax(1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of each predicted class (n,), 0 to 1."""
        return self.probabilities.max(1)

    @cached_property
    def is_right(self) -> np.ndarray:
        """Whether each image was classified correctly, bool (n,)."""
        return self.predicted == self.labels

    def truth(self, label: int) -> np.ndarray:
        """Which images belong to this class, bool (n,)."""
        return self.labels == label

    @cached_property
    def confused(self) -> np.ndarray:
        """Mean probabilities by true class, see `class_order.soft_confusion`."""
        return soft_confusion(self.probabilities, self.labels)

    @cached_property
    def losses(self) -> np.ndarray:
        """The cross-entropy of each image in nats (n,); the mean over the labels if it can have several."""
        module = multilabel if self.is_multilabel else classification
        return module.losses(self.probabilities, self.labels)

    @cached_property
    def report(self) -> classification.Report:
        """The scores of all images. Single-label only."""
        return classification.scores(self.probabilities, self.labels, self.names)

    @cached_property
    def ranking(self) -> multilabel.Ranking:
        """The average precision of each label. Multi-label only."""
        return multilabel.ranking(self.probabilities, self.labels)

    def report_at(self, threshold: multilabel.Threshold) -> multilabel.LabelReport:
        """The scores if labels are predicted from this probability on. Multi-label only."""
        return multilabel.scores(self.probabilities, self.labels, self.names, threshold, ranked=self.ranking)

    def after(self, merging: ClassMerging, groups: tuple[Sequence[str], Sequence[int]] | None = None) -> "Predictions":
        """The same with classes merged or switched off; itself if nothing is requested."""
        if merging == ClassMerging():
            return self
        names, plan = merging.plan(self.names, groups)
        probabilities, labels, kept = merge_classes(self.probabilities, self.labels, plan)
        return replace(
            self, names=names, probabilities=probabilities, labels=labels, indices=self.indices[kept], broken=0
        )

    def report_of(self, selected: np.ndarray, classes: tuple[int, ...] = ()) -> classification.Report | None:
        """The scores of the selected images (bool (n,)); None if there are none.

        Averages cover the given classes, by default those that occur among the selected images, as in scikit-learn:
        a class without images was not classified badly.
        """
        if not selected.any():
            return None
        averaged: Sequence[int] | None = classes or None
        if averaged is None and not selected.all():
            averaged = np.union1d(self.labels[selected], self.predicted[selected]).tolist()
        return classification.scores(self.probabilities[selected], self.labels[selected], self.names, averaged)

    @cached_property
    def worst_first(self) -> np.ndarray:
        """All positions (n,): incorrect predictions by falling confidence, then correct ones by rising confidence."""
        return np.lexsort((np.where(self.is_right, self.confidence, -self.confidence), self.is_right))


def read(run: Run) -> Predictions:
    """The predictions of a run for its test set, with the images that it has stored.

    Raises:
        RunError: there are none because the run ended before it was tested, or a file is damaged.
    """
    card = run.card
    classes = len(card.classes)
    spec = {
        "probabilities": Array(NUMBERS, ("n", classes), np.float32, may_be_nan=True),
        "labels": Array("biu", ("n", classes) if card.is_multilabel else ("n",), np.int64),
    }
    try:
        stored = read_npz(run.folder / "predictions.npz", spec)
        probabilities, labels = stored["probabilities"], stored["labels"]
        most = 1 if card.is_multilabel else classes - 1
        if not len(labels) or labels.min() < 0 or labels.max() > most:
            raise DamagedFile(run.folder / "predictions.npz", "the labels are out of range")
    except FileNotFoundError as error:
        reason = "This run has no test predictions: it ended before its model was tested."
        raise RunError(trials.why_spared(run) or reason) from error
    except DamagedFile as error:
        raise RunError(
            "The test predictions of this run are damaged. Train it again, or choose another run."
        ) from error
    is_probability = (probabilities >= -ROUNDING) & (probabilities <= 1 + ROUNDING)  # also False for NaN
    broken = ~is_probability.all(1)
    probabilities[broken] = 0
    row_of = np.full(len(labels), -1)
    try:
        indices, images = read_gallery(run)
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(labels):
            raise DamagedFile(run.folder / "gallery.npz", "the indices are out of range")
        row_of[indices] = np.arange(len(indices))
    except (DamagedFile, FileNotFoundError):
        images = np.zeros((0, *card.shape), np.uint8)  # scores need no images; the gallery says that there are none
    return Predictions(
        card.classes,
        probabilities,
        labels > 0 if card.is_multilabel else labels,
        np.arange(len(labels)),
        images,
        row_of,
        int(broken.sum()),
        test_records.read(run, len(labels)),
    )


def read_gallery(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """The test images that a run has stored: their positions in the test set, int64 (m,), and uint8 (m, h, w, c).

    Raises:
        FileNotFoundError: it has stored none.
        DamagedFile: the file cannot be read.
        RunError: the run has no model.
    """
    spec = {"indices": Array(INTEGERS, ("m",), np.int64), "pictures": Array("u", ("m", *run.card.shape), np.uint8)}
    stored = read_npz(run.folder / "gallery.npz", spec)
    return stored["indices"], stored["pictures"]


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


def spread(points: np.ndarray) -> np.ndarray:
    """Points (n, d) projected onto a square map: their first two principal components, float32 (n, 2), 0 to `SIDE`.

    Principal component analysis (Hotelling 1933). Both axes have the same scale, so distances are comparable.
    """
    from imgcls.datasets.analysis.embedding import PrincipalComponents

    flat = PrincipalComponents.of(np.nan_to_num(points), components=2).points(np.nan_to_num(points))
    if flat.shape[1] < 2:
        flat = np.column_stack([flat, np.zeros(len(flat), np.float32)])
    low, high = flat.min(0), flat.max(0)
    widest = max(float((high - low).max()), 1e-12)
    return ((flat - (low + high) / 2) / widest * 0.96 * SIDE + SIDE / 2).astype(np.float32)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Centred log-ratios of probabilities (Aitchison 1982), float32 (n, classes).

    Probabilities below 0.001 are clipped, otherwise differences between tiny values would dominate the map.
    """
    logs = np.log(np.clip(np.nan_to_num(probabilities), 1e-3, 1))
    return (logs - logs.mean(1, keepdims=True)).astype(np.float32)
