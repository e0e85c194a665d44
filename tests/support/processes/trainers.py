"""Trainers that a test starts and that end with it."""

import subprocess
import sys

import psutil
import pytest

from imgcls import jobs, runs
from imgcls.system import paths

LIMITED_FILES = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
"""


@pytest.fixture
def warm_trainer(_forks, digits):
    """`warm_trainer(run)` starts `python -m imgcls.training RUN_FOLDER` from a process that has imported TensorFlow.

    `most_bytes` limits the size of every file it writes.
    """
    processes = []

    def start(run: runs.Run, *, most_bytes: int | None = None) -> psutil.Process:
        processes.append(_forks.trainer(run, "" if most_bytes is None else LIMITED_FILES.format(most_bytes)))
        return processes[-1]

    yield start
    for process in processes:
        if process.is_running():
            process.kill()


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
