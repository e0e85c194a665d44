"""A study on a real Ray cluster of two nodes on loopback, of which one is killed halfway, and the queue with it.

Needs the package ray: pip install "ray[default]". The trainers are toys, whose score follows from their settings;
lock, heartbeat, checkpoint and result are the real ones. `python -m benchmarks.ray_study` does the same with real
training runs.
"""

import sys
import threading
from collections import Counter

import pytest

from benchmarks.jobs.ray_study import is_there, node_of
from benchmarks.support import ray_cluster
from benchmarks.support.ray_cluster import HEAD, NODE
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
    pytest.mark.skipif(not ray_cluster.is_installed(), reason='needs Ray: pip install "ray[default]"'),
]
TRIALS, EPOCHS, EPOCH_SECONDS = 8, 6, 1.0
SLOTS = 1
"""Trainers on a node at a time."""
LONG = 1500


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """A Python that starts a toy trainer instead of `imgcls.training`."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TOY}" "$3" {EPOCH_SECONDS}\n')
    path.chmod(0o755)
    monkeypatch.setenv("IMGCLS_CLUSTER_PYTHON", str(path))


def trainers(run: Run) -> set[int]:
    return {line["pid"] for line in lines(run) if line["kind"] == "epoch"}


def test_a_study_survives_a_killed_node_and_a_killed_queue(toys, digits, monkeypatch, wait_until):
    with ray_cluster.two_nodes(SLOTS) as cluster:
        monkeypatch.setenv("IMGCLS_BACKEND", "ray")
        monkeypatch.setenv("IMGCLS_RAY_ADDRESS", cluster.url)
        monkeypatch.setenv("IMGCLS_IDLE_SECONDS", "60")
        settings = {"data": digits, "model": "ann", "epochs": EPOCHS, "early_stopping": False}
        study = studies.create(planned(trials=TRIALS, parallel=2 * SLOTS, settings=settings))
        results: list[dict] = []
        driver = threading.Thread(target=lambda: results.append(Driver(study).run()), daemon=True)
        driver.start()

        def half_done() -> bool:
            ended = sum(run.state == "finished" for run in study.runs())
            return ended >= TRIALS // 2 and any(run.can_resume and is_there(run) for run in study.runs())

        wait_until(half_done, seconds=LONG)
        before = {run.id: epochs(run) for run in study.runs() if run.state == "finished"}
        killed = [run for run in study.runs() if is_there(run)]
        queue, _ = jobs._queues[str(paths.runs_folder())]
        queue.kill()
        cluster.kill(NODE)
        driver.join(LONG)

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
        assert len(trainers(trial.run)) <= 1 + (trial.run in killed), "and no other run was trained twice"
    assert {name: epochs(Run(paths.runs_folder() / name)) for name in before} == before
    assert killed
    assert all(node_of(run) == HEAD for run in killed)
