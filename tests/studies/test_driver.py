"""A driver tries what the plan says, once each, whoever is killed; the test set is used once, for the winner."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import filelock
import pytest

from imgcls import jobs, studies
from imgcls.errors import RunError, SettingError
from imgcls.evaluation import predictions
from imgcls.jobs import fair_use
from imgcls.runs import Run, trials
from imgcls.sharing import Role, Visitor, acting_as, limits
from imgcls.studies import Trial, driver, energy
from imgcls.studies.driver import Driver, Taken
from imgcls.studies.study import START_SECONDS, STARTING
from imgcls.system import paths
from tests.support import studies as support
from tests.support.processes.toy_trainer import score
from tests.support.studies import Trainers, planned

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def fast_polls(monkeypatch):
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)


def test_the_best_trial_by_validation_wins(digits):
    study = studies.create(planned())
    with Trainers() as trainers:
        result = Driver(study).run()
    found = study.trials()
    assert support.is_consistent(study, trainers.trained) and len(found) == 6
    assert result["winner"] == max(found, key=lambda trial: score(trial.run.config)).run.id
    assert result["tried"] == result["scored"] == 6 and study.state == "finished"
    assert Driver(study).run() == result, "an ended study is not driven again"


def test_a_long_title_does_not_push_the_number_out_of_the_names_of_trials(digits):
    study = studies.create(planned(title="Learning rate and width of the small network, on digits, first night"))
    driver.Driver(study)._add(study.plan, [])
    assert jobs.waiting()[0].label == "Learning rate and width of the small network, on digits,… #0"


def test_the_lowest_loss_wins_if_the_plan_says_so(digits):
    study = studies.create(planned(metric="val_loss"))
    with Trainers():
        result = Driver(study).run()
    assert result["winner"] == max(study.trials(), key=lambda trial: score(trial.run.config)).run.id


def test_a_grid_is_tried_completely(digits):
    study = studies.create(planned(sampler="grid", vary={"batch_size": [16, 32], "optimizer": ["adam", "sgd"]}))
    with Trainers():
        Driver(study).run()
    assert [dict(trial.params) for trial in study.trials()] == [
        {"batch_size": batch, "optimizer": optimizer} for batch in (16, 32) for optimizer in ("adam", "sgd")
    ]


def test_tpe_finds_better_settings_than_it_began_with(digits):
    pytest.importorskip("optuna")
    study = studies.create(planned(sampler="tpe", trials=30, parallel=2))
    with Trainers():
        Driver(study).run()
    values = [trial.value for trial in study.trials()]
    assert sum(values[-10:]) / 10 > sum(values[:8]) / 8 + 0.03


def test_only_the_winner_is_evaluated_on_the_test_set(finished_run):
    study = studies.create(planned(trials=3))
    with Trainers(model=finished_run.folder):
        result = Driver(study).run()
    tested = [trial.run.id for trial in study.trials() if trial.run.is_tested]
    assert tested == [result["winner"]]
    winner = Run(finished_run.folder.with_name(result["winner"]))
    assert (
        winner.result["test_accuracy"]
        == result["test"]["accuracy"]
        == pytest.approx(finished_run.result["test_accuracy"], abs=0.003)
    )
    assert result["test"]["images"] == 360
    assert result["bias"]["trials"] == 3 and result["bias"]["bias"] >= 0
    loser = next(trial.run for trial in study.trials() if trial.run.id not in tested)
    with pytest.raises(RunError, match="trial of a study"):
        predictions.read(loser)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_a_driver_killed_at_any_disk_operation_loses_and_repeats_nothing(digits, step):
    study = studies.create(planned(trials=4))
    command = [sys.executable, "-c", support.DRIVES, study.id]
    with Trainers() as trainers:
        killed = subprocess.run([*command, str(step), "killed"], env=support.environment(), timeout=120, check=False)
        result = Driver(study).run()
    assert support.is_consistent(study, trainers.trained) and result["tried"] == 4
    assert killed.returncode in (-9, 0)


def test_the_same_trials_follow_after_a_kill(digits):
    """A killed driver changes nothing: the proposals depend on the trials so far and on nothing else."""
    once = studies.create(planned(), study_id="once")
    twice = studies.create(planned(), study_id="twice")
    with Trainers():
        Driver(once).run()
        command = [sys.executable, "-c", support.DRIVES, twice.id, "20", "killed"]
        killed = subprocess.run(command, env=support.environment(), timeout=120, check=False)
        assert killed.returncode == -9 and twice.state == "interrupted"
        Driver(twice).run()
    assert [dict(one.params) for one in once.trials()] == [dict(two.params) for two in twice.trials()]


def test_a_study_runs_from_the_moment_its_driver_is_started(digits, monkeypatch):
    started = []
    monkeypatch.setattr(studies.processes, "spawn", lambda *words, **streams: started.append(words))
    study = studies.create(planned(trials=1))
    assert study.state == "interrupted"
    studies.drive(study)
    assert study.state == "running"
    studies.drive(study)
    assert started == [("imgcls.studies", study.id)], "another press of Resume starts no second one"
    earlier = time.time() - 2 * START_SECONDS
    os.utime(study.folder / STARTING, (earlier, earlier))
    assert study.state == "interrupted", "it never began"
    with Trainers():
        assert Driver(study).run()["outcome"] == "finished"
    assert not (study.folder / STARTING).exists()


def test_a_second_driver_leaves_the_study_alone(digits):
    study = studies.create(planned())
    with filelock.FileLock(study.folder / driver.LOCK), pytest.raises(Taken, match="Another process"):
        Driver(study).run()
    assert study.trials() == []


def test_a_full_disk_is_named_and_the_study_goes_on_later(digits):
    study = studies.create(planned(trials=3))
    command = [sys.executable, "-c", support.DRIVES, study.id, "12", "full"]
    with Trainers() as trainers:
        full = subprocess.run(command, env=support.environment(), timeout=120, check=False, capture_output=True)
        assert full.returncode and "No space left" in full.stderr.decode()
        result = Driver(study).run()
    assert support.is_consistent(study, trainers.trained) and result["outcome"] == "finished"


def test_a_study_of_failing_trials_ends_and_says_why(digits):
    study = studies.create(planned())
    with Trainers(lambda run: {"outcome": "failed", "message": "The disk is full."}) as trainers:
        result = Driver(study).run()
    assert result["outcome"] == study.state == "failed" and len(trainers.trained) == 3
    assert "The last 3 trials failed: The disk is full." in result["message"]


def test_a_study_whose_trainers_are_killed_says_so(digits):
    study = studies.create(planned())
    lost = [Trial(Run(paths.runs_folder() / study.run_id(at)), at, {}, "lost") for at in range(3)]
    assert driver._failure(lost) == (
        "The last 3 trials were interrupted: the training process ended unexpectedly (killed, or an error before the "
        "training). "
        f"See the log on the page of run {lost[-1].run.id}."
    )


def test_a_metric_that_is_never_reported_ends_the_study(digits):
    study = studies.create(planned())
    with Trainers(lambda run: {"val_accuracy": None}):
        result = Driver(study).run()
    assert result["outcome"] == "failed" and "reported no validation score" in result["message"]


def test_a_stop_keeps_the_best_trial_so_far(digits):
    study = studies.create(planned(trials=1000))
    with Trainers():
        stopper = threading.Timer(1.0, study.request_stop)
        stopper.start()
        result = Driver(study).run()
    assert result["outcome"] == "stopped" and 0 < result["tried"] < 1000 and "winner" in result


def test_no_trial_starts_after_the_end_of_the_night(digits):
    study = studies.create(planned(until=time.time() - 1))
    with Trainers() as trainers:
        result = Driver(study).run()
    assert trainers.trained == [] and result["message"] == "No trial has a validation score, so there is no winner."


def test_a_trial_that_the_user_takes_out_of_the_queue_is_passed_over(digits, wait_until):
    study = studies.create(planned(trials=2))
    driver_thread = threading.Thread(target=lambda: results.append(Driver(study).run()))
    results: list[dict] = []
    with filelock.FileLock(study.folder.parent.parent / jobs.queue.LOCK, thread_local=False):
        driver_thread.start()
        wait_until(jobs.waiting)
        jobs.take_out(jobs.waiting()[0])
        wait_until(lambda: [run for run in jobs.waiting() if not run.id.endswith("0000")])
        (second,) = jobs.waiting()
        support.end(second)
        (second.folder / "queued.json").unlink()
        driver_thread.join()
    assert results[0]["tried"] == 2 and results[0]["winner"].endswith("0001")


def test_a_study_waits_while_its_owner_has_no_room_in_the_queue(digits, monkeypatch, wait_until):
    ada, refused, results = Visitor("A" * 22, Role.MEMBER, "Ada"), threading.Event(), []
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    monkeypatch.setenv(limits.VARIABLE, "member.queued_runs=1")
    monkeypatch.setattr(jobs, "wake", lambda: None)
    monkeypatch.setattr(driver, "FULL_SECONDS", 0.01)
    check = fair_use.check_new_runs

    def noted(configs):
        try:
            check(configs)
        except fair_use.QueueFull:
            refused.set()
            raise

    def drive():
        with acting_as(ada):
            results.append(Driver(study).run())

    with acting_as(ada):
        study = studies.create(planned(trials=1))
        mine = jobs.begin(planned().base)
    monkeypatch.setattr(fair_use, "check_new_runs", noted)
    driver_thread = threading.Thread(target=drive)
    driver_thread.start()
    assert refused.wait(60)
    jobs.take_out(mine)
    wait_until(jobs.waiting)
    (run,) = jobs.waiting()
    support.end(run)
    (run.folder / "queued.json").unlink()
    driver_thread.join()
    assert results[0]["tried"] == 1 and study.trials()[0].run.id == run.id


def test_hopeless_trials_are_ended_early(digits):
    study = studies.create(planned(trials=1, pruner="median"))
    for number, value in enumerate((0.9, 0.91, 0.92, 0.93)):
        run = jobs.runs.create(
            planned().base, run_id=study.run_id(number), trial=trials.TrialRecord(study.id, number, {"batch_size": 16})
        )
        support.end(run)
        lines = [{"kind": "epoch", "epoch": epoch, "val_accuracy": value} for epoch in (1, 2, 3, 4)]
        (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    slow = jobs.runs.create(
        planned().base, run_id=study.run_id(4), trial=trials.TrialRecord(study.id, 4, {"batch_size": 16})
    )
    lines = [{"kind": "epoch", "epoch": epoch, "val_accuracy": 0.5} for epoch in (1, 2, 3)]
    (slow.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (slow.folder / "trainer.json").write_text('{"ticket": "x"}')
    (slow.folder / "heartbeat").write_text("running ")
    with filelock.FileLock(slow.folder / ".trainer.lock"):
        Driver(study)._prune(study.plan, study.trials())
    assert slow.request.stop


def test_a_study_edited_into_nonsense_is_refused_without_harm(digits):
    study = studies.create(planned(trials=2))
    with Trainers():
        Driver(study).run()
    (study.folder / "result.json").unlink()
    (study.folder / "study.json").write_text('{"vary": {"speed": [1]}}')
    assert study.state == "damaged"
    with pytest.raises(SettingError, match="'speed'"):
        Driver(study).run()
    assert len(study.runs()) == 2


def test_trials_outside_an_edited_space_still_count(digits):
    study = studies.create(planned(trials=3))
    with Trainers():
        Driver(study).run()
        (study.folder / "result.json").unlink()
        plan = planned(trials=5, vary={"learning_rate": {"from": 1e-3, "to": 1e-2, "log": True}}, sampler="tpe")
        (study.folder / "study.json").write_text(json.dumps(plan.as_dict()))
        result = Driver(study).run()
    assert result["tried"] == 5


def test_a_deleted_trial_leaves_a_gap_that_is_not_filled_with_the_same_number(digits):
    study = studies.create(planned(trials=3))
    with Trainers() as trainers:
        Driver(study).run()
        (study.folder / "result.json").unlink()
        shutil.rmtree(study.runs()[1].folder)
        Driver(study).run()
    assert [trial.number for trial in study.trials()] == [0, 2, 3] and len(trainers.trained) == 4


def test_a_study_ends_when_its_energy_is_used(digits, monkeypatch):
    monkeypatch.setattr(driver, "METER_SECONDS", 0.0)
    trials: list[str] = []
    monkeypatch.setattr(driver.energy.Meter, "look", lambda meter: energy.Energy(3600.0 * len(trials), 1.0))
    study = studies.create(planned(trials=1000, energy_kwh=0.002))
    with Trainers() as trainers:
        trials = trainers.trained
        result = Driver(study).run()
    assert result["outcome"] == "finished" and 2 <= result["tried"] <= 4, "each trial uses 0.001 kWh"
    assert energy.read(study.folder).kwh >= 0.002
