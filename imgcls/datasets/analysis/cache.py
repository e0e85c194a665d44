"""Findings about a data set, in the cache: asked for once, made by a process of its own, read by every page.

    <cache>/explore/NAME-FINGERPRINT-vN/
        survey.npz            what `survey` found               the process, by rename
        tsne.npz              the map of t-SNE                  the process, by rename
        KIND.progress.json    how far it is, or why it failed   the page that starts it, then the process
        .KIND.lock            held as long as the process lives
        KIND.log              everything printed

The same pictures have the same folder, so several tabs and visitors start one process and see one result. A progress
file that is removed ends its process. All of it can be made again.
"""

import contextlib
import math
import shutil
import time
from pathlib import Path

import numpy as np

from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, DatasetError
from imgcls.system import paths
from imgcls.system.arrays import read_npz
from imgcls.system.processes import is_locked
from imgcls.system.tasks import Task, TaskState

VERSION = 1
"""Raise it when the findings change: what was kept before is made anew."""
KINDS = ("survey", "tsne")
MOST_FOLDERS = 40


def folder_of(dataset: Dataset) -> Path:
    """Where the findings about these pictures lie."""
    return paths.cache_folder() / "explore" / f"{dataset.facts.name}-{dataset.fingerprint}-v{VERSION}"


def task_of(kind: str, dataset: Dataset) -> Task:
    """The process that makes these findings, and its files."""
    return Task(folder_of(dataset), kind, f"{kind}.npz")


def start(kind: str, dataset: Dataset) -> None:
    """Starts the process that makes these findings; does nothing while it runs, or where they are.

    Raises:
        DatasetError: it cannot be started.
    """
    task = task_of(kind, dataset)
    try:
        task.start("imgcls.datasets.analysis", kind, dataset.facts.name, before=lambda: _sweep(task.folder))
    except OSError as error:
        raise DatasetError(
            f"The pictures cannot be looked through: {error.strerror or error}. Free some space, or name another "
            "folder in IMGCLS_CACHE."
        ) from error


def state(kind: str, dataset: Dataset) -> TaskState:
    """How far these findings are, whoever has asked for them."""
    return task_of(kind, dataset).state()


def cancel(kind: str, dataset: Dataset) -> None:
    """Ends the process that makes these findings, if there is one, and forgets why it failed, if it did."""
    task_of(kind, dataset).cancel()


def results(kind: str, dataset: Dataset) -> dict[str, np.ndarray]:
    """The arrays that were found. Raises DatasetError where they cannot be read; they are then made anew next time."""
    path = folder_of(dataset) / f"{kind}.npz"
    try:
        return read_npz(path)
    except (DamagedFile, FileNotFoundError) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise DatasetError(
            f"What was found about {dataset.facts.title} cannot be read any more. Look through its pictures again."
        ) from error


def stamp(kind: str, dataset: Dataset) -> float:
    """What changes when the findings do; 0 while there are none."""
    return task_of(kind, dataset).stamp()


def _age(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return math.inf


def _sweep(folder: Path) -> None:
    """Forgets the findings of pictures that are not there any more, and the oldest where there are too many."""
    base = folder.name.rsplit("-", 2)[0]
    ages = []
    with contextlib.suppress(OSError):
        for entry in folder.parent.iterdir():
            if entry == folder or any(is_locked(entry / f".{kind}.lock") for kind in KINDS):
                continue
            if entry.name.rsplit("-", 2)[0] == base:
                shutil.rmtree(entry, ignore_errors=True)
            else:
                ages.append((_age(entry), entry))
    for _, entry in sorted(ages)[MOST_FOLDERS:]:
        shutil.rmtree(entry, ignore_errors=True)
