"""Named arrays of images and labels, whatever file held them, as an `ArrayTable`.

Pairs are found by name: x_train and y_train (Keras), train_images and train_labels (MedMNIST), X and y, images and
labels, arr_0 and arr_1 (np.savez without names).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.arrays import Sample
from imgcls.datasets.importing.sources.arrays import _pixel_values as pixel_values
from imgcls.datasets.importing.sources.multilabel import SEPARATOR
from imgcls.datasets.importing.sources.tables.column_names import GROUPS, part_of
from imgcls.datasets.importing.sources.values import canonical
from imgcls.errors import SourceError

_IMAGES = {"x", "image", "images", "img", "imgs", "data", "pixels", "features", "inputs", "photos", "pictures"}
_LABELS = {"y", "label", "labels", "target", "targets", "class", "outputs"}
_NAMES = {"classes", "classnames", "labelnames", "targetnames", "names", "categories", "listclasses"}
LABEL_QUESTION = "label_array"
SAMPLES_PER_LABEL, SAMPLES = 4, 400


@dataclass(frozen=True)
class Part:
    """Images (n, height, width, channels) with one label each; several labels are joined by `SEPARATOR`.

    `groups` are those of the images, or empty.
    """

    images: np.ndarray
    labels: list[str]
    part: str = ""
    groups: tuple[str, ...] = ()


class StoredArrays:
    """Arrays in memory, see `arrays.ArrayTable`."""

    def __init__(self, parts: Sequence[Part], name: str, findings: Findings):
        if not any(map(len, (part.labels for part in parts))):
            raise SourceError(f"{name} holds no images.")
        self._parts = [part for part in parts if part.labels]
        self._scale, note = pixel_values.scale_of([part.images for part in self._parts], name.strip("'"))
        if note:
            findings.notes.append(note)
        shapes = {part.images.shape[1:] for part in self._parts}
        self.side = min(min(shape[:2]) for shape in shapes)
        self.channels = 1 if all(shape[2] == 1 for shape in shapes) else 3
        has_groups = all(part.groups for part in self._parts)
        self.groups = [group for part in self._parts for group in part.groups] if has_groups else []
        """The group of each row, or empty."""

    @property
    def expected(self) -> int:
        return sum(len(part.labels) for part in self._parts)

    def rows(self) -> Iterator[tuple[int, str, str, np.ndarray]]:
        number = 0
        for part in self._parts:
            for image, label in zip(part.images, part.labels, strict=True):
                number += 1
                yield number, label, part.part, self._pixels(image)

    def counted(self, seconds: float) -> tuple[Counter, list[Sample], bool]:
        counts: Counter = Counter()
        samples: list[Sample] = []
        number, seen = 0, Counter[str]()
        for part in self._parts:
            for image, label in zip(part.images, part.labels, strict=True):
                number += 1
                counts[label, part.part] += 1
                if seen[label] < SAMPLES_PER_LABEL and len(samples) < SAMPLES:
                    seen[label] += 1
                    samples.append((label, number, self._pixels(image)))
        return counts, samples, True

    def _pixels(self, image: np.ndarray) -> np.ndarray:
        return self._scale(image)


def of_arrays(arrays: Mapping[str, np.ndarray], name: str, findings: Findings) -> StoredArrays:
    """The images and labels among named arrays.

    Raises:
        SourceError: no pair of images and labels can be found, or they do not fit.
    """
    pairs = _pairs(arrays, findings) or _one_class_each(arrays)
    if not pairs:
        listed = ", ".join(f"“{key}” {array.shape}" for key, array in list(arrays.items())[:6])
        raise SourceError(
            f"{name} has no arrays whose names say which are images and which are labels: {listed or 'it is empty'}. "
            "Expected x_train and y_train (and x_test, y_test), train_images and train_labels, or x and y."
        )
    names = _class_names(arrays)
    parts = []
    for key, labels, part in pairs:
        text = labels if isinstance(labels, list) else labels_of(arrays[labels], labels, names)
        images, note = pixel_values.image_axes(arrays[key], len(text), key)
        findings.notes += [note] if note and note not in findings.notes else []
        parts.append(Part(images, text, part, _groups(arrays, part, len(text), findings)))
    return StoredArrays(without_validation(parts, findings), name, findings)


def without_validation(parts: Sequence[Part], findings: Findings) -> list[Part]:
    """The same parts with validation images used for training, or for testing if nothing else is."""
    there = {part.part for part in parts}
    if "val" not in there:
        return list(parts) if len(there) > 1 else [replace(part, part="") for part in parts]
    target = "train" if "test" in there else "test"
    purpose = "training; each run makes its own validation split" if target == "train" else "testing"
    findings.notes.append(f"The images marked as validation images are used for {purpose}.")
    return [replace(part, part=target) if part.part == "val" else part for part in parts]


def labels_of(array: np.ndarray, name: str, names: Sequence[str] = ()) -> list[str]:
    """Labels as text, from numbers or text (n,) or (n, 1), one-hot or multi-hot rows (n, classes).

    Raises:
        SourceError: the values are no classes.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.ndim == 1 and array.dtype.kind in "UT":
        return [canonical(str(label)) for label in array]
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and not (array == np.rint(array)).all()):
        raise SourceError(
            f"The array “{name}” holds values that are not classes, such as {short(str(array.reshape(-1)[0]), 20)}. "
            "Expected an integer or a name per image."
        )
    if array.ndim == 2 and set(np.unique(array).tolist()) <= {0, 1}:
        titles = [names[place] if place < len(names) else str(place) for place in range(array.shape[1])]
        chosen = [[titles[place] for place in np.flatnonzero(row)] for row in array]
        if any(map(len, chosen)) and not all(chosen) and max(map(len, chosen)) < 2:
            raise SourceError(f"The array “{name}” has rows without a 1. Expected one 1 per image, for its class.")
        return [SEPARATOR.join(labels) for labels in chosen]
    if array.ndim != 1:
        raise SourceError(
            f"The array “{name}” has the shape {array.shape}. Expected a label per image, or a row of 0 and 1."
        )
    numbers = [int(label) for label in array]
    if names and min(numbers, default=0) >= 0 and max(numbers, default=0) < len(names):
        return [names[number] for number in numbers]
    return [str(number) for number in numbers]


