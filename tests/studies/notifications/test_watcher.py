"""Events are found once, survive a restart, wait for the end of the quiet hours, and are sent again after a failure."""

import json
from collections import namedtuple
from datetime import datetime

import filelock
import pytest

from imgcls import sharing, studies
from imgcls.config import Config
from imgcls.errors import SettingError
from imgcls.sharing import acting_as
from imgcls.sharing.visitors import Visitor
from imgcls.studies.notifications import channels, events, settings, watcher
from imgcls.studies.notifications.settings import Settings
from imgcls.studies.notifications.watcher import Watcher
from imgcls.studies.study import LOCK
from tests.support.studies import planned

NOON, NIGHT = (datetime(2026, 1, 2, hour).timestamp() for hour in (12, 23))
Usage = namedtuple("Usage", "total used free")


class Recorder:
    """A channel that keeps what it is given, or refuses."""

    def __init__(self):
        self.sent, self.problem = [], None

    def is_on(self, settings):
        return True

    def send(self, settings, found):
        if self.problem is not None:
            raise self.problem
        self.sent.append([event.title for event in found])


@pytest.fixture
def recorder(monkeypatch):
    found = Recorder()
    monkeypatch.setattr(channels, "all_channels", lambda: {"recorder": found})
    return found


@pytest.fixture
def waiting(make_run):
    """A run that waits in the queue."""
    return make_run("my-run", **{"config.json": Config().as_dict(), "queued.json": {"ticket": "x", "place": 1.0}})


def end(run, outcome="finished", **more) -> None:
    (run.folder / "queued.json").unlink(missing_ok=True)
    (run.folder / "result.json").write_text(json.dumps({"version": 1, "outcome": outcome, **more}))


def test_the_end_of_a_run_is_told_once(recorder, waiting):
    watching = Watcher()
    assert watching.round(NOON) == []
    end(waiting, test_accuracy=0.912, training_seconds=12.0, seconds=45.0)
    (event,) = watching.round(NOON + 5)
    assert event.text == "Test accuracy 91.2%. Training time 12 s, total time 45 s."
    assert event.kind == "finished" and "91.2%" in event.text and event.link == "/train?run=my-run"
    assert (
        event.facts["run"] == "my-run" and event.facts["state"] == "finished" and event.facts["test_accuracy"] == 0.912
    )
    assert watching.round(NOON + 10) == [] and len(recorder.sent) == 1
    assert [one.title for one in watcher.latest()] == [event.title]


def test_what_ended_while_nobody_watched_is_told_afterwards(recorder, waiting):
    Watcher().round(NOON)
    end(waiting, "failed", message="The loss became NaN in epoch 2.")
    (event,) = Watcher().round(NOON + 5)
    assert event.kind == "failed" and event.title.endswith("has failed") and "NaN" in event.text


def test_a_run_whose_process_is_gone_is_interrupted_as_on_the_pages(recorder, make_run):
    run = make_run("my-run", heartbeat=60, trainer=60, **{"config.json": Config().as_dict()})
    watching = Watcher()
    watching.memory.runs = ["my-run"]
    (event,) = watching.round(NOON)
    assert run.state == "lost" and event.title.endswith("was interrupted") and event.facts["state"] == "lost"


def test_runs_that_had_ended_before_are_not_told(recorder, waiting):
    end(waiting)
    assert Watcher().round(NOON) == []


def test_trials_are_told_only_if_wanted(recorder, waiting):
    (waiting.folder / "trial.json").write_text(json.dumps({"version": 1, "study": "s", "number": 0, "params": {}}))
    watching = Watcher()
    watching.round(NOON)
    end(waiting)
    assert watching.round(NOON + 5) == []


def test_quiet_hours_hold_events_back_across_a_restart(recorder, waiting):
    settings.write(Settings(quiet_from="22:00", quiet_to="07:00"))
    watching = Watcher()
    watching.round(NIGHT)
    end(waiting)
    assert len(watching.round(NIGHT + 5)) == 1 and recorder.sent == [] and watcher.latest() == []
    later = Watcher()
    later.round(NIGHT + 60)
    assert recorder.sent == []
    later.round(NOON + 86_400)
    assert len(recorder.sent) == 1


def test_a_message_is_sent_again_after_a_failure_but_not_forever(recorder, waiting):
    watching = Watcher()
    watching.round(NOON)
    end(waiting)
    recorder.problem = OSError("unreachable")
    watching.round(NOON + 5)
    assert "unreachable" in watcher.problems()["recorder"]
    recorder.problem = None
    watching.round(NOON + 10)
    assert recorder.sent == [], "not before a minute has passed"
    watching.round(NOON + 100)
    assert len(recorder.sent) == 1 and watcher.problems() == {}


def test_kinds_that_are_off_are_not_told(recorder, waiting):
    settings.write(Settings(kinds=("disk",)))
    watching = Watcher()
    watching.round(NOON)
    end(waiting)
    watching.round(NOON + 5)
    assert recorder.sent == []


