"""Download weights in a process of its own, at the press of a button, and watch it from any page.

<cache>/weights/.fetch-NAME/
    state.json     how far it is: share, text, and a sentence where it failed      the process, by rename
    .fetch.lock    held by the process as long as it lives
    NAME.h5        what has arrived
    log.txt        what it printed

Removing the folder ends the process, which is also how it is cancelled; a killed one is known by its lock.
"""

import contextlib
import json
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from imgcls.errors import WeightsError
from imgcls.models.backbones import Network
from imgcls.models.weights import files
from imgcls.system import atomic, processes

START_SECONDS = 60.0
"""A busy machine may take so long until a new process says its first word."""
INTERRUPTED = "The download was interrupted. Press the button again."

_children: dict[Path, subprocess.Popen] = {}
_starting = threading.Lock()


@dataclass(frozen=True)
class FetchState:
    """`state` is idle, running, failed or ready; `share` is 0 to 1; `text` says what is done, or why it failed."""

    state: str
    fraction: float = 0.0
    text: str = ""


def fetch_folder(network: Network) -> Path:
    """Where the process works."""
    return files.fetched_path(network).parent / f".fetch-{Path(network.file).stem}"


def start_fetch(network: Network) -> None:
    """Starts the download; nothing happens while one is under way or where the weights are here.

    Raises:
        WeightsError: it cannot be started.
    """
    folder = fetch_folder(network)
    with _starting:
        if fetch_state(network).state in ("running", "ready"):
            return
        cancel_fetch(network)
        try:
            folder.mkdir(parents=True)
            atomic.write_json(folder / "state.json", {"state": "running", "share": 0.0, "text": "Starting"})
            with (folder / "log.txt").open("wb") as log:
                _children[folder] = processes.spawn(
                    "imgcls.training.transfer.download_weights", network.title, stdout=log
                )
        except OSError as error:
            raise WeightsError(
                f"The weights cannot be fetched into {folder.parent}: {error.strerror}. Make room there, or set "
                "IMGCLS_CACHE to a folder that can be written."
            ) from error


def fetch_state(network: Network) -> FetchState:
    """How far the download is, whoever has started it."""
    if files.at_hand(network) is not None:
        return FetchState("ready", 1.0)
    folder = fetch_folder(network)
    child = _children.get(folder)
    is_alive = child is not None and child.poll() is None
    # The lock first: a process that ends between the two looks has written its last word by the second.
    is_held = processes.is_locked(folder / ".fetch.lock")
    try:
        said = json.loads((folder / "state.json").read_bytes())
        state, fraction, text = str(said["state"]), float(said["share"]), str(said["text"])
        age = abs(time.time() - (folder / "state.json").stat().st_mtime)
    except FileNotFoundError:
        return FetchState("idle")
    except (OSError, ValueError, TypeError, KeyError):
        return FetchState("failed", text=INTERRUPTED)
    if state == "running" and not (is_held or is_alive or (child is None and age < START_SECONDS and fraction == 0)):
        return FetchState("failed", text=INTERRUPTED)
    return FetchState(state if state in ("running", "failed") else "failed", min(max(fraction, 0.0), 1.0), text)


def cancel_fetch(network: Network) -> None:
    """Removes what has arrived, out of sight by one rename; the process ends within moments."""
    folder = fetch_folder(network)
    child = _children.pop(folder, None)
    with contextlib.suppress(OSError):
        atomic.remove_folder(folder)
    if child is not None:
        child.kill()
        child.wait()
