"""A check before the start, in a process of its own: `imgcls.jobs.preflight.checks` starts it and reads what it finds.

    python -m imgcls.training.preflight.process check CONFIG.json OUT_FOLDER    the pre-flight check
    python -m imgcls.training.preflight.process rates CONFIG.json OUT_FOLDER    the learning-rate finder

It is nice to the browser, waits for other probes, ends itself after a while, and when its folder is gone.
"""

import argparse
import contextlib
import errno
import math
import os
import sys
import threading
import time
import traceback
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import filelock

from imgcls import datasets
from imgcls.config import Config
from imgcls.errors import UserError
from imgcls.jobs.preflight import checks
from imgcls.runs import as_backbone
from imgcls.system import processes
from imgcls.training.preflight.report import Report

GRACE_SECONDS = 2.0
"""Whoever looks whether a probe lives holds its lock for a moment."""
FORGOTTEN = 3
"""The exit status where the folder is gone."""
LOOK_SECONDS = 0.25
LIMIT_SECONDS = {"check": 90.0, "rates": 180.0}
TURN_SECONDS = 200.0
TOO_LONG = (
    "It was ended after {seconds:.0f} s, as the steps of this network take too long here. "
    "Use a smaller model, batch or picture, or train without this check."
)
TOO_LARGE = "These settings need more memory than the machine has. Try a smaller batch, model or set of pictures."
A_BUG = "It ended by an error in the program. Whoever runs this playground finds the cause in {log}."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.training.preflight.process", allow_abbrev=False)
    parser.add_argument("kind", choices=checks.KINDS)
    parser.add_argument("config", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    folder = asked.folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".probe.lock", timeout=GRACE_SECONDS, poll_interval=0.02):
            return probed(asked.kind, asked.config, folder)
    except filelock.Timeout:
        print("This folder has a probe already.", file=sys.stderr)
    except OSError:
        if not folder.is_dir():
            return FORGOTTEN
        traceback.print_exc()
    return 1


def probed(kind: str, config_file: Path, folder: Path) -> int:
    """The whole probe; a failure ends in result.json as a sentence, too."""
    report = Report(folder)
    try:
        watch = Watch(folder, report)
        report.phase("waiting", 0.0)
        processes.lower_priority()
        config = Config.load(config_file)
        with contextlib.ExitStack() as turn:
            # Two probes at once would each measure the other; but one that was halted blocks nobody for good.
            with contextlib.suppress(filelock.Timeout):
                lock = filelock.FileLock(folder.parent / ".turn.lock", timeout=TURN_SECONDS, poll_interval=0.05)
                turn.enter_context(lock)
            watch.limit(LIMIT_SECONDS[kind])
            report.phase("loading", 0.02)
            _measure(kind, config, report)
        report.end()
        return 0
    except UserError as error:
        message = str(error)
    except MemoryError:
        message = TOO_LARGE
    except Exception as error:  # noqa: BLE001
        if not folder.is_dir():
            return FORGOTTEN
        traceback.print_exc()
        message = A_BUG.format(log=folder / "log.txt")
        if type(error).__name__ == "ResourceExhaustedError":
            message = TOO_LARGE
        elif isinstance(error, OSError) and error.strerror:
            hint = " Free some space and start it again." if error.errno in (errno.ENOSPC, errno.EFBIG) else ""
            message = f"What it found could not be written: {error.strerror}.{hint}"
    report.end(message)
    return 1


def _measure(kind: str, config: Config, report: Report) -> None:
    facts = datasets.facts(config.data)
    # A network that does not fit its pictures is told in a sentence here, and in Keras's words further on.
    as_backbone.layer_table(config.model, facts.shape, facts.num_classes, config.model_settings, facts.is_multilabel)
    if kind == "check":
        from imgcls.training.preflight import checks

        checks.check(config, report)
    else:
        from imgcls.training.preflight import lr_finder

        lr_finder.find(config, report)


class Watch:
    """A thread that ends the process when its folder is gone, or when it takes too long."""

    def __init__(self, folder: Path, report: Report):
        self._folder, self._report = folder, report
        self._identity = _identity(folder)
        self._end = math.inf
        self._seconds = 0.0
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    def limit(self, seconds: float) -> None:
        """From now on it may take so long."""
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            if _identity(self._folder) != self._identity:
                os._exit(FORGOTTEN)  # It was forgotten, or started anew: there is nothing left to write to.
            if time.monotonic() > self._end:
                try:
                    self._report.end(TOO_LONG.format(seconds=self._seconds))
                finally:  # a full disk must not keep it from ending
                    os._exit(4)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one that took its name."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
