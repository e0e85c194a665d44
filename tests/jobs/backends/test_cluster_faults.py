"""The cluster under the run: unreachable, forgetful, wrong, full; and stops and deletions meanwhile."""

import time

import pytest

from imgcls import jobs, runs
from imgcls.jobs import waiting_list
from tests.jobs.backends import places
from tests.jobs.backends.scene import assert_trained_once, epochs

HOUR = 3600
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("backend faults")]


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


def test_a_run_that_is_always_refused_is_given_up_and_holds_up_no_other(scene):
    refused, other = scene.run("first"), scene.run("second")
    scene.place.refuse(refused)
    scene.until(lambda: other.state == "finished")
    assert_trained_once(other)
    scene.until(lambda: refused.state == "failed")
    assert "it was refused 4 times" in refused.result["message"] and jobs.waiting() == []
    assert "press Try again" in refused.result["message"] and epochs(refused) == []
    scene.place.refuse()
    jobs.start(refused)
    scene.until(lambda: refused.state == "finished")
    assert_trained_once(refused)


def test_a_run_that_was_refused_for_a_while_is_trained(scene):
    run = scene.run()
    scene.place.refuse(run)
    scene.until(lambda: waiting_list.refusal_of(run) is not None)
    assert run.state == "queued" and "Refused once, and tried again" in waiting_list.refusal_of(run).sentence()
    scene.place.refuse()
    scene.until(lambda: run.state == "finished")
    assert_trained_once(run)


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


def test_a_stop_of_an_interrupted_run_evaluates_its_checkpoint_when_there_is_room(scene):
    run = scene.run(epochs=1000)
    scene.until_trained(run, 2)
    scene.place.kill_node(run)
    scene.until(lambda: run.state == "lost")
    scene.place.hold(True)
    jobs.stop(run)
    scene.rounds()
    scene.place.hold(False)
    scene.until(lambda: run.state == "stopped")
    scene.until(lambda: not scene.place.trainers(run))


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
    wait_until(lambda: not trainer.is_running() or trainer.status() == "zombie")
    assert "Another trainer was started" in (run.folder / "log.txt").read_text()
