"""Classes merged or switched off, from stored answers: what would the scores be if cat and dog were one class?

    merge=3.5_2.7    classes 3 and 5 become one, and so do 2 and 7
    merge=groups     the groups that the data set itself has, such as the 20 of CIFAR-100
    off=4.6          pictures of these classes are left out, and so are the answers

Nothing is trained: probabilities of merged classes are summed, and what is left of an answer when classes are off is
scaled to 1. A model that had been trained on the merged classes could do better, or worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.selection import MOST_CLASSES

NAMES = ("merge", "off")
"""What it has in the URL."""
GROUPS = "groups"


@dataclass(frozen=True)
class Surgery:
    """`merged` holds groups of two or more classes, no class twice; `by_groups` takes the data set's own instead."""

    merged: tuple[tuple[int, ...], ...] = ()
    off: tuple[int, ...] = ()
    by_groups: bool = False

    @classmethod
    def parse(cls, query: Mapping[str, str], num_classes: int, *, has_groups: bool = False) -> "Surgery":
        """What these parameters of a URL say; what cannot be done is left out. At least two classes stay."""
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
        """The parameters that say it; `parse` gives it back."""
        merge = GROUPS if self.by_groups else "_".join(".".join(map(str, group)) for group in self.merged)
        said = {"merge": merge, "off": ".".join(map(str, self.off))}
        return {name: text for name, text in said.items() if text}

    def left(self, num_classes: int) -> int:
        """How many classes there are after it, groups of the data set aside."""
        return len(set(self._target(num_classes)) - {-1})

    def _target(self, num_classes: int) -> list[int]:
        """For each class the first one of its group, or -1 if it is off: a group goes when all of it is off."""
        target = list(range(num_classes))
        for group in self.merged:
            there = [one for one in group if one not in self.off]
            for one in there:
                target[one] = there[0]
        return [-1 if one in self.off else target[one] for one in range(num_classes)]

    def plan(
        self, names: Sequence[str], groups: tuple[Sequence[str], Sequence[int]] | None = None
    ) -> tuple[tuple[str, ...], np.ndarray]:
        """The names after it, and for each old class its new one, int64 (classes,), -1 for those that are off.

        `groups` are the names of the data set's own groups, and the group of each class.
        """
        if self.by_groups and groups:
            return tuple(groups[0]), np.asarray(groups[1], np.int64)
        target = self._target(len(names))
        firsts = sorted(set(target) - {-1})
        new = {first: place for place, first in enumerate(firsts)}
        called = tuple(" + ".join(names[one] for one, to in enumerate(target) if to == first) for first in firsts)
        return called, np.array([new.get(to, -1) for to in target], np.int64)


def operated(
    probabilities: np.ndarray, labels: np.ndarray, plan: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers after surgery: float32 probabilities (m, new classes), labels (m,), and which pictures are left (m,).

    An answer that had no probability on any class that is left gets the same on each: it knows nothing of them.
    """
    indices = np.flatnonzero(plan[labels] >= 0)
    count = int(plan.max()) + 1
    to_new = np.zeros((len(plan), count), np.float32)
    there = np.flatnonzero(plan >= 0)
    to_new[there, plan[there]] = 1
    summed = probabilities[indices] @ to_new
    if len(there) < len(plan):
        total = summed.sum(1, keepdims=True)
        summed = np.where(total > 0, summed / np.where(total > 0, total, 1), 1 / count)
    return summed.astype(np.float32), plan[labels[indices]], indices


def _classes(text: str, below: int) -> set[int]:
    parts = text.split(".")[:MOST_CLASSES] if len(text) <= 6 * MOST_CLASSES else []
    plain = (part for part in parts if part.isascii() and part.isdigit() and len(part) <= 5)
    return {int(part) for part in plain if int(part) < below}
