"""Pictures with several labels each: how a table says so, and which pictures are held back for the test.

A table has them in one way of two: labels in one field with `;` between them, or a column of 0 and 1 for each label.
A picture without any label is taken as well: it teaches what none of them looks like.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from imgcls.datasets import stratified_holdout
from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.holdout import FRACTION
from imgcls.datasets.importing.sources import folder_layout
from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.errors import SourceError

BETWEEN = ";"
MOSTLY = 0.95
"""A column of which so much is 0 or 1 is meant to be all 0 or 1: what is not is a mistake in its row."""
FLAGS = {"0": False, "0.0": False, "1": True, "1.0": True}
NOTE = "A picture may have several labels here, so each label is learnt and judged on its own."
ONE_EACH = "Every row has a single 1, so each picture belongs to one class."

Labels = tuple[str, ...]


def parted(field: str) -> Labels:
    """The labels in a field, each once: `sky; sea;sky` -> ("sky", "sea")."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in field.split(BETWEEN)))))


def is_multilabel(fields: Iterable[str]) -> bool:
    """Whether any of these fields holds several labels."""
    return any(BETWEEN in field for field in fields)


def shown(label: str | Labels) -> str:
    """The label of a picture, or all of its labels, in words."""
    return label if isinstance(label, str) else ", ".join(label) or "no label"


def flag_columns(header: Sequence[str], rows: Sequence[tuple[int, list[str]]], places: Iterable[int]) -> list[int]:
    """Those of the columns `places` that hold 0 and 1, and are so meant to say which labels a picture has."""
    sample = rows[:2000]
    found = []
    for place in places:
        flags = sum(row[place] in FLAGS for _, row in sample)
        if sample and flags >= MOSTLY * len(sample) and header[place] and header[place] not in FLAGS:
            found.append(place)
    return found


def flagged(row: Sequence[str], number: int, header: Sequence[str], columns: Iterable[int], name: str) -> Labels:
    """The labels of a row with a column of 0 and 1 for each. Raises SourceError for another value."""
    found = []
    for place in columns:
        if row[place] not in FLAGS:
            raise SourceError(
                f"{name}, row {number}, column {short(header[place], 40)} holds {short(row[place], 40)}. Expected 1 "
                "where the picture has this label and 0 where it has not. Mend it or take the row out."
            )
        if FLAGS[row[place]]:
            found.append(header[place])
    return tuple(dict.fromkeys(found))


def spelled(items: list[Item], notes: list[str]) -> list[Item]:
    """The same pictures with one spelling for each label: `Sky` and `sky` are one, shown as most of them are."""
    usual = folder_layout.spellings(Counter(label for item in items for label in item.label), notes)
    return [replace(item, label=tuple(dict.fromkeys(usual[label] for label in item.label))) for item in items]


def usable_labels(
    counts: Mapping[tuple[str, str], int], notes: list[str], known: Collection[str] = frozenset()
) -> set[str]:
    """The labels with enough pictures, from numbers by (label, part), and those that are `known` from before; the
    others are told in `notes`: pictures that have them stay, without them.

    Raises:
        SourceError: fewer than two are left, or there are too many.
    """
    labels = {label for label, _ in counts} | set(known)
    given = any(part == "test" for _, part in counts)
    if len(labels) > folder_layout.MOST_CLASSES:
        raise SourceError(
            f"There are {len(labels):,} labels. Expected at most {folder_layout.MOST_CLASSES:,}. Look whether labels are "
            f"divided by '{BETWEEN}'."
        )
    least = folder_layout.FEWEST - 1 if given else folder_layout.FEWEST
    learnt = {label: counts.get((label, "train"), 0) + counts.get((label, ""), 0) for label in labels}
    short_enough = {label for label in labels if len(label) <= class_names.MOST_LETTERS}
    usable = {label for label in short_enough if learnt[label] >= least or label in known}
    if rare := sorted(short_enough - usable, key=class_names.order):
        named = ", ".join(map(short, rare[:5])) + (" and others" if len(rare) > 5 else "")
        notes.append(f"Left out as labels, as fewer than {least} pictures to learn from have them: {named}.")
    if long := labels - short_enough:
        notes.append(f"Left out as labels, as they are longer than {class_names.MOST_LETTERS} letters: {len(long):,}.")
    if len(usable) < 2:
        there = f"{len(usable) or 'no'} label{'' if len(usable) == 1 else 's'}"
        raise SourceError(
            f"There {'is' if len(usable) == 1 else 'are'} {there} with {least} pictures to learn from or more. "
            "Expected two labels or more that so many pictures have. Add pictures and try again."
        )
    return usable


def matrix(labels: Sequence[Labels], classes: Sequence[str]) -> np.ndarray:
    """Which picture has which label: uint8 (n, classes) of 0 and 1."""
    place = {name: number for number, name in enumerate(classes)}
    found = np.zeros((len(labels), len(classes)), np.uint8)
    for row, of_image in enumerate(labels):
        for label in of_image:
            if label in place:
                found[row, place[label]] = 1
    return found


def held_back(labels: np.ndarray, digests: Sequence[bytes], known: Mapping[bytes, bool] | None = None) -> np.ndarray:
    """Whether each picture is for the test: bool (n,), about a fifth of each label, from a matrix (n, classes).

    As `division.held_back`: chosen by the pixels alone, in whatever order they come, and copies stay on one side.
    Copies with other labels are for training: one of them would be a mistake in the test.
    """
    side = dict(known or {})
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    fresh = []
    for digest in sorted(rows_of):
        rows = rows_of[digest]
        if digest in side:
            continue
        if (labels[rows] == labels[rows[0]]).all():
            fresh.append(digest)
        else:
            side[digest] = False
    if fresh:
        firsts = labels[[rows_of[digest][0] for digest in fresh]]
        aside = stratified_holdout(firsts, round(FRACTION * len(fresh)), np.arange(len(fresh)))
        side.update(zip(fresh, aside.tolist(), strict=True))
    return np.array([side[digest] for digest in digests], bool)
