"""A study on a real Ray cluster of two nodes on loopback, of which one is killed halfway, and the queue with it.

Needs the package ray: pip install "ray[default]". The trainers are toys, whose score follows from their settings; lock,
heartbeat, checkpoint and result are the real ones.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections import Counter

import psutil
import pytest

from imgcls import jobs, studies
from imgcls.runs import Run
from imgcls.studies.driver import Driver
from imgcls.system import paths
from tests.jobs.backends.places import TOY
from tests.jobs.backends.scene import epochs, lines
from tests.support.processes.toy_trainer import score
from tests.support.studies import planned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the package ray"),
]
# Ray replaces 127.0.0.1 by the machine's outer address, and leaves other addresses alone.
HEAD, NODE = "127.0.0.2", "127.0.0.3"
TRIALS, EPOCHS, EPOCH_SECONDS = 30, 6, 1.0
SLOTS = 2
"""Trainers on a node at a time."""
START_SECONDS = 900


class Cluster:
    """Two nodes, each the processes below one `ray start --block`."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ray")  # sockets need short paths
        port, self.dashboard = _free_port(HEAD), _free_port("127.0.0.1")
        self._nodes: dict[str, psutil.Popen] = {}
        head = [f"--port={port}", "--head", "--dashboard-host=127.0.0.1", f"--dashboard-port={self.dashboard}"]
        self._start(HEAD, [*head, f"--temp-dir={self.folder}"])
        self._address = f"{HEAD}:{port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard}"

    def add_node(self) -> None:
        self._start(NODE, [f"--address={self._address}"])

    def nodes(self) -> int:
        """How many nodes are alive; 0 until the head answers."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            with urllib.request.urlopen(f"{self.url}/nodes?view=summary", timeout=10) as answer:
                found = json.load(answer)["data"]["summary"]
            return sum(node["raylet"].get("state") == "ALIVE" for node in found)
        return 0

    def kill(self, address: str) -> None:
        """The node's machine goes down: everything on it is killed at once."""
        process = self._nodes.pop(address)
        family = [process, *process.children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family, timeout=60)

    def close(self) -> None:
        for address in list(self._nodes):
            self.kill(address)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, address: str, options: list[str]) -> None:
        variables = {
            "IMGCLS_NODE": address,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": str(START_SECONDS),
            "RAY_DASHBOARD_STARTUP_TIMEOUT_S": str(START_SECONDS),
            "RAY_JOB_STOP_WAIT_TIME_S": "30",
        }
        words = ["start", "--block", f"--node-ip-address={address}", f"--num-cpus={SLOTS}", *options]
        with open(os.path.join(self.folder, f"{address}.txt"), "wb") as output:  # noqa: PTH123, PTH118
            self._nodes[address] = psutil.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", *words],
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )


def _free_port(address: str) -> int:
    with socket.socket() as free:
        free.bind((address, 0))
        return free.getsockname()[1]


@pytest.fixture
def cluster(wait_until):
    made = Cluster()
    try:
        wait_until(lambda: made.nodes() == 1, seconds=START_SECONDS)
        made.add_node()
        wait_until(lambda: made.nodes() == 2, seconds=START_SECONDS)
        yield made
    finally:
        made.close()


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """A Python that starts a toy trainer instead of `imgcls.training`."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TOY}" "$3" {EPOCH_SECONDS}\n')
    path.chmod(0o755)
    monkeypatch.setenv("IMGCLS_CLUSTER_PYTHON", str(path))


def node_of(run: Run) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        return json.loads((run.folder / "process.json").read_bytes())["node"]
    return ""


def pids(run: Run) -> set[int]:
    return {line["pid"] for line in lines(run) if line["kind"] == "epoch"}


def test_a_study_survives_a_killed_node_and_a_killed_queue(cluster, toys, digits, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_BACKEND", "ray")
    monkeypatch.setenv("IMGCLS_RAY_ADDRESS", cluster.url)
    monkeypatch.setenv("IMGCLS_IDLE_SECONDS", "60")
    settings = {"data": digits, "model": "ann", "epochs": EPOCHS, "early_stopping": False}
    study = studies.create(planned(trials=TRIALS, parallel=2 * SLOTS, settings=settings))
    results: list[dict] = []
    driver = threading.Thread(target=lambda: results.append(Driver(study).run()), daemon=True)
    driver.start()

    def half_done() -> bool:
        found = study.runs()
        ended = sum(run.state == "finished" for run in found)
        return ended >= TRIALS // 2 and any(node_of(run) == NODE and run.state == "running" for run in found)

    wait_until(half_done, seconds=1800)
    before = {run.id: epochs(run) for run in study.runs() if run.state == "finished"}
    killed = [run for run in study.runs() if node_of(run) == NODE and run.state == "running"]
    queue, _ = jobs._queues[str(paths.runs_folder())]
    queue.kill()
    cluster.kill(NODE)

    driver.join(1800)
    assert results, [(run.id, run.state, run.job) for run in study.runs()]
    trials = study.trials()
    assert results[0]["tried"] == results[0]["scored"] == TRIALS
    assert [trial.number for trial in trials] == list(range(TRIALS))
    assert {trial.state for trial in trials} == {"finished"}
    best = max(trials, key=lambda trial: score(trial.run.config))
    assert results[0]["winner"] == best.run.id
    for trial in trials:
        count = Counter(epochs(trial.run))
        assert sorted(count) == list(range(1, EPOCHS + 1)), "nothing is lost"
        repeated = sum(count.values()) - EPOCHS
        assert repeated <= (trial.run in killed), "a killed trainer may have lost the epoch in progress"
        assert len(pids(trial.run)) <= 1 + (trial.run in killed), "and no other run was trained twice"
    assert {name: epochs(Run(paths.runs_folder() / name)) for name in before} == before
    assert killed
    assert all(node_of(run) == HEAD for run in killed)
