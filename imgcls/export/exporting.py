"""The background task that exports a run: convert, compare, store, one format after the other.

RUN/exports/
    NAME.SUFFIX           the file of a format; only there if it matches the run's predictions
    NAME.json             its verification record
    NAME.log              what a failed conversion printed
    export.progress.json, export.log, done.json     those of the task
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import filelock
import numpy as np

from imgcls import runs, sharing
from imgcls.config import imported_model
from imgcls.errors import RunError, UserError
from imgcls.export import formats, metadata, records, verification, verified_record
from imgcls.export.records import Record
from imgcls.export.verification import Comparison, Reference
from imgcls.runs import Run
from imgcls.runs.results import ModelCard
from imgcls.sharing import Action
from imgcls.system import atomic, processes
from imgcls.system.tasks import GRACE_SECONDS, Progress, Task
from imgcls.system.tasks.progress import Cancelled, failure_text

CONVERTER = "imgcls.training.export.convert"
MODULE = "imgcls.export"


def task_of(run: Run) -> Task:
    """The background task and its files."""
    return Task(records.folder_of(run), "export", "done.json")


def start(run: Run, names: Sequence[str]) -> None:
    """Starts exporting a run in these formats; does nothing while an export of the run is in progress.

    Raises:
        RunError: the run has no finished model, or the process cannot be started.
    """
    sharing.require(Action.EXPORT_RUN, run.folder)
    check(run)
    run = runs.writable(run)
    try:
        task_of(run).start(MODULE, str(run.folder), *names, again=True)
    except OSError as error:
        raise RunError(f"The export cannot be started: {error.strerror or error}. Free some disk space.") from error


def export_now(run: Run, names: Sequence[str], echo: Progress) -> None:
    """Exports a run in this process, for a shell.

    Raises:
        RunError: the run cannot be exported, a file cannot be written, or the run is being exported already.
    """
    task = task_of(run)
    try:
        task.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(task.lock, timeout=GRACE_SECONDS), task.reporting(echo) as progress:
            make(run, names, progress)
    except filelock.Timeout as error:
        raise RunError("This run is being exported by another process. Wait until it is done.") from error
    except Cancelled as error:
        raise RunError("The export was cancelled on a page of the app.") from error
    except OSError as error:
        raise RunError(failure_text(error)) from error


def check(run: Run) -> ModelCard:
    """The card of a run that can be exported.

    Raises:
        RunError: it cannot, and why.
    """
    card = run.card
    if imported_model.exists(run.folder):
        raise RunError(
            "This model was imported, so you have its file already. Only models trained here can be exported."
        )
    if not (run.folder / "model.keras").exists():
        raise RunError("This run has no saved model (model.keras), so it cannot be exported. Train it again.")
    if not run.is_tested:
        raise RunError(
            "This run has no test predictions, so an exported file could not be verified. Let its training finish."
        )
    return card


def make(run: Run, names: Sequence[str], progress: Progress) -> None:
    """Exports a run in these formats. A format that cannot be made gets a record that says why.

    Raises:
        RunError: the run cannot be exported at all.
    """
    check(run)
    folder = records.folder_of(run)
    atomic.remove_leftovers(folder.glob(".*"))
    known = verification.reference(run)
    for position, name in enumerate(names):

        def of_all(fraction: float, text: str, position: int = position, name: str = name) -> None:
            title = formats.find(name).TITLE
            progress((position + fraction) / len(names), f"{title}: {text[:1].lower()}{text[1:]}")

        make_one(run, name, known, of_all)
    atomic.write_json(folder / "done.json", {"formats": list(names)})


def make_one(run: Run, name: str, known: Reference, progress: Progress) -> Record:
    """Makes, verifies and stores the file of one format, and returns its record.

    Raises:
        OSError: the file cannot be written.
    """
    chosen = formats.find(name)
    path = records.file_of(run, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / f"{name}.json").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    try:
        if missing := formats.what_is_missing(chosen):
            raise RunError(missing)
        with atomic.replacing(path) as aside:
            record = _converted(run, name, chosen, known, aside, progress)
            if record.problem:
                raise _NoMatch(record)
    except _NoMatch as no_match:
        record = no_match.record
    except UserError as error:
        record = Record(name, chosen.TITLE, verified_record.now(), problem=failure_text(error))
    records.write(run, record)
    return record


class _NoMatch(Exception):
    """The file does not match the run's predictions, so it is removed."""

    def __init__(self, record: Record):
        super().__init__(record.problem)
        self.record = record


def _converted(run: Run, name: str, chosen: ModuleType, known: Reference, path: Path, progress: Progress) -> Record:
    progress(0.0, "Converting")
    if hasattr(chosen, "write"):
        convert(run, name, path)
    if assemble := getattr(chosen, "assemble", None):
        assemble(run, path)
    digest = records.digest(path)

    def second_half(fraction: float, text: str) -> None:
        progress(0.5 + fraction / 2, text)

    opened = chosen.load(path)
    if opened is None:
        record = verified_record.without_comparison(run, name, chosen, digest)
        chosen.describe(path, metadata.texts_of(run.card, record.text_inside()))
        return _delivered(record, path)
    with opened as runtime:
        found = verification.compare(known, runtime, second_half)
        software = runtime.name
    problem = verification.problem(found, chosen.TOLERANCE)
    record = verified_record.of_comparison(run, name, chosen, known, found, problem, digest, software)
    chosen.describe(path, metadata.texts_of(run.card, record.text_inside()))
    with chosen.load(path) as runtime:  # what was added must not have changed it
        sample = np.asarray(known.images[known.rows[:8]])
        again = known.decisions(runtime.probabilities(sample))
    if not problem and not np.array_equal(again, _decided(known, found)[:8]):
        raise RunError("The file changed when its verification record was added.")
    return _delivered(record, path)


def _delivered(record: Record, path: Path) -> Record:
    """The record with what is only known once the file is complete."""
    return replace(record, bytes=path.stat().st_size, sha256=records.digest(path))


def convert(run: Run, name: str, path: Path) -> None:
    """Writes the file of a format, in a process with Keras. If that fails, its output is kept in RUN/exports/NAME.log.

    Raises:
        RunError: the conversion failed.
    """
    log = records.folder_of(run) / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-P", "-m", CONVERTER, str(run.folder), name, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=processes.child_environment({"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}),
            check=False,
        )
    if done.returncode or not path.exists():
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        raise RunError(f"The conversion failed: {lines[-1][:300] if lines else 'its process ended unexpectedly'}")
    log.unlink()


def _decided(known: Reference, found: Comparison) -> np.ndarray:
    """The decisions of the compared file."""
    decisions = known.decisions(known.probabilities).copy()
    decisions[found.changed] = found.after
    return decisions
