"""Messages of the user's own code, and the rule for the validation accuracy, become events: each of them once."""

import json

import pytest

import imgcls
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.config import Config
from imgcls.errors import RunError, SettingError
from imgcls.runs.annotations import own_metrics
from imgcls.studies.notifications import channels, events, messages, settings
from imgcls.studies.notifications.settings import KINDS, Settings
from imgcls.studies.notifications.thresholds import Rule
from imgcls.studies.notifications.watcher import Watcher
from tests.studies.notifications.test_watcher import NIGHT, NOON, Recorder
from tests.support.training.metrics_logs import epoch, lines

TRAINING = {"config.json": Config().as_dict(), "queued.json": {"ticket": "x", "place": 1.0}}


@pytest.fixture
def recorder(monkeypatch):
    found = Recorder()
    monkeypatch.setattr(channels, "all_channels", lambda: {"recorder": found})
    return found


def test_a_message_from_python_is_an_event_with_link_and_facts_and_is_sent_once(recorder, make_run):
    make_run("my-run")
    watching = Watcher()
    watching.round(NOON)
    imgcls.notify("my-run", "F1 is\x1b[31m below\n0.8\u202e")
    (event,) = watching.round(NOON + 5)
    assert (event.kind, event.text, event.link) == ("message", "F1 is [31m below 0.8", "/train?run=my-run")
    assert event.facts["run"] == "my-run" and event.title.startswith("Message about ")
    assert watching.round(NOON + 10) == [] and len(recorder.sent) == 1
    assert messages.waiting() == [] and watching.memory.told == []


def test_the_shell_sends_messages_and_explains_mistakes(make_run, capsys):
    make_run("my-run")
    assert main(["run", "notify", "my-run", "night is over"]) == exit_codes.OK
    assert [one.text for one in messages.waiting()] == ["night is over"]
    assert main(["run", "notify", "my-run", " \n"]) == exit_codes.USAGE
    assert "There is nothing to send" in capsys.readouterr().err
    assert main(["run", "notify", "nobody", "x"]) == exit_codes.NOT_FOUND


def test_a_crash_between_sending_and_removing_sends_no_message_twice(recorder, make_run, monkeypatch):
    make_run("my-run")
    imgcls.notify("my-run", "once")
    with monkeypatch.context() as broken:
        broken.setattr(events, "fetched", lambda memory: None)
        assert len(Watcher().round(NOON)) == 1
    assert len(messages.waiting()) == 1
    assert Watcher().round(NOON + 5) == [] and messages.waiting() == [] and len(recorder.sent) == 1


def test_messages_wait_for_the_end_of_the_quiet_hours(recorder, make_run):
    make_run("my-run")
    settings.write(Settings(quiet_from="22:00", quiet_to="07:00"))
    imgcls.notify("my-run", "at night")
    Watcher().round(NIGHT)
    assert recorder.sent == []
    Watcher().round(NOON + 86_400)
    assert len(recorder.sent) == 1


def test_long_texts_are_cut_and_a_flood_is_refused(make_run, monkeypatch):
    make_run("my-run")
    imgcls.notify("my-run", "a" * 10_000)
    assert len(messages.waiting()[0].text) == messages.MOST_TEXT
    monkeypatch.setattr(messages, "MOST_WAITING", 1)
    with pytest.raises(RunError, match="1 messages wait"):
        imgcls.notify("my-run", "one more")
    with pytest.raises(SettingError, match="nothing to send"):
        imgcls.notify("my-run", 5)


@pytest.mark.parametrize("content", ["{", "[]", '{"run": "my-run", "text": 5, "at": 1}', '{"run": "my-run"}'])
def test_files_of_other_programs_are_left_out_and_removed(recorder, make_run, content):
    make_run("my-run")
    folder = settings.folder() / messages.FOLDER
    folder.mkdir(parents=True)
    (folder / "0.json").write_text(content)
    (folder / "1.json").write_text(json.dumps({"run": "gone", "text": "about nothing", "at": 1.0}))
    assert Watcher().round(NOON) == [] and list(folder.iterdir()) == []


