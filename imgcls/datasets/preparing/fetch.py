"""Prepare a data set in a process of its own, at the press of a button, and watch it from any page.

The page's server only starts a process and reads a small file: it decodes no array and imports no Keras.
"""

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass

import psutil

from imgcls.datasets import store
from imgcls.datasets.lookup import facts
from imgcls.datasets.preparing import progress
from imgcls.errors import DatasetError
from imgcls.system import processes

PLAIN = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Keras is imported for its downloads alone: no device is wanted."""
START_SECONDS = 60  # a busy machine may take so long until a new process says its first word

_started: dict[str, subprocess.Popen] = {}
_starting = threading.Lock()


@dataclass(frozen=True)
class FetchState:
    """What a page shows about the preparation of one data set."""

    state: str  # idle, running, failed or ready
    fraction: float = 0.0  # 0 to 1
    text: str = ""  # what is being done, with megabytes while downloading; for a failure the sentence


def start_fetch(name: str) -> None:
    """Starts the process that prepares the data set; does nothing while one runs or where it is ready."""
    about = facts(name)
    with _starting:
        if fetch_state(name).state in ("running", "ready"):
            return
        stuck = _started.pop(name, None)
        if stuck is not None and stuck.poll() is None:
            end(stuck.pid)
            stuck.wait()
        try:
            store.all_folder().mkdir(parents=True, exist_ok=True)
            progress.write(store.progress_file(name), "starting", 0.0, "Starting")
            with (store.all_folder() / f"{name}.log").open("wb") as log:
                _started[name] = processes.spawn("imgcls.datasets", name, stdout=log, environment=PLAIN)
        except OSError as error:
            raise DatasetError(
                f"{about.title} cannot be prepared: {store.all_folder()}: {error.strerror or error}. "
                "Set IMGCLS_CACHE to a folder that can be written."
            ) from error


def fetch_state(name: str) -> FetchState:
    """How far the preparation is, whoever has started it."""
    child = _started.get(name)
    ended = child is not None and child.poll() is not None
    if store.is_ready(name):
        return FetchState("ready", 1.0)
    said = progress.read(store.progress_file(name))
    if said is None:
        return FetchState("idle")
    fraction, text = said["share"], said["text"]
    if said["phase"] == "failed":
        return FetchState("failed", fraction, text)
    patience = START_SECONDS if said["phase"] == "starting" else progress.SILENT_SECONDS
    ours = child is not None and said["pid"] in (child.pid, os.getpid())
    if (ours and ended) or abs(time.time() - said["time"]) > patience:
        return FetchState("failed", fraction, f"Preparing {facts(name).title} was interrupted. Press the button again.")
    return FetchState("running", fraction, text)


def cancel_fetch(name: str) -> None:
    """Ends the process that prepares the data set, if a page or a shell has started one, and waits for its end."""
    said = progress.read(store.progress_file(name))
    child = _started.pop(name, None)
    if child is not None:
        end(child.pid)
        child.wait()
    elif said and fetch_state(name).state == "running":
        end(said["pid"])
    progress.forget(store.progress_file(name))


def end(pid: int, module: str = "imgcls.datasets") -> None:
    """Ends the process if it is one that makes data sets: a number may have passed to another one."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if module not in process.cmdline():
            return
        process.terminate()
        try:
            process.wait(5)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
