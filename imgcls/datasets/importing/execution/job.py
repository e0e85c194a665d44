"""Imports in progress. Each has a folder that a page makes, a process works in, and `sweep` removes after a day.

<custom datasets>/.imports/<id>/
    upload-0 ...            the uploaded files, under names of ours                      page
    order.json              what to import, see `sources.ImportRequest`                  page
    preview.json            what a first inspection found, or why it cannot be imported  inspecting process
    skipped.csv             the files that will be skipped, and why                      inspecting process
    wish.json               how to store it, see `pipeline.ImportSettings`               page
    import.progress.json    how far the import is, see `imgcls.system.tasks`             importing process
    work/                   what is being made                                           importing process
    result.json             the name of the dataset; written last                        importing process

The id is in the page's URL, so a reload, a second tab and a restarted server find the import again.
"""

import contextlib
import json
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import psutil

from imgcls import sharing
from imgcls.datasets import custom, lookup
from imgcls.datasets.importing.findings import Question
from imgcls.datasets.importing.pipeline import ImportSettings
from imgcls.datasets.importing.preview import Preview
from imgcls.datasets.importing.sources import ImportRequest
from imgcls.errors import SourceError
from imgcls.sharing import Action, ownership
from imgcls.sharing.visitors import SERVER
from imgcls.system import atomic, paths, processes
from imgcls.system.tasks import Task, TaskState

KEPT_SECONDS = 86_400.0
INSPECT_SECONDS = 30.0
"""Processor time of an inspection. What it waits for on a busy machine does not count, up to `INSPECT_PATIENCE`."""
INSPECT_PATIENCE = 180.0
MODULE = "imgcls.datasets.importing"
SKIPPED = custom.SKIPPED


def all_folder() -> Path:
    """The folder of all imports in progress. It need not exist yet."""
    return paths.own_folder() / ".imports"


def new_id() -> str:
    """An id for a new import."""
    return secrets.token_hex(8)


def folder_of(import_id: str) -> Path:
    """The folder of an import.

    Raises:
        SourceError: The id is malformed; it never becomes a path then.
        NotAllowed: It is the import of another visitor.
    """
    if not re.fullmatch(r"[0-9a-f]{16}", import_id):
        raise SourceError("This link does not belong to an import. Start a new one.")
    folder = all_folder() / import_id
    if folder.exists():
        sharing.require(Action.ADD_IMAGES, folder)
    return folder


def task_in(folder: Path) -> Task:
    """The task that does the import in this folder."""
    return Task(folder, "import", "result.json")


def make_folder(import_id: str) -> Path:
    """Make the folder of an import, if necessary, and return it.

    Raises:
        SourceError: The disk does not allow it.
        NotAllowed: The visitor may not import, or it is the import of another one.
    """
    folder = folder_of(import_id)
    sharing.require(Action.IMPORT_DATASET)
    try:
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if is_new:
            ownership.record(folder)
    except OSError as error:
        raise _cannot_write(error) from error
    return folder


def save_upload(import_id: str, number: int, stream: BinaryIO) -> Path:
    """Write an uploaded file to disk in chunks, under a name of ours."""
    path = make_folder(import_id) / f"upload-{number}"
    try:
        with atomic.replacing(path) as aside, aside.open("wb") as file:
            stream.seek(0)
            shutil.copyfileobj(stream, file, 1 << 20)
    except OSError as error:
        raise _cannot_write(error) from error
    return path


def inspect(import_id: str, request: ImportRequest) -> None:
    """Inspect the source of an import in a separate process, and return when it is done.

    The result is read with `preview`.

    Raises:
        SourceError: The disk does not allow it.
    """
    folder = make_folder(import_id)
    if any(path and not Path(path).is_relative_to(folder) for path in (request.path, request.table)):
        sharing.require(Action.READ_SERVER_FOLDER)
    (folder / "preview.json").unlink(missing_ok=True)
    try:
        atomic.write_json(folder / "order.json", request.as_dict())
        with (folder / "look.log").open("wb") as log:
            process = processes.spawn(MODULE, "--look", str(folder), stdout=log)
    except OSError as error:
        raise _cannot_write(error) from error
    end = time.monotonic() + INSPECT_PATIENCE
    while process.poll() is None:
        if time.monotonic() > end or _processor_time(process.pid) > INSPECT_SECONDS:
            process.kill()
            process.wait()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)


