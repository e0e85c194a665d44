"""Imports on their way: each has a folder, which a page makes, a process works in, and the next day removes.

<own data>/.imports/<id>/
    upload-0.zip ...     what was uploaded, under a name of ours                      page
    order.json           what is to be read, see `sources.ImportRequest`                      page
    preview.json         what was seen at a first look, or why nothing can be done    looking process
    wish.json            how it shall be stored, see `work.ImportSettings`                      page
    progress.json        how far the import is, rewritten twice a second              importing process
    work/                what is being made                                           importing process
    result.json          the name of the data set; last                               importing process

The id stands in the page's address, so F5, a second tab and a restarted server find the import again.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from imgcls.datasets import custom, lookup
from imgcls.datasets.importing.pipeline import ImportSettings
from imgcls.datasets.importing.preview import Preview
from imgcls.datasets.importing.sources import ImportRequest
from imgcls.datasets.preparing import fetch, progress
from imgcls.errors import SourceError
from imgcls.system import atomic, paths, processes

KEPT_SECONDS = 86_400.0
LOOK_SECONDS = 30.0
START_SECONDS = 30.0
MODULE = "imgcls.datasets.importing"
INTERRUPTED = (
    "The import was interrupted: its process ended without a word, for want of memory or because it was ended. "
    "Nothing of it is left in the data sets. Start it again."
)

_started: dict[str, subprocess.Popen] = {}
_starting = threading.Lock()


@dataclass(frozen=True)
class State:
    """What a page shows about an import: idle (not started), running, failed or ready."""

    state: str
    fraction: float = 0.0
    text: str = ""  # what is being done; for a failure the sentence
    name: str = ""  # the data set, when ready


def all_folder() -> Path:
    """The folder of all imports on their way. It need not exist yet."""
    return paths.own_folder() / ".imports"


def new_id() -> str:
    return secrets.token_hex(8)


def folder_of(import_id: str) -> Path:
    """The folder of one. Raises SourceError for an id that is none: it never becomes a path."""
    if not re.fullmatch(r"[0-9a-f]{16}", import_id):
        raise SourceError("This link names no import. Begin a new one.")
    return all_folder() / import_id


def made(import_id: str) -> Path:
    """Its folder, made if it is not there. Raises SourceError where the disk does not allow it."""
    folder = folder_of(import_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(error) from error
    return folder


def keep_upload(import_id: str, number: int, stream: BinaryIO) -> Path:
    """Writes an upload to the disk, a piece at a time, under a name of ours."""
    path = made(import_id) / f"upload-{number}"
    try:
        with atomic.replacing(path) as aside, aside.open("wb") as file:
            stream.seek(0)
            shutil.copyfileobj(stream, file, 1 << 20)
    except OSError as error:
        raise _not_written(error) from error
    return path


def bring(import_id: str, order: ImportRequest) -> None:
    """Says what is to be imported, and lets a process look at it; returns when that is done."""
    folder = made(import_id)
    (folder / "preview.json").unlink(missing_ok=True)
    try:
        atomic.write_json(folder / "order.json", order.as_dict())
        with (folder / "look.log").open("wb") as log:
            process = processes.spawn(MODULE, "--look", str(folder), stdout=log)
    except OSError as error:
        raise _not_written(error) from error
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def order_of(import_id: str) -> ImportRequest | None:
    """What is to be imported, or None while nothing was brought."""
    try:
        return ImportRequest(**json.loads((folder_of(import_id) / "order.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def preview(import_id: str) -> Preview:
    """What was seen at the first look.

    Raises:
        SourceError: why it cannot be imported.
    """
    try:
        said = json.loads((folder_of(import_id) / "preview.json").read_bytes())
        if "error" in said:
            raise SourceError(str(said["error"]))
        return Preview(**said)
    except (OSError, ValueError, TypeError):
        raise SourceError(
            "It could not be looked at: that took too long, or more memory than there is. Choose a smaller part of it."
        ) from None


def write_preview(folder: Path, found: Preview | SourceError) -> None:
    """For the looking process."""
    said = {"error": str(found)} if isinstance(found, SourceError) else asdict(found)
    atomic.write_json(folder / "preview.json", said)


def start(import_id: str, wish: ImportSettings) -> None:
    """Starts the import in a process of its own; does nothing while it runs or when it is done.

    Raises:
        DatasetError: the title is empty or taken.
        SourceError: the disk does not allow it.
    """
    if not wish.into:
        lookup.checked_title(wish.title)
    with _starting:
        if state(import_id).state in ("running", "ready"):
            return
        folder = made(import_id)
        try:
            atomic.write_json(folder / "wish.json", wish.as_dict())
            progress.write(folder / "progress.json", "starting", 0.0, "Starting")
            with (folder / "import.log").open("wb") as log:
                _started[import_id] = processes.spawn(MODULE, "--make", str(folder), stdout=log)
        except OSError as error:
            raise _not_written(error) from error


def state(import_id: str) -> State:
    """How far it is, whoever has started it."""
    folder = folder_of(import_id)
    said = progress.read(folder / "progress.json")  # before the result: it goes when that is there
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return State("ready", 1.0, name=str(json.loads((folder / "result.json").read_bytes())["name"]))
    child = _started.get(import_id)
    ended = child is not None and child.poll() is not None
    if said is None:
        return State("failed", text=INTERRUPTED) if ended else State("idle")
    if said["phase"] == "failed":
        return State("failed", said["share"], said["text"])
    patience = START_SECONDS if said["phase"] == "starting" else progress.SILENT_SECONDS
    if ended or abs(time.time() - said["time"]) > patience:
        return State("failed", said["share"], INTERRUPTED)
    return State("running", said["share"], said["text"])


def take_back(import_id: str) -> None:
    """Forgets what was brought, so that something else can be chosen; single pictures stay."""
    folder = folder_of(import_id)
    cancel(import_id)
    for path in [*folder.glob("upload-*"), folder / "order.json", folder / "preview.json"]:
        path.unlink(missing_ok=True)


def cancel(import_id: str) -> None:
    """Ends the import, if it runs; what was brought stays, so that it can be started anew."""
    folder = folder_of(import_id)
    said = progress.read(folder / "progress.json")
    child = _started.pop(import_id, None)
    if child is not None:
        fetch.end(child.pid, MODULE)
        child.wait()
    elif said and said["pid"] != os.getpid() and state(import_id).state == "running":
        fetch.end(said["pid"], MODULE)
    progress.forget(folder / "progress.json")
    shutil.rmtree(folder / "work", ignore_errors=True)


def give_up(import_id: str) -> None:
    """Ends the import, if it runs, and removes everything of it."""
    cancel(import_id)
    shutil.rmtree(folder_of(import_id), ignore_errors=True)


def sweep() -> None:
    """Removes imports that nobody has touched for a day, and what deleted data sets have left."""
    custom.sweep()
    with contextlib.suppress(OSError):
        for folder in list(all_folder().iterdir()):
            with contextlib.suppress(OSError, SourceError):
                newest = max(entry.stat().st_mtime for entry in (folder, *folder.iterdir()))
                if time.time() - newest > KEPT_SECONDS and state(folder.name).state != "running":
                    give_up(folder.name)


def _not_written(error: OSError) -> SourceError:
    return SourceError(
        f"The import cannot be written to {paths.own_folder()}: {error.strerror or error}. Make room there, or set "
        "IMGCLS_OWN_DATA to another folder."
    )
