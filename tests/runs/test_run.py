"""One run, read from its folder: every state from folders made by hand, clocks, requests, and its end."""

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import pytest

from imgcls import runs
from imgcls.errors import RunError
from imgcls.runs import run as run_module
from imgcls.runs.requests import RunRequest
from imgcls.system import nodes, paths

ID = "20260102-030405-0123abcd"
FRESH, SILENT = 0, 3600


# ---- states

RESULT = {"version": 1, "outcome": "finished"}


@pytest.mark.parametrize(
    ("state", "files"),
    [
        ("aside", {}),
        ("aside", {"heartbeat": SILENT}),
        ("queued", {"queued.json": {"ticket": "new", "place": 1}}),
        ("queued", {"queued.json": {"ticket": "new"}, "trainer": FRESH, "heartbeat": FRESH}),
        ("queued", {"queued.json": {"ticket": "new"}, "trainer": SILENT, "result.json": RESULT}),
        ("queued", {"queued.json": {"ticket": "new"}, "trainer": SILENT, "parked.json": {}}),
        ("queued", {"trainer": FRESH, "heartbeat": FRESH, "word": "waiting"}),
        ("starting", {"trainer": FRESH}),
        ("starting", {"trainer": FRESH, "queued.json": {"ticket": "old"}}),
        ("running", {"trainer": FRESH, "heartbeat": FRESH}),
        ("running", {"trainer": FRESH, "heartbeat": FRESH, "queued.json": {"ticket": "old"}}),
        ("running", {"trainer": SILENT, "heartbeat": FRESH, "word": ""}),
        ("running", {"trainer": SILENT, "heartbeat": FRESH, "word": "no such word"}),
        ("running", {"trainer": SILENT, "heartbeat": SILENT, "lives": True}),  # a machine that is very busy
        ("running", {"trainer": SILENT, "heartbeat": -SILENT, "lives": True}),  # a clock that was set back
        ("paused", {"trainer": SILENT, "heartbeat": SILENT, "word": "paused", "lives": True}),
        ("queued", {"trainer": SILENT, "heartbeat": SILENT, "word": "waiting", "lives": True}),
        ("starting", {"trainer": SILENT, "lives": True}),
        ("paused", {"trainer": SILENT, "heartbeat": FRESH, "word": "paused  "}),
        ("paused", {"trainer": SILENT, "heartbeat": SILENT, "word": "paused", "parked.json": {}}),
        ("lost", {"trainer": SILENT}),
        ("lost", {"trainer": SILENT, "heartbeat": SILENT}),
        ("lost", {"trainer": FRESH, "heartbeat": FRESH, "lives": False}),
        ("lost", {"trainer": FRESH, "heartbeat": FRESH, "word": "paused", "lives": False}),
        ("lost", {"trainer": SILENT, "heartbeat": FRESH, "word": "waiting", "lives": False}),
        ("finished", {"result.json": RESULT, "heartbeat": SILENT}),
        ("finished", {"result.json": RESULT, "heartbeat": FRESH, "metrics.jsonl": b""}),
        ("stopped", {"result.json": {"version": 1, "outcome": "stopped"}}),
        ("failed", {"result.json": {"version": 1, "outcome": "failed"}}),
        ("failed", {"result.json": {"version": 1, "outcome": "failed"}, "config.json": b"{"}),
        ("damaged", {"config.json": None}),
        ("damaged", {"config.json": b""}),
        ("damaged", {"config.json": b'{"version": 1, "da'}),
        ("damaged", {"config.json": {"version": 99}}),
        ("damaged", {"config.json": None, "queued.json": {"ticket": "new"}}),
        ("damaged", {"queued.json": b"{"}),
        ("damaged", {"queued.json": {"ticket": "new"}, "trainer.json": b"[]"}),
        ("damaged", {"config.json": {"epochs": 0}, "heartbeat": FRESH}),
        ("damaged", {"result.json": b""}),
        ("damaged", {"result.json": b'{"version": 1, "outcome": "fin'}),
        ("damaged", {"result.json": b"[" * 100_000}),
        ("damaged", {"result.json": []}),
        ("damaged", {"result.json": {}}),
        ("damaged", {"result.json": {"outcome": "splendid"}}),
        ("damaged", {"result.json": {"outcome": ["finished"]}}),
        ("damaged", {"result.json": {"version": 2, "outcome": "finished"}}),
        ("damaged", {"result.json": {"version": "1", "outcome": "finished"}}),
    ],
)
def test_the_state_is_read_from_the_folder(make_run, state, files):
    run = make_run(**files)
    before = sorted(path.name for path in run.folder.iterdir())
    assert run.state == state
    assert run.has_ended == (state in ("finished", "stopped", "failed", "lost", "damaged"))
    assert state in runs.STATES
    assert sorted(path.name for path in run.folder.iterdir()) == before


