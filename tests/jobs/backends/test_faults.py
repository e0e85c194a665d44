"""Every backend under the same faults: nothing is lost, nothing is trained twice, and the state is correct.

A run is trained once if each epoch has one line in metrics.jsonl, apart from the one epoch that a killed trainer had
not yet saved. A new backend adds a class to places.py.
"""

import os
import threading
import time

import pytest

from imgcls import jobs
from imgcls.jobs import waiting_list
from imgcls.runs import run as run_module
from imgcls.system import nodes, paths
from tests.jobs.backends.scene import assert_trained_once, epochs, lines

HOUR = 3600
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("backend faults")]


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
    other = scene.place.queue(scene.place.backend())
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
