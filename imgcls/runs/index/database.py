"""The index itself: a row for each run.

It is a SQLite file in the cache folder and holds nothing that the folders do not: deleted or damaged, it is made again.
A row is good as long as the modification time of its run's folder stays the same, because every file of a run is
replaced by a rename. Runs that have not ended are read at every refresh. docs/decisions/architecture.md has the
measurements.

    row    id, name, state, created, data, model, test, best, last, macro_f1, epochs, best_epoch, seconds, parameters,
           study, parent, backbone, version, tags, note, archived, shipped, repeats, settings: {…}
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgcls.errors import UserError
from imgcls.runs import store, trials
from imgcls.runs.annotations import notes
from imgcls.runs.run import OUTCOMES, Run
from imgcls.system import json_files, paths

VERSION = 1
"""Of the rows: another one rebuilds the index."""
RACY_SECONDS = 2.0
"""A folder that was changed this recently may change again within the resolution of its modification time."""
TAIL_BYTES = 4_096
COLUMNS = (
    *("id", "name", "state", "created", "data", "model", "test", "best", "last", "macro_f1", "epochs", "best_epoch"),
    *("seconds", "parameters", "study", "parent", "backbone", "version", "note", "archived", "repeats"),
)
"""What a row holds besides tags and settings."""


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """The index, brought up to date. Rows are in the table `runs` (id, stamp, created, row as JSON)."""
    path = _path()
    try:
        with contextlib.closing(_connected(path)) as connection:
            _refresh(connection)
            yield connection
            return
    except sqlite3.DatabaseError:
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)
    with contextlib.closing(_connected(None)) as connection:  # damaged, or no space: read all folders, this once
        _refresh(connection)
        yield connection


def row_of(run: Run) -> dict[str, Any]:
    """What the index holds of a run; None for what is unknown, and of a damaged run what can be read."""
    data = model = config = None
    result: dict[str, Any] = {}
    with contextlib.suppress(UserError):
        data, model = store.data_and_model(run)
    with contextlib.suppress(UserError):
        config = run.config
    with contextlib.suppress(UserError):
        result = run.result or {}
    about, trial = notes.read(run), trials.read(run)
    settings = {} if config is None else config.as_dict() | dict(config.model_settings)
    for name in ("model_settings", "version"):
        settings.pop(name, None)
    version = result.get("data", {}).get("state")
    repeats = None
    if config is not None and trial is None and result.get("outcome") == "finished" and "test_accuracy" in result:
        same = json.dumps([config.changed(seed=0).as_dict(), version], sort_keys=True)
        repeats = hashlib.sha256(same.encode()).hexdigest()[:16]
    backbone = settings.get("backbone_run") or settings.get("backbone")
    return {
        "id": run.id,
        "name": run.label,
        "state": run.state,
        "created": run.created,
        "data": data,
        "model": model,
        "test": result.get("test_accuracy"),
        "best": result.get("val_accuracy"),
        "last": _last_score(run),
        "macro_f1": result.get("test_macro_f1"),
        "epochs": result.get("epochs"),
        "best_epoch": result.get("best_epoch"),
        "seconds": result.get("seconds"),
        "parameters": result.get("parameters"),
        "study": None if trial is None else trial.study,
        "parent": store.parent_of(run),
        "backbone": backbone or None,
        "version": version,
        "tags": list(about.tags),
        "note": about.note or None,
        "archived": about.archived,
        "shipped": run.is_shipped,
        "repeats": repeats,
        "settings": settings,
    }


def _last_score(run: Run) -> float | None:
    """The validation accuracy after the last epoch, from the end of metrics.jsonl."""
    with contextlib.suppress(OSError), (run.folder / "metrics.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        for line in reversed(file.read().split(b"\n")):
            with contextlib.suppress(ValueError):
                found = json_files.parse(line)
                if isinstance(found, dict) and found.get("kind") == "epoch":
                    score = found.get("val_accuracy")
                    return float(score) if json_files.is_number(score, 0.0, 1.0) else None
    return None


def _path() -> Path:
    roots = repr([str(root) for root in store.roots()])
    return paths.cache_folder() / f"runs-{hashlib.sha256(roots.encode()).hexdigest()[:12]}.sqlite"


def _connected(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(":memory:" if path is None else path, timeout=10)
    connection.execute("PRAGMA synchronous = OFF")  # a lost index is made again
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        with connection:
            connection.execute("DROP TABLE IF EXISTS runs")
            connection.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, stamp INTEGER, created REAL, row TEXT)")
            connection.execute("CREATE INDEX by_time ON runs (created)")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    return connection


def _refresh(connection: sqlite3.Connection) -> None:
    known = dict(connection.execute("SELECT id, stamp FROM runs"))
    racy = time.time_ns() - int(RACY_SECONDS * 1e9)
    present: dict[str, tuple[Path, int]] = {}
    for root in store.roots():
        with contextlib.suppress(OSError), os.scandir(root) as entries:
            for entry in entries:
                if entry.name not in present and store.ID.fullmatch(entry.name) and entry.is_dir():
                    with contextlib.suppress(OSError):  # deleted meanwhile
                        present[entry.name] = Path(entry.path), entry.stat().st_mtime_ns
    gone = known.keys() - present.keys()
    stale = [(name, folder, stamp) for name, (folder, stamp) in present.items() if known.get(name) != stamp]
    if not gone and not stale:
        return
    rows = []
    for name, folder, stamp in stale:
        row = row_of(Run(folder))
        is_final = row["state"] in OUTCOMES and stamp < racy
        rows.append((name, stamp if is_final else 0, row["created"], json.dumps(row)))
    with connection:
        connection.executemany("DELETE FROM runs WHERE id = ?", ((name,) for name in gone))
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", rows)