def _words(key: str) -> tuple[list[str], str]:
    """The words of the name of an array without those that name a part, and the part."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.rpartition("/")[2].removesuffix(".npy"))
    words = [word for word in re.split(r"[\W_]+", spaced.casefold()) if word]
    glued = [re.fullmatch(r"(x|y)(train|test|val|valid|tr|te)", word) for word in words]
    words = [part for word, split in zip(words, glued, strict=True) for part in (split.groups() if split else (word,))]
    part = next((part for part in map(part_of, words) if part), "")
    return [word for word in words if not part_of(word) and word not in ("set", "orig", "array", "arr")], part


def _pairs(arrays: Mapping[str, np.ndarray], findings: Findings) -> list[tuple[str, str | list[str], str]]:
    """(images, labels, part) by name, after asking if there are several arrays of labels."""
    images: dict[str, str] = {}
    labels: dict[str, dict[str, str]] = {}  # "fine_labels" -> part -> name of the array
    for key, array in arrays.items():
        words, part = _words(key)
        if array.ndim >= 2 and (set(words) & _IMAGES) and not set(words) & _LABELS:
            images.setdefault(part, key)
        elif array.ndim in (1, 2) and set(words) & _LABELS and "".join(words) not in _NAMES:
            labels.setdefault("_".join(words), {}).setdefault(part, key)
    if not images and {"arr_0", "arr_1"} <= arrays.keys():
        if len(arrays) == 2:
            return [("arr_0", "arr_1", "")]
        if len(arrays) == 4:
            return [("arr_0", "arr_1", "train"), ("arr_2", "arr_3", "test")]
    if not labels or not images:
        return []
    if not images.keys() & {part for of in labels.values() for part in of} and len(images) == 1:
        images = {"": next(iter(images.values()))}
    chosen = next(iter(labels))
    if len(labels) > 1:
        options = [Option(name, name, f"{', '.join(of.values())}") for name, of in labels.items()]
        clear = [name for name in labels if name in ("y", "label", "labels")]
        chosen = findings.ask(LABEL_QUESTION, "Which array holds the labels?", options, clear[0] if clear else "")
    order = ("", "train", "val", "test")
    return [(images[part], labels[chosen][part], part) for part in order if part in images and part in labels[chosen]]


def _groups(arrays: Mapping[str, np.ndarray], part: str, count: int, findings: Findings) -> tuple[str, ...]:
    """The values of an array called `groups`, `subject`, `patient_ids` or the like, one per image; empty if none is."""
    for key, array in arrays.items():
        words, of = _words(key)
        name = "".join(words)
        if of == part and array.shape in ((count,), (count, 1)) and {name, name.removesuffix("s")} & GROUPS:
            note = f"Images with the same value in “{key}” stay in the same split."
            findings.notes += [note] if note not in findings.notes else []
            text = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
            return tuple(canonical(str(value)) for value in text.reshape(-1))
    return ()


def _one_class_each(arrays: Mapping[str, np.ndarray]) -> list[tuple[str, str | list[str], str]]:
    """An array per class, called by its name, as Quick, Draw! has it."""
    shapes = {array.shape[1:] for array in arrays.values()}
    if len(arrays) < 2 or len(shapes) != 1 or any(array.ndim < 2 or len(array) < 2 for array in arrays.values()):
        return []
    found: list[tuple[str, str | list[str], str]] = []
    for key, array in arrays.items():
        title = key.rpartition("/")[2].removesuffix(".npy").removeprefix("full_numpy_bitmap_")
        if set(_words(key)[0]) & (_IMAGES | _LABELS) or re.fullmatch(r"arr_\d+", title):
            return []
        found.append((key, [canonical(title)] * len(array), ""))
    return found


def _class_names(arrays: Mapping[str, np.ndarray]) -> list[str]:
    for key, array in arrays.items():
        if re.sub(r"[\W_]+", "", key.casefold()) in _NAMES and array.ndim == 1 and array.dtype.kind in "US":
            names = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
            return [canonical(str(name)) for name in names]
    return []
