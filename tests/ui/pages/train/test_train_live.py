"""The page of a run that is queued, training or paused."""

import json
import os
import re
import time
from types import SimpleNamespace

import numpy as np
import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.jobs import waiting_list
from imgcls.runs.predictions import epoch_predictions, live_predictions
from imgcls.runs.run import HEARTBEAT_WIDTH, Run
from imgcls.ui.cache import curves as cached_curves
from imgcls.ui.cache import followed
from imgcls.ui.train import live
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.training.metrics_logs import batch, lines

CONFIG = Config(data="digits", model="ann", epochs=5)
PLAN = {"kind": "plan", "train": 400, "validation": 100, "test": 100, "steps": 7, "epochs": 5, "parameters": 10}


@pytest.fixture
def active_run(digits, hold_trainer_lock, monkeypatch):
    """`active_run(word, *journal)`: a run whose trainer reports this state; no queue is started."""
    monkeypatch.setattr(jobs, "_call", lambda: None)

    def make(word: str, *journal: dict, lives: bool = True) -> Run:
        run = runs.create(CONFIG, "Under way")
        (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "ticket": None}))
        (run.folder / "heartbeat").write_text(word.ljust(HEARTBEAT_WIDTH), "ascii")
        (run.folder / "metrics.jsonl").write_bytes(lines(PLAN, *journal))
        return hold_trainer_lock(run) if lives else run

    return make


def buttons(app) -> dict[str, bool]:
    """The labels of all buttons, and whether each is enabled."""
    return {button.label: not button.disabled for button in app.button}


def test_a_dot_in_the_navigation_says_that_a_run_trains_and_is_looked_up_only_when_a_page_opens(active_run):
    dot = "a run is at work"
    before = opened("data")
    active_run("running")
    assert dot not in html_of(before.run())
    app = opened("data")
    assert dot in html_of(app) and dot in html_of(app.run())


