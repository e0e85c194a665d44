"""Where the shared fault suite trains: one class for each backend, with the faults that the place can have.

A place starts toy trainers (tests/support/processes/toy_trainer.py) and says what goes wrong. A fault that a place
cannot have, such as an unreachable cluster for local processes, does nothing there: the run must end all the same.
"""

import contextlib
import errno
import json
import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import psutil

from imgcls.jobs import worker
from imgcls.jobs.backends import _remote, ray, slurm
from imgcls.jobs.backends.local import LocalBackend
from imgcls.jobs.backends.workers import WorkersBackend
from imgcls.jobs.queue import Queue
from imgcls.runs import Run
from imgcls.system import json_files, nodes
from tests.jobs.backends import clusters
from tests.jobs.backends.clusters import FakeCluster
from tests.support.local_server import POLL_SECONDS
from tests.support.processes import toy_trainer

TOY = Path(toy_trainer.__file__)


class Local:
    """Processes on this machine."""

    SECONDS = 0.05
    """Per epoch."""

    def __init__(self, folder: Path, monkeypatch):
        self.folder = folder
        self.seconds = self.SECONDS
        self._started: list[subprocess.Popen] = []
        self._refused: set[str] = set()

    def backend(self):
        """A new object, as a new queue process would have it."""
        backend = LocalBackend()
        backend.spawn_trainer = self._spawn
        return backend

    def queue(self, backend):
        """A queue on a backend."""
        return Queue(backend)

    def refuse(self, *runs: Run) -> None:
        """From now on these are not taken, and others are."""
        self._refused = {run.id for run in runs}

    def _spawn(self, run: Run, **environment) -> subprocess.Popen:
        if run.id in self._refused:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        with (run.folder / "log.txt").open("ab") as log:
            command = [sys.executable, str(TOY), str(run.folder), str(self.seconds)]
            variables = os.environ | environment
            process = subprocess.Popen(command, stdout=log, stderr=log, env=variables, start_new_session=True)
        self._started.append(process)
        return process

    def trainers(self, run: Run) -> list[psutil.Process]:
        """The live trainers of a run."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if str(TOY) in words and str(run.folder) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def kill_trainer(self, run: Run) -> None:
        """SIGKILL. The place notices in its own way."""
        pid = json_files.read_object(run.folder / "process.json")["pid"]
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.kill()
            process.wait(20)

    def kill_node(self, run: Run) -> None:
        """The machine of the trainer goes down, and the cluster forgets what ran there."""
        self.kill_trainer(run)

    def kill_queue(self, backend) -> None:
        """The queue process dies: its locks are free."""
        for child in backend._children:
            child.starting.release()

    def network(self, is_up: bool) -> None:
        """Between the queue and the cluster."""

    def report(self, state: str | None) -> None:
        """From now on the cluster says this about every job, whatever is true; None: the truth."""

    def hold(self, is_held: bool) -> None:
        """Whether the cluster has no room, so that new jobs are pending."""

    def forget(self) -> None:
        """The cluster loses all its records of jobs; those pending never start."""

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


class Workers(Local):
    """A worker on a machine of another name, which takes its runs itself, and the app's queue, which starts nothing."""

    NODE = "lab1"

    def __init__(self, folder: Path, monkeypatch):
        super().__init__(folder, monkeypatch)
        monkeypatch.setattr(worker, "obstacle", lambda run: "")

    def backend(self):
        """Where the worker trains."""
        backend = LocalBackend(in_turn=False)
        backend.spawn_trainer = lambda run: self._spawn(run, IMGCLS_NODE=self.NODE, IMGCLS_TURNS="off")
        return backend

    def queue(self, backend):
        return _WorkerAndQueue(self.NODE, backend)


class _WorkerAndQueue:
    """Each round is one of the worker, then one of the queue beside the app."""

    def __init__(self, node: str, backend: LocalBackend):
        self._node, self._queue = node, Queue(WorkersBackend())
        with self._on_the_node():
            self._worker = worker.Worker(backend)

    def round(self) -> None:
        with self._on_the_node():
            self._worker.round()
        self._queue.round()

    def _on_the_node(self):
        return mock.patch.object(nodes, "name", lambda: self._node)


