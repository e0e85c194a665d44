"""The yes/no decisions of a multi-label model at a threshold, with the same attributes as single-label `Predictions`.

So a page treats both kinds alike: an image is predicted correctly if all of its labels are, and its confidence is that
of its least certain label.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imgcls.datasets.store.records import Records
from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.metrics.multilabel import Threshold
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.selection import Selection, mask


@dataclass(frozen=True, eq=False)
class Decisions:
    """Multi-label `predictions`, with a label predicted if its probability is at least `threshold`.

    `threshold` is one number, or one for each label.
    """

    predictions: Predictions
    threshold: Threshold

    @property
    def names(self) -> tuple[str, ...]:
        return self.predictions.names

    @property
    def probabilities(self) -> np.ndarray:
        """float32 (n, labels)."""
        return self.predictions.probabilities

    @property
    def labels(self) -> np.ndarray:
        """bool (n, labels)."""
        return self.predictions.labels

    @property
    def indices(self) -> np.ndarray:
        return self.predictions.indices

    @property
    def images(self) -> np.ndarray:
        return self.predictions.images

    @property
    def row_of(self) -> np.ndarray:
        return self.predictions.row_of

    @property
    def records(self) -> Records:
        return self.predictions.records

    def file_name(self, index: int) -> str:
        """The file name of a test image; empty if it has none."""
        return self.predictions.file_name(index)

    @property
    def broken(self) -> int:
        return self.predictions.broken

    @property
    def losses(self) -> np.ndarray:
        return self.predictions.losses

    @cached_property
    def predicted(self) -> np.ndarray:
        """Which labels are predicted, bool (n, labels)."""
        return self.probabilities >= np.asarray(self.threshold)

    @cached_property
    def missing(self) -> np.ndarray:
        """False negatives, bool (n, labels)."""
        return self.labels & ~self.predicted

    @cached_property
    def extra(self) -> np.ndarray:
        """False positives, bool (n, labels)."""
        return self.predicted & ~self.labels

    @cached_property
    def is_right(self) -> np.ndarray:
        """Whether all labels of an image are correct (exact match), bool (n,)."""
        return (self.predicted == self.labels).all(1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of the least certain decision of each image (n,): p for "yes", 1 - p for "no"."""
        return np.where(self.predicted, self.probabilities, 1 - self.probabilities).min(1)

    @cached_property
    def worst_first(self) -> np.ndarray:
        """All positions (n,): images with an incorrect label by falling cross-entropy, then the others likewise."""
        return np.lexsort((-self.losses, self.is_right))

    def truth(self, label: int) -> np.ndarray:
        """Which images have this label, bool (n,)."""
        return self.labels[:, label]

    @cached_property
    def report(self) -> multilabel.LabelReport:
        """The scores of all images."""
        return self.predictions.report_at(self.threshold)

    def report_of(self, chosen: np.ndarray) -> multilabel.LabelReport | None:
        """The scores of the chosen images, bool (n,); None if there are none."""
        if chosen.all():
            return self.report
        if not chosen.any():
            return None
        return multilabel.scores(self.probabilities[chosen], self.labels[chosen], self.names, self.threshold)

    @cached_property
    def error_pairs(self) -> np.ndarray:
        """The multi-label counterpart of a confusion matrix, int64 (labels, labels).

        Entry (i, j) counts the images in which label i is missing and label j was predicted instead; the diagonal
        counts correctly predicted labels.
        """
        return self.error_pairs_of(np.ones(len(self.labels), bool))

    def error_pairs_of(self, chosen: np.ndarray) -> np.ndarray:
        """The same for the chosen images, bool (n,)."""
        counts = self.missing[chosen].T.astype(np.int64) @ self.extra[chosen].astype(np.int64)
        np.fill_diagonal(counts, (self.labels & self.predicted)[chosen].sum(0))
        return counts

    def kept(
        self, selection: Selection, *, positions: np.ndarray | None = None, tagged: np.ndarray | None = None
    ) -> np.ndarray:
        """Which images a selection keeps, bool (n,).

        `classes` keeps the images that have one of these labels or for which one was predicted; with an error type
        (`predictions`), those with that error in one of these labels. `cell` (i, j) keeps the images in which label i
        is missing and label j was predicted instead; (i, i) those in which label i was predicted correctly. A pair also
        keeps those in which j is missing and i was predicted.
        """
        chosen = mask(
            Selection(low=selection.low, high=selection.high, tag=selection.tag, area=selection.area),
            self.is_right,
            self.is_right,
            self.confidence,
            positions=positions,
            tagged=tagged,
        )
        errors = {"wrong": self.missing | self.extra, "missing": self.missing, "extra": self.extra}
        columns = list(selection.classes) or list(range(len(self.names)))
        if selection.predictions in errors:
            chosen &= errors[selection.predictions][:, columns].any(1)
        else:
            if selection.predictions == "right":
                chosen &= self.is_right
            if selection.classes:
                chosen &= (self.labels | self.predicted)[:, columns].any(1)
        if selection.cell is not None:
            missing, extra = selection.cell
            if missing is not None and missing == extra:
                chosen &= (self.labels & self.predicted)[:, missing]
            elif selection.is_pair:
                forth = self.missing[:, missing] & self.extra[:, extra]
                chosen &= forth | (self.missing[:, extra] & self.extra[:, missing])
            else:
                if missing is not None:
                    chosen &= self.missing[:, missing]
                if extra is not None:
                    chosen &= self.extra[:, extra]
        return chosen
