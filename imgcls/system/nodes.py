"""Files that another machine writes to a shared folder: is it still at work? Its clock may be wrong by an hour.

So time stamps are compared with each other, not with the clock: a file is as old as this process has seen it unchanged.
"""

import functools
import os
import platform
import threading
import time
from importlib import metadata
from pathlib import Path

LARGEST_SKEW = 2 * 3600.0
"""Clocks may differ by this much, in seconds. Only a file that is older by the clock is old at first sight."""
PACKAGES = ("imgcls", "keras", "tensorflow-cpu", "tensorflow")

_seen: dict[str, tuple[tuple[int, ...], float]] = {}
_lock = threading.Lock()


def name() -> str:
    """The name of this machine among those that share the runs folder: IMGCLS_NODE, or the host name."""
    return os.environ.get("IMGCLS_NODE", "").strip() or platform.node() or "this machine"


def unchanged_for(path: Path) -> float | None:
    """Seconds for which this process has seen a file unchanged; 0 at first sight, None if it does not exist.

    A network file system may answer with an outdated time stamp until the file is opened, so it is opened.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        facts = os.fstat(file)
    finally:
        os.close(file)
    stamp = facts.st_ino, facts.st_mtime_ns, facts.st_size
    age = abs(time.time() - facts.st_mtime)
    now = time.monotonic()
    with _lock:
        known, since = _seen.get(str(path), ((), now))
        if known != stamp:
            since = now
            _seen[str(path)] = stamp, since
    return now - since if age < LARGEST_SKEW else age


@functools.cache
def versions() -> dict[str, str]:
    """The versions that decide whether two machines train alike: {"imgcls": "1.0.0", "keras": "3.15.1", ...}.

    A checkout that was not installed has no version.
    """
    found = {}
    for package in PACKAGES:
        try:
            found[package.removesuffix("-cpu")] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def version_problem(wanted: dict[str, str]) -> str:
    """Why this machine should not train what a machine with these versions asks for; "" if there is no objection.

    A newer bug fix (3.15.1 for 3.15.0) is no reason, nor is a checkout, whose version is unknown.
    """
    here = versions()
    for package, version in wanted.items():
        mine = here.get(package)
        if mine is None and package == "imgcls":
            continue
        if mine is None or _series(mine) != _series(version):
            has = f"has {package} {mine}" if mine else f"does not have {package}"
            return (
                f"The machine {name()} {has}, but the run was started with {package} {version}. "
                f"Install {package}=={version} there."
            )
    return ""


def _series(version: str) -> list[str]:
    return version.split(".")[:2]
