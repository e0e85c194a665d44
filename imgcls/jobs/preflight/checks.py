"""Checks before the start: made by a process of its own, each in a folder that is named by the settings that matter.

    <cache>/probes/<kind>-<digest>/
        config.json     the settings                                     page, before anything else
        spare           room for a last sentence on a full disk          page; the probe may take it
        .probe.lock     held as long as the probe lives                  probe
        result.json     what was found so far, see `Look`                probe, by rename, again and again
        log.txt         everything printed                               probe

Kinds are "check", a look at the settings as a whole, and "rates", the learning-rate finder. The same settings have the
same folder, so several clicks, tabs and visitors start one process and see one result. A folder that is removed ends
its process. All of it can be made again.
"""

import contextlib
import hashlib
import json
import math
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from imgcls import datasets
from imgcls.config import Config
from imgcls.errors import DatasetError, ProbeError
from imgcls.system import atomic, processes
from imgcls.system import paths as system_paths

VERSION = 1
KINDS = ("check", "rates")
MOST_KEPT = 60
KEPT_SECONDS = 14 * 86_400.0
LEFT_SECONDS = 3600.0
START_SECONDS = 20.0
"""So long may a process take, on a busy machine, from its start to its lock."""
STUCK_SECONDS = 300.0
"""Longer without a word, and it is taken for dead: it waits and works for less than that."""
LISTS, SWITCHES = ("counts", "rates", "losses"), ("training", "usual_learns")
"""What in a result is no number."""
LONGEST = 1000
"""A list in a result is never longer: as many classes or steps there are not."""

INTERRUPTED = (
    "It ended without a word: it was killed, or the machine ran out of memory or of disk. Start it again; if it "
    "happens twice, try a smaller model or batch."
)
STUCK = "It has not moved for minutes: it was halted, or the machine slept. Start it again."
DAMAGED = "Its result cannot be read. Start it again."
NEWER = "Its result was written by a newer version of the program. Start it again."

_COURSE = ("epochs", "schedule", "plateau_patience", "plateau_factor", "step_epochs", "step_factor", "warmup_fraction")
_COURSE += ("monitor", "early_stopping", "patience")
INDIFFERENT = {"check": _COURSE, "rates": (*_COURSE, "learning_rate", "ema_decay")}
"""Settings that change nothing in what is measured."""

_children: dict[Path, subprocess.Popen] = {}
_starting = threading.Lock()


@dataclass(frozen=True)
class Look:
    """A probe at one moment.

    `state` is "idle", "running", "finished" or "failed"; `message` says why it failed. `found` holds what it has seen
    so far: numbers, switches and lists of numbers. None stands for a number that is none, such as a loss of NaN.
    """

    state: str
    phase: str = ""
    fraction: float = 0.0  # 0 to 1
    message: str = ""
    found: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def folder_of(kind: str, config: Config) -> Path:
    """Where the probe of these settings lies. Data that were prepared anew make another folder."""
    values = {name: value for name, value in config.as_dict().items() if name not in INDIFFERENT[kind]}
    try:
        data = (*datasets.dataset_stamp(config.data), *datasets.edits_stamp(config.data))
    except OSError:
        data = ()
    text = json.dumps([VERSION, values, data], sort_keys=True)
    return all_folder() / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def all_folder() -> Path:
    """The folder of all probes. It need not exist yet."""
    return system_paths.cache_folder() / "probes"


