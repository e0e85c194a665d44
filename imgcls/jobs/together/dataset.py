"""The drawings of a class, or its photos, as an ordinary dataset: one image each, and the writers as groups.

Splits never cut a writer, so that scores say how well the model reads somebody it has not seen. With fewer than
`FEWEST_WRITERS`, that is not possible; the scores are then too optimistic, and the notes of the dataset say so.
"""

import contextlib
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import runs
from imgcls.datasets import custom, lookup
from imgcls.datasets.importing import dataset_writer
from imgcls.datasets.importing.sources import items
from imgcls.datasets.importing.splits import holdout
from imgcls.errors import DatasetError, UserError
from imgcls.jobs.together import pool
from imgcls.jobs.together.pool import Pool
from imgcls.runs import trash
from imgcls.runs.annotations import withdrawn
from imgcls.sharing import acting_as
from imgcls.sharing.visitors import SERVER
from imgcls.system import atomic, paths

SHAPE = (28, 28, 1)
FEWEST_WRITERS = 5
FEWEST_OF_CLASS = 3
"""Writers of each class, so that it stays in training when one is held out for the test and one for validation."""
NOTE = "Made by a class. Its groups are the writers, without their names."
ONE_WRITER = "Too few people took part in each class, so splits cut writers: scores are too optimistic for new people."


@dataclass(frozen=True, eq=False)
class Drawn:
    """Drawings that become a dataset, all arrays of n: their IDs, pixels, classes, and writers by number."""

    ids: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    writers: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of each image."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    @property
    def has_groups(self) -> bool:
        """Whether enough people drew each class to keep writers together."""
        of_class = [len(set(self.writers[self.labels == label].tolist())) for label in set(self.labels.tolist())]
        return len(set(self.writers.tolist())) >= FEWEST_WRITERS and min(of_class) >= FEWEST_OF_CLASS


@dataclass(frozen=True)
class Made:
    """A dataset, and the IDs of the drawings in the order of its images."""

    name: str
    train: tuple[int, ...]
    test: tuple[int, ...]
    has_groups: bool


def read(drawings: Pool, num_classes: int) -> Drawn:
    """What the pool holds. Of identical drawings only the first counts.

    Raises:
        UserError: a class has too few.
    """
    pixels, labels, writers = drawings.pixels(), drawings.labels(), drawings.writers_of()
    firsts = {dataset_writer.digest(image.tobytes()): number for number, image in reversed(pixels.items())}
    ids = sorted(number for number in firsts.values() if labels.get(number, num_classes) < num_classes)
    counts = Counter(labels[number] for number in ids)
    if len(counts) < num_classes or min(counts.values()) < items.MIN_IMAGES:
        raise UserError(f"Each class needs at least {items.MIN_IMAGES} drawings. Draw more of those that have fewer.")
    numbers = {writer: place for place, writer in enumerate(dict.fromkeys(writers[number] for number in ids))}
    return Drawn(
        np.array(ids),
        np.stack([pixels[number] for number in ids]),
        np.array([labels[number] for number in ids], np.int64),
        np.array([numbers[writers[number]] for number in ids], np.int64),
    )


def make(drawings: Pool, classes: Sequence[str], title: str) -> Made:
    """Make a dataset that belongs to the present visitor, or bring the one made before up to date.

    Raises:
        UserError: a class has too few drawings.
        SourceError: the dataset is being changed by another process.
        OSError: it cannot be written.
    """
    found = read(drawings, len(classes))
    earlier = next((name for activity, name, _ in pool.datasets(drawings.folder) if activity == drawings.activity), "")
    is_there = bool(earlier) and (custom.folder_of(earlier) / "dataset.json").exists()
    made = _written(found, classes, _free(title), earlier if is_there else "")
    drawings.note_dataset(made.name, classes)
    return made


