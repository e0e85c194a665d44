"""The custom dataset "My drawings": labelled drawings become a dataset, one drawing at a time.

<own data>/own-my-drawings/
    waiting.npz       drawings of classes that still have too few                  by rename
    dataset.json ...  all others: an ordinary dataset, once there are two classes

Adding a drawing writes a new state of the dataset next to the old one and switches over by a single rename, so that
training runs that have it open can continue. Which drawings are for the test is decided once, from their content, as
for imports. Where visitors are told apart, each has their own: <own data>/own-my-drawings-<digest of the visitor's ID>.
"""

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import sharing
from imgcls.datasets import custom, lookup
from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.importing import class_names, dataset_writer
from imgcls.datasets.importing.sources import items
from imgcls.datasets.importing.splits import holdout
from imgcls.datasets.store import FORMAT
from imgcls.errors import DamagedFile, DatasetError, SourceError
from imgcls.sharing import Action, ownership, visitors
from imgcls.system import atomic, paths
from imgcls.system.arrays import Array, read_npz

NAME = "own-my-drawings"
TITLE = "My drawings"
NOTE = "Drawn on the Predict page and labelled by the people who drew them."
SHAPE = (28, 28, 1)
"""Ink placed as in MNIST; a model of any input size can be trained on it."""
MAX_DRAWINGS = 5_000
MAX_LABEL_LENGTH = 60
LOCK_SECONDS = 10.0
ATTEMPTS = 5
"""How often a state that disappears while it is read is looked up again."""


@dataclass(frozen=True, eq=False)
class _Drawing:
    pixels: np.ndarray
    label: str
    test: bool | None  # None while it waits

    @property
    def digest(self) -> bytes:
        return dataset_writer.digest(np.ascontiguousarray(self.pixels).data)

    @property
    def key(self) -> tuple[bytes, str]:
        return self.digest, class_names.merge_key(self.label)


@dataclass(frozen=True)
class Collection:
    """The number of drawings per class, and whether a model can be trained on them."""

    counts: dict[str, int]
    is_ready: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def missing(self) -> str:
        """What is needed before a model can be trained, as a sentence; empty if nothing."""
        if self.is_ready:
            return ""
        return f"You can train a model on them once two classes have {items.MIN_IMAGES} drawings each."


def name() -> str:
    """The name of the dataset with the visitor's drawings."""
    visitor = visitors.current().id
    return f"{NAME}-{hashlib.sha256(visitor.encode()).hexdigest()[:12]}" if visitor else NAME


def collection() -> Collection:
    """All drawings, counted by class. Raises SourceError if they cannot be read."""
    problem: OSError | None = None
    for _ in range(ATTEMPTS):
        try:
            return _counted(_read_all())
        except FileNotFoundError as error:  # a drawing was added in the meantime, and the old state is gone
            problem = error
        except OSError as error:
            problem = error
            break
    raise SourceError(f"The drawings in {_folder()} cannot be read: {problem and problem.strerror}.") from problem


def add(pixels: np.ndarray, label: str) -> Collection:
    """Adds a drawing, uint8 (28, 28, 1), light ink on black, with its class; an identical one is stored only once.

    Raises:
        SourceError: the class name is invalid, there are too many drawings, or they cannot be written.
    """
    if pixels.shape != SHAPE or pixels.dtype != np.uint8:
        raise ValueError(f"a drawing is uint8 {SHAPE}, not {pixels.dtype} {pixels.shape}")
    sharing.require(Action.SAVE_DRAWING)
    label = class_names.visible(label)
    if not label or len(label) > MAX_LABEL_LENGTH:
        raise SourceError(f"A class name has 1 to {MAX_LABEL_LENGTH} characters. Enter one, e.g. '7' or 'cat'.")
    with _changing() as there:
        spelling = {class_names.merge_key(drawing.label): drawing.label for drawing in there}
        new = _Drawing(pixels, spelling.get(class_names.merge_key(label), label), None)
        if new.key in {drawing.key for drawing in there}:
            return _counted(there)
        if len(there) >= MAX_DRAWINGS:
            raise SourceError(
                f"There are already {MAX_DRAWINGS:,} drawings, which is the limit. Train on them, or delete some."
            )
        return _written([*there, new])


def remove(pixels: np.ndarray, label: str) -> Collection:
    """Removes a drawing that was added with this class; does nothing if it is not there. Raises SourceError."""
    sharing.require(Action.SAVE_DRAWING)
    key = _Drawing(pixels, class_names.visible(label), None).key
    with _changing() as there:
        return _written([drawing for drawing in there if drawing.key != key])


def _counted(there: list[_Drawing]) -> Collection:
    counts = Counter(drawing.label for drawing in there)
    ordered = {name: counts[name] for name in sorted(counts, key=class_names.sort_key)}
    return Collection(ordered, any(drawing.test is not None for drawing in there))


@contextlib.contextmanager
def _changing() -> Iterator[list[_Drawing]]:
    """All drawings, under a lock."""
    try:
        if not _folder().exists():
            _folder().mkdir(parents=True, exist_ok=True)
            ownership.record(_folder())
        with dataset_writer.exclusive(name(), LOCK_SECONDS):
            yield _read_all()
    except OSError as error:
        raise SourceError(
            f"The drawing cannot be saved to {paths.own_folder()}: {error.strerror or error}. Free some disk space, or "
            "set IMGCLS_OWN_DATA to another folder."
        ) from error


