"""Merges or removes classes in stored predictions: what would the scores be if cat and dog were one class?

    merge=3.5_2.7    classes 3 and 5 become one, and so do 2 and 7
    merge=groups     the groups that the dataset defines, such as the 20 superclasses of CIFAR-100
    off=4.6          these classes are removed: their images and their probabilities

Nothing is trained: probabilities of merged classes are summed, and the probabilities that remain when classes are
removed are normalised to 1. A model trained on the merged classes could be better or worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.selection import MOST_CLASSES

NAMES = ("merge", "off")
"""Its URL parameters."""
GROUPS = "groups"


@dataclass(frozen=True)
class ClassMerging:
    """`merged` holds groups of two or more classes, no class twice; `by_groups` uses the dataset's groups instead."""

    merged: tuple[tuple[int, ...], ...] = ()
    off: tuple[int, ...] = ()
    by_groups: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, str], num_classes: int, *, has_groups: bool = False) -> "ClassMerging":
        """The merging in these URL parameters; invalid parts are ignored. At least two classes remain."""
        text = query.get("merge", "")
        if text == GROUPS and has_groups:
            return cls(by_groups=True)
        taken: set[int] = set()
        merged = []
        for part in text.split("_") if len(text) <= 6 * MOST_CLASSES else []:
            group = tuple(sorted(_classes(part, num_classes) - taken))
            if len(group) > 1:
                merged.append(group)
                taken |= set(group)
        found = cls(tuple(merged), tuple(sorted(_classes(query.get("off", ""), num_classes))))
        if found.left(num_classes) < 2:
            found = cls(found.merged)
        return found if found.left(num_classes) >= 2 else cls()

    def query(self) -> dict[str, str]:
        """The URL parameters from which `parse` restores it."""
        merge = GROUPS if self.by_groups else "_".join(".".join(map(str, group)) for group in self.merged)
        parameters = {"merge": merge, "off": ".".join(map(str, self.off))}
        return {name: text for name, text in parameters.items() if text}

    def left(self, num_classes: int) -> int:
        """The number of classes that remain, not counting the dataset's groups."""
        return len(set(self._target(num_classes)) - {-1})

    def _target(self, num_classes: int) -> list[int]:
        """For each class the first one of its group, or -1 if it is removed; a group is removed with its last class."""
        target = list(range(num_classes))
        for group in self.merged:
            present = [label for label in group if label not in self.off]
            for label in present:
                target[label] = present[0]
        return [-1 if label in self.off else target[label] for label in range(num_classes)]

    def plan(
        self, names: Sequence[str], groups: tuple[Sequence[str], Sequence[int]] | None = None
    ) -> tuple[tuple[str, ...], np.ndarray]:
        """The names of the new classes, and for each old class its new one, int64 (classes,); -1 if it is removed.

        `groups` are the names of the dataset's groups and the group of each class.
        """
        if self.by_groups and groups:
            return tuple(groups[0]), np.asarray(groups[1], np.int64)
        target = self._target(len(names))
        firsts = sorted(set(target) - {-1})
        new = {first: place for place, first in enumerate(firsts)}
        merged = tuple(" + ".join(names[old] for old, to in enumerate(target) if to == first) for first in firsts)
        return merged, np.array([new.get(to, -1) for to in target], np.int64)


def merge_classes(
    probabilities: np.ndarray, labels: np.ndarray, plan: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merged predictions: float32 probabilities (m, new classes), labels (m,), and the positions that remain (m,).

    A prediction without probability on any remaining class becomes uniform.
    """
    indices = np.flatnonzero(plan[labels] >= 0)
    count = int(plan.max()) + 1
    to_new = np.zeros((len(plan), count), np.float32)
    remaining = np.flatnonzero(plan >= 0)
    to_new[remaining, plan[remaining]] = 1
    summed = probabilities[indices] @ to_new
    if len(remaining) < len(plan):
        total = summed.sum(1, keepdims=True)
        summed = np.where(total > 0, summed / np.where(total > 0, total, 1), 1 / count)
    return summed.astype(np.float32), plan[labels[indices]], indices


def _classes(text: str, below: int) -> set[int]:
    parts = text.split(".")[:MOST_CLASSES] if len(text) <= 6 * MOST_CLASSES else []
    plain = (part for part in parts if part.isascii() and part.isdigit() and len(part) <= 5)
    return {int(part) for part in plain if int(part) < below}