class _Cluster(Local):
    """A fake cluster whose jobs are real processes."""

    SECONDS = 0.05

    def __init__(self, folder: Path, monkeypatch):
        super().__init__(folder, monkeypatch)
        self.cluster = FakeCluster(folder / "cluster")
        monkeypatch.setattr(_remote, "POLL_SECONDS", 0.05)

    @property
    def seconds(self):
        return self.cluster.settings()["seconds"]

    @seconds.setter
    def seconds(self, value):
        self.cluster.set(seconds=value)

    def kill_node(self, run: Run) -> None:
        self.kill_trainer(run)
        self.cluster.forget()

    def kill_queue(self, backend) -> None:
        pass

    def refuse(self, *runs: Run) -> None:
        self.cluster.set(refused=[run.id for run in runs])

    def network(self, is_up: bool) -> None:
        self.cluster.set(network=is_up)

    def report(self, state: str | None) -> None:
        self.cluster.set(report=state)

    def hold(self, is_held: bool) -> None:
        self.cluster.set(hold=is_held)

    def forget(self) -> None:
        self.cluster.forget()

    def close(self) -> None:
        self.cluster.set(report=None, hold=True)
        self.cluster.close()
        super().close()


class Slurm(_Cluster):
    """sbatch, squeue, sacct and scancel on PATH."""

    def __init__(self, folder: Path, monkeypatch):
        self.cluster = FakeCluster(folder / "cluster")
        super().__init__(folder, monkeypatch)
        commands = folder / "bin"
        commands.mkdir()
        for name in ("sbatch", "squeue", "sacct", "scancel"):
            path = commands / name
            words = [sys.executable, clusters.__file__, name, str(self.cluster.folder), sys.executable, str(TOY)]
            path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")

    def backend(self):
        return slurm.create()


class Ray(_Cluster):
    """An HTTP server with the part of Ray's API that the backend uses."""

    TOKEN = "a token"

    def __init__(self, folder: Path, monkeypatch):
        self.cluster = FakeCluster(folder / "cluster")
        super().__init__(folder, monkeypatch)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_RayHandler,), {"place": self}))
        threading.Thread(target=self.server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        monkeypatch.setenv("IMGCLS_RAY_ADDRESS", f"http://127.0.0.1:{self.server.server_port}")
        monkeypatch.setenv("IMGCLS_RAY_TOKEN", self.TOKEN)

    def backend(self):
        return ray.create()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        super().close()


class _RayHandler(BaseHTTPRequestHandler):
    place: Ray

    def log_message(self, *words) -> None:
        pass

    def do_GET(self) -> None:
        self._answer_if_allowed(self._listed)

    def do_POST(self) -> None:
        self._answer_if_allowed(self._changed)

    def _answer_if_allowed(self, answer) -> None:
        if not self.place.cluster.settings().get("network", True):
            self.close_connection = True
            return
        if self.headers.get("Authorization") != f"Bearer {Ray.TOKEN}":
            self._send(401, "Unauthorized")
            return
        code, content = answer()
        self._send(code, content)

    def _listed(self):
        cluster = self.place.cluster
        if self.path.endswith("/logs"):
            return 200, {"logs": "the output"}
        names = {"ended": "FAILED"}
        return 200, [
            {
                "submission_id": number,
                "status": names.get(state, state.upper()),
                "message": "Job has not started yet: waiting for resources." if state == "pending" else "",
            }
            for number, state in cluster.states().items()
        ]

    def _changed(self):
        content = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path.endswith("/stop"):
            number = self.path.split("/")[-2]
            return (200, {"stopped": True}) if self.place.cluster.kill(number) else (404, "no such job")
        number = content["submission_id"]
        if number in self.place.cluster.states():
            return 500, "ValueError: a job with this submission_id was already submitted"
        folder = shlex.split(content["entrypoint"])[-1]
        if Path(folder).name in self.place.cluster.settings().get("refused", ()):
            return 400, "ValueError: the resources of this job are invalid"
        words = [sys.executable, str(TOY), folder, str(self.place.seconds)]
        self.place.cluster.submit(number, words, content["runtime_env"]["env_vars"])
        return 200, {"submission_id": number}

    def _send(self, code: int, content) -> None:
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


PLACES = [Local, Workers, Slurm, Ray]