def test_a_run_below_the_threshold_at_its_epoch_is_reported_once(recorder, make_run):
    settings.write(Settings(rules=(Rule(60.0, 2), Rule(5.0, 1), Rule(62.0, 2, is_above=True))))
    low, good = (make_run(name, **TRAINING) for name in ("low", "good"))
    watching = Watcher()
    for run in (low, good):
        (run.folder / "metrics.jsonl").write_bytes(lines(epoch(1, val_accuracy=0.1)))
    assert watching.round(NOON) == [], "the epoch is not complete"
    for run, accuracy in ((low, 0.55), (good, 0.65)):
        log = lines(epoch(1, val_accuracy=0.1), epoch(2, val_accuracy=accuracy))
        (run.folder / "metrics.jsonl").write_bytes(log)
        (run.folder / "queued.json").unlink()
        (run.folder / "result.json").write_text(json.dumps({"version": 1, "outcome": "finished"}))
    found = [event for event in watching.round(NOON + 5) if event.kind == "threshold"]
    assert sorted((event.facts["run"], event.title, event.text) for event in found) == [
        ("good", "good is above 62%", "Validation accuracy 65.0% at epoch 2."),
        ("low", "low is below 60%", "Validation accuracy 55.0% at epoch 2."),
    ]
    assert watching.round(NOON + 10) == [] and not any("threshold" in key for key in watching.memory.told)


def test_settings_of_an_earlier_version_have_the_new_kinds_until_they_are_turned_off():
    settings.write(Settings(kinds=("failed",)))
    assert settings.read().kinds == ("failed",)
    path = settings.folder() / "settings.json"
    content = json.loads(path.read_text())
    del content["rules"]
    path.write_text(json.dumps(content))
    assert settings.read().kinds == ("failed", "threshold", "message")
    assert set(settings.read().kinds) <= set(KINDS)


@pytest.mark.parametrize(
    ("recorded", "rule", "told"),
    [
        ([(1, 0.9), (2, 0.4)], Rule(0.5, 2, "night/f1"), "night/f1 0.4 at epoch 2."),
        ([(1, 0.4), (2, 0.9)], Rule(0.5, 2, "night/f1"), ""),
        ([(1, 0.4)], Rule(0.5, 2, "night/f1"), ""),  # that epoch is not known yet
        ([(1, 0.9)], Rule(0.5, 1, "night/f1", is_above=True), "night/f1 0.9 at epoch 1."),
        ([(1, -2.0)], Rule(0.0, 1, "night/f1"), "night/f1 -2 at epoch 1."),
        ([(None, 0.9), (None, 0.4)], Rule(0.5, 2, "night/f1"), "night/f1 0.4 at epoch 2."),
        ([(None, 0.4)], Rule(0.5, 2, "night/f1"), ""),
    ],
)
def test_a_rule_about_a_metric_of_your_own(recorder, make_run, recorded, rule, told):
    settings.write(Settings(rules=(rule,)))
    run = make_run("my-run", heartbeat=0, trainer=5)
    for at, value in recorded:
        own_metrics.record(run, {"night/f1": value}, at)
    watching = Watcher()
    found = [event for event in watching.round(NOON) if event.kind == "threshold"]
    assert [event.text for event in found] == ([told] if told else [])
    assert [event for event in watching.round(NOON + 5) if event.kind == "threshold"] == [], "once"
    if told:
        side = "above" if rule.is_above else "below"
        assert f"night/f1 {side} {rule.value:g}" in found[0].title


@pytest.mark.parametrize("rule", [Rule(101.0), Rule(-1.0), Rule(epoch=0), Rule(metric="9"), Rule(epoch="1")])
def test_an_impossible_rule_is_refused(rule):
    with pytest.raises(SettingError, match=r"of the rule|the name of a metric"):
        Settings(rules=(Rule(50.0), rule))
    with pytest.raises(SettingError, match="at most 20 rules"):
        Settings(rules=(Rule(50.0),) * 21)


def test_the_rule_of_an_earlier_version_is_kept_and_a_damaged_one_turns_all_off():
    settings.write(Settings(sound=True))
    path = settings.folder() / "settings.json"
    content = json.loads(path.read_text())
    del content["rules"]
    former = {"threshold": 0.8, "threshold_epoch": 3, "threshold_metric": "night/f1", "threshold_above": True}
    path.write_text(json.dumps(content | former))
    assert settings.read() == Settings(sound=True, rules=(Rule(0.8, 3, "night/f1", is_above=True),))
    path.write_text(json.dumps(content | former | {"threshold": 0.0, "threshold_metric": ""}))
    assert settings.read() == Settings(sound=True), "it was off"
    for damaged in ([{"other": 1}], [7], 7, [{"value": "much"}]):
        path.write_text(json.dumps(content | {"rules": damaged}))
        assert settings.read() == Settings()
