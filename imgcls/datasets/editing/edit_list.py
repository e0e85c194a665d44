"""What a person changed in a data set: training pictures that are thrown out, or belong to another class.

The list lies beside the data set and is named by its fingerprint; pictures and labels on the disk stay as they are.

<cache>/datasets/NAME.edits-FINGERPRINT.json
    {"version": 1, "fingerprint": "...", "steps": [{"action": "relabel", "pictures": [4, 17], "label": 3}, ...]}

Steps are kept in their order, so that the last one can be taken back. Test pictures are never changed: a score would
not compare with anybody's any more.
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

VERSION = 1
NO_CLASS = -1
"""The label of a picture that is thrown out."""
ACTIONS = ("drop", "relabel", "restore")
MOST_STEPS = 10_000


@dataclass(frozen=True)
class Step:
    """One press: these training pictures are dropped, given the class `label`, or are as they were again.

    `published` are those of them whose class was `label` from the beginning: who gives it back has changed nothing.
    """

    action: str
    images: tuple[int, ...]
    label: int = NO_CLASS
    published: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON, under the names that the file has had since its first version."""
        return {"action": self.action, "pictures": self.images, "label": self.label, "published": self.published}


@dataclass(frozen=True)
class Edits:
    """The changes to the data set with this fingerprint; without steps it is as it was published."""

    fingerprint: str
    steps: tuple[Step, ...] = ()

    @cached_property
    def labels(self) -> Mapping[int, int]:
        """Row of a changed training picture -> its class now, NO_CLASS where it is thrown out; rows ascend."""
        found: dict[int, int] = {}
        for step in self.steps:
            found |= dict.fromkeys(step.images, step.label)
            for row in step.images if step.action == "restore" else step.published:
                found.pop(row, None)
        return MappingProxyType(dict(sorted(found.items())))

    @cached_property
    def excluded(self) -> tuple[int, ...]:
        """Rows that are thrown out."""
        return tuple(row for row, label in self.labels.items() if label == NO_CLASS)

    @cached_property
    def relabelled(self) -> tuple[int, ...]:
        """Rows that have another class."""
        return tuple(row for row, label in self.labels.items() if label != NO_CLASS)

    @cached_property
    def version(self) -> str:
        """The fingerprint of data and changes: the same pictures with the same classes have the same one."""
        if not self.labels:
            return self.fingerprint
        digest = hashlib.sha256(json.dumps(list(self.labels.items())).encode()).hexdigest()
        return f"{self.fingerprint}+{digest[:8]}"

    def applied(self, labels: np.ndarray) -> np.ndarray:
        """The labels (n,) with the changes; the given ones stay as they are, and are returned where nothing changes.

        Of a matrix (n, classes) the whole row of a picture that is thrown out becomes NO_CLASS; no more can change.
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
        """The list with one more step."""
        return replace(self, steps=(*self.steps, step))

    def without_last(self) -> "Edits":
        """The list without its last step."""
        return replace(self, steps=self.steps[:-1])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"version": VERSION, "fingerprint": self.fingerprint, "steps": [step.as_dict() for step in self.steps]}


def read(path: Path, count: int | None = None, num_classes: int | None = None) -> Edits:
    """The list in a file, for a data set of `count` training pictures and so many classes where they are known.

    Raises:
        DatasetError: the file cannot be read, is damaged, or was written by a newer version.
    """
    try:
        content = json.loads(path.read_bytes())
        version = content["version"]
        if isinstance(version, int) and version > VERSION:
            raise DatasetError(f"The list of changes {path.name} was written by a newer version. Update the program.")
        if version != VERSION or not isinstance(content["fingerprint"], str) or len(content["steps"]) > MOST_STEPS:
            raise ValueError("version")
        steps = tuple(
            Step(step["action"], tuple(step["pictures"]), step["label"], tuple(step["published"]))
            for step in content["steps"]
        )
        for step in steps:
            _check(step, count, num_classes)
        return Edits(content["fingerprint"], steps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetError(
            f"The list of changes {path.name} is damaged. Take all changes back on the Data page, and make them again."
        ) from error


def _check(step: Step, count: int | None, num_classes: int | None) -> None:
    """Raises ValueError where a step cannot be one of this data set."""
    if step.action not in ACTIONS or not _all_whole(step.images, count):
        raise ValueError("step")
    if step.action == "relabel":
        if not _all_whole([step.label], num_classes) or not set(step.published) <= set(step.images):
            raise ValueError("label")
    elif step.label != NO_CLASS or step.published:
        raise ValueError("label")


def _all_whole(values: Iterable, below: int | None) -> bool:
    """Whether these are whole numbers from 0 on, below a limit if there is one."""
    return all(type(value) is int and value >= 0 and (below is None or value < below) for value in values)
