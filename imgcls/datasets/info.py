"""What is known about a data set without loading a picture, read from its file.

A data set is one file in this folder. Its docstring is the text that the page shows; it states TITLE, CLASSES, SHAPE,
COUNTS, SOURCE, MEGABYTES, INK, AVOID and has `load(progress)`. Optional: VERSION (raise it when `load` gives something
else than before), COARSE with COARSE_OF (names of groups of classes, and the group of each class), and for what is made
from other files NEEDS (their names in $IMGCLS_DATA).
"""

import functools
import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from imgcls.datasets import custom
from imgcls.errors import DatasetError

NO_LABEL = "no label"
"""What is said of a picture that has none, where a picture may have several."""
SOURCES = ("bundled", "download", "file", "own")


@dataclass(frozen=True)
class DatasetInfo:
    """What a data set's file says about itself."""

    name: str
    title: str
    text: str  # two to four sentences for learners, with source and licence
    classes: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width, channels
    counts: tuple[int, int]  # training and test pictures, as published
    source: str  # "bundled" with the packages, "download", made from a "file" in $IMGCLS_DATA, or somebody's "own"
    megabytes: float  # what a fetch transfers; 0 if bundled
    ink: bool  # written with a pen, so a drawing is a fair question
    avoid: dict[str, str]  # augmentation -> why it does harm here
    version: int = 1
    coarse: tuple[str, ...] = ()  # names of the groups of classes, if there are any
    coarse_of: tuple[int, ...] = ()  # the group of each class
    needs: tuple[str, ...] = ()  # files that must lie in $IMGCLS_DATA, if source is "file"
    fit: str = ""  # "crop" or "pad": how foreign pictures were made square, if source is "own"
    is_multilabel: bool = (
        False  # whether a picture may have several labels; then labels are a matrix (n, classes) of 0 and 1
    )

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    def named(self, label: Any) -> str:
        """The class of a picture, or all of its labels, in words: `label` is an entry or a row of the labels."""
        if not self.is_multilabel:
            return self.classes[label]
        return ", ".join(name for name, has in zip(self.classes, label, strict=True) if has > 0) or NO_LABEL

    def counted(self, labels: np.ndarray) -> np.ndarray:
        """Pictures of each class, int (classes,), without those that are thrown out."""
        if self.is_multilabel:
            return (np.asarray(labels) > 0).sum(0)
        labels = np.asarray(labels)
        return np.bincount(labels[labels >= 0], minlength=self.num_classes)

    @property
    def file(self) -> str:
        """The name of the file that may lie in $IMGCLS_DATA."""
        return f"{self.name}.npz"


def names() -> list[str]:
    """All data sets: the default first, then by where they come from, number of classes and size; own ones last."""
    return [*_ordered(), *custom.names()]


def facts(name: str) -> DatasetInfo:
    """What the data set's file says, or the card of somebody's own. Raises DatasetError for a name that is none."""
    return _own_facts(custom.custom_dataset(name)) if custom.is_custom(name) else _facts(name)


@functools.lru_cache(64)
def _own_facts(own: custom.CustomDataset) -> DatasetInfo:
    """Remembered as long as its card says the same."""
    return DatasetInfo(
        name=own.name,
        title=own.title,
        text=own.note or "Your own pictures.",
        classes=own.classes,
        shape=own.shape,
        counts=own.counts,
        source="own",
        megabytes=0.0,
        ink=own.ink,
        avoid={},
        is_multilabel=own.is_multilabel,
        fit="" if own.ink else own.fit,  # ink is cut out and placed, however the picture is shaped
    )


@functools.cache
def _facts(name: str) -> DatasetInfo:
    module = module_of(name)
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
        needs=tuple(getattr(module, "NEEDS", ())),
    )


def module_of(name: str) -> ModuleType:
    """The file of a data set. Raises DatasetError that names the choices."""
    if name not in _found():
        raise DatasetError(f"No data set is called {name!r}. There are: {', '.join(names())}.")
    return importlib.import_module(f"{__package__}.catalog.{name}")


@functools.cache
def _ordered() -> tuple[str, ...]:
    return tuple(sorted(_found(), key=_order))


@functools.cache
def _found() -> frozenset[str]:
    return frozenset(
        item.name
        for item in pkgutil.iter_modules([str(Path(__file__).parent / "catalog")])
        if not item.name.startswith("_")
    )


def _order(name: str) -> tuple:
    about = facts(name)
    return name != "mnist_sample", SOURCES.index(about.source), about.num_classes, about.megabytes, name