def start(kind: str, config: Config) -> None:
    """Starts a probe of these settings, anew where there was one; does nothing while it runs.

    Raises:
        DatasetError: the data set is not prepared; the sentence says how to get it.
        ProbeError: it cannot be started.
    """
    if not datasets.is_ready(config.data):
        raise DatasetError(datasets.how_to_get(datasets.facts(config.data)))
    with _starting:
        folder = folder_of(kind, config)
        if look(folder).state == "running":
            return
        forget(folder)
        _sweep()
        aside = all_folder() / f".new-{secrets.token_hex(8)}"
        try:
            aside.mkdir(parents=True)
            atomic.write_json(aside / "config.json", config.as_dict())
            atomic.write_bytes(aside / "spare", bytes(4096))
            aside.rename(folder)
            with (folder / "log.txt").open("wb") as log:
                command = ("imgcls.training.preflight.process", kind, str(folder / "config.json"), str(folder))
                _children[folder] = processes.spawn(*command, stdout=log)
        except OSError as error:
            ours = not aside.exists()
            shutil.rmtree(aside, ignore_errors=True)
            if folder.is_dir() and not ours:
                return  # another server was faster
            forget(folder)
            raise ProbeError(
                f"The check cannot be started: {error.strerror or error}. Free some space, or name another folder in "
                "IMGCLS_CACHE."
            ) from error


def look(folder: Path) -> Look:
    """What a probe has found so far, whoever has started it."""
    child = _children.get(folder)
    is_alive = child is not None and child.poll() is None
    if not folder.is_dir():
        return Look("idle")
    # The lock first: a probe that ends between the two looks has written its last word by the second.
    is_held = processes.is_locked(folder / ".probe.lock")
    try:
        said = _read(folder / "result.json")
    except ValueError as error:
        return Look("failed", message=str(error))
    if said is not None and said.state != "running":
        return said
    if (is_held or is_alive) and not _is_young(folder / "result.json", folder, seconds=STUCK_SECONDS):
        return Look("failed", message=STUCK)
    if is_held or is_alive or (child is None and _is_young(folder / "config.json", seconds=START_SECONDS)):
        return said or Look("running", "starting")
    return Look("failed", message=INTERRUPTED)


def forget(folder: Path) -> None:
    """Removes a probe, out of sight by one rename; its process, if there is one, ends within moments."""
    child = _children.pop(folder, None)
    with contextlib.suppress(OSError):
        atomic.remove_folder(folder)
    if child is not None:
        child.kill()
        child.wait()


def _sweep() -> None:
    """Forgets what is old or too much, and what killed processes have left."""
    for folder, child in list(_children.items()):
        if child.poll() is not None and not folder.is_dir():
            del _children[folder]
    now, ages = time.time(), []
    with contextlib.suppress(OSError):
        for entry in all_folder().iterdir():
            with contextlib.suppress(OSError):
                age = abs(now - entry.stat().st_mtime)
                if entry.name.startswith((".new-", ".deleted-")) and age > LEFT_SECONDS:
                    shutil.rmtree(entry, ignore_errors=True)
                elif entry.name.startswith(KINDS):
                    ages.append((age, entry))
    for place, (age, folder) in enumerate(sorted(ages)):
        if (place >= MOST_KEPT or age > KEPT_SECONDS) and look(folder).state != "running":
            forget(folder)


def _is_young(*paths: Path, seconds: float) -> bool:
    """Whether one of these was changed a short while ago."""
    for path in paths:
        with contextlib.suppress(OSError):
            if abs(time.time() - path.stat().st_mtime) < seconds:
                return True
    return False


def _read(path: Path) -> Look | None:
    """A result, or None while there is none. Raises ValueError with a sentence where it is none of ours."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(DAMAGED) from error
    if not isinstance(content, dict) or content.get("state") not in ("running", "finished", "failed"):
        raise ValueError(DAMAGED)
    if content.get("version") != VERSION:
        raise ValueError(NEWER)
    fraction, found = content.get("share"), content.get("found")
    return Look(
        content["state"],
        str(content.get("phase", "")),
        min(max(float(fraction), 0.0), 1.0) if _is_number(fraction) else 0.0,
        str(content.get("message", ""))[:500],
        MappingProxyType({name: value for name, value in found.items() if _is_sound(name, value)})
        if isinstance(found, dict)
        else MappingProxyType({}),
    )


def _is_sound(name: str, value: Any) -> bool:
    if name in LISTS:
        return isinstance(value, list) and len(value) <= LONGEST and all(v is None or _is_number(v) for v in value)
    if name in SWITCHES:
        return isinstance(value, bool)
    return value is None or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)
