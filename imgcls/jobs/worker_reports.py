"""What the workers of a shared runs folder report: `.worker-NAME.json`, written every moment by the worker itself."""

import contextlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from imgcls.runs import Run
from imgcls.system import atomic, json_files, nodes, paths

SILENT_SECONDS = 30.0
"""A worker that has not written its file for this long is gone."""
LOG_LETTERS = 100_000


@dataclass(frozen=True)
class WorkerState:
    """A worker: its machine, how many runs it trains of how many it could, and why it leaves a run to others."""

    node: str
    busy: int
    slots: int
    problem: str


def write(state: WorkerState) -> None:
    """Report this worker. Fails silently, as during an outage of the folder."""
    path = _file(state.node)
    with contextlib.suppress(OSError, ValueError):
        if _read(path) == state:
            os.utime(path)
        else:
            atomic.write_json(path, asdict(state))


def remove(node: str) -> None:
    """The worker ends."""
    with contextlib.suppress(OSError):
        _file(node).unlink()


def all_workers() -> list[WorkerState]:
    """The workers that are at work, by name."""
    states = []
    for path in sorted(paths.runs_folder().glob(".worker-*.json")):
        silent = nodes.unchanged_for(path)
        if silent is not None and silent < SILENT_SECONDS and (state := _read(path)) is not None:
            states.append(state)
    return states


def end_of_log(run: Run) -> str:
    """The end of what a run's trainer printed."""
    try:
        return (run.folder / "log.txt").read_text("utf-8", errors="replace")[-LOG_LETTERS:]
    except OSError:
        return ""


def _file(node: str) -> Path:
    return paths.runs_folder() / f".worker-{node}.json"


def _read(path: Path) -> WorkerState | None:
    """The state in a file; None if it is missing or damaged."""
    try:
        facts = json_files.read_object(path)
    except (OSError, ValueError):
        return None
    busy, slots = (facts[key] if json_files.is_integer(facts.get(key), 0) else 0 for key in ("busy", "slots"))
    return WorkerState(str(facts.get("node"))[:100], busy, slots, str(facts.get("problem") or "")[:500])
