"""The folders of the program: runs, data files that the user provides, and a cache.

    $IMGCLS_RUNS       runs                                       default: saved_models/ of a checkout; for an
                                                                  installed copy, the user's data folder
    $IMGCLS_DATA       files NAME.npz of datasets                 default: none
    $IMGCLS_CACHE      prepared datasets, their analyses and      default: the user's cache folder
                       edits; all but the edits can be
                       recomputed
    $IMGCLS_OWN_DATA   custom datasets                            default: the user's data folder
    $IMGCLS_WEIGHTS    a folder, or one file, of pretrained       default: none
                       weights

$IMGCLS_IMPORT_ROOT names the folder of this machine from which the app may import images; without it, none may be
read. $IMGCLS_TRAININGS is the number of training runs at a time (default 1). $IMGCLS_FEATURES_GB limits the cached
features of transfer learning, in gigabytes (default 4). $IMGCLS_IMPORT_MINUTES limits the time of an import (default
60).

A checkout has app.py, pages/ and saved_models/ next to the package. An installed copy has them inside the package, in
imgcls/_app; its shipped runs are read-only.

The environment is read at each call, so that a test can change it.
"""

import os
import tempfile
from functools import lru_cache
from pathlib import Path

import platformdirs


def runs_folder() -> Path:
    """The folder with one subfolder per run. It need not exist yet."""
    if named := _named("IMGCLS_RUNS"):
        return named
    if is_installed():
        return Path(platformdirs.user_data_dir("imgcls", appauthor=False)) / "runs"
    return repository_folder() / "saved_models"


def shipped_runs_folder() -> Path | None:
    """The read-only folder with the trained models that ship with an installed copy; None in a checkout.

    In a checkout they are ordinary runs in `runs_folder()`. If IMGCLS_RUNS is set, its folder holds all runs.
    """
    folder = app_folder() / "saved_models"
    return folder if is_installed() and _named("IMGCLS_RUNS") is None and folder.is_dir() else None


def app_folder() -> Path:
    """The folder with app.py, pages/ and .streamlit/."""
    return repository_folder() / "imgcls" / "_app" if is_installed() else repository_folder()


def is_installed() -> bool:
    """Whether the package was installed from a wheel, as opposed to running from a checkout."""
    return _is_wheel(repository_folder())


@lru_cache(1)
def _is_wheel(repository: Path) -> bool:
    return (repository / "imgcls" / "_app").is_dir()


def data_folder() -> Path | None:
    """The folder with data files that the user provides, or None if none is set."""
    return _named("IMGCLS_DATA")


def weights_path() -> Path | None:
    """The folder or file with pretrained weights that the user provides, or None if none is set."""
    return _named("IMGCLS_WEIGHTS")


def max_feature_bytes() -> int:
    """The largest size of the feature cache, in bytes."""
    text = os.environ.get("IMGCLS_FEATURES_GB", "").strip()
    try:
        return int(max(0.0, float(text)) * 1e9)
    except (ValueError, OverflowError):
        return 4_000_000_000


def max_import_minutes() -> float:
    """The longest time that an import may take, in minutes."""
    text = os.environ.get("IMGCLS_IMPORT_MINUTES", "").strip()
    try:
        minutes = float(text)
    except ValueError:
        return 60.0
    return minutes if 0 < minutes < 1e6 else 60.0


def cache_folder() -> Path:
    """The folder for what can be recomputed. It need not exist yet.

    Without a writable home folder it is a folder below the temporary files, named after the user. The app then works
    as well, but may have to prepare its data again after the machine restarts.
    """
    named = _named("IMGCLS_CACHE")
    if named:
        return named
    usual = Path(platformdirs.user_cache_dir("imgcls", appauthor=False))
    if usual.is_absolute() and _can_be_written(usual):
        return usual
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"imgcls-{user}"


def own_folder() -> Path:
    """The folder of the custom datasets, which cannot be recomputed."""
    return _named("IMGCLS_OWN_DATA") or Path(platformdirs.user_data_dir("imgcls", appauthor=False)) / "own"


def import_root() -> Path | None:
    """The folder below which pages may import images, or None if none is set."""
    return _named("IMGCLS_IMPORT_ROOT")


def trainings_at_once() -> int:
    """How many training runs may run at the same time on this machine."""
    text = os.environ.get("IMGCLS_TRAININGS", "").strip()
    return max(1, int(text)) if text.isdigit() else 1


@lru_cache
def repository_folder() -> Path:
    """The folder that contains the package `imgcls`: the checkout, or site-packages."""
    return Path(__file__).resolve().parents[2]


def _named(variable: str) -> Path | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    path = _path(text)
    return path if path.is_absolute() else path.expanduser().absolute()


@lru_cache(64)
def _path(text: str) -> Path:
    """A page asks for its folders dozens of times."""
    return Path(text)


def _can_be_written(folder: Path) -> bool:
    for there in (folder, *folder.parents):
        try:
            if there.exists():
                return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
        except OSError:
            return False
    return False
