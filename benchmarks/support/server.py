"""A server on a free port with temporary folders: it neither reads nor writes anything of the user's."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TextIO

import psutil

from benchmarks.support.report_line import Missing
from imgcls import runs
from imgcls.system import paths

REPOSITORY = paths.repository_folder()
QUICK = ("--data", "mnist_sample", "--model", "cnn", "--epochs", "2", "--now")
MOST_RUNS = 8


@dataclass(frozen=True)
class Server:
    """A running `streamlit run`."""

    port: int
    process: psutil.Process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self, seconds: float = 60) -> None:
        """Returns as soon as it takes connections."""
        end = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > end or not self.process.is_running():
                    raise Missing("The server did not start; run `streamlit run app.py` to see why.") from None
                time.sleep(0.01)

    def cpu_ms(self) -> float:
        """CPU time that it has used so far, user and system."""
        times = self.process.cpu_times()
        return 1000 * (times.user + times.system)


@contextmanager
def workplace() -> Iterator[dict[str, str]]:
    """An environment whose folders are temporary. The usual dataset is prepared, as at every start except the first.

    Bytecode is kept among the temporary files, too, also where the caller's environment forbids to write it: without
    it each start would compile the project and its packages again, which no user's start does. All workplaces of a
    benchmark share it, as compiling TensorFlow takes longer than importing it.
    """
    with tempfile.TemporaryDirectory(prefix="imgcls-benchmark-") as name:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        for variable, folder in (
            ("IMGCLS_RUNS", "runs"),
            ("IMGCLS_CACHE", "cache"),
            ("IMGCLS_OWN_DATA", "own"),
        ):
            environment[variable] = str(Path(name, folder))
        environment |= {
            "PYTHONPYCACHEPREFIX": _bytecode(),
            "PYTHONPATH": str(REPOSITORY),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
        }
        Path(name, "runs").mkdir()
        python("-m", "imgcls.datasets", "mnist_sample", environment=environment)
        yield environment


@lru_cache
def _bytecode() -> str:
    """A folder that is removed when the benchmark ends."""
    folder = tempfile.mkdtemp(prefix="imgcls-benchmark-code-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_runs(environment: dict[str, str]) -> list[str]:
    """Copies the newest trained runs, `digits` among them, into the workplace; their ids."""
    usable = [run for run in runs.all_runs() if run.is_ready and run.is_tested and run.has_ended]
    usable.sort(key=lambda run: run.id != "digits")
    for run in usable[:MOST_RUNS]:
        shutil.copytree(run.folder, Path(environment["IMGCLS_RUNS"], run.id))
    return [run.id for run in usable[:MOST_RUNS]]


def python(*arguments: str, environment: dict[str, str]) -> str:
    """What a Python process prints that runs to its end.

    Raises:
        Missing: it failed; the message ends with its last line.
    """
    done = subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no words").splitlines()[-1]
        raise Missing(f"`python {' '.join(arguments[:4])} ...` failed: {last}")
    return done.stdout


@contextmanager
def serve(environment: dict[str, str], script: str | Path = "app.py", *, port: int = 0) -> Iterator[Server]:
    """A server from the moment its process starts until it is ended; call `wait` before the first visit.

    `port` is that of an earlier server that is to come back; by default a free one.
    """
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with started([*command, "--server.headless", "true"], environment) as process:
        yield Server(port, process)


@contextmanager
def started(
    command: list[str], environment: dict[str, str], *, output: TextIO | int = subprocess.DEVNULL
) -> Iterator[psutil.Process]:
    """A process in the background, ended with the block. `output` gets what it prints."""
    process = psutil.Popen(
        command,
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    try:
        yield process
    finally:
        with suppress(psutil.NoSuchProcess):  # a benchmark may have killed it
            process.terminate()
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
