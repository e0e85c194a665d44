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
import json
import math
import shutil
import subprocess
import threading
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls import atomic, places
from imgcls.datasets import Dataset
from imgcls.errors import DatasetError
from imgcls.jobs.machine import is_locked, spawned

VERSION = 1
"""Raise it when the findings change: what was kept before is made anew."""
KINDS = ("survey", "tsne")
START_SECONDS = 20.0
"""So long may a process take, on a busy machine, from its start to its lock."""
MOST_FOLDERS = 40

INTERRUPTED = "It ended without a word: it was killed, or the machine ran out of memory. Start it again."

_children: dict[tuple[str, Path], subprocess.Popen] = {}  # kept, so that those that have ended can be reaped
_starting = threading.Lock()


@dataclass(frozen=True)
class Look:
    """One kind of finding at one moment: `state` is "idle", "running", "failed" or "ready"."""

    state: str
    share: float = 0.0  # 0 to 1
    text: str = ""  # what is being done; for a failure the sentence


def folder_of(dataset: Dataset) -> Path:
    """Where the findings about these pictures lie."""
    return places.cache_folder() / "explore" / f"{dataset.facts.name}-{dataset.fingerprint}-v{VERSION}"


def start(kind: str, dataset: Dataset) -> None:
    """Starts the process that makes these findings; does nothing while it runs, or where they are.

    Raises:
        DatasetError: it cannot be started.
    """
    folder = folder_of(dataset)
    with _starting:
        if look(kind, dataset).state in ("running", "ready"):
            return
        try:
            _sweep(folder)
            folder.mkdir(parents=True, exist_ok=True)
            write_progress(folder, kind, "running", 0.0, "Starting")
            with (folder / f"{kind}.log").open("wb") as log:
                _children[kind, folder] = spawned("imgcls.explore", kind, dataset.facts.name, stdout=log)
        except OSError as error:
            raise DatasetError(
                f"The pictures cannot be looked through: {error.strerror or error}. Free some space, or name another "
                "folder in IMGCLS_CACHE."
            ) from error


def look(kind: str, dataset: Dataset) -> Look:
    """How far these findings are, whoever has asked for them."""
    folder = folder_of(dataset)
    child = _children.get((kind, folder))
    is_alive = child is not None and child.poll() is None
    # The lock first: a process that ends between the looks has left its result or its last word by then.
    is_held = is_locked(folder / f".{kind}.lock")
    if (folder / f"{kind}.npz").exists():
        return Look("ready", 1.0)
    said = read_progress(folder, kind)
    if said is None:
        return Look("idle")
    if said.state == "failed" or is_held or is_alive:
        return said
    if child is None and _age(folder / f"{kind}.progress.json") < START_SECONDS:
        return said
    return Look("failed", said.share, INTERRUPTED)


def cancel(kind: str, dataset: Dataset) -> None:
    """Ends the process that makes these findings, if there is one, and forgets why it failed, if it did."""
    folder = folder_of(dataset)
    with contextlib.suppress(OSError):
        (folder / f"{kind}.progress.json").unlink()
    child = _children.pop((kind, folder), None)
    if child is not None and child.poll() is None:
        child.kill()
        child.wait()


def findings(kind: str, dataset: Dataset) -> dict[str, np.ndarray]:
    """The arrays that were found. Raises DatasetError where they cannot be read; they are then made anew next time."""
    path = folder_of(dataset) / f"{kind}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise DatasetError(
            f"What was found about {dataset.facts.title} cannot be read any more. Look through its pictures again."
        ) from error


def stamp(kind: str, dataset: Dataset) -> float:
    """What changes when the findings do; 0 while there are none."""
    try:
        return (folder_of(dataset) / f"{kind}.npz").stat().st_mtime
    except OSError:
        return 0.0


def write_progress(folder: Path, kind: str, state: str, share: float, text: str) -> None:
    """`state` is "running" or "failed"; for a failure, the text is the sentence for the person."""
    atomic.write_json(folder / f"{kind}.progress.json", {"state": state, "share": float(share), "text": text})


def read_progress(folder: Path, kind: str) -> Look | None:
    """What the file says, or None where there is none that can be read."""
    try:
        said = json.loads((folder / f"{kind}.progress.json").read_bytes())
        share = float(said["share"])
        state = "failed" if said["state"] == "failed" else "running"
        return Look(state, min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0, str(said["text"])[:500])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


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
