"""A study that has ended goes on with more trials; a kill halfway leaves a sound study."""

import contextlib
import json
import time
from pathlib import Path

import filelock
import pytest

from imgcls import studies
from imgcls.errors import RunError, SettingError
from imgcls.studies import driver, more_trials
from imgcls.studies.driver import Driver
from tests.support import studies as support
from tests.support.studies import Trainers, planned

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def fast_polls(monkeypatch):
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)


@pytest.fixture
def ended(digits) -> studies.Study:
    """A study of 3 trials that has ended."""
    study = studies.create(planned(trials=3), study_id="mine")
    with Trainers():
        Driver(study).run()
    return study


def test_a_finished_study_goes_on_and_chooses_again(ended):
    before = [dict(trial.params) for trial in ended.trials()]
    more_trials.add(ended, 4)
    assert ended.state == "interrupted" and ended.plan.budget == 7
    with Trainers() as trainers:
        result = Driver(ended).run()
    found = ended.trials()
    assert result["outcome"] == "finished" and result["tried"] == 7 and len(trainers.trained) == 4
    assert [dict(trial.params) for trial in found[:3]] == before
    assert result["winner"] == studies.best(found, ended.plan).run.id


def test_a_stopped_study_goes_on_though_its_night_is_over(digits):
    study = studies.create(planned(trials=5, until=time.time() - 1), study_id="mine")
    study.request_stop()
    with Trainers():
        assert Driver(study).run()["outcome"] == "stopped"
        more_trials.add(study, 2)
        result = Driver(study).run()
    assert result["outcome"] == "finished" and result["tried"] == 2 and study.plan.until is None


def test_an_interrupted_study_keeps_the_trials_that_it_still_has(digits):
    study = studies.create(planned(trials=3), study_id="mine")
    assert more_trials.add(study, 2).budget == 5


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_a_kill_halfway_leaves_a_study_that_adds_nothing_twice(ended, monkeypatch, step):
    """The operations on the disk are counted: writing the plan, then removing two files."""
    ended.request_stop()
    done = []

    class Killed(BaseException):
        pass

    def counted(operation):
        def work(*given, **more):
            if len(done) == step:
                raise Killed
            done.append(1)
            return operation(*given, **more)

        return work

    with monkeypatch.context() as patch:
        patch.setattr(more_trials.atomic, "write_json", counted(more_trials.atomic.write_json))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        with contextlib.suppress(Killed):
            more_trials.add(ended, 2)
    assert ended.state == ("finished" if step < 3 else "interrupted") and len(ended.trials()) == 3
    if ended.state == "finished":
        more_trials.add(ended, 2)
    with Trainers() as trainers:
        result = Driver(ended).run()
    assert result["outcome"] == "finished" and result["tried"] == 5 and len(trainers.trained) == 2
    assert support.is_consistent(ended, [trial.run.id for trial in ended.trials()])


def test_what_cannot_go_on_says_why(ended):
    with filelock.FileLock(ended.folder / driver.LOCK), pytest.raises(RunError, match="is running"):
        more_trials.add(ended, 1)
    with pytest.raises(SettingError, match="at most 1,000 trials"):
        more_trials.add(ended, 998)
    with pytest.raises(SettingError, match="At least one"):
        more_trials.add(ended, 0)
    grid = studies.create(planned(sampler="grid", vary={"batch_size": [16, 32]}), study_id="grid")
    with Trainers():
        Driver(grid).run()
    with pytest.raises(SettingError, match="All 2 combinations"):
        more_trials.add(grid, 1)
    result = json.loads((ended.folder / "result.json").read_text())
    (ended.folder / "result.json").write_text(json.dumps(result | {"outcome": "failed"}))
    with pytest.raises(RunError, match="has failed"):
        more_trials.add(ended, 1)
    assert ended.plan.budget == 3
