"""The pre-flight check and the learning-rate finder as background tasks, each in a folder named after the settings.

    <cache>/preflight/<kind>-<digest>/
        config.json           the settings                      written by the page, before anything else
        <kind>.progress.json  see `imgcls.system.tasks`
        found.json            what was found so far             written by the process, again and again
        result.json           the same, complete                written by the process, last

The kinds are "check", the pre-flight check, and "rates", the learning-rate finder. The same settings have the same
folder, so several clicks, tabs and visitors start one process and see one result. Everything can be made again.
"""

import contextlib
import hashlib
import json
import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from imgcls import datasets, sharing
from imgcls.config import Config
from imgcls.errors import DatasetError, ProbeError
from imgcls.sharing import Action
from imgcls.system import atomic, paths
from imgcls.system.tasks import Task, TaskState

VERSION = 2
KINDS = ("check", "rates")
MAX_FOLDERS = 60
KEPT_SECONDS = 14 * 86_400.0
LEFTOVER_SECONDS = 3600.0
LISTS, SWITCHES = ("counts", "rates", "losses"), ("training", "usual_learns")
"""The findings that are not numbers."""
MAX_LENGTH = 1000
"""The longest list among the findings: there are never more classes or steps."""

DAMAGED = "Its result cannot be read. Start it again."
NEWER = "Its result was written by another version of the program. Start it again."

_SCHEDULE: tuple[str, ...] = ("epochs", "schedule", "plateau_patience", "plateau_factor", "step_epochs", "step_factor")
_SCHEDULE += ("warmup_fraction", "monitor", "early_stopping", "patience")
IRRELEVANT = {"check": _SCHEDULE, "rates": (*_SCHEDULE, "learning_rate", "ema_decay")}
"""Settings that do not change what is measured."""

Findings = Mapping[str, Any]
"""Numbers, switches and lists of numbers by name. None stands for a number that is not finite, such as a NaN loss."""
NOTHING: Findings = MappingProxyType({})


def all_folder() -> Path:
    """The folder of all checks. It need not exist yet."""
    return paths.cache_folder() / "preflight"


def task_of(kind: str, config: Config) -> Task:
    """The task of this kind for these settings. If the dataset is prepared again or edited, it is another one."""
    values = {name: value for name, value in config.as_dict().items() if name not in IRRELEVANT[kind]}
    try:
        data: tuple = (*datasets.dataset_stamp(config.data), *datasets.edits_stamp(config.data))
    except OSError:
        data = ()
    text = json.dumps([VERSION, values, data], sort_keys=True)
    return task_in(all_folder() / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}")


def task_in(folder: Path) -> Task:
    """The task whose files are in this folder."""
    return Task(folder, folder.name.partition("-")[0], "result.json")


def start(kind: str, config: Config) -> None:
    """Start a check of these settings, again if there was one. Does nothing while it is running.

    Raises:
        DatasetError: The dataset is not prepared; the message says how to get it.
        ProbeError: The process cannot be started.
    """
    sharing.require(Action.CHECK_SETTINGS)
    if not datasets.is_ready(config.data):
        raise DatasetError(datasets.how_to_get(datasets.facts(config.data)))
    task = task_of(kind, config)

    def prepare() -> None:
        _sweep()
        task.folder.mkdir(parents=True, exist_ok=True)
        (task.folder / "found.json").unlink(missing_ok=True)
        atomic.write_json(task.folder / "config.json", config.as_dict())

    try:
        task.start("imgcls.training.preflight.process", kind, str(task.folder), before=prepare, again=True)
    except OSError as error:
        raise ProbeError(
            f"The check cannot be started: {error.strerror or error}. Free some space, or set IMGCLS_CACHE to another "
            "folder."
        ) from error


def read(task: Task) -> tuple[TaskState, Findings]:
    """The state of a check and what it has found so far, whichever process started it."""
    state = task.state()
    if state.state == "idle":
        return state, NOTHING
    is_ready = state.state == "ready"
    try:
        return state, _read(task.folder / ("result.json" if is_ready else "found.json"))
    except FileNotFoundError:
        return state, NOTHING
    except ValueError as error:
        return (TaskState("failed", text=str(error)) if is_ready else state), NOTHING


def discard(task: Task) -> None:
    """Cancel a check, if it is running, and remove its folder."""
    task.discard()
    with contextlib.suppress(OSError):
        atomic.remove_folder(task.folder)


def _sweep() -> None:
    """Remove old checks, the oldest of too many, and what killed processes left."""
    now, ages = time.time(), []
    with contextlib.suppress(OSError):
        for entry in all_folder().iterdir():
            with contextlib.suppress(OSError):
                age = abs(now - entry.stat().st_mtime)
                if entry.name.startswith(".deleted-") and age > LEFTOVER_SECONDS:
                    shutil.rmtree(entry, ignore_errors=True)
                elif entry.name.startswith(KINDS):
                    ages.append((age, entry))
    for place, (age, folder) in enumerate(sorted(ages)):
        if (place >= MAX_FOLDERS or age > KEPT_SECONDS) and task_in(folder).state().state != "running":
            discard(task_in(folder))


def _read(path: Path) -> Findings:
    """Findings from a file.

    Raises:
        FileNotFoundError: There is no file.
        ValueError: The file was damaged, or not written by this version; the message is for the user.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(DAMAGED) from error
    if not isinstance(content, dict) or not isinstance(content.get("found"), dict):
        raise ValueError(DAMAGED)
    if content.get("version") != VERSION:
        raise ValueError(NEWER)
    return MappingProxyType({name: value for name, value in content["found"].items() if _is_valid(name, value)})


def _is_valid(name: str, value: Any) -> bool:
    if name in LISTS:
        return isinstance(value, list) and len(value) <= MAX_LENGTH and all(v is None or _is_number(v) for v in value)
    if name in SWITCHES:
        return isinstance(value, bool)
    return value is None or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)