def test_an_unlocked_run_is_given_the_startup_grace_period(make_run, monkeypatch):
    run = make_run(trainer=4)
    assert run.state == "starting"
    monkeypatch.setattr(run_module, "START_SECONDS", 3)
    assert run.state == "lost"


def test_a_run_is_starting_while_the_queue_reports_its_trainer(make_run):
    run = make_run(trainer=SILENT)
    with filelock.FileLock(run.folder / run_module.STARTING_LOCK):
        assert run.state == "starting"
    assert run.state == "lost"


def test_concurrent_lock_readers_are_not_mistaken_for_a_trainer(make_run):
    run = make_run(trainer=SILENT, heartbeat=SILENT)
    (run.folder / run_module.TRAINER_LOCK).touch()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: run.state, range(2000))) == {"lost"}


def test_a_result_from_a_newer_version_is_refused_with_an_explanation(make_run):
    run = make_run(**{"result.json": {"version": 2, "outcome": "finished"}})
    with pytest.raises(RunError, match=r"^This run was made by a newer version of the program\. Update the program"):
        run.result  # noqa: B018


def test_a_folder_that_vanishes_during_reading_counts_as_damaged(make_run):
    run = make_run(heartbeat=FRESH)
    shutil.rmtree(run.folder)
    assert run.state == "damaged"
    assert run.label == ID
    assert run.created == 0
    assert run.result is None
    assert run.request == RunRequest()
    assert run.ticket is None
    assert not run.can_resume


# ---- clocks


@pytest.mark.parametrize("ahead", [3600, 86400 * 365])
def test_a_future_heartbeat_is_not_a_sign_of_life(make_run, ahead):
    assert make_run(heartbeat=-ahead, trainer=SILENT).state == "lost"
    assert make_run("not-begun", trainer=-ahead).state == "lost"


def test_a_clock_set_back_slightly_does_not_fail_a_run(make_run):
    assert make_run(heartbeat=-3, trainer=-3, lives=True).state == "running"
    assert make_run("not-begun", trainer=-3).state == "starting"


def test_a_clock_set_to_1970_does_not_fail_a_live_run(make_run, monkeypatch):
    run = make_run(heartbeat=FRESH, **{"trainer.json": {"started": 12.5}})
    monkeypatch.setattr(time, "time", lambda: 13.0)
    assert run.state == "running"
    assert run.created == 12.5
    assert runs.ID.fullmatch(runs.new_id())


@pytest.mark.parametrize("started", ["NaN", "Infinity", '"soon"', "null", "[]", "1" + "0" * 400])
def test_an_invalid_start_time_is_replaced_by_the_settings_time(make_run, started):
    run = make_run(**{"trainer.json": f'{{"started": {started}}}'.encode()})
    os.utime(run.folder / "config.json", (1000, 1000))
    assert run.created == 1000


def test_a_resumed_run_keeps_its_first_start_time(make_run):
    assert make_run(**{"trainer.json": {"started": 2000.0, "first": 1000.0}}).created == 1000
    assert make_run("from-before", **{"trainer.json": {"started": 2000.0}}).created == 2000


# ---- requests, models, deleting


def test_a_request_is_a_file_and_keeps_other_requests(make_run):
    run = make_run()
    assert run.request == RunRequest()
    run.send_request(pause=True, learning_rate=0.01)
    run.send_request(stop=True)
    assert run.request == RunRequest(stop=True, pause=True, learning_rate=0.01)
    run.send_request(pause=False, learning_rate=None, early_stopping=False)
    assert run.request == RunRequest(stop=True, early_stopping=False)
    assert json.loads((run.folder / "request.json").read_text()) == {
        "stop": True,
        "pause": False,
        "learning_rate": None,
        "rate_number": 0,
        "early_stopping": False,
    }
    run.request_learning_rate(0.02)
    run.request_learning_rate(0.02)
    assert run.request == RunRequest(stop=True, early_stopping=False, learning_rate=0.02, rate_number=2)


