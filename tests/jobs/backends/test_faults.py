"""Every backend under the same faults: nothing is lost, nothing is trained twice, and the state is correct.

A run is trained once if each epoch has one line in metrics.jsonl, apart from the one epoch that a killed trainer had
not yet saved. A new backend adds a class to places.py.
"""

import json
import os
import threading
import time

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.jobs.queue import Queue
from imgcls.runs import Run
from imgcls.runs import run as run_module
from imgcls.system import nodes, paths
from tests.jobs.backends import places

HOUR = 3600
LONG = 120.0
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("backend faults")]


@pytest.fixture(params=places.PLACES, ids=lambda place: place.__name__.lower())
def place(request, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr("imgcls.jobs.queue.RETRY_SECONDS", 0.1)
    made = request.param(tmp_path, monkeypatch)
    yield made
    made.close()


class Scene:
    """A place, a queue on it, and what happens to one run."""

    def __init__(self, place, wait_until):
        self.place, self._wait_until = place, wait_until
        self.backend = place.backend()
        self.queue = Queue(self.backend)

    def run(self, name: str = "first", epochs: int = 8, hold: int | None = None) -> Run:
        """A queued run. Its training waits after the epoch `hold` until `go_on`."""
        config = Config(data="digits", model="ann", epochs=epochs, early_stopping=False)
        run = runs.create(config, run_id=name, place=waiting_list.last_place())
        if hold is not None:
            (run.folder / ".hold").write_text(str(hold))
        return run

    def go_on(self, run: Run) -> None:
        (run.folder / ".hold").unlink()

    def until(self, condition, rounds: bool = True) -> None:
        """Works until a condition holds."""

        def look() -> bool:
            if rounds:
                self.queue.round()
            return bool(condition())

        self._wait_until(look, seconds=LONG)

    def until_trained(self, run: Run, epoch: int) -> None:
        self.until(lambda: epochs(run)[-1:] >= [epoch])

    def new_queue(self) -> None:
        """The queue was killed, and another one starts."""
        self.place.kill_queue(self.backend)
        self.backend = self.place.backend()
        self.queue = Queue(self.backend)

    def rounds(self, count: int = 5) -> None:
        for _ in range(count):
            self.queue.round()


@pytest.fixture
def scene(place, wait_until):
    return Scene(place, wait_until)


def lines(run: Run) -> list[dict]:
    try:
        return [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    except OSError:
        return []


def epochs(run: Run) -> list[int]:
    return [line["epoch"] for line in lines(run) if line["kind"] == "epoch"]


def assert_trained_once(run: Run, repeated: int = 0) -> None:
    """`repeated`: how many trainers were killed, each of which may have lost one epoch."""
    assert run.state == "finished", (run.state, run.job, (run.folder / "log.txt").read_text())
    assert sorted(set(epochs(run))) == list(range(1, run.config.epochs + 1))
    assert len(epochs(run)) - run.config.epochs <= repeated
    assert len({line["pid"] for line in lines(run) if line["kind"] == "epoch"}) <= 1 + repeated


def test_a_run_without_faults(scene):
    run = scene.run()
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)
    assert jobs.waiting() == []


# ---- the trainer and its machine


def test_a_killed_trainer_is_not_restarted_by_itself_and_resumes_from_its_checkpoint(scene):
    run = scene.run(epochs=400)
    scene.until_trained(run, 3)
    scene.place.kill_trainer(run)
    scene.until(lambda: run.state == "lost")
    scene.rounds()
    assert scene.place.trainers(run) == []
    before = epochs(run)[-1]
    jobs.start(run)
    scene.until_trained(run, before + 3)
    jobs.stop(run)
    scene.until(lambda: run.state == "stopped")
    assert len(epochs(run)) - len(set(epochs(run))) <= 1
    assert [line for line in lines(run) if line["kind"] == "resumed"]


def test_a_trainer_that_dies_before_its_first_heartbeat(scene):
    run = scene.run()
    scene.place.seconds = "not a number"
    scene.until(lambda: run.state == "lost")
    scene.place.seconds = scene.place.SECONDS
    jobs.start(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_dead_node(scene):
    run = scene.run(epochs=400)
    scene.until_trained(run, 3)
    scene.place.kill_node(run)
    scene.until(lambda: run.state == "lost")
    jobs.start(run)
    scene.until_trained(run, epochs(run)[-1] + 2)
    assert len(scene.place.trainers(run)) == 1


# ---- the queue


def test_a_queue_killed_before_it_claimed_anything(scene):
    run = scene.run()
    scene.new_queue()
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_queue_killed_while_it_claims(scene, monkeypatch):
    run = scene.run()
    (run.folder / f".claim-{waiting_list.ticket(run)}").touch()  # and then it was killed
    monkeypatch.setattr("imgcls.jobs.queue.START_SECONDS", 0.3)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_queue_killed_between_claim_and_start(scene, monkeypatch):
    run = scene.run()
    assert jobs.claim(run, waiting_list.ticket(run))
    monkeypatch.setattr(run_module, "START_SECONDS", 0.3)
    scene.new_queue()
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_queue_killed_during_a_training(scene):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    scene.new_queue()
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_training_that_ends_while_there_is_no_queue(scene):
    run = scene.run()
    scene.until_trained(run, 1)
    scene.until(lambda: run.state == "finished", rounds=False)
    scene.new_queue()
    scene.rounds()
    assert_trained_once(run)


def test_two_queues_on_one_folder(scene, monkeypatch):
    monkeypatch.setenv("IMGCLS_TRAININGS", "9")
    found = [scene.run(f"run-{number}") for number in range(4)]
    other = Queue(scene.place.backend())
    both = [threading.Thread(target=queue.round) for queue in (scene.queue, other)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    scene.until(lambda: other.round() or all(run.state == "finished" for run in found))
    for run in found:
        assert_trained_once(run)


def test_a_duplicate_submission(scene):
    run = scene.run()
    assert jobs.claim(run, waiting_list.ticket(run))
    scene.backend.submit(run)
    scene.backend.submit(run)
    scene.until(lambda: run.state == "finished" and not scene.place.trainers(run))
    assert_trained_once(run)


def test_start_pressed_again_during_a_training(scene):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    jobs.start(run)
    waiting_list.enter(run)  # as an outdated page may do
    scene.rounds()
    assert len(scene.place.trainers(run)) == 1
    (run.folder / waiting_list.NAME).unlink()
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


# ---- clocks and folders


@pytest.mark.parametrize("skew", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_node_whose_clock_is_wrong_by_an_hour(scene, monkeypatch, skew):
    """Its time stamps are wrong, too, if the file system does not set them, and its locks are not visible here."""
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    for name in ("process.json", "trainer.json"):
        text = (run.folder / name).read_text().replace(nodes.name(), "another machine")
        (run.folder / name).write_text(text)
    monkeypatch.setattr(run_module.processes, "is_locked", lambda path: False)
    ended = threading.Event()

    def skewed():
        while not ended.wait(0.02):
            now = time.time() + skew
            for name in ("heartbeat", "trainer.json"):
                os.utime(run.folder / name, (now, now))

    thread = threading.Thread(target=skewed)
    thread.start()
    states = set()
    try:
        scene.new_queue()
        scene.rounds()
        scene.go_on(run)
        scene.until(lambda: states.add(run.state) or run.state == "finished")
    finally:
        ended.set()
        thread.join()
    assert states <= {"running", "finished"}
    assert_trained_once(run)


def test_a_folder_that_is_unavailable_for_a_while(scene):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    (trainer,) = scene.place.trainers(run)
    root, away = paths.runs_folder(), paths.runs_folder().with_name("unmounted")
    root.rename(away)
    time.sleep(1)
    scene.rounds()
    assert trainer.is_running()
    away.rename(root)
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_folder_that_is_unmounted_and_leaves_an_empty_one(scene):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    (trainer,) = scene.place.trainers(run)
    root, away = paths.runs_folder(), paths.runs_folder().with_name("unmounted")
    root.rename(away)
    root.mkdir()
    time.sleep(1)
    assert trainer.is_running()
    root.rmdir()
    away.rename(root)
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


# ---- the cluster


def test_a_cluster_that_cannot_be_reached_when_a_run_is_started(scene):
    run = scene.run()
    scene.place.network(False)
    scene.rounds(3)
    time.sleep(0.3)
    assert run.state in ("queued", "starting", "running", "finished")
    scene.place.network(True)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)
    assert waiting_list.problem() == ""


def test_a_cluster_that_cannot_be_reached_during_a_training(scene):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    scene.place.network(False)
    scene.rounds()
    assert run.state == "running"
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)
    scene.place.network(True)


@pytest.mark.parametrize("state", ["failed", "succeeded", "pending"])
def test_a_cluster_that_reports_a_wrong_state_of_a_live_trainer(scene, state):
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    scene.place.report(state)
    scene.rounds()
    assert run.state == "running"
    assert len(scene.place.trainers(run)) == 1
    scene.go_on(run)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_cluster_that_calls_a_dead_trainer_running(scene):
    run = scene.run(epochs=400)
    scene.until_trained(run, 3)
    scene.place.report("running")
    scene.place.kill_trainer(run)
    scene.until(lambda: run.state == "lost")
    jobs.start(run)
    scene.until_trained(run, epochs(run)[-1] + 2)
    assert len(scene.place.trainers(run)) == 1


def test_a_cluster_that_forgets_pending_jobs(scene):
    run = scene.run()
    scene.place.hold(True)
    scene.rounds()
    scene.place.forget()
    scene.place.hold(False)
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


def test_a_stop_while_the_cluster_has_no_room(scene):
    run = scene.run(epochs=400)
    scene.place.hold(True)
    scene.rounds()
    jobs.stop(run)
    scene.until(lambda: run.state in ("aside", "stopped"))
    scene.place.hold(False)
    scene.rounds()
    scene.until(lambda: not scene.place.trainers(run))
    assert len(epochs(run)) <= 400
    assert jobs.waiting() == []


def test_a_stop_during_a_training(scene):
    run = scene.run(epochs=1000)
    scene.until_trained(run, 2)
    jobs.stop(run)
    scene.until(lambda: run.state == "stopped")
    scene.until(lambda: not scene.place.trainers(run))


def test_a_run_deleted_during_its_training(scene):
    run = scene.run(epochs=1000)
    scene.until_trained(run, 2)
    scene.backend.stop(run)
    run.delete()
    scene.until(lambda: not scene.place.trainers(run))
    assert runs.all_runs() == []


def test_a_job_that_starts_when_its_run_was_started_again(scene, monkeypatch):
    """A cluster may start a job hours later, or start it twice."""
    run = scene.run(hold=2)
    scene.until_trained(run, 2)
    late = places.Local(scene.place.folder, monkeypatch)
    monkeypatch.setenv("IMGCLS_TICKET", "an-earlier-one")
    late._spawn(run).wait()
    assert len(scene.place.trainers(run)) == 1
    scene.go_on(run)
    scene.until(lambda: run.state == "finished" and not scene.place.trainers(run))
    late._spawn(run).wait()
    monkeypatch.setenv("IMGCLS_TICKET", str(run.ticket))
    late._spawn(run).wait()
    assert_trained_once(run)
    log = (run.folder / "log.txt").read_text()
    assert "was started again in the meantime" in log
    assert "has ended already" in log


def test_a_trainer_that_was_given_up_ends_itself(scene, wait_until):
    """Its machine had lost the network: the heartbeat was silent, and the run was started again."""
    run = scene.run(epochs=1000)
    scene.until_trained(run, 2)
    (trainer,) = scene.place.trainers(run)
    waiting_list.enter(run)
    assert jobs.claim(run, waiting_list.ticket(run))
    wait_until(lambda: not trainer.is_running() or trainer.status() == "zombie", seconds=20)
    assert "Another trainer was started" in (run.folder / "log.txt").read_text()
