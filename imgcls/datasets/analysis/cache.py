"""Results of the analysis of a dataset: computed once by a background process, cached, and read by every page.

    <cache>/explore/NAME-FINGERPRINT-vN/
        survey.npz            what `survey` returns             written by the process, by rename
        tsne.npz              the t-SNE map                     written by the process, by rename
        search-*              see `imgcls.inference.visual_search.index`
        KIND.progress.json    progress, or why it failed        written by the page that starts it, then the process
        .KIND.lock            held while the process lives
        KIND.log              everything printed

The same images have the same folder, so several tabs and visitors start one process and see one result. Removing the
progress file ends the process. Everything can be computed again.
"""

import contextlib
import math
import shutil
import time
from pathlib import Path

import numpy as np

from imgcls import sharing
from imgcls.datasets import store
from imgcls.datasets.store import Dataset
from imgcls.errors import DamagedFile, DatasetError
from imgcls.sharing import Action, background
from imgcls.system import paths
from imgcls.system.arrays import read_npz
from imgcls.system.processes import is_locked
from imgcls.system.tasks import Task, TaskState

VERSION = 1
"""Raise it when the results change: cached ones are then computed again."""
KINDS = ("survey", "tsne")
MOST_FOLDERS = 40


def folder_of(dataset: Dataset) -> Path:
    """The cache folder for these images."""
    return paths.cache_folder() / "explore" / f"{dataset.facts.name}-{dataset.fingerprint}-v{VERSION}"


def task_of(kind: str, dataset: Dataset) -> Task:
    """The background task that computes these results."""
    return Task(folder_of(dataset), kind, f"{kind}.npz")


def start(kind: str, dataset: Dataset) -> None:
    """Starts the process that computes these results; does nothing if it is running or done.

    Raises:
        DatasetError: it cannot be started.
    """
    _require(kind, dataset)
    task = task_of(kind, dataset)
    try:
        task.start("imgcls.datasets.analysis", kind, dataset.facts.name, before=lambda: sweep(task.folder))
    except OSError as error:
        raise DatasetError(
            f"The analysis cannot be started: {error.strerror or error}. Free some disk space, or set IMGCLS_CACHE to "
            "another folder."
        ) from error


def state(kind: str, dataset: Dataset) -> TaskState:
    """The state of this analysis, whoever started it."""
    return task_of(kind, dataset).state()


def cancel(kind: str, dataset: Dataset) -> None:
    """Ends the process, if there is one, and clears a failure."""
    _require(kind, dataset)
    task = task_of(kind, dataset)
    if task.state().state == "running":
        background.require_own(task)
    task.cancel()


def results(kind: str, dataset: Dataset) -> dict[str, np.ndarray]:
    """The computed arrays. Raises DatasetError if they cannot be read; they are then computed again next time."""
    path = folder_of(dataset) / f"{kind}.npz"
    try:
        return read_npz(path)
    except (DamagedFile, FileNotFoundError) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise DatasetError(
            f"The cached analysis of {dataset.facts.title} cannot be read. Run the analysis again."
        ) from error


def stamp(kind: str, dataset: Dataset) -> float:
    """Changes whenever the results do; 0 while there are none."""
    return task_of(kind, dataset).stamp()


def _require(kind: str, dataset: Dataset) -> None:
    """Raises NotAllowed. The survey takes seconds and belongs to the page, the map takes a minute."""
    action = Action.VIEW_DATASET if kind == "survey" else Action.ANALYSE_DATASET
    sharing.require(action, store.folder_of(dataset.facts.name))


def _age(path: Path) -> float:
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return math.inf


def sweep(folder: Path) -> None:
    """Deletes results for older versions of this dataset, and the oldest results if there are too many. `folder` is the
    one about to be used."""
    base = folder.name.rsplit("-", 2)[0]
    ages = []
    with contextlib.suppress(OSError):
        for entry in folder.parent.iterdir():
            if entry == folder or any(is_locked(lock) for lock in entry.glob(".*.lock")):
                continue
            if entry.name.rsplit("-", 2)[0] == base:
                shutil.rmtree(entry, ignore_errors=True)
            else:
                ages.append((_age(entry), entry))
    for _, entry in sorted(ages)[MOST_FOLDERS:]:
        shutil.rmtree(entry, ignore_errors=True)
