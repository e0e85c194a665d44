"""Trainers that a test starts and that end with it."""

import json
import subprocess
import sys

import psutil
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.system import paths
from tests.support.processes.engine import has_ended, kill

LIMITED_FILES = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
"""


@pytest.fixture
def warm_trainer(_forks, digits):
    """`warm_trainer(run)` starts `python -m imgcls.training RUN_FOLDER` from a process that has imported TensorFlow.

    `most_bytes` limits the size of every file it writes; with `explains` it exports activations after the result.
    """
    processes = []

    def start(run: runs.Run, *, most_bytes: int | None = None, explains: bool = False) -> psutil.Process:
        before = "" if most_bytes is None else LIMITED_FILES.format(most_bytes)
        processes.append(_forks.trainer(run, before, explains=explains))
        return processes[-1]

    yield start
    for process in processes:
        kill(process)


@pytest.fixture(scope="session")
def _kept_runs():
    return {}


@pytest.fixture
def uninterrupted(forks, _kept_runs, wait_until, tmp_path_factory):
    """`uninterrupted(config)`: the run of a configuration without interruption, trained once; do not modify it."""

    def trained(config: Config) -> runs.Run:
        key = json.dumps(config.as_dict())
        if key not in _kept_runs:
            run = runs.create(config)
            process = forks.trainer(run)
            wait_until(lambda: has_ended(process), seconds=120)
            assert run.state == "finished", (run.folder / "log.txt").read_text()
            _kept_runs[key] = runs.Run(run.folder.rename(tmp_path_factory.mktemp("uninterrupted") / run.id))
        return _kept_runs[key]

    return trained


@pytest.fixture
def cold_trainer():
    """Starts `python -m imgcls.training RUN_FOLDER` in a new process, including all imports."""
    processes = []

    def start(run):
        jobs.claim(run)
        command = [sys.executable, "-m", "imgcls.training", str(run.folder)]
        with (run.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(command, cwd=paths.repository_folder(), stdout=log, stderr=log)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