def _read_all() -> list[_Drawing]:
    dataset = _dataset()
    found: list[_Drawing] = []
    for part in ("train", "test"):
        if dataset is None:
            break
        images = [image for chunk in dataset_writer.stored_chunks(dataset, part) for image in chunk]
        labels = dataset_writer.stored_labels(dataset, part)
        found += [
            _Drawing(image, dataset.classes[label], part == "test") for image, label in zip(images, labels, strict=True)
        ]
    known = {drawing.key for drawing in found}  # a killed process may have left one in both places
    return found + [drawing for drawing in _waiting() if drawing.key not in known]


def _dataset() -> CustomDataset | None:
    """The dataset, if there are enough drawings for one. Raises SourceError if the folder holds another dataset."""
    if not (_folder() / "dataset.json").exists():
        return None
    try:
        dataset = custom.custom_dataset(name())
    except DatasetError as error:
        raise SourceError(str(error)) from error
    if dataset.shape != SHAPE or not dataset.ink:
        raise SourceError(
            f"The folder {_folder().name} holds the dataset “{dataset.title}”, which does not consist of drawings. "
            "Delete it on the Data page, or rename its folder, and draw again."
        )
    return dataset


def _waiting() -> list[_Drawing]:
    try:
        stored = read_npz(
            _folder() / "waiting.npz", {"pictures": Array("u", ("n", *SHAPE)), "labels": Array("U", ("n",))}
        )
    except FileNotFoundError:
        return []
    except DamagedFile as error:
        raise SourceError(
            f"The file waiting.npz in {_folder()} is damaged. Delete it: the drawings in it are lost, "
            "the others are kept."
        ) from error
    return [
        _Drawing(image, label, None) for image, label in zip(stored["pictures"], stored["labels"].tolist(), strict=True)
    ]


def _written(drawings: list[_Drawing]) -> Collection:
    """Writes all drawings: classes with enough of them as a dataset, the others as waiting."""
    counts = Counter(drawing.label for drawing in drawings)
    classes = sorted((name for name in counts if counts[name] >= items.MIN_IMAGES), key=class_names.sort_key)
    if len(classes) < 2:
        classes = []
    ready = [drawing for drawing in drawings if drawing.label in classes]
    waiting = [drawing for drawing in drawings if drawing.label not in classes]
    # A drawing that moves is first written to its new place.
    _write_waiting([*waiting, *(drawing for drawing in ready if drawing.test is None)])
    if ready:
        ready = _publish(ready, classes)
    elif (_folder() / "dataset.json").exists():
        (_folder() / "dataset.json").unlink()
    _write_waiting(waiting)
    return _counted([*ready, *(_Drawing(drawing.pixels, drawing.label, None) for drawing in waiting)])


def _write_waiting(drawings: list[_Drawing]) -> None:
    path = _folder() / "waiting.npz"
    if not drawings:
        path.unlink(missing_ok=True)
        return
    images, labels = np.stack([drawing.pixels for drawing in drawings]), [drawing.label for drawing in drawings]
    with atomic.replacing(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, pictures=images, labels=np.array(labels, f"<U{MAX_LABEL_LENGTH}"))


def _publish(drawings: list[_Drawing], classes: list[str]) -> list[_Drawing]:
    """Writes a new state of the dataset; returns the drawings with their parts."""
    number = {name: place for place, name in enumerate(classes)}
    labels = np.array([number[drawing.label] for drawing in drawings], np.int64)
    known = {drawing.digest: drawing.test for drawing in drawings if drawing.test is not None}
    test = holdout.choose_test(labels.tolist(), [drawing.digest for drawing in drawings], known)
    with tempfile.TemporaryDirectory(dir=paths.own_folder(), prefix=".drawing-") as work:
        state = Path(work, "state")
        counts = {"train": int((~test).sum()), "test": int(test.sum())}
        with contextlib.closing(dataset_writer.Writer(state, counts, SHAPE)) as writer:
            for part, rows in (("train", np.flatnonzero(~test)), ("test", np.flatnonzero(test))):
                for row in rows:
                    writer.add(part, drawings[row].pixels, labels[row : row + 1])
            card = writer.finish()
        card |= {"classes": classes, "held_back": True, "skipped": [], "shape": list(SHAPE), "fit": "pad", "ink": True}
        card["notes"] = ["20% of each class is held out as the test set, chosen by content."]
        card["source"] = {"kind": "own", "from": "drawings"}
        dataset = _dataset()
        if dataset is not None:
            dataset_writer.publish_more(dataset, state, card)
        else:
            _publish_first(state, card)
    return [_Drawing(d.pixels, d.label, bool(side)) for d, side in zip(drawings, test, strict=True)]


def _publish_first(state: Path, card: dict[str, Any]) -> None:
    folder, now = _folder(), time.time()
    shutil.rmtree(folder / "1", ignore_errors=True)  # from an earlier time when there were enough drawings
    atomic.replace(state, folder / "1")
    if not (folder / "label.json").exists():
        atomic.write_json(folder / "label.json", {"title": _free_title(), "note": NOTE})
    common = {"format": FORMAT, "name": name(), "version": 1, "state": 1, "created": now, "changed": now}
    atomic.write_json(folder / "dataset.json", common | card)


def _free_title() -> str:
    for number in range(1, 100):
        title = TITLE if number == 1 else f"{TITLE} {number}"
        with contextlib.suppress(DatasetError):
            return lookup.checked_title(title)
    return f"{TITLE} {time.time():.0f}"


def _folder() -> Path:
    return paths.own_folder() / name()