def _processor_time(pid: int) -> float:
    """Seconds that a process has computed, or 0 if it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def request_of(import_id: str) -> ImportRequest | None:
    """The source to import, or None if nothing was chosen yet."""
    try:
        return ImportRequest(**json.loads((folder_of(import_id) / "order.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def preview(import_id: str) -> Preview:
    """What the inspection found.

    Raises:
        SourceError: It cannot be imported; the message says why, and its `questions` may be answered differently.
    """
    try:
        content = json.loads((folder_of(import_id) / "preview.json").read_bytes())
        questions = [Question.from_dict(row) for row in content.get("questions", [])]
        if "error" in content:
            refusal = SourceError(str(content["error"]))
            refusal.questions = tuple(questions)
            raise refusal
        return Preview(**content | {"questions": questions})
    except (OSError, ValueError, TypeError, KeyError):
        raise SourceError(
            "The file could not be inspected: it took too long or needed too much memory. Choose a smaller part of it."
        ) from None


def skipped_csv(import_id: str) -> bytes | None:
    """The CSV file of all files that the inspection skipped; None if there is none."""
    try:
        return (folder_of(import_id) / SKIPPED).read_bytes()
    except OSError:
        return None


def write_preview(folder: Path, found: Preview | SourceError) -> None:
    """Write what the inspecting process found."""
    if isinstance(found, SourceError):
        content = {"error": str(found), "questions": [question.as_dict() for question in found.questions]}
    else:
        content = asdict(found)
    atomic.write_json(folder / "preview.json", content)


def start(import_id: str, settings: ImportSettings) -> None:
    """Start the import in a process of its own. Does nothing while it is running or when it is done.

    Raises:
        DatasetError: The title is empty or taken.
        SourceError: The disk does not allow it.
    """
    if settings.into:
        sharing.require(Action.ADD_IMAGES, custom.folder_of(settings.into))
    else:
        lookup.checked_title(settings.title)
    folder = make_folder(import_id)
    try:
        task_in(folder).start(
            MODULE,
            "--make",
            str(folder),
            before=lambda: atomic.write_json(folder / "wish.json", settings.as_dict()),
        )
    except OSError as error:
        raise _cannot_write(error) from error


def state(import_id: str) -> TaskState:
    """How far the import is, whichever process started it."""
    return task_in(folder_of(import_id)).state()


def imported_name(import_id: str) -> str:
    """The name of the imported dataset; empty if the import is not done."""
    try:
        return str(json.loads((folder_of(import_id) / "result.json").read_bytes())["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def reset(import_id: str) -> None:
    """Forget the chosen files, so that others can be chosen. Single images are kept."""
    folder = folder_of(import_id)
    cancel(import_id)
    for path in [*folder.glob("upload-*"), folder / "order.json", folder / "preview.json", folder / SKIPPED]:
        path.unlink(missing_ok=True)


def cancel(import_id: str) -> None:
    """End the import if it is running. The uploaded files are kept, so that it can be started again."""
    task_in(folder_of(import_id)).cancel()
    shutil.rmtree(folder_of(import_id) / "work", ignore_errors=True)


def discard(import_id: str) -> None:
    """End the import if it is running, and remove all of its files."""
    cancel(import_id)
    shutil.rmtree(folder_of(import_id), ignore_errors=True)


def sweep() -> None:
    """Remove imports untouched for a day, and leftovers of deleted datasets."""
    custom.sweep()
    with contextlib.suppress(OSError), sharing.acting_as(SERVER):
        for folder in list(all_folder().iterdir()):
            with contextlib.suppress(OSError, SourceError):
                newest = max(entry.stat().st_mtime for entry in (folder, *folder.iterdir()))
                if time.time() - newest > KEPT_SECONDS and state(folder.name).state != "running":
                    discard(folder.name)


def _cannot_write(error: OSError) -> SourceError:
    return SourceError(
        f"The import cannot be written to {paths.own_folder()}: {error.strerror or error}. Free some space there, or "
        "set IMGCLS_OWN_DATA to another folder."
    )
