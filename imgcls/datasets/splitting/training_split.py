"""The training and validation images of a run: groups stay together, and the validation set has a minimum size."""

from typing import NamedTuple, Protocol

import numpy as np

from imgcls.datasets.splitting import grouped, stratified
from imgcls.datasets.store import Dataset

MOST_FRACTION = 1 / 3
"""The minimum size never takes more than this fraction of the images."""


class SplitSettings(Protocol):
    """The settings of a run that decide the split; `Config` has them. See there for their meaning."""

    @property
    def train_images(self) -> int: ...
    @property
    def validation_fraction(self) -> float: ...
    @property
    def validation_minimum(self) -> int: ...
    @property
    def seed(self) -> int: ...


class Split(NamedTuple):
    """These settings alone, hashable."""

    train_images: int
    validation_fraction: float
    validation_minimum: int
    seed: int

    @classmethod
    def of(cls, settings: SplitSettings) -> "Split":
        return cls(settings.train_images, settings.validation_fraction, settings.validation_minimum, settings.seed)


def training_split(dataset: Dataset, settings: SplitSettings) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the training images (shuffled by the seed) and of the validation images (ascending).

    Excluded images are in neither set. Images of one unit (see `records`) are in the same set.

    Raises:
        DatasetError: the request cannot be met.
    """
    labels, classes = np.asarray(dataset.y_train), dataset.facts.num_classes
    used = _used(dataset, settings)
    number = validation_size(used, settings)
    units = dataset.records.units("train")
    if units is not None:
        return grouped.split(labels, units, settings.train_images, number, settings.seed, classes)
    requested = settings.validation_fraction
    fraction = requested if number == max(1, round(requested * used)) else number / used
    return stratified.split(labels, settings.train_images, fraction, settings.seed, classes)


def validation_size(used: int, settings: SplitSettings) -> int:
    """How many of `used` images to hold out: the requested fraction, or the minimum if that is more."""
    if not settings.validation_fraction:
        return 0
    requested = max(1, round(settings.validation_fraction * used))
    return max(requested, min(settings.validation_minimum, int(MOST_FRACTION * used)))


def remark(dataset: Dataset, settings: SplitSettings, validation: int) -> str:
    """A sentence for the user if the validation set has another size than requested, or less than the minimum."""
    used, minimum = _used(dataset, settings), settings.validation_minimum
    if not settings.validation_fraction or not minimum:
        return ""
    if validation < minimum:
        why = "that is more than a third of the images"
        if minimum <= MOST_FRACTION * used:
            why = "no set of whole groups comes closer"
        return (
            f"{validation:,} validation images are few: which epoch is best is partly a matter of chance. {minimum:,} "
            f"would be reliable, but {why}. More images help, or cross-validation (folds)."
        )
    requested = round(settings.validation_fraction * used)
    if validation > requested + 1 and dataset.records.units("train") is None:
        return (
            f"{validation:,} images are held out for validation instead of {requested:,}, because fewer than "
            f"{minimum:,} do not show reliably which epoch is best."
        )
    return ""


def _used(dataset: Dataset, settings: SplitSettings) -> int:
    labels = np.asarray(dataset.y_train)
    total = int(np.count_nonzero(labels >= 0 if labels.ndim == 1 else (labels >= 0).all(1)))
    return min(settings.train_images, total) if settings.train_images else total
