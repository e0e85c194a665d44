"""Creating, finding and listing runs. `imgcls.runs.run` describes a single run."""

import contextlib
import os
import re
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from imgcls import datasets, models, sharing
from imgcls.config import Config, imported_model
from imgcls.errors import DatasetError, RunError, UserError
from imgcls.runs import assignments, run_name, trash, trials
from imgcls.runs.run import Run
from imgcls.sharing import guarding, ownership
from imgcls.system import atomic, json_files, nodes, paths

ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}|[a-z0-9][a-z0-9_-]{2,40}")


MOST_REMEMBERED = 100_000
_started_runs: dict[tuple[str, int], tuple[float, Run]] = {}
"""When the run in a folder was first started. Its inode tells it from a run that was deleted."""

PARENT = "parent.json"
"""In the folder of a run that continues another one: {"run": ID}."""


def new_id() -> str:
    """An ID that sorts by time. A form creates it before Start can be pressed, so that three presses give one run."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"


def new_ticket() -> str:
    """A unique string for one press of Start or Resume."""
    return uuid.uuid4().hex


def check_id(run_id: str) -> None:
    """Checks an ID for a new run; an empty one is valid.

    Raises:
        RunError: it is invalid.
    """
    if run_id and not ID.fullmatch(run_id):
        raise RunError(f"Invalid run ID '{run_id}': use 3 to 41 characters from a-z, 0-9, _ and -.")


def create(
    config: Config,
    label: str = "",
    *,
    run_id: str = "",
    place: float | None = None,
    start_from: Path | None = None,
    trial: trials.TrialRecord | None = None,
    assignment: assignments.AssignmentRecord | None = None,
    backend: str = "",
) -> Run:
    """Creates a run folder with its settings; returns an existing run with this ID unchanged.

    With a `place` the run is queued from the start, for a `backend` if one is named. `start_from` is a run folder
    whose curves, checkpoint and dataset edits the new run continues from. A `trial` of a study and an attempt at
    an `assignment` are not evaluated on the test set.

    Raises:
        RunError: the ID is invalid, or the folder for runs is not writable.
    """
    check_id(run_id)
    run_id = run_id or new_id()
    root = paths.runs_folder()
    folder = root / run_id
    aside = root / f".new-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        atomic.write_json(aside / "config.json", config.as_dict())
        atomic.write_bytes(aside / run_name.NAME, (run_name.clean(label) or default_label(config)).encode("utf-8"))
        if start_from:
            for name in ("metrics.jsonl", "checkpoint.npz"):
                shutil.copyfile(start_from / name, aside / name)
            if (start_from / "data.json").exists():
                shutil.copyfile(start_from / "data.json", aside / "data.json")
            atomic.write_json(aside / PARENT, {"run": start_from.name})
        ownership.record(aside)
        if trial is not None:
            atomic.write_json(aside / trials.NAME, trial.as_dict())
        if assignment is not None:
            atomic.write_json(aside / assignments.NAME, assignment.as_dict())
        if place is not None:
            queued: dict[str, Any] = {"ticket": new_ticket(), "place": place, "versions": nodes.versions()}
            if backend:
                queued["backend"] = backend
            atomic.write_json(aside / "queued.json", queued)
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if folder.is_dir():
            return Run(folder)
        raise RunError(
            f"The run cannot be created: the folder for runs is not writable ({error.strerror}). "
            "Free some space, or set IMGCLS_RUNS to another folder."
        ) from error
    return Run(folder)


def parent_of(run: Run) -> str | None:
    """The ID of the run that this one continues, if it is known."""
    with contextlib.suppress(OSError, ValueError):
        found = json_files.read_object(run.folder / PARENT).get("run")
        return found if isinstance(found, str) and ID.fullmatch(found) else None
    return None


def find(run_id: str) -> Run:
    """The run with this ID: one of your own, or one that ships with an installed copy.

    Raises:
        RunError: there is none. Whatever the ID contains, no file outside the folders of runs is accessed.
    """
    if ID.fullmatch(run_id):
        for root in roots():
            if (root / run_id).is_dir() and guarding.is_visible(root / run_id):
                return Run(root / run_id)
    raise RunError(trash.sentence(run_id))


def run_from_argument(argument: str) -> Run:
    """The run that a command-line argument names: a run folder or a run ID.

    Raises:
        RunError: there is no such run.
    """
    if Path(argument).is_dir():
        return Run(Path(argument).resolve())
    if os.sep in argument or argument.startswith("."):
        raise RunError(f"No run folder at {argument}.")
    return find(argument)


def exists(run_id: str) -> bool:
    """Whether there is a run with this ID."""
    return bool(ID.fullmatch(run_id)) and any((root / run_id).is_dir() for root in roots())


def all_runs() -> list[Run]:
    """All runs that the visitor sees, newest first. A run of your own hides the shipped run with the same ID."""
    found: dict[str, tuple[float, str, Run]] = {}
    for root in roots():
        with contextlib.suppress(OSError), os.scandir(root) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # deleted meanwhile
                    if entry.name not in found and ID.fullmatch(entry.name) and entry.is_dir():
                        created, run = _listed(entry)
                        found[entry.name] = created, entry.name, run
    ordered = [run for _, _, run in sorted(found.values(), key=lambda one: one[:2], reverse=True)]
    return [run for run in ordered if guarding.is_visible(run.folder)] if sharing.is_shared() else ordered


def _listed(entry: os.DirEntry) -> tuple[float, Run]:
    """The run in a folder and its `created`, read once as soon as that is final: pages list all runs at every rerun."""
    key = entry.path, entry.inode()
    if key not in _started_runs:
        run = Run(Path(entry.path))
        if (started := run.first_start) is None:
            return run.created, run
        if len(_started_runs) > MOST_REMEMBERED:
            _started_runs.clear()
        _started_runs[key] = started, run
    return _started_runs[key]


def writable(run: Run) -> Run:
    """The run itself, or your own copy of a shipped run: what is computed or noted about it is stored there.

    Raises:
        RunError: the copy cannot be written.
    """
    if not run.is_shipped:
        return run
    copy = paths.runs_folder() / run.id
    aside = copy.parent / f".new-{uuid.uuid4().hex}"
    try:
        if not copy.is_dir():
            shutil.copytree(run.folder, aside)
            aside.rename(copy)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not copy.is_dir():  # and no other tab was faster
            raise RunError(f"The run cannot be copied to {copy.parent}: {error.strerror}. Free some space.") from error
    return Run(copy)


def settings(run: Run) -> dict[str, Any]:
    """All settings of a run by their names, those of its model family among them; empty if they cannot be read."""
    try:
        config = run.config
    except UserError:
        return {}
    found = config.as_dict() | dict(config.model_settings)
    return {name: value for name, value in found.items() if name not in ("model_settings", "version")}


def roots() -> list[Path]:
    """The folders with runs; the first one is writable."""
    shipped = paths.shipped_runs_folder()
    return [paths.runs_folder(), *([shipped] if shipped else [])]


def data_and_model(run: Run) -> tuple[str, str]:
    """The name of a run's dataset, and its model family or, for an imported model, "imported" with the format.

    Raises:
        UserError: the settings, or the files of an imported model, cannot be read.
    """
    found = imported_model.read(run.folder)
    if found is not None:
        return run.card.data, f"imported ({found.title})"
    config = run.config
    return config.data, config.model


def default_label(config: Config) -> str:
    """The name of a run that the user did not name, for example "Dense network on MNIST sample"."""
    try:
        data = datasets.facts(config.data).title
    except DatasetError:  # it was deleted
        data = config.data.removeprefix("own-")
    return f"{models.family(config.model).TITLE.partition(' (')[0]} on {data}"
