"""The index itself: a row for each run.

It is a SQLite file in the cache folder and holds nothing that the folders do not: deleted or damaged, it is made again.
A row is good as long as the modification time of its run's folder stays the same, because every file of a run is
replaced by a rename. Of a run that has not ended, lock, heartbeat and curve are looked at again after a second, by one
reader for all. docs/decisions/architecture.md has the measurements.

    row    id, name, state, created, data, model, test, best, last, macro_f1, epochs, best_epoch, training_seconds,
           seconds, parameters, study, parent, backbone, version, tags, note, archived, shipped, repeats, guess, judged,
           settings: {…}

The last values of own metrics are among the settings, as one filters, sorts and shows them alike; `recording` sees
to it that none has the name of a setting.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.runs import results, store, trials
from imgcls.runs.annotations import notes, own_metrics
from imgcls.runs.index import guessing
from imgcls.runs.run import OUTCOMES, Run
from imgcls.system import json_files, paths

VERSION = 6
"""Of the rows: another one rebuilds the index."""
RACY_SECONDS = 2.0
"""A folder that was changed this recently may change again within the resolution of its modification time."""
OPEN_SECONDS = 1.0
"""How long the row of a run that has not ended is believed, if its folder stays the same."""
RESOLUTION_SECONDS = 0.05
"""Two changes of a folder within this time may have the same modification time."""
TAIL_BYTES = 4_096
Answer = TypeVar("Answer")
COLUMNS = (
    *("id", "name", "state", "created", "data", "model", "test", "best", "last", "macro_f1", "epochs", "best_epoch"),
    *(
        "training_seconds",
        "seconds",
        "parameters",
        "study",
        "parent",
        "backbone",
        "version",
        "note",
        "archived",
        "repeats",
    ),
)
"""What a row holds besides tags and settings."""


_one_at_a_time = threading.Lock()
_brought_up_to_date: dict[Path, float] = {}
"""Index -> when this process last began to bring it up to date. Threads that wait meanwhile need not do the same."""
_page_began: ContextVar[float | None] = ContextVar("page began", default=None)


def ask(question: Callable[[sqlite3.Connection], Answer]) -> Answer:
    """The answer of the index, brought up to date. Its table `runs` has id, stamp, read, created, and the row as JSON.

    If the index turns out to be damaged, or the disk is full, the question is asked again of one made in memory.
    """
    asked, path = _page_began.get() or time.monotonic(), _path()
    try:
        return _answered(path, question, asked)
    except (sqlite3.DatabaseError, ValueError):
        _brought_up_to_date.pop(path, None)
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)
    return _answered(None, question, asked)


@contextlib.contextmanager
def looked_at_once() -> Iterator[None]:
    """Inside the block, one look at the folders serves all questions: among 10,000 runs each look takes a while."""
    token = _page_began.set(time.monotonic())
    try:
        yield
    finally:
        _page_began.reset(token)


def _answered(path: Path | None, question: Callable[[sqlite3.Connection], Answer], asked: float) -> Answer:
    """`asked`: when, by the monotonic clock. The answer holds what was written before."""
    with contextlib.ExitStack() as stack:
        with _one_at_a_time:
            connection = stack.enter_context(contextlib.closing(_connected(path)))
            began = time.monotonic()
            if path is None or _brought_up_to_date.get(path, -1.0) < asked:
                _refresh(connection)
                if path is not None:
                    _brought_up_to_date[path] = began
        return question(connection)


def repeats_of(config: Config, version: str | None) -> str:
    """The column `repeats` of finished runs with these settings on this version of the dataset, whatever their seed."""
    same = json.dumps([config.changed(seed=0).as_dict(), version], sort_keys=True)
    return hashlib.sha256(same.encode()).hexdigest()[:16]


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
    settings = store.settings(run)
    version = result.get("data", {}).get("state")
    repeats = None
    if config is not None and trial is None and result.get("outcome") == "finished" and "test_accuracy" in result:
        repeats = repeats_of(config, version)
    guess, judged = guessing.of(run, result)
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
        "training_seconds": result.get("training_seconds"),
        "seconds": results.total_seconds(result),
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
        "guess": guess,
        "judged": judged,
        "settings": own_metrics.last_values(run) | settings,
        "own": {own_metrics.key(name): name for name in own_metrics.read(run).series()},
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
            connection.execute(
                "CREATE TABLE runs (id TEXT PRIMARY KEY, stamp INTEGER, read REAL, created REAL, row TEXT)"
            )
            connection.execute("CREATE INDEX by_time ON runs (created)")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    return connection


def _refresh(connection: sqlite3.Connection) -> None:
    """Brings the rows up to date. `stamp` is the time of the run's folder, or 0 if it may have changed unnoticed;
    `read` is when the row was read, NULL if the run has ended."""
    known = {name: (stamp, read) for name, stamp, read in connection.execute("SELECT id, stamp, read FROM runs")}
    now = time.time()
    present: dict[str, tuple[str, int]] = {}
    for root in store.roots():
        with contextlib.suppress(OSError), os.scandir(root) as entries:
            for entry in entries:
                if entry.name not in present and store.ID.fullmatch(entry.name) and entry.is_dir():
                    with contextlib.suppress(OSError):  # deleted meanwhile
                        present[entry.name] = entry.path, entry.stat().st_mtime_ns
    gone = known.keys() - present.keys()
    rows = []
    for name, (folder, stamp) in present.items():
        before, read = known.get(name, (0, None))
        if before != stamp:
            row = row_of(Run(Path(folder)))
        elif read is not None and abs(now - read) >= OPEN_SECONDS:
            row = _with_state(connection, Run(Path(folder)))
        else:
            continue
        has_ended = row["state"] in OUTCOMES
        is_sure = stamp / 1e9 < now - (RACY_SECONDS if has_ended else RESOLUTION_SECONDS)
        rows.append((name, stamp if is_sure else 0, None if has_ended else now, row["created"], json.dumps(row)))
    if not gone and not rows:
        return
    with connection:
        connection.executemany("DELETE FROM runs WHERE id = ?", ((name,) for name in gone))
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", rows)


def _with_state(connection: sqlite3.Connection, run: Run) -> dict[str, Any]:
    """The row of a run whose folder is as it was: only lock, heartbeat and curve can have changed."""
    (row,) = connection.execute("SELECT row FROM runs WHERE id = ?", (run.id,)).fetchone()
    return json.loads(row) | {"state": run.state, "last": _last_score(run)}