def remove(folder: Path, images: Sequence[np.ndarray]) -> None:
    """After drawings with these pixels were withdrawn: bring the datasets of a class up to date, and its runs.

    Raises as `make` does. A dataset with too few drawings left is deleted.
    """
    for activity, name, classes in pool.datasets(folder):
        if not (custom.folder_of(name) / "dataset.json").exists():
            continue
        try:
            _written(read(Pool(folder, activity), len(classes)), classes, "", name)
        except UserError:
            atomic.remove_folder(custom.folder_of(name))
    _blank_in_runs(images, {name for _, name, _ in pool.datasets(folder)})


def forget(writer: str) -> None:
    """Delete everything that a visitor has drawn in any class; who may do so is checked by the caller."""
    for folder, images in pool.forget(writer).items():
        remove(folder, images)


def _blank_in_runs(images: Sequence[np.ndarray], datasets: Collection[str]) -> None:
    """In all runs on these datasets, also deleted ones and those in training."""
    if not len(images):
        return
    with acting_as(SERVER):
        folders = [run.folder for run in runs.all_runs()]
    for folder in [*folders, *(paths.runs_folder() / trash.FOLDER).glob("*")]:
        with contextlib.suppress(UserError):
            if runs.data_and_model(runs.Run(folder))[0] in datasets:
                withdrawn.blank(folder, {withdrawn.digest(image) for image in images})


def _written(found: Drawn, classes: Sequence[str], title: str, name: str) -> Made:
    digests = [dataset_writer.digest(image.tobytes()) for image in found.images]
    has_groups, what = found.has_groups, "drawing" if found.shape == SHAPE else "photo"
    if has_groups:
        test = holdout.choose_test_groups(found.labels, digests, found.writers)
    else:
        test = holdout.choose_test(found.labels.tolist(), digests)
    paths.own_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.own_folder(), prefix=".drawn-") as work, contextlib.ExitStack() as stack:
        rows = {"train": np.flatnonzero(~test), "test": np.flatnonzero(test)}
        names = [f"Writer {number + 1}" for number in range(int(found.writers.max()) + 1)] if has_groups else None
        counts = {part: len(places) for part, places in rows.items()}
        writer = dataset_writer.Writer(Path(work, "state"), counts, found.shape, group_names=names)
        stack.enter_context(contextlib.closing(writer))
        for part, places in rows.items():
            groups = np.repeat(found.writers[places, None], 2, axis=1) if has_groups else None
            files = [f"{what}-{number}" for number in found.ids[places]]
            writer.add(part, found.images[places], found.labels[places], files, groups)
        card = writer.finish() | _facts(classes, found.shape, has_groups)
        if name:
            stack.enter_context(dataset_writer.exclusive(name, 10.0))
            dataset_writer.publish_more(_existing(name), Path(work, "state"), card)
        else:
            name = dataset_writer.publish_new(Path(work), Path(work, "state"), card, title, NOTE)
    train, held_out = (tuple(found.ids[places].tolist()) for places in rows.values())
    return Made(name, train, held_out, has_groups)


def _facts(classes: Sequence[str], shape: tuple[int, int, int], has_groups: bool) -> dict[str, Any]:
    how, is_drawn = holdout.Holdout().sentence(has_groups=has_groups), shape == SHAPE
    return {
        "classes": list(classes),
        "held_back": True,
        "skipped": [],
        "shape": list(shape),
        "fit": "pad" if is_drawn else "crop",
        "ink": is_drawn,
        "notes": [how] if has_groups else [how, ONE_WRITER],
        "source": {"kind": "own", "from": "class"},
    }


def _existing(name: str) -> custom.CustomDataset:
    """A dataset, also if the present visitor does not see it: they withdraw what is theirs."""
    with acting_as(SERVER):
        return custom.custom_dataset(name)


def _free(title: str) -> str:
    for number in range(1, 1_000):
        with contextlib.suppress(DatasetError):
            return lookup.checked_title(title if number == 1 else f"{title} {number}")
    return lookup.checked_title(f"{title} {np.random.default_rng().integers(1_000_000_000)}")
