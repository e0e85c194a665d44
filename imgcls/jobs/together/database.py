"""The database of the drawings of a class: <own data>/.rooms/<room ID>/drawings.sqlite.

A database, as drawings arrive many at a time, any one can be withdrawn, and a wall counts them every second. What is
deleted is overwritten (`secure_delete`), also in the log of changes, which is emptied after each deletion.
"""

import atexit
import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from imgcls.errors import UserError

NAME = "drawings.sqlite"
BUSY_SECONDS = 10.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS drawings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    activity TEXT NOT NULL, writer TEXT NOT NULL, state INTEGER NOT NULL, made REAL NOT NULL,
    label INTEGER, predicted INTEGER, confidence REAL,
    strokes TEXT NOT NULL, pixels BLOB
);
CREATE TABLE IF NOT EXISTS datasets (activity TEXT PRIMARY KEY, name TEXT NOT NULL, classes TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS counted ON drawings (activity, state, label, predicted);
CREATE INDEX IF NOT EXISTS of_writer ON drawings (writer, activity);
"""
MOST_KEPT = 8

_kept: dict[Path, sqlite3.Connection] = {}
"""A connection to each of the latest databases that does nothing. When the last one is closed, SQLite writes everything
to the disk and deletes the log, which would cost each request 20 ms."""
_keeping = threading.Lock()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection, made for each use: it belongs to one thread, and opening takes a tenth of a millisecond.

    Raises:
        UserError: the database cannot be read or written.
    """
    try:
        _prepare(path)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as base:
            base.execute("PRAGMA secure_delete = ON")
            base.execute("PRAGMA synchronous = NORMAL")
            yield base
    except (sqlite3.Error, OSError) as error:
        raise UserError(f"The drawings of this class cannot be read or written: {error}.") from error


def _prepare(path: Path) -> None:
    """At the first use in this process, create the database if there is none; of many requests, one does it."""
    with _keeping:
        if path in _kept and path.exists():
            return
        for old in [path, *list(_kept)[: max(0, len(_kept) - MOST_KEPT + 1)]]:
            if (kept := _kept.pop(old, None)) is not None:
                kept.close()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            kept.execute("PRAGMA journal_mode = WAL")
            kept.executescript(SCHEMA)
            kept.execute("SELECT 1 FROM drawings LIMIT 1").fetchall()  # it takes part only once it has read something
        except BaseException:
            kept.close()
            raise
        _kept[path] = kept


def empty_log(path: Path) -> None:
    """What was deleted is not left in the log. While others read, this is done by a later deletion."""
    with opened(path) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@atexit.register
def _let_go() -> None:
    """Close what is kept open."""
    with _keeping:
        while _kept:
            _kept.popitem()[1].close()
