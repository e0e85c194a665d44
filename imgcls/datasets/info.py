"""What is known about a dataset without loading an image, and the built-in datasets, read from their files.

A built-in dataset is one file in `catalog/`. Its docstring is the text that the page shows. It defines TITLE, CLASSES,
SHAPE, COUNTS, SOURCE, MEGABYTES, INK, AVOID and `load(progress)`. Optional: VERSION (raise it when `load` returns
something different), COARSE with COARSE_OF (names of groups of classes, and the group of each class), FILES (the
original files of a download, see `preparing.originals`), SAMPLES_IN (a bundled dataset with some of its images), and,
for datasets made from other files, NEEDS (the names of these files in $IMGCLS_DATA).
"""

import functools
import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale

DEFAULT = "mnist_sample"
NO_LABEL = "no label"
"""Shown for a multi-label image without any label."""
SOURCES = ("bundled", "download", "file", "own")


@dataclass(frozen=True)
class DatasetInfo:
    """The facts about a dataset: from its file in `catalog/`, or about a custom dataset from its folder."""

    name: str
    title: str
    text: str  # two to four sentences for learners, with source and licence
    classes: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width, channels
    counts: tuple[int, int]  # training and test images, as published
    source: str  # "bundled" with a package, "download", made from a "file" in $IMGCLS_DATA, or the user's "own"
    megabytes: float  # size of the download; 0 if bundled
    ink: bool  # pen strokes on an even background, so drawings on the Predict page match it
    avoid: dict[str, str]  # augmentation -> why it is harmful here
    version: int = 1
    coarse: tuple[str, ...] = ()  # names of the groups of classes, if any
    coarse_of: tuple[int, ...] = ()  # the group of each class
    files: tuple[str, ...] = ()  # original files that may be provided in $IMGCLS_DATA if source is "download"
    needs: tuple[str, ...] = ()  # files required in $IMGCLS_DATA if source is "file"
    fit: str = ""  # "crop" or "pad": how images were made square if source is "own"
    pixels: PixelScale = NO_SCALE  # of values beyond 8 bits and of many bands, if source is "own"
    looks: str = ""  # what its images look like, in a sentence, while there is none to be shown
    samples_in: str = ""  # a bundled dataset that has some of its images, to be shown before this one is prepared
    is_multilabel: bool = False  # an image may have several labels: labels are then a 0/1 matrix (n, classes)

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    def named(self, label: Any) -> str:
        """The class name of an image, or all of its labels, as text. `label` is an entry or a row of the labels."""
        if not self.is_multilabel:
            return self.classes[label]
        return ", ".join(name for name, has in zip(self.classes, label, strict=True) if has > 0) or NO_LABEL

    def counted(self, labels: np.ndarray) -> np.ndarray:
        """Images per class, int (classes,), without excluded images."""
        if self.is_multilabel:
            return (np.asarray(labels) > 0).sum(0)
        labels = np.asarray(labels)
        return np.bincount(labels[labels >= 0], minlength=self.num_classes)

    @property
    def file(self) -> str:
        """The name of the file that may be provided in $IMGCLS_DATA."""
        return f"{self.name}.npz"


@functools.cache
def catalog_names() -> tuple[str, ...]:
    """The built-in datasets: the default first, then by source, number of classes and download size."""
    found = [
        item.name
        for item in pkgutil.iter_modules(importlib.import_module(f"{__package__}.catalog").__path__)
        if not item.name.startswith("_")
    ]
    return tuple(sorted(found, key=_order))


@functools.cache
def catalog_info(name: str) -> DatasetInfo:
    """The facts in the file of a built-in dataset."""
    module = catalog_module(name)
    return DatasetInfo(
        name=name,
        title=module.TITLE,
        text=inspect.cleandoc(module.__doc__ or ""),
        classes=tuple(module.CLASSES),
        shape=tuple(module.SHAPE),
        counts=tuple(module.COUNTS),
        source=module.SOURCE,
        megabytes=float(module.MEGABYTES),
        ink=bool(module.INK),
        avoid=dict(module.AVOID),
        version=getattr(module, "VERSION", 1),
        coarse=tuple(getattr(module, "COARSE", ())),
        coarse_of=tuple(getattr(module, "COARSE_OF", ())),
        files=tuple(file.name for file in getattr(module, "FILES", ())),
        needs=tuple(getattr(module, "NEEDS", ())),
        looks=getattr(module, "LOOKS", ""),
        samples_in=getattr(module, "SAMPLES_IN", ""),
    )


def catalog_module(name: str) -> ModuleType:
    """The file of a built-in dataset, found by its name."""
    return importlib.import_module(f"{__package__}.catalog.{name}")


def _order(name: str) -> tuple:
    info = catalog_info(name)
    return name != DEFAULT, SOURCES.index(info.source), info.num_classes, info.megabytes, name
