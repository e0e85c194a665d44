"""Ten seconds after a fault the state is correct, also in the worst case, and slow trainers are not taken for dead.

The clock is moved by hand: the queue looks every two seconds, the fault happens just after a look.
"""

import itertools
import json
import time
from types import SimpleNamespace

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.backends import _remote
from imgcls.jobs.queue import ROUND_SECONDS, SCAN_SECONDS
from imgcls.runs import Run
from imgcls.runs.run import ELSEWHERE_SECONDS
from imgcls.system import nodes
from imgcls.training.process.heartbeat import TOUCH_SECONDS

LIMIT = 10.0
LOOK = SCAN_SECONDS + ROUND_SECONDS


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()

    def looks(self):
        """Seconds since now, at each look of the queue."""
        start = self.now
        for number in itertools.count(1):
            self.now = start + number * LOOK
            yield self.now - start


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    for module in (_remote, nodes):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def cluster():
    return SimpleNamespace(found={}, submit=lambda *job: "7", kill=lambda number: None)


@pytest.fixture
def submitted(clock, cluster) -> tuple[_remote.RemoteBackend, Run]:
    """A run whose job waits in the cluster, which was just asked."""
    cluster.jobs = lambda numbers: cluster.found
    backend = _remote.RemoteBackend("fake", cluster)
    run = runs.create(Config(), place=waiting_list.last_place())
    assert jobs.claim(run, waiting_list.ticket(run))
    backend.submit(run)
    cluster.found = {"7": _remote.Job("pending")}
    backend.reap()
    assert run.state == "queued" and not run.is_waiting
    return backend, run


def seconds_until(condition, backend, clock) -> float:
    for passed in clock.looks():
        backend.reap()
        if condition():
            return passed
        assert passed < 60
    raise AssertionError


def test_a_job_that_ended_before_its_training_is_lost(submitted, cluster, clock):
    backend, run = submitted
    cluster.found = {"7": _remote.Job("ended", "Out of memory.")}
    assert seconds_until(lambda: run.state == "lost", backend, clock) <= LIMIT


def test_a_job_that_the_cluster_forgot_waits_in_the_queue_again(submitted, cluster, clock):
    backend, run = submitted
    cluster.found = {}
    assert seconds_until(lambda: run.is_waiting, backend, clock) <= LIMIT


def test_a_job_that_is_listed_late_is_not_submitted_again(submitted, cluster, clock):
    backend, run = submitted
    cluster.found = {}
    looks = clock.looks()
    assert next(looks) < _remote.CERTAIN_SECONDS
    backend.reap()
    cluster.found = {"7": _remote.Job("running")}
    for _ in range(5):
        next(looks)
        backend.reap()
    assert not run.is_waiting


@pytest.fixture
def elsewhere(clock) -> Run:
    """A run that trains on another machine."""
    run = runs.create(Config())
    (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "job": {"node": "lab1"}}))
    (run.folder / "process.json").write_text(json.dumps({"pid": 1, "node": "lab1"}))
    (run.folder / "heartbeat").write_text("running ")
    assert run.state == "running"
    return run


def test_a_dead_machine_makes_its_run_lost(elsewhere, clock):
    """The last heartbeat may be seen as late as one look after it was written."""
    assert next(passed for passed in clock.looks() if elsewhere.state == "lost") <= LIMIT


def test_a_trainer_that_beats_seldom_is_not_lost(elsewhere, clock):
    """A machine so busy that the heartbeat, which is due every second, comes after several."""
    assert ELSEWHERE_SECONDS >= 8 * TOUCH_SECONDS
    for number in range(20):
        clock.now += ELSEWHERE_SECONDS - TOUCH_SECONDS
        (elsewhere.folder / "heartbeat").write_text("running ".ljust(8 + number))
        assert elsewhere.state == "running"
