"""How late are live curves that arrive through object storage?

    python -m benchmarks.mirror_lag [URL] [SECONDS]

A process writes a line to the curve of a run four times per second, `imgcls run push --follow` copies it to the
storage, and `imgcls run pull --follow` copies it to another folder of runs. The value is the largest age of a line when
it appears there. Without a URL, an S3 server on this machine is used (`pip install "moto[server]" s3fs`, in an
environment of their own, since they bring older packages); MOTO_PYTHON names its Python.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from benchmarks.support.report_line import Missing, line, percentile, run
from benchmarks.support.server import workplace
from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.runs.run import TRAINER_LOCK
from imgcls.system import paths

SECONDS = 60.0
WRITE_SECONDS = 0.25
TARGET = 5.0
START_SECONDS = 180.0


@contextmanager
def s3() -> Iterator[tuple[str, dict[str, str], str]]:
    """The URL of a bucket on an S3 server of its own, the variables to reach it, and the Python that has s3fs."""
    python = os.environ.get("MOTO_PYTHON", sys.executable)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    with tempfile.TemporaryFile() as output:
        words = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(words, stdout=output, stderr=output)
        try:
            make = "import s3fs; s3fs.S3FileSystem().mkdir('imgcls')"
            end = time.monotonic() + START_SECONDS
            while subprocess.run(
                [python, "-c", make], env=os.environ | variables, capture_output=True, check=False
            ).returncode:
                if server.poll() is not None or time.monotonic() > end:
                    raise Missing('No S3 server could be started. Install: pip install "moto[server]" s3fs')
                time.sleep(0.5)
            yield "s3://imgcls/mirror", variables, python
        finally:
            server.kill()
            server.wait()


def lags(url: str, environment: dict[str, str], python: str, seconds: float) -> list[float]:
    """The age of each line of a growing curve when it is seen in the other folder."""
    training = runs.create(Config(data="mnist_sample", model="cnn"), run_id="watched")
    jobs.claim(training)
    (training.folder / "heartbeat").write_text("running ", "ascii")
    lock = filelock.FileLock(training.folder / TRAINER_LOCK)
    lock.acquire(timeout=0)
    there = Path(tempfile.mkdtemp())
    command = [python, "-m", "imgcls", "run"]
    push = subprocess.Popen([*command, "push", training.id, url, "--follow"], env=environment)
    pull = None
    found: list[float] = []
    try:
        curve = there / training.id / "metrics.jsonl"
        elsewhere = environment | {"IMGCLS_RUNS": str(there), "IMGCLS_NODE": "elsewhere"}
        begun, number, seen = None, 0, 0
        end = time.monotonic() + START_SECONDS
        while begun is None or time.monotonic() - begun < seconds:
            now = time.time()
            with (training.folder / "metrics.jsonl").open("a") as file:
                file.write(json.dumps({"kind": "batch", "number": number, "written": now}) + "\n")
            (training.folder / "heartbeat").touch()
            number += 1
            if pull is None or pull.poll() is not None:
                if time.monotonic() > end:
                    raise Missing("The run did not arrive in the other folder.")
                pull = subprocess.Popen(  # ends with an error until the run is in the storage
                    [*command, "pull", url, training.id, "--follow"], env=elsewhere, stderr=subprocess.DEVNULL
                )
            rows = curve.read_bytes().splitlines()[seen:] if curve.exists() else []
            seen += len(rows)
            if rows and begun is None:
                begun = time.monotonic()  # what was written before the first copy is not counted
            elif rows:
                found += [time.time() - json.loads(row)["written"] for row in rows]
            time.sleep(WRITE_SECONDS)
    finally:
        for process in (push, pull):
            if process is not None:
                process.kill()
                process.wait()
        lock.release()
        shutil.rmtree(there)
    if not found:
        raise Missing("No line arrived in the other folder.")
    return found


def main() -> None:
    given = sys.argv[1] if len(sys.argv) > 1 else ""
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with workplace() as environment:
        os.environ.update(environment)
        environment |= {"PYTHONPATH": str(paths.repository_folder())}
        if given:
            found = lags(given, os.environ | environment, sys.executable, seconds)
        else:
            with s3() as (url, variables, python):
                found = lags(url, os.environ | environment | variables, python, seconds)
    print(
        line(
            "mirror_lag",
            round(max(found), 2),
            "s",
            TARGET,
            "lower",
            median_s=round(percentile(found, 0.5), 2),
            p95_s=round(percentile(found, 0.95), 2),
            lines=len(found),
            storage=given or "moto on this machine",
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