def test_a_full_disk_is_told_once_and_again_after_it_had_space(recorder, waiting, monkeypatch):
    free = [1 << 30]
    monkeypatch.setattr(events.shutil, "disk_usage", lambda folder: Usage(100 << 30, 0, free[0]))
    watching = Watcher()
    assert [event.kind for event in watching.round(NOON)] == ["disk"] and watching.round(NOON + 5) == []
    free[0] = 50 << 30
    assert watching.round(NOON + 10) == []
    free[0] = 1 << 30
    assert [event.kind for event in watching.round(NOON + 15)] == ["disk"]


def test_a_queue_in_which_nothing_starts_is_told(recorder, waiting):
    watching = Watcher()
    assert watching.round(NOON) == []
    assert [event.kind for event in watching.round(NOON + events.STUCK_SECONDS + 1)] == ["queue"]
    assert watching.round(NOON + events.STUCK_SECONDS + 9) == []


def test_a_silent_trainer_is_told_once(recorder, make_run):
    make_run("silent-run", heartbeat=3600, trainer=3600, lives=True, **{"config.json": Config().as_dict()})
    watching = Watcher()
    assert [event.kind for event in watching.round(NOON)] == ["stalled"]
    assert watching.round(NOON + 5) == []


def test_the_end_of_a_study_is_told(recorder, digits, monkeypatch):
    study = studies.create(planned(), study_id="mine")
    watching = Watcher()
    watching.memory.studies = ["mine"]
    (study.folder / "result.json").write_text(
        json.dumps({"version": 1, "outcome": "finished", "tried": 6, "winner": "mine-0001", "value": 0.9})
    )
    (event,) = watching.round(NOON)
    assert event.title == "Search has finished" and "Best validation accuracy 90.0% of 6 settings" in event.text
    assert event.facts["study"] == "mine" and event.facts["state"] == "finished" and event.facts["dataset"] == "digits"


def test_a_stopped_study_is_not_called_finished_and_the_test_accuracy_is_told(recorder, digits):
    study = studies.create(planned(), study_id="mine")
    watching = Watcher()
    watching.memory.studies = ["mine"]
    test = {"accuracy": 0.85, "low": 0.8, "high": 0.9, "images": 360}
    result = {"version": 1, "outcome": "stopped", "tried": 6, "scored": 6, "winner": "mine-0001", "value": 0.9}
    (study.folder / "result.json").write_text(json.dumps(result | {"test": test}))
    (event,) = watching.round(NOON)
    assert event.title == "Search was stopped" and "Test accuracy of the winner 85.0%" in event.text


def test_a_study_whose_process_was_killed_is_told_once(recorder, digits):
    study = studies.create(planned(), study_id="mine")
    watching = Watcher()
    with filelock.FileLock(study.folder / LOCK):
        assert watching.round(NOON) == []
    (event,) = watching.round(NOON + 5)
    assert event.kind == "stalled" and event.title == "Search was interrupted"
    assert "after 0 of 6 trials" in event.text and event.link == "/studies?study=mine"
    assert watching.round(NOON + 10) == [] and len(recorder.sent) == 1


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1, "smtp_port": "x"}', '{"version": 1, "kinds": [3]}'])
def test_damaged_files_turn_everything_off_and_end_nothing(recorder, waiting, content):
    settings.folder().mkdir(parents=True)
    for name in ("settings.json", "state.json", "log.jsonl"):
        (settings.folder() / name).write_text(content)
    assert settings.read() == Settings() and watcher.latest() == []
    Watcher().round(NOON)


@pytest.mark.parametrize(
    "values",
    [
        {"webhook": "file:///etc/passwd"},
        {"mail_to": "nobody"},
        {"mail_to": "a@b"},
        {"quiet_from": "22:00"},
        {"quiet_from": "25:00", "quiet_to": "07:00"},
        {"smtp_port": 0},
        {"kinds": ("nothing",)},
    ],
)
def test_invalid_settings_are_explained(values):
    with pytest.raises(SettingError):
        Settings(**values)


def test_only_the_owner_of_a_server_sets_them_and_the_file_is_private(monkeypatch):
    settings.write(Settings(smtp_password="secret"))
    assert (settings.folder() / "settings.json").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("IMGCLS_MODE", "classroom")
    with acting_as(Visitor("ann0000000000000000000")), pytest.raises(sharing.NotAllowed):
        settings.write(Settings())


@pytest.mark.parametrize(("hour", "is_quiet"), [(21, False), (22, True), (3, True), (7, False), (12, False)])
def test_quiet_hours_may_span_midnight(hour, is_quiet):
    found = Settings(quiet_from="22:00", quiet_to="07:00")
    assert found.is_quiet(datetime(2026, 1, 2, hour).timestamp()) is is_quiet
