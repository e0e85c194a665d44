"""The import of a model in the background, as pages show it: one folder for each, swept a day later.

<runs>/.imports/<id>/
    upload, upload.json      the file and its name
    facts.json, model        what was found out, and the model as its runtime takes it     task "inspect"
    answers.json             the user's answers
    done.json                the ID of the new run                                         task "evaluate"
"""

import re
import secrets
import time
from pathlib import Path
from typing import BinaryIO

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.evaluation.model_import import create_run, inspection
from imgcls.evaluation.model_import.answers import Answers
from imgcls.evaluation.model_import.inspection import MOST_BYTES, Facts
from imgcls.sharing import Action, ownership
from imgcls.system import atomic, file_times, json_files, paths
from imgcls.system.tasks import Task
from imgcls.system.tasks.progress import Progress

MODULE = "imgcls.evaluation.model_import"
FOLDER = ".imports"
KEPT_SECONDS = 86_400.0
CHUNK = 1 << 20
ID = re.compile(r"[0-9a-f]{24}")
GONE = "This import no longer exists. Choose the file again."


def new(name: str, file: BinaryIO) -> str:
    """Stores an uploaded file, starts its inspection, and returns the ID of the import.

    Raises:
        RunError: it cannot be stored.
    """
    sharing.require(Action.IMPORT_MODEL)
    sweep()
    import_id = secrets.token_hex(12)
    folder = _root() / import_id
    try:
        folder.mkdir(parents=True)
        ownership.record(folder)
        with (folder / "upload").open("wb") as target:
            while part := file.read(CHUNK):
                target.write(part)
                if target.tell() > MOST_BYTES:
                    break  # inspecting it says so
        atomic.write_json(folder / "upload.json", {"name": name})
        inspection_of(import_id).start(MODULE, "inspect", str(folder))
    except OSError as error:
        raise RunError(f"The file cannot be stored: {error.strerror or error}. Free some disk space.") from error
    return import_id


def allow_more(import_id: str) -> None:
    """Inspects the file again, with more time and memory for a large Keras model.

    Raises:
        RunError: it cannot be started.
    """
    sharing.require(Action.IMPORT_MODEL)
    if not exists(import_id):
        raise RunError(GONE)
    path = _root() / import_id / "upload.json"
    try:
        atomic.write_json(path, json_files.read_object(path) | {"is_large": True})
        inspection_of(import_id).start(MODULE, "inspect", str(path.parent), again=True)
    except (OSError, ValueError) as error:
        raise RunError("The import cannot be started again. Choose the file again.") from error


def exists(import_id: str) -> bool:
    """Whether the visitor has an import with this ID; any text is safe."""
    if not ID.fullmatch(import_id) or not (_root() / import_id / "upload.json").exists():
        return False
    return bool(sharing.decide(Action.RENAME_RUN, _root() / import_id))


def inspection_of(import_id: str) -> Task:
    """The task that inspects the file."""
    return Task(_root() / import_id, "inspect", "facts.json")


def evaluation_of(import_id: str) -> Task:
    """The task that evaluates the model and makes the run."""
    return Task(_root() / import_id, "evaluate", "done.json")


def facts_of(import_id: str) -> Facts:
    """What the inspection has found out.

    Raises:
        RunError: it is not done, or its folder was removed.
    """
    try:
        return Facts.from_json(json_files.read_object(_root() / import_id / "facts.json"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(GONE) from error


def start(import_id: str, answers: Answers) -> None:
    """Starts the evaluation with these answers.

    Raises:
        RunError: it cannot be started.
    """
    sharing.require(Action.IMPORT_MODEL)
    if not exists(import_id):
        raise RunError(GONE)
    try:
        atomic.write_json(_root() / import_id / "answers.json", answers.as_json())
        evaluation_of(import_id).start(MODULE, "evaluate", str(_root() / import_id), again=True)
    except OSError as error:
        raise RunError(f"The import cannot be started: {error.strerror or error}. Free some disk space.") from error


def run_id_of(import_id: str) -> str:
    """The ID of the run that the import has made.

    Raises:
        RunError: it is not done, or its folder was removed.
    """
    try:
        return str(json_files.read_object(_root() / import_id / "done.json")["run"])
    except (OSError, ValueError, KeyError) as error:
        raise RunError(GONE) from error


def discard(import_id: str) -> None:
    """Ends what an import is doing, and removes its files; the run that it has made stays."""
    if not exists(import_id):
        return
    for task in (inspection_of(import_id), evaluation_of(import_id)):
        task.cancel()
    atomic.remove_folder(_root() / import_id)


def sweep() -> None:
    """Removes imports of which nothing was changed for a day."""
    root = _root()
    for folder in root.iterdir() if root.is_dir() else ():
        changed = max((file_times.modified(path) or 0.0 for path in (folder, *folder.iterdir())), default=0.0)
        if ID.fullmatch(folder.name) and abs(time.time() - changed) > KEPT_SECONDS:
            atomic.remove_folder(folder)


def inspect_folder(folder: Path, progress: Progress) -> None:
    """Inspects the file in the folder of an import. Raises RunError."""
    given = json_files.read_object(folder / "upload.json")
    is_large = given.get("is_large") is True
    facts, content = inspection.inspect(folder / "upload", given["name"], progress, is_large=is_large)
    atomic.write_bytes(folder / "model", content)
    atomic.write_json(folder / "facts.json", facts.as_json())


def evaluate_folder(folder: Path, progress: Progress) -> None:
    """Makes the run that the folder of an import describes. Raises UserError."""
    facts = Facts.from_json(json_files.read_object(folder / "facts.json"))
    answers = Answers.from_json(json_files.read_object(folder / "answers.json"))
    run = create_run.make(facts, (folder / "model").read_bytes(), answers, progress)
    atomic.write_json(folder / "done.json", {"run": run.id})


def _root() -> Path:
    return paths.runs_folder() / FOLDER
