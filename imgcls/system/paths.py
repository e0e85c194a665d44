"""Where things lie: the runs, the data that somebody provides, and what can be made again.

    $IMGCLS_RUNS     runs                                          else saved_models/ beside the package
    $IMGCLS_DATA     files NAME.npz that somebody put there        else none
    $IMGCLS_CACHE    prepared data sets, what was found about      else the user's cache folder
                     them, and lists of changes made by hand;
                     all but the changes can be made again
    $IMGCLS_OWN_DATA data sets that people made of their pictures  else the user's data folder
    $IMGCLS_WEIGHTS  weights of trained networks, or one file      else none

$IMGCLS_IMPORT_ROOT names a folder of this machine below which a page may look for pictures; without it none may.
$IMGCLS_TRAININGS says how many trainings run at once; it is 1 where nothing is said. $IMGCLS_FEATURES_GB says how large
the kept features of transfer learning may become, in gigabytes; it is 4 where nothing is said.

The environment is read at each call, so that a test or a class room can point elsewhere.
"""

import os
import tempfile
from pathlib import Path

import platformdirs


def runs_folder() -> Path:
    """The folder that holds one folder a run. It need not exist yet."""
    return _named("IMGCLS_RUNS") or repository_folder() / "saved_models"


def data_folder() -> Path | None:
    """The folder in which somebody has put data files, or None where nobody has named one."""
    return _named("IMGCLS_DATA")


def weights_place() -> Path | None:
    """The folder, or the file, in which somebody has put weights of networks, or None."""
    return _named("IMGCLS_WEIGHTS")


def most_features() -> int:
    """How many bytes of features may be kept."""
    text = os.environ.get("IMGCLS_FEATURES_GB", "").strip()
    try:
        return int(max(0.0, float(text)) * 1e9)
    except (ValueError, OverflowError):
        return 4_000_000_000


def cache_folder() -> Path:
    """The folder for what can be made again. It need not exist yet.

    A machine without a home, or with one that cannot be written, gets a folder of the user's own among the temporary
    files: the playground then starts as well, and only prepares its data again after a restart of the machine.
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
    """The folder of the data sets that people made of their own pictures; nobody can make them again."""
    return _named("IMGCLS_OWN_DATA") or Path(platformdirs.user_data_dir("imgcls", appauthor=False)) / "own"


def import_root() -> Path | None:
    """The folder below which pages may look for pictures, or None where nobody has named one."""
    return _named("IMGCLS_IMPORT_ROOT")


def trainings_at_once() -> int:
    """How many trainings may run at the same time on this machine."""
    text = os.environ.get("IMGCLS_TRAININGS", "").strip()
    return max(1, int(text)) if text.isdigit() else 1


def repository_folder() -> Path:
    """The folder that holds the package `imgcls`; a process started from here finds it."""
    return Path(__file__).resolve().parents[2]


def _named(variable: str) -> Path | None:
    text = os.environ.get(variable, "").strip()
    return Path(text).expanduser().absolute() if text else None


def _can_be_written(folder: Path) -> bool:
    for there in (folder, *folder.parents):
        try:
            if there.exists():
                return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
        except OSError:
            return False
    return False
