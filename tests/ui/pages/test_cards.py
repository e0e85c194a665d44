"""The small curves on the cards of runs, on Home and on Runs."""

import base64
import json
import re
import time

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.runs.run import HEARTBEAT_WIDTH
from imgcls.ui.runs import thumbnails
from imgcls.ui.widgets import formatting
from tests.support.pages import html_of, is_intact, opened
from tests.support.training.metrics_logs import PLAN, batch, lines


def test_the_axis_of_an_accuracy_fits_the_curve_and_its_ends_are_written():
    found = thumbnails.accuracy_curve([0.94, 0.95, 0.94], "text", "validation accuracy", width=300, height=40)
    image = base64.b64decode(found.partition("base64,")[2].partition(chr(34))[0]).decode()
    heights = [float(pair.partition(",")[2]) for pair in re.findall(r"[0-9.]+,[0-9.]+", image)]
    assert min(heights) == thumbnails.MARGIN and max(heights) == 40 - thumbnails.MARGIN
    assert "<small>95.0%</small><small>94.0%</small>" in found
    assert "<small>validation accuracy</small>" in found


def test_the_curves_on_both_kinds_of_cards_say_what_they_are(finished_run):
    app = opened("runs", layout="Cards")
    assert is_intact(app) and "<small>validation accuracy</small>" in html_of(app)
    app = opened("home")
    best = formatting.fraction(max(thumbnails.accuracies(finished_run)))
    assert is_intact(app) and f"<small>validation accuracy, highest {best}</small>" in html_of(app)
    assert html_of(app).count(f"<small>{best}</small>") == 0, "a number without a name"


def test_a_waiting_run_shows_its_place_in_the_queue(digits, monkeypatch):
    monkeypatch.setattr(jobs, "_call", lambda: None)
    for name in ("First", "Second"):
        jobs.begin(Config(data="digits", model="ann", epochs=5), name)
    for app in (opened("home"), opened("runs", layout="Cards")):
        assert is_intact(app) and 'class="under-way"><small>Position 2 of 2 in the queue</small>' in html_of(app)


def test_a_run_without_a_curve_shows_its_progress(digits, hold_trainer_lock):
    run = runs.create(Config(data="digits", model="ann", epochs=5), "Under way")
    (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "ticket": None}))
    (run.folder / "heartbeat").write_text("running".ljust(HEARTBEAT_WIDTH), "ascii")
    (run.folder / "metrics.jsonl").write_bytes(lines({"kind": "plan", **PLAN}, batch(0.5)))
    hold_trainer_lock(run)
    for app in (opened("home"), opened("runs", layout="Cards")):
        assert is_intact(app) and 'class="under-way"><small>Epoch 1 of 5</small>' in html_of(app)
        assert "width:10%" in html_of(app)