def test_a_request_to_a_deleted_run_is_refused(make_run):
    run = make_run()
    shutil.rmtree(run.folder)
    with pytest.raises(RunError, match=r"^There is no run '.+'\. It may have been deleted"):
        run.send_request(pause=True)
    assert not run.folder.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"stop": false}', b'{"stop": 1}', b"[" * 100_000])
def test_a_damaged_request_is_ignored(make_run, content):
    assert make_run(**{"request.json": content}).request == RunRequest()


def test_a_run_that_ends_while_its_state_is_read_is_never_lost(make_run, monkeypatch):
    run = make_run(trainer=SILENT, heartbeat=SILENT)

    def ends(self):  # its trainer writes the result, then frees the lock
        (run.folder / "result.json").write_text(json.dumps(RESULT))
        return False

    monkeypatch.setattr(run_module.Run, "is_held", property(ends))
    assert run.state == "finished"


def test_a_started_trainer_removes_the_run_from_the_queue(make_run):
    run = make_run(trainer=FRESH, **{"queued.json": {"ticket": "old", "place": 1}})
    assert not run.is_waiting
    run.begin(4711)
    assert json.loads((run.folder / "process.json").read_text()) == {"pid": 4711, "node": nodes.name()}
    assert not (run.folder / "queued.json").exists()
    assert run.ticket == "old"
    run.begin(4712)  # from a shell: it was never queued
    assert json.loads((run.folder / "process.json").read_text()) == {"pid": 4712, "node": nodes.name()}


def test_a_parked_run_is_paused_and_resumable_from_its_checkpoint(make_run):
    run = make_run(trainer=SILENT, heartbeat=SILENT)
    assert not run.is_parked
    run.park()
    assert run.is_parked
    assert run.state == "paused"
    assert not run.can_resume
    (run.folder / "checkpoint.npz").write_bytes(b"")
    assert run.can_resume


def test_the_model_is_ready_once_both_files_exist(make_run):
    facts = {"classes": ["0", "1"], "shape": [8, 8, 1], "ink": True}
    run = make_run(**{"model.tflite": b"x"})
    assert not run.is_ready
    with pytest.raises(RunError, match=r"^This run has no trained model\. Choose another run or train one\.$"):
        run.card  # noqa: B018
    (run.folder / "model.json").write_text(json.dumps(facts))
    assert run.is_ready
    assert run.card.shape == (8, 8, 1)
    assert not run.is_tested
    (run.folder / "predictions.npz").write_bytes(b"")
    assert run.is_tested


@pytest.mark.parametrize(
    "corruption",
    [
        {"classes": None},
        {"classes": 2},
        {"classes": ["only one"]},
        {"classes": [0, 1]},
        {"shape": None},
        {"shape": 5},
        {"shape": [8, 8]},
        {"shape": [8, 8, 2]},
        {"shape": [8, 0, 1]},
        {"shape": [8, 10**9, 1]},
        {"shape": ["8", "8", "1"]},
        {"ink": None},
    ],
    ids=str,
)
def test_a_damaged_layer_table_gives_a_clear_error(make_run, corruption):
    facts = {"classes": ["0", "1"], "shape": [8, 8, 1], "ink": True}
    assert make_run("whole-run", **{"model.json": facts}).card.classes == ("0", "1")
    with pytest.raises(RunError, match=r"model\.json of this run is damaged"):
        make_run(**{"model.json": facts | corruption}).card  # noqa: B018


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"{"])
def test_a_truncated_layer_table_gives_a_clear_error(make_run, content):
    with pytest.raises(RunError, match=r"model\.json of this run is damaged"):
        make_run(**{"model.json": content}).card  # noqa: B018


def test_a_stamp_changes_with_its_files(make_run):
    run = make_run()
    before = run.stamp("config.json", "result.json")
    assert before[1] == 0
    os.utime(run.folder / "config.json", (5, 5))
    assert run.stamp("config.json", "result.json") == (5, 0)


def test_deleting_a_run_leaves_nothing_behind(make_run):
    run = make_run(**{"result.json": RESULT})
    other = make_run("other-run")
    run.delete()
    assert sorted(path.name for path in paths.runs_folder().iterdir()) == [".trash", "other-run"]
    run.delete()  # a second click
    assert runs.all_runs() == [other]
    with pytest.raises(RunError):
        runs.find(ID)


def test_a_run_that_cannot_be_deleted_stays_intact_and_is_reported(make_run, monkeypatch):
    run = make_run(**{"result.json": RESULT})

    def refused(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(RunError, match=r"^It could not be deleted: Permission denied\.$"):
        run.delete()
    assert run.state == "finished"
