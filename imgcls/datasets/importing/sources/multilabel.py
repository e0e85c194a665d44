"""Images with several labels each, as a table of labels says so.

A table has either one field with all labels, separated by `;`, or a 0/1 column per label. Images without any label are
used as well, as negative examples for every label.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from imgcls.datasets.importing import class_names
from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings
from imgcls.datasets.importing.sources.items import MAX_CLASSES, MIN_IMAGES, Item
from imgcls.datasets.importing.sources.spelling import merge_spellings, spellings
from imgcls.datasets.importing.sources.values import canonical
from imgcls.datasets.info import NO_LABEL
from imgcls.errors import SourceError

SEPARATOR = ";"
MIN_FLAGS = 0.95
"""A column with at least this fraction of 0 and 1 is meant to hold nothing else: other values are mistakes."""
_YES = "1 true yes wahr ja vrai oui verdadero verdadeiro vero sí sì sim waar prawda tak истина да sant kyllä totta evet"
_NO = "0 false no falsch nein faux non falso não onwaar nee fałsz nie ложь нет falskt nej ei epätosi hayır"
FLAGS = dict.fromkeys(_NO.split(), False) | dict.fromkeys(_YES.split(), True)
"""What spreadsheets and people write for 0 and 1 in several languages."""
NOTE = "Images can have several labels here, so every label is learned and evaluated separately."
ONE_EACH = "Every row has exactly one 1, so each image belongs to one class."

Labels = tuple[str, ...]


def split_labels(field: str) -> Labels:
    """The labels in a field, without repetitions: `sky; sea;sky` -> ("sky", "sea")."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in field.split(SEPARATOR)))))


def is_multilabel(fields: Iterable[str | Labels]) -> bool:
    """Whether any of these fields holds several labels."""
    return any(not isinstance(field, str) or SEPARATOR in field for field in fields)


def as_text(label: str | Labels) -> str:
    """The label of an image, or all of its labels, as text."""
    return label if isinstance(label, str) else ", ".join(label) or NO_LABEL


def flag_of(field: str) -> bool | None:
    """Whether a 0/1 field is 1, or None if it is neither."""
    return FLAGS.get(canonical(field).casefold())


def flag_columns(header: Sequence[str], rows: Sequence[tuple[int, list[str]]], places: Iterable[int]) -> list[int]:
    """Those of the columns `places` that hold 0 and 1 and so say which labels an image has.

    None do if fewer than two have a 1: counters that are always 0 are no labels.
    """
    sample = rows[:2000]
    found, used = [], 0
    for place in places:
        flags = [flag for _, row in sample if (flag := flag_of(row[place])) is not None]
        if sample and len(flags) >= MIN_FLAGS * len(sample) and header[place] and flag_of(header[place]) is None:
            found.append(place)
            used += any(flags)
    return found if used > 1 else []


def flagged_labels(row: Sequence[str], number: int, header: Sequence[str], columns: Iterable[int], name: str) -> Labels:
    """The labels of a row with a 0/1 column per label. Raises SourceError for any other value."""
    found = []
    for place in columns:
        flag = flag_of(row[place])
        if flag is None:
            raise SourceError(
                f"{name}, row {number}, column {short(header[place], 40)} holds {short(row[place], 40)}. Expected 1 if "
                "the image has this label and 0 if not. Fix or remove the row."
            )
        if flag:
            found.append(header[place])
    return tuple(dict.fromkeys(found))


def with_one_spelling(items: list[Item], notes: list[str]) -> list[Item]:
    """The same images with one spelling per label: `Sky` and `sky` are the same, shown in the most common spelling."""
    usual = spellings(Counter(label for item in items for label in item.label), notes)
    return [replace(item, label=tuple(dict.fromkeys(usual[label] for label in item.label))) for item in items]


def finished(items: list[Item], findings: Findings, are_flags: bool = False) -> list[Item]:
    """The same images with validation images assigned to a part, and one spelling per class.

    Raises:
        SourceError: fewer than two classes remain.
    """
    items = without_validation(items, findings)
    if not items or isinstance(items[0].label, str):
        return merge_spellings(items, findings)
    if are_flags and all(len(item.label) == 1 for item in items):
        findings.notes.append(ONE_EACH)
        return merge_spellings([replace(item, label=item.label[0]) for item in items], findings)
    findings.notes.append(NOTE)
    return with_one_spelling(items, findings.notes)


def without_validation(items: list[Item], findings: Findings) -> list[Item]:
    """Assigns validation images to another part, because each run makes its own validation set."""
    there = {item.part for item in items}
    if "val" not in there:
        return items
    part = "train" if "test" in there else "test"
    purpose = "training; each run makes its own validation split" if part == "train" else "testing"
    findings.notes.append(f"The images marked as validation images are used for {purpose}.")
    return [replace(item, part=part) if item.part == "val" else item for item in items]


def usable_labels(
    counts: Mapping[tuple[str, str], int], notes: list[str], known: Collection[str] = frozenset()
) -> set[str]:
    """The labels with enough images, from counts by (label, part), and the `known` labels of an existing dataset.

    Labels that are dropped are reported in `notes`; images keep their other labels.

    Raises:
        SourceError: fewer than two labels remain, or there are too many.
    """
    labels = {label for label, _ in counts} | set(known)
    has_test = any(part == "test" for _, part in counts)
    if len(labels) > MAX_CLASSES:
        raise SourceError(
            f"There are {len(labels):,} labels. Expected at most {MAX_CLASSES:,}. Check whether labels "
            f"are separated by '{SEPARATOR}'."
        )
    least = MIN_IMAGES - 1 if has_test else MIN_IMAGES
    training = {label: counts.get((label, "train"), 0) + counts.get((label, ""), 0) for label in labels}
    short_enough = {label for label in labels if len(label) <= class_names.MAX_LENGTH}
    usable = {label for label in short_enough if training[label] >= least or label in known}
    if rare := sorted(short_enough - usable, key=class_names.sort_key):
        named = ", ".join(map(short, rare[:5])) + (" and others" if len(rare) > 5 else "")
        notes.append(f"Labels dropped because fewer than {least} training images have them: {named}.")
    if long := labels - short_enough:
        notes.append(f"Labels dropped because they are longer than {class_names.MAX_LENGTH} characters: {len(long):,}.")
    if len(usable) < 2:
        there = f"{len(usable) or 'no'} label{'' if len(usable) == 1 else 's'}"
        raise SourceError(
            f"There {'is' if len(usable) == 1 else 'are'} {there} with at least {least} training images, but two are "
            "needed. Add images and try again."
        )
    return usable


def matrix(labels: Sequence[Labels], classes: Sequence[str]) -> np.ndarray:
    """Which image has which label: 0/1 matrix, uint8 (n, classes)."""
    place = {name: number for number, name in enumerate(classes)}
    found = np.zeros((len(labels), len(classes)), np.uint8)
    for row, of_image in enumerate(labels):
        for label in of_image:
            if label in place:
                found[row, place[label]] = 1
    return found
