"""Edits of a dataset: training images that are excluded or relabelled.

They are stored next to the dataset in a file named by its fingerprint; its images and labels are not modified.

<cache>/datasets/NAME.edits-FINGERPRINT.json
    {"version": 1, "fingerprint": "...", "steps": [{"action": "relabel", "pictures": [4, 17], "label": 3}, ...]}

Steps are kept in order, so that the last one can be undone. Test images are never edited, so that scores stay
comparable with published results.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from imgcls.errors import DatasetError
from imgcls.system import json_files

VERSION = 1
NO_CLASS = -1
"""The label of an excluded image."""
ACTIONS = ("drop", "relabel", "restore")
MOST_STEPS = 10_000


@dataclass(frozen=True)
class Step:
    """One edit: these training images are excluded ("drop"), get the class `label`, or are restored.

    `published` are those whose original class is `label`: relabelling them back leaves no edit.
    """

    action: str
    images: tuple[int, ...]
    label: int = NO_CLASS
    published: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON values, with the keys that the file has had since version 1."""
        return {"action": self.action, "pictures": self.images, "label": self.label, "published": self.published}


@dataclass(frozen=True)
class Edits:
    """The edits of the dataset with this fingerprint; without steps it is as published."""

    fingerprint: str
    steps: tuple[Step, ...] = ()

    @cached_property
    def labels(self) -> Mapping[int, int]:
        """Row of each edited training image -> its new class, or NO_CLASS if it is excluded; rows ascend."""
        found: dict[int, int] = {}
        for step in self.steps:
            found |= dict.fromkeys(step.images, step.label)
            for row in step.images if step.action == "restore" else step.published:
                found.pop(row, None)
        return MappingProxyType(dict(sorted(found.items())))

    @cached_property
    def excluded(self) -> tuple[int, ...]:
        """Rows of excluded images."""
        return tuple(row for row, label in self.labels.items() if label == NO_CLASS)

    @cached_property
    def relabelled(self) -> tuple[int, ...]:
        """Rows of images with another class."""
        return tuple(row for row, label in self.labels.items() if label != NO_CLASS)

    @cached_property
    def version(self) -> str:
        """The dataset version: a fingerprint of data and edits. The same images and labels have the same version."""
        if not self.labels:
            return self.fingerprint
        digest = hashlib.sha256(json.dumps(list(self.labels.items())).encode()).hexdigest()
        return f"{self.fingerprint}+{digest[:8]}"

    def applied(self, labels: np.ndarray) -> np.ndarray:
        """The labels (n,) with the edits applied: a copy, or `labels` itself if there are no edits.

        In a matrix (n, classes), the whole row of an excluded image becomes NO_CLASS; other edits are not possible.
        """
        if not self.labels:
            return labels
        if labels.ndim == 2:
            matrix = labels.astype(np.int8)
            matrix[list(self.excluded)] = NO_CLASS
            return matrix
        changed = np.array(labels)
        changed[list(self.labels)] = list(self.labels.values())
        return changed

    def then(self, step: Step) -> "Edits":
        """The edits with one more step."""
        return replace(self, steps=(*self.steps, step))

    def without_last(self) -> "Edits":
        """The edits without the last step."""
        return replace(self, steps=self.steps[:-1])

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"version": VERSION, "fingerprint": self.fingerprint, "steps": [step.as_dict() for step in self.steps]}


def read(path: Path, count: int | None = None, num_classes: int | None = None) -> Edits:
    """Reads edits from a file. If `count` and `num_classes` of the dataset are given, rows and labels are checked.

    Raises:
        DatasetError: the file cannot be read, is damaged, or was written by a newer version.
    """
    try:
        content = json_files.read_object(path)
        version = content["version"]
        if isinstance(version, int) and version > VERSION:
            raise DatasetError(f"The edits in {path.name} were written by a newer version. Update imgcls.")
        if version != VERSION or not isinstance(content["fingerprint"], str) or len(content["steps"]) > MOST_STEPS:
            raise ValueError("version")
        steps = tuple(
            Step(step["action"], tuple(step["pictures"]), step["label"], tuple(step["published"]))
            for step in content["steps"]
        )
        for step in steps:
            _check(step, count, num_classes)
        return Edits(content["fingerprint"], steps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"The file of edits {path.name} is damaged. Undo all edits on the Data page, then make them again."
        ) from error


def _check(step: Step, count: int | None, num_classes: int | None) -> None:
    """Raises ValueError if the step does not fit this dataset."""
    if step.action not in ACTIONS or not _all_whole(step.images, count):
        raise ValueError("step")
    if step.action == "relabel":
        if not _all_whole([step.label], num_classes) or not set(step.published) <= set(step.images):
            raise ValueError("label")
    elif step.label != NO_CLASS or step.published:
        raise ValueError("label")


def _all_whole(values: Iterable, below: int | None) -> bool:
    """Whether these are integers of at least 0, and below a limit if there is one."""
    return all(type(value) is int and value >= 0 and (below is None or value < below) for value in values)
