"""Trainers and queues that start immediately, ways to end them, and invariants afterwards."""

import contextlib
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import filelock
import numpy as np
import psutil
import pytest

from imgcls import jobs
from imgcls.inference.activations import ActivationModel
from imgcls.inference.predictor import Predictor
from imgcls.jobs import claims
from imgcls.runs import Run
from imgcls.runs.predictions import filters
from imgcls.runs.run import STARTING_LOCK, TRAINER_LOCK
from imgcls.system import atomic, paths
from imgcls.training.process.checkpoint import Checkpoint

KILLED_AT_STEP = """
import os, signal
from imgcls.training.loop import loop
obeyed = loop.Loop._apply_request
def counted(self, asked):
    if self.steps_done == {}:
        os.kill(os.getpid(), signal.SIGKILL)
    obeyed(self, asked)
loop.Loop._apply_request = counted
"""
SLOW_STEPS = """
import time
from imgcls.training.loop import loop
taken = loop.Loop._apply_request
def slowly(self, asked):
    time.sleep({})
    taken(self, asked)
loop.Loop._apply_request = slowly
"""
DIES_AT_ONCE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


class Forks:
    """Starts processes immediately; `end` ends all processes that a test started."""

    def __init__(self):
        self._source = subprocess.Popen(
            [sys.executable, "-u", str(Path(__file__).with_name("fork_server.py")), "imgcls.training"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=paths.repository_folder(),
            env={name: value for name, value in os.environ.items() if not name.startswith("IMGCLS_")},
        )
        assert self._source.stdout.readline() == "ready\n"
        self._started: list[psutil.Process] = []
        self.calls: list[float] = []

    def trainer(self, run: Run, before: str = "", *, explains: bool = False) -> psutil.Process:
        """Starts a trainer for a run that no queue starts; see `fork_server` for `before` and `explains`."""
        claims.claim(run)
        return self.process(do="train", folder=str(run.folder), before=before, explains=explains)

    def queue(self, before: str = "", trainers: dict[str, str] | None = None) -> psutil.Process:
        """A queue on the test's runs folder; `trainers` maps a run ID to code that its next trainer runs first."""
        root = paths.runs_folder()
        root.mkdir(parents=True, exist_ok=True)
        return self.process(do="queue", folder=str(root), before=before, trainers=trainers or {})

    def process(self, **order) -> psutil.Process:
        env = {name: value for name, value in os.environ.items() if name.startswith("IMGCLS_")}
        print(json.dumps({"env": env, **order}), file=self._source.stdin, flush=True)
        process = psutil.Process(int(self._source.stdout.readline()))
        print("known", file=self._source.stdin, flush=True)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Ends queues first, so that they start no more trainers."""
        for process in [*self._started[::-1], *processes()]:
            kill(process)
        psutil.wait_procs(self._started, timeout=20)
        self._started.clear()

    def close(self) -> None:
        self._source.kill()
        self._source.communicate()


class FakeBackend:
    """A backend that records the runs it is asked to train; the test decides when training runs start and end.

    `cpu` is the CPU time of each trainer.
    """

    def __init__(self):
        self.started: list[str] = []
        self.locks: dict[str, filelock.BaseFileLock] = {}
        self.cpu: dict[str, float] = {}

    @property
    def running(self) -> set[str]:
        return set(self.locks)

    def capacity(self):
        return paths.trainings_at_once()

    def log(self, run):
        return ""

    def submit(self, run):
        self.started.append(run.id)
        self.locks[run.id] = filelock.FileLock(run.folder / TRAINER_LOCK)
        self.locks[run.id].acquire(timeout=0)
        (run.folder / "heartbeat").write_text("running", "ascii")

    def alive(self, run):
        return run.id in self.locks

    def activity(self, run):
        return self.cpu.get(run.id, 0.0)

    def stop(self, run):
        if run.id in self.locks:
            self.locks.pop(run.id).release()

    def warm_up(self):
        pass

    def cool_down(self):
        pass

    def reap(self):
        pass


def finish(run) -> None:
    (run.folder / "result.json").write_text('{"version": 1, "outcome": "finished"}', "utf-8")


@pytest.fixture(scope="session")
def _forks():
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture
def forks(_forks, digits, monkeypatch):
    """Forked trainers and queues, with the dataset 'digits' prepared; none of them is left after the test.

    A click that finds no queue only records in `calls` that it would start one: on a busy machine that queue could come
    before the forked one, whose trainers do what the test says.
    """
    monkeypatch.setenv("IMGCLS_STANDBY", "off")
    _forks.calls.clear()
    monkeypatch.setattr(jobs, "_call", lambda: _forks.calls.append(time.time()))
    yield _forks
    _forks.end()


def processes(kind: str = "") -> list[psutil.Process]:
    """The live trainers and queues of the test's runs folder, or those of one kind: "training", "jobs"."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        is_wanted = any(word == f"imgcls.{kind}" or (not kind and word.startswith("imgcls.")) for word in words)
        if is_wanted and process.info["status"] != psutil.STATUS_ZOMBIE and _works_here(process):
            found.append(process)
    return found


def _works_here(process: psutil.Process) -> bool:
    root = f"{paths.runs_folder()}{os.sep}"
    try:
        if process.environ().get("IMGCLS_RUNS") == str(paths.runs_folder()):
            return True
        return any(file.path.startswith(root) for file in process.open_files())
    except psutil.Error:
        return False


def trainers(run: Run) -> list[psutil.Process]:
    """The live trainers of a run, including those about to start: all of them write to its log."""
    found = []
    for process in processes("training"):
        try:
            if str(run.folder / "log.txt") in {file.path for file in process.open_files()}:
                found.append(process)
        except psutil.Error:
            continue
    return found


def zombies(process: psutil.Process) -> list[psutil.Process]:
    """The zombies among the children of a live process."""
    try:
        return [child for child in process.children() if child.status() == psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:  # it has ended, as a queue does that has nothing to do
        return []


def kill(process: psutil.Process) -> None:
    """SIGKILL; it may have ended a moment ago."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# ---- training results


def lines(run: Run, kind: str = "epoch") -> list[dict]:
    """The lines of one kind in metrics.jsonl, without a truncated last line."""
    try:
        text = (run.folder / "metrics.jsonl").read_bytes().rpartition(b"\n")[0]
    except OSError:
        return []
    found = []
    for line in filter(None, text.splitlines()):
        try:
            found.append(json.loads(line, parse_constant=pytest.fail))
        except ValueError:
            assert b'{"kind": "resumed"' in text, line  # only a killed trainer leaves an incomplete line
    return [line for line in found if line["kind"] == kind]


def curve(run: Run) -> list[dict]:
    """One line per epoch; if an epoch was repeated, the last one counts."""
    by_epoch = {line["epoch"]: line for line in lines(run)}
    assert list(by_epoch) == list(range(1, len(by_epoch) + 1))
    return [{name: line[name] for name in line if name not in ("kind", "seconds")} for line in by_epoch.values()]


def assert_same_training(run: Run, other: Run) -> None:
    """Curves, scores, and everything in the last checkpoint are equal to 1e-6."""
    assert len(curve(run)) == len(curve(other))
    for mine, its in zip(curve(run), curve(other), strict=True):
        assert mine == pytest.approx(its, abs=1e-6, rel=1e-6)
    for name in ("test_accuracy", "test_cross_entropy", "val_loss", "best_epoch", "epochs"):
        assert run.result[name] == pytest.approx(other.result[name], abs=1e-6), name
    mine, its = (Checkpoint.read(one.folder / "checkpoint.npz") for one in (run, other))
    for part, arrays in its.arrays.items():
        assert len(mine.arrays[part]) == len(arrays), part
        for value, expected in zip(mine.arrays[part], arrays, strict=True):
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6, err_msg=part)
    for name in ("epoch", "step", "worse", "stalled", "factor", "ended_early"):
        assert mine.state[name] == pytest.approx(its.state[name], abs=1e-9), name


# ---- invariants after any fault


def check_files(run: Run) -> None:
    """Every file of a run under its final name is intact; incomplete files have a temporary name."""
    for path in run.folder.iterdir():
        if atomic.is_leftover(path):
            continue
        if path.suffix == ".json":
            assert json.loads(path.read_bytes(), parse_constant=pytest.fail)
        elif path.name == "checkpoint.npz":
            Checkpoint.read(path)
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                assert all(file[name].size for name in file.files)
        elif path.name == "model.keras":
            with zipfile.ZipFile(path) as file:
                assert file.testzip() is None
                assert "model.weights.h5" in file.namelist()
        elif path.name == "model.tflite":
            predictions = Predictor(path).probabilities(np.zeros((1, 8, 8, 1), np.uint8))
            assert predictions.sum() == pytest.approx(1, abs=1e-4)
        elif path.name == "metrics.jsonl":
            lines(run)
        elif path.name == filters.NAME:  # the last line may be incomplete
            assert len(filters.read(run)) >= len(path.read_bytes().splitlines()) - 1
        elif path.name == "inside.tflite":
            if (run.folder / "inside.json").exists():  # which is written last
                assert len(ActivationModel(path).activations(np.zeros((1, 8, 8, 1), np.uint8)).features)
        else:
            kept = ("label.txt", "log.txt", "heartbeat", TRAINER_LOCK, STARTING_LOCK, ".inside.lock", "epochs.bin")
            assert path.name in kept or path.name.startswith(".claim-"), path.name
