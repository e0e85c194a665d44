"""Trainers that need no Keras: they end each queued run at once, with a validation score computed from its settings."""

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import filelock

from imgcls import jobs, studies
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import LOCK
from imgcls.runs import Run
from imgcls.studies import Plan, plan
from imgcls.system import atomic, paths
from tests.support.processes.toy_trainer import score

ROUND_SECONDS = 0.01
SEARCH = {
    "title": "Search",
    "settings": {"data": "digits", "model": "ann", "epochs": 4},
    "vary": {"learning_rate": {"from": 1e-4, "to": 0.1, "log": True}, "batch_size": [16, 32, 64]},
    "sampler": "random",
    "pruner": "none",
    "trials": 6,
}


def planned(**changes) -> Plan:
    """The plan of a small search."""
    return plan.from_dict(SEARCH | changes)


class Trainers:
    """Takes runs from the queue until the block ends. `trained` has the IDs of the runs that were started, in order."""

    def __init__(self, outcome: Callable[[Run], dict] | None = None, model: Path | None = None):
        self.trained: list[str] = []
        self._outcome, self._model = outcome, model
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Trainers":
        paths.runs_folder().mkdir(parents=True, exist_ok=True)
        # Nobody starts a real queue while its lock is held.
        self._lock = filelock.FileLock(paths.runs_folder() / LOCK, thread_local=False)
        self._lock.acquire(timeout=5)
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._ended.set()
        self._thread.join()
        self._lock.release()

    def _work(self) -> None:
        while not self._ended.wait(ROUND_SECONDS):
            for run in waiting_list.waiting():
                with contextlib.suppress(OSError):
                    self._train(run)

    def _train(self, run: Run) -> None:
        self.trained.append(run.id)
        jobs.claim(run, waiting_list.ticket(run))
        with contextlib.suppress(OSError):
            (run.folder / "queued.json").unlink()
        end(run, self._outcome, self._model)


def end(run: Run, outcome: Callable[[Run], dict] | None = None, model: Path | None = None) -> None:
    """Gives a run the files of one that has ended. `model` is the folder of a run whose model it gets."""
    value = score(run.config)
    lines = [{"kind": "epoch", "epoch": epoch, "val_accuracy": value - 0.1 / epoch} for epoch in (1, 2, 3, 4)]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    facts = {"outcome": "finished", "val_accuracy": value, "val_loss": 1 - value, "parameters": 1000}
    facts |= {"training_seconds": 1.0, "seconds": 1.5}
    for name in ("model.json", "model.tflite", "validation.npz", "data.json") if model else ():
        shutil.copyfile(model / name, run.folder / name)
    atomic.write_json(run.folder / "result.json", {"version": 1, **facts, **(outcome(run) if outcome else {})})


DRIVES = """
import sys
from tests.support.processes import disk_failures
from imgcls.studies import find
from imgcls.studies.driver import Driver
study = find(sys.argv[1])
if int(sys.argv[2]):
    disk_failures.at(int(sys.argv[2]), sys.argv[3])
Driver(study).run()
"""
"""A driver whose N-th operation on the disk fails, see `disk_failures`. With N = 0 none does."""


def is_consistent(study: studies.Study, trained: list[str]) -> bool:
    """Nothing was lost or trained twice: every trial was trained once, and there are no gaps."""
    trials = study.trials()
    return (
        sorted(trained) == [trial.run.id for trial in trials]
        and [trial.number for trial in trials] == list(range(len(trials)))
        and len({json.dumps(dict(trial.params), sort_keys=True) for trial in trials}) == len(trials)
    )


def environment() -> dict[str, str]:
    """For a driver in a process of its own."""
    return {**os.environ, "PYTHONPATH": str(paths.repository_folder())}