def test_a_queued_run_can_be_moved_and_removed(digits, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    run = runs.create(CONFIG, place=waiting_list.last_place())
    app = opened("train", run=run.id)
    assert is_intact(app)
    assert {"Earlier", "Later", "Remove from queue"} <= buttons(app).keys()
    assert "Stop" not in buttons(app)
    assert not buttons(app)["Earlier"] and not buttons(app)["Later"], "position 1 of 1"
    second = runs.create(CONFIG, place=waiting_list.last_place())
    assert not buttons(opened("train", run=run.id))["Earlier"] and buttons(opened("train", run=run.id))["Later"]
    assert buttons(opened("train", run=second.id))["Earlier"] and not buttons(opened("train", run=second.id))["Later"]


def test_a_resumed_queued_run_can_be_stopped(active_run):
    run = active_run("waiting", batch(0.5))
    app = opened("train", run=run.id)
    assert is_intact(app)
    assert buttons(app)["Stop"]
    assert "Earlier" not in buttons(app)
    next(button for button in app.button if button.label == "Stop").click().run()
    assert run.request.stop
    assert not buttons(app)["Stop"]


@pytest.mark.parametrize(("phase", "can"), [("training", True), ("testing", False), ("saving", False)])
def test_pause_is_offered_only_during_training(active_run, phase, can):
    app = opened("train", run=active_run("running", batch(0.5), {"kind": "phase", "phase": phase}).id)
    assert is_intact(app)
    assert buttons(app)["Pause"] is can


def test_a_rate_counts_as_applied_once_the_trainer_confirms_this_request(active_run):
    change = {"kind": "change", "epoch": 0.5, "what": "learning_rate", "value": 0.002, "number": 1}
    run = active_run("running", batch(0.5), change)
    run.request_learning_rate(0.002)
    assert "applied at epoch 0.5" in text_of(opened("train", run=run.id))
    run.request_learning_rate(0.002)
    assert "takes effect from the next batch" in text_of(opened("train", run=run.id))


@pytest.mark.parametrize("rate", [1e-9, 0.0, 5e7, None])
def test_the_learning_rate_field_accepts_any_scheduled_rate(active_run, rate):
    run = active_run("running", batch(0.5) | {"learning_rate": rate})
    app = opened("train", run=run.id)
    app.session_state["tuning"] = True
    app.run()
    assert is_intact(app), text_of(app)
    (box,) = (box for box in app.number_input if box.key == "new-rate")
    assert 1e-6 <= box.value <= 1e6


def test_a_run_in_its_final_evaluation_adds_no_waiting_time(active_run):
    run = active_run("running", batch(0.5, rate=100.0))
    assert cached_curves.estimated_start([]) > 10
    with (run.folder / "metrics.jsonl").open("ab") as file:
        file.write(lines({"kind": "phase", "phase": "testing"}))
    assert cached_curves.estimated_start([]) == 0


def test_a_silent_live_trainer_is_called_slow_and_cannot_be_resumed(active_run):
    run = active_run("running", {"kind": "phase", "phase": "training"}, batch(0.5))
    silent = time.time() - 120
    os.utime(run.folder / "heartbeat", (silent, silent))
    app = opened("train", run=run.id)
    assert is_intact(app)
    (progress,) = app.get("progress")
    assert "No progress for 2 min 0" in progress.proto.text
    assert "Resume" not in buttons(app)
    assert "Interrupted" not in text_of(app)


def test_a_lost_run_says_whether_it_saved_a_checkpoint(active_run):
    run = active_run("running", lives=False)
    app = opened("train", run=run.id)
    assert "No checkpoint was saved" in text_of(app) and "Start again" in buttons(app)
    (run.folder / "checkpoint.npz").touch()
    app = opened("train", run=run.id)
    assert "Resume continues from the last checkpoint" in text_of(app) and "Resume" in buttons(app)


def test_a_run_that_ended_on_a_full_disk_says_so(active_run):
    run = active_run("diskfull", lives=False)
    app = opened("train", run=run.id)
    assert "the disk with the runs is full. Free some disk space. No checkpoint was saved." in text_of(app)
    assert "Start again" in buttons(app)


def test_changes_during_training_apply_to_its_continuation(finished_run, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    (finished_run.folder / "checkpoint.npz").touch()
    finished_run.send_request(early_stopping=not finished_run.config.early_stopping)
    assert jobs.extend(finished_run, 2).config.early_stopping is not finished_run.config.early_stopping


def watched(app) -> str:
    return next(block.proto.body for block in app.get("html") if "live-images" in str(block.proto.body))


def test_validation_images_and_their_newest_predictions_are_shown(active_run):
    run = active_run("running", batch(0.5))
    pixels = np.zeros((3, 8, 8, 1), np.uint8)
    live_predictions.write(run, [0, 1, 2], 10, [0, 1, 2], pixels)
    before = watched(opened("train", run=run.id))
    assert before.count("<figure") == 3 and before.count(">…<") == 3

    record = np.zeros(2, live_predictions.record_type(3, 10))
    record["epoch"] = [1, 2]
    record["answers"][0, [0, 1, 2], [0, 1, 2]] = 0.9
    record["answers"][1, [0, 1, 2], [0, 1, 7]] = 0.8
    (run.folder / epoch_predictions.RECORDS).write_bytes(record.tobytes())
    after = watched(opened("train", run=run.id))
    assert 'class="wrong changed"' in after and after.count('class="right"') == 2
    assert "predicted 7 with 80% · actually 2" in after
    assert 'class="of-changed">Blue frame:' in after and "of-changed" not in before
    assert ('class="of-wrong">Orange dashed frame:' in after) == ('<figure class="wrong' in after)
    assert "After epoch 2: 1 of 3 validation images wrong; most often “2” is read as “7” (1 time)." in after


def test_the_watched_images_stay_when_the_run_has_finished(finished_run):
    live_predictions.write(finished_run, [0, 1, 2], 10, [0, 1, 2], np.zeros((3, 8, 8, 1), np.uint8))
    app = opened("train", run=finished_run.id)
    assert watched(app).count("<figure") == 3
    mistakes = next(
        str(one.proto.body) for one in app.get("html") if "Its most confident mistakes" in str(one.proto.body)
    )
    assert mistakes.count("<figure") == mistakes.count(">✕ ") == 3
    (said,) = [str(one.proto.body) for one in app.get("html") if "had never seen" in str(one.proto.body)]
    assert "It recognises <strong>" in said and "alidation" not in said, "one number of one set"


def test_while_a_run_is_saved_no_time_is_promised(active_run):
    run = active_run("running", batch(0.5), {"kind": "phase", "phase": "testing"})
    assert "if all epochs run" not in numbers(opened("train", run=run.id))
    assert "if all epochs run" in numbers(opened("train", run=active_run("running", batch(0.5)).id))


def test_a_damaged_file_of_watched_images_does_not_hide_the_curves(active_run):
    run = active_run("running", batch(0.5))
    (run.folder / live_predictions.NAME).write_bytes(b"no archive")
    assert is_intact(opened("train", run=run.id))


def numbers(app) -> str:
    return next(block.proto.body for block in app.get("html") if "live-numbers" in str(block.proto.body))


def test_before_the_first_number_the_page_says_what_happens_and_how_long_it_takes(active_run, finished_run):
    (finished_run.folder / "config.json").write_text(json.dumps(CONFIG.as_dict()))  # its pace is known
    cached_curves._paces.cache_clear()
    loading = numbers(opened("train", run=active_run("running", {"kind": "phase", "phase": "loading"}).id))
    assert 'class="now" aria-current=step>Load the images' in loading and 'class="done">Start the training' in loading
    run = active_run("running", {"kind": "phase", "phase": "training"})
    app = opened("train", run=run.id)
    assert re.search('class="now" aria-current=step>First epoch: all training images once, about [0-9]', numbers(app))
    assert "In an epoch, the network sees every training image once" in text_of(app)
    later = opened("train", run=active_run("running", batch(0.5)).id)
    assert "is-beginning" not in numbers(later) and "in about" in numbers(later)


def test_the_bar_outside_the_live_part_is_written_before_the_page_may_begin_again(active_run, monkeypatch):
    """Streamlit refuses a later update otherwise, with an error on the page."""

    class BegunAgain(Exception):
        pass

    def begin_again():
        raise BegunAgain

    run, written = active_run("running", batch(0.5)), []
    bar = SimpleNamespace(progress=lambda *_, text: written.append(text))
    offered = live._offered(run, followed.look(run))
    monkeypatch.setattr(live.st, "rerun", begin_again)
    with pytest.raises(BegunAgain):
        live._live(run, live._Shown("queued", False, None, bar, offered))
    assert len(written) == 1
