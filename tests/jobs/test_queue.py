"""The queue: one per runs folder, one training after another, whichever process is killed meanwhile."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.errors import RunError
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import LOCK, Queue
from imgcls.system import paths
from imgcls.system.processes import is_locked
from tests.support.processes.engine import (
    DIES_AT_ONCE,
    SLOW_STEPS,
    FakeBackend,
    finish,
    has_ended,
    lines,
    trainers,
    zombies,
)

SHORT = Config(data="digits", model="ann", epochs=2, early_stopping=False)
ENDLESS = SHORT.changed(epochs=1000)
pytestmark = pytest.mark.timeout(240)


def enqueue(*names: str, config: Config = SHORT) -> list[runs.Run]:
    """Creates runs with these ids in this queue order, without starting a queue."""
    return [runs.create(config, run_id=name, place=waiting_list.last_place()) for name in names]


# ---- the order


def test_runs_are_queued_in_submission_order():
    enqueue("first", "second", "third")
    assert [run.id for run in jobs.waiting()] == ["first", "second", "third"]
    assert {run.state for run in jobs.waiting()} == {"queued"}


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        *(("c", -1, "acbd"), ("c", -2, "cabd"), ("c", -9, "cabd"), ("b", 1, "acbd"), ("a", 3, "bcda")),
        *(("a", 99, "bcda"), ("a", -1, "abcd"), ("d", 1, "abcd"), ("b", 0, "abcd")),
    ],
)
def test_a_queued_run_can_be_moved(name, by, expected):
    found = {run.id: run for run in enqueue(*("run-" + letter for letter in "abcd"))}
    jobs.move(found["run-" + name], by)
    assert "".join(run.id[-1] for run in jobs.waiting()) == expected


def test_the_only_queued_run_cannot_be_moved():
    (run,) = enqueue("alone")
    jobs.move(run, -1)
    jobs.move(run, 1)
    assert jobs.waiting() == [run]


def test_fifteen_simultaneous_starts_get_fifteen_positions_and_can_be_moved_earlier(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    together = threading.Barrier(15)

    def click(number: int) -> runs.Run:
        together.wait()
        return jobs.begin(SHORT, run_id=f"press-{number:02}")

    with ThreadPoolExecutor(15) as pool:
        list(pool.map(click, range(15)))
    waiting = jobs.waiting()
    places = [json.loads((run.folder / waiting_list.NAME).read_text())["place"] for run in waiting]
    assert sorted(set(places)) == places
    assert len(places) == 15
    jobs.move(waiting[9], -1)
    assert jobs.waiting() == [*waiting[:8], waiting[9], waiting[8], *waiting[10:]]


def test_runs_with_equal_positions_from_an_earlier_version_can_be_moved():
    found = [runs.create(SHORT, run_id=f"run-{letter}", place=1.0) for letter in "abcd"]
    jobs.move(found[3], -2)
    assert [run.id[-1] for run in jobs.waiting()] == list("adbc")
    jobs.move(found[0], 1)
    assert [run.id[-1] for run in jobs.waiting()] == list("dabc")


def test_runs_with_positions_too_close_together_can_be_moved():
    first, second, third = (runs.create(SHORT, run_id=f"run-{n}", place=p) for n, p in enumerate((1.0, 1 + 2**-52, 9)))
    jobs.move(third, -1)
    assert jobs.waiting() == [first, third, second]


def test_a_run_removed_from_the_queue_is_kept_and_can_be_requeued_last():
    first, second = enqueue("first", "second")
    jobs.take_out(first)
    assert first.state == "aside"
    assert jobs.waiting() == [second]
    with pytest.raises(RunError, match=r"^This run is no longer in the queue, so it cannot be moved\.$"):
        jobs.move(first, 1)
    waiting_list.enter(first)
    assert jobs.waiting() == [second, first]


def test_stop_removes_a_queued_run_from_the_queue(own_folders):
    (run,) = enqueue("waiting")
    jobs.stop(run)
    assert run.state == "aside"
    assert not run.request.stop


def test_a_damaged_queue_position_affects_no_other_run():
    first, second = enqueue("first", "second")
    (first.folder / waiting_list.NAME).write_bytes(b'{"ticket": "x", "pla')
    assert first.state == "damaged"
    assert jobs.waiting() == [second]


# ---- scheduling


def test_the_next_run_starts_when_the_previous_one_ends():
    backend, found = FakeBackend(), enqueue("first", "second", "third")
    queue = Queue(backend)
    for number, run in enumerate(found, 1):
        queue.round()
        queue.round()
        assert backend.started == [run.id for run in found[:number]]
        finish(run)
    queue.round()
    assert jobs.waiting() == []


def test_two_runs_are_started_if_the_setting_allows_two(monkeypatch):
    monkeypatch.setenv("IMGCLS_TRAININGS", "2")
    backend, found = FakeBackend(), enqueue("first", "second", "third")
    queue = Queue(backend)
    queue.round()
    assert backend.started == ["first", "second"]
    finish(found[0])
    queue.round()
    assert backend.started == ["first", "second", "third"]


def test_a_run_that_cannot_start_does_not_block_the_queue(capsys):
    backend, (first, second) = FakeBackend(), enqueue("first", "second")
    (first.folder / "trainer.json").mkdir()  # so the claim cannot be written
    (second.folder / "config.json").touch()
    queue = Queue(backend)
    queue.round()
    assert backend.started == ["second"]


def test_a_paused_run_does_not_occupy_a_slot():
    backend, (first, _) = FakeBackend(), enqueue("first", "second")
    queue = Queue(backend)
    queue.round()
    (first.folder / "heartbeat").write_text("paused  ", "ascii")
    queue.round()
    assert backend.started == ["first", "second"]


def test_a_waiting_trainer_is_not_overtaken():
    """Like a resumed run, or one whose predecessor has a result but still computes its explanation data."""
    backend, (first, second, third) = FakeBackend(), enqueue("first", "second", "third")
    queue = Queue(backend)
    queue.round()
    finish(first)
    queue.round()
    (second.folder / "heartbeat").write_text("waiting ", "ascii")
    assert (second.state, second.is_waiting) == ("queued", False)
    queue.round()
    assert backend.started == ["first", "second"]
    assert jobs.waiting() == [third]
    finish(second)
    queue.round()
    assert backend.started == ["first", "second", "third"]


def test_a_suspended_trainer_keeps_its_slot_until_it_is_abandoned(monkeypatch):
    monkeypatch.setenv("IMGCLS_HUNG_SECONDS", "600")
    backend, (first, _) = FakeBackend(), enqueue("first", "second")
    queue = Queue(backend)
    queue.round()
    os.utime(first.folder / "heartbeat", (0, 0))
    queue.round()
    assert first.state == "running"
    assert (backend.started, backend.running) == (["first"], {"first"})
    monkeypatch.setenv("IMGCLS_HUNG_SECONDS", "0")
    queue.round()
    assert (backend.started, backend.running) == (["first", "second"], {"second"})
    assert first.state == "lost"


def test_a_slow_trainer_is_never_abandoned(monkeypatch):
    """Under load a heartbeat may be late by minutes while the trainer still gets some CPU time."""
    monkeypatch.setenv("IMGCLS_HUNG_SECONDS", "0")
    backend, (first, _) = FakeBackend(), enqueue("first", "second")
    queue = Queue(backend)
    queue.round()
    os.utime(first.folder / "heartbeat", (0, 0))
    for second in range(20):
        backend.cpu["first"] = second / 1000
        queue.round()
    assert (backend.started, backend.running, first.state) == (["first"], {"first"}, "running")
    queue.round()
    assert backend.running == {"second"}, "it no longer makes progress"


def test_a_queued_run_with_a_live_trainer_is_left_alone():
    """As after Resume during a pause whose process was about to exit, or Resume on an outdated page."""
    backend, (first,) = FakeBackend(), enqueue("first")
    queue = Queue(backend)
    queue.round()
    waiting_list.enter(first)
    queue.round()
    assert (backend.started, backend.running) == (["first"], {"first"})
    backend.stop(first)
    queue.round()
    assert backend.started == ["first", "first"]


def test_resume_never_touches_a_live_trainer(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    backend, (first,) = FakeBackend(), enqueue("first")
    Queue(backend).round()
    os.utime(first.folder / "heartbeat", (0, 0))
    jobs.start(first)
    assert not first.is_waiting
    assert first.state == "running"


def test_a_run_queued_while_the_queue_exits_is_still_started(own_folders):
    """A run queued while the queue exits finds its lock held, so no other queue is started."""
    backend = FakeBackend()

    class Leaving(Queue):
        def _work(self, root):
            super()._work(root)
            if not runs.exists("late-one"):
                enqueue("late-one")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_IDLE_SECONDS", "0.3")
        queue = Leaving(backend)
        backend.submit = lambda run: (backend.started.append(run.id), finish(run))
        queue.serve()
    assert backend.started == ["late-one"]


# ---- killed


def test_queued_runs_train_one_after_another_without_a_browser(forks, wait_until):
    found = enqueue("first", "second")
    queue = forks.queue()
    seen = set()

    def look():
        seen.add(tuple(run.id for run in found if run.state == "running"))
        return all(run.state == "finished" for run in found)

    wait_until(look, seconds=60)
    wait_until(lambda: zombies(queue) == [])
    assert seen <= {("first",), ("second",), ()}
    assert [line["epoch"] for line in lines(found[1])] == [1, 2]
    assert found[0].result["started"] < found[1].result["started"]


def test_training_survives_a_killed_queue_and_the_next_queue_continues(forks, wait_until):
    first, second = enqueue("first", "second")
    queue = forks.queue(trainers={"first": SLOW_STEPS.format(0.01)})
    wait_until(lambda: lines(first), seconds=60)
    (trainer,) = trainers(first)
    queue.kill()
    wait_until(lambda: has_ended(queue) and not is_locked(paths.runs_folder() / LOCK))
    done = len(lines(first))
    forks.queue()
    forks.queue()
    wait_until(lambda: len(lines(first)) > done or first.state == "finished")
    if first.state == "running":
        assert trainers(first) == [trainer]
        assert trainers(second) == []
    wait_until(lambda: second.state == "finished", seconds=60)
    assert [line["epoch"] for line in lines(first)] == [1, 2]
    assert lines(first, "resumed") == []


def test_a_run_whose_queue_was_killed_before_its_trainer_started_still_runs(monkeypatch):
    first, second = enqueue("first", "second")
    jobs.claim(first, waiting_list.ticket(first))  # and then it was killed
    assert first.state == "starting"
    backend = FakeBackend()
    queue = Queue(backend)
    queue.round()
    assert backend.started == []  # a trainer may be starting
    monkeypatch.setattr("imgcls.runs.run.START_SECONDS", 0)
    queue.round()
    assert backend.started == ["first"]
    assert jobs.waiting() == [second]


def test_a_run_whose_trainer_was_killed_is_not_restarted_automatically(forks, wait_until):
    (run,) = enqueue("first")
    queue = forks.queue(trainers={"first": DIES_AT_ONCE})
    wait_until(lambda: run.state == "lost")
    queue.kill()
    backend = FakeBackend()
    later = Queue(backend)
    later.round()
    later.round()
    assert backend.started == []
    assert run.state == "lost"


def test_a_second_queue_on_one_folder_exits(forks, wait_until):
    first = forks.queue()
    wait_until(lambda: is_locked(paths.runs_folder() / LOCK))
    second = forks.queue()
    wait_until(lambda: has_ended(second))
    assert first.is_running()
    enqueue("only")
    wait_until(lambda: runs.find("only").state == "finished", seconds=60)
    assert (runs.find("only").folder / "log.txt").read_text().count("already being trained") == 0


def test_a_second_trainer_on_one_run_exits(forks, wait_until):
    run = runs.create(ENDLESS)
    first = forks.trainer(run, SLOW_STEPS.format(0.01))
    wait_until(lambda: lines(run, "batch"), seconds=60)
    second = forks.process(do="train", folder=str(run.folder))
    wait_until(lambda: has_ended(second))
    assert trainers(run) == [first]
    assert run.state == "running"
    assert "This run is already being trained by another process." in (run.folder / "log.txt").read_text()


def test_shell_training_and_the_queue_do_not_collide(forks, wait_until):
    shell = runs.create(SHORT, run_id="from-a-shell")
    trainer = forks.trainer(shell, SLOW_STEPS.format(0.02))
    wait_until(lambda: shell.state == "running")
    (queued,) = enqueue("in-the-queue", config=ENDLESS)
    forks.queue()
    wait_until(lambda: lines(shell), seconds=60)
    assert queued.state == "queued"
    assert trainers(queued) == []
    wait_until(lambda: lines(queued), seconds=60)
    assert shell.state == "finished"
    other = runs.create(SHORT, run_id="another-shell")
    forks.trainer(other)
    wait_until(lambda: other.state == "queued")
    time.sleep(0.3)
    assert lines(other, "epoch") == []
    jobs.stop(queued)
    wait_until(lambda: other.state == "finished" and queued.state == "stopped", seconds=60)
    assert has_ended(trainer)


def test_two_trainings_run_concurrently_if_the_setting_allows_two(forks, monkeypatch, wait_until):
    monkeypatch.setenv("IMGCLS_TRAININGS", "2")
    found = enqueue("first", "second", "third", config=ENDLESS)
    forks.queue()
    wait_until(lambda: all(lines(run) for run in found[:2]), seconds=60)
    assert [run.state for run in found] == ["running", "running", "queued"]
    assert trainers(found[2]) == []
