"""Saved views of the table of runs: a name for each URL query, a file for each visitor.

<runs>/_views/local.json      or, on a shared server, ~<visitor>.json
{"version": 1, "views": {"Best CNNs": "q=model%3Dcnn&sort=test"}, "default": "Best CNNs"}

The default view is the one that the visitor's Runs page opens with.
"""

from collections.abc import Callable
from pathlib import Path

import filelock

from imgcls import sharing
from imgcls.errors import RunError
from imgcls.runs.annotations.tags import cleaned
from imgcls.sharing import Action, modes, visitors
from imgcls.system import atomic, json_files, paths

FOLDER = "_views"
VERSION = 1
MOST = 50
LONGEST = 2_000


def read() -> dict[str, str]:
    """Name -> URL query, by name; empty if there are none or the file is damaged."""
    try:
        content = json_files.read_object(_path())
        views = content["views"].items() if content["version"] == VERSION else ()
        return {name: query for name, query in sorted(views) if cleaned(name) == name and isinstance(query, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def default() -> str | None:
    """The name of the default view; None if there is none."""
    try:
        name = json_files.read_object(_path()).get("default")
    except (OSError, ValueError):
        return None
    return name if isinstance(name, str) and name in read() else None


def set_default(name: str | None) -> None:
    """Makes a saved view the default one, or with None no view. Raises as `save` does."""
    sharing.require(Action.SAVE_VIEW)
    _change(lambda views: name)


def save(name: str, query: str | None) -> None:
    """Saves a view, or with None removes it.

    Raises:
        NotAllowed: the visitor may not.
        RunError: the name has no letter or digit, there are too many, or the file cannot be written.
    """
    sharing.require(Action.SAVE_VIEW)
    name = cleaned(name)
    if not name:
        raise RunError("A view needs a name of at least one letter or digit.")

    def change(views: dict[str, str]) -> str | None:
        before = default()
        views.pop(name, None)
        if query is not None:
            views[name] = query[:LONGEST]
        if len(views) > MOST:
            raise RunError(f"There can be at most {MOST} views. Remove one first.")
        return before

    _change(change)


def _change(change: Callable[[dict[str, str]], str | None]) -> None:
    """`change` alters the views and returns the name of the default one."""
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock"), timeout=5):
            views = read()
            chosen = change(views)
            atomic.write_json(
                path, {"version": VERSION, "views": views, "default": chosen if chosen in views else None}
            )
    except OSError as error:  # includes the time-out of the lock, which has no strerror
        raise RunError(f"The view could not be saved: {error.strerror or 'the file is in use'}.") from error


def path_of(visitor_id: str) -> Path:
    """The file of a visitor of a shared server. It need not exist."""
    return paths.runs_folder() / FOLDER / f"~{visitor_id}.json"


def _path() -> Path:
    return path_of(visitors.current().id) if modes.is_shared() else paths.runs_folder() / FOLDER / "local.json"
