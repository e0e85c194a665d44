"""The coach on the page of a run: its findings, a fix as a new run, and undo."""

import json

import filelock
import numpy as np
import pytest

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.datasets.recipes import presets as recipes
from imgcls.evaluation.coach import trying
from imgcls.evaluation.coach.finding import Finding
from imgcls.inference.explain import task
from imgcls.runs.predictions import validation_predictions
from imgcls.runs.run import Run
from imgcls.ui.app import links
from imgcls.ui.explain import coach
from imgcls.ui.train import presets
from tests.support.pages import button, is_intact, opened, text_of
from tests.support.training.metrics_logs import lines

CONFIG = Config(data="digits", model="ann", train_images=200, model_settings={"dropout": 0.0})
PLAN = {"kind": "plan", "train": 170, "validation": 30, "test": 100, "steps": 7, "epochs": 6, "parameters": 10}
RESULT = {"outcome": "finished", "version": 1, "epochs": 6, "best_epoch": 6}


def epoch(number: int) -> dict:
    """An epoch of a training run that memorises its images."""
    better = {"accuracy": min(1.0, 0.5 + number / 5), "val_accuracy": 0.8, "loss": 1 / number, "val_loss": 0.5}
    return {"kind": "epoch", "epoch": number, "best": True, "seconds": 1.0, "learning_rate": 1e-3} | better


@pytest.fixture
def learned_by_heart(digits, make_run, monkeypatch) -> Run:
    monkeypatch.setattr(jobs, "_call", lambda: None)  # no queue is started
    return make_run(
        "by-heart",
        **{
            "config.json": CONFIG.as_dict(),
            "metrics.jsonl": lines(PLAN, *(epoch(number) for number in range(1, 7))),
            "result.json": RESULT,
        },
    )


def test_a_finding_has_its_evidence_its_reason_and_one_button(learned_by_heart):
    app = opened("train", run=learned_by_heart.id)
    assert is_intact(app)
    text = text_of(app)
    assert "More data" in text and "points lower" in text
    assert "more images help more than a larger network" in text
    assert [one for one in app.button if one.label.startswith("Train on all") and not one.disabled]


def test_a_fix_is_a_new_run_that_can_be_undone(learned_by_heart):
    app = opened("train", run=learned_by_heart.id)
    next(one for one in app.button if one.label.startswith("Train on all")).click().run()
    (new,) = [run for run in runs.all_runs() if run.id != learned_by_heart.id and not run.is_shipped]
    assert new.config == CONFIG.changed(train_images=0)
    assert trying.read(new).of == learned_by_heart.id

    coached = opened("train", run=new.id)
    assert is_intact(coached)
    assert "Whether it helped is judged on the validation images" in text_of(coached)
    button(coached, "Undo").click().run()
    assert not runs.exists(new.id)
    assert runs.exists(learned_by_heart.id)


def test_the_verdict_stands_above_a_fix_that_has_ended(learned_by_heart, make_run):
    card = {"classes": [str(number) for number in range(10)], "shape": [8, 8, 1], "ink": True}
    new = make_run("fixed", **{"config.json": CONFIG.as_dict(), "result.json": RESULT, "model.json": card})
    (learned_by_heart.folder / "model.json").write_bytes((new.folder / "model.json").read_bytes())
    labels = np.arange(100) % 10
    for run, right in ((learned_by_heart, 70), (new, 95)):
        said = np.where(np.arange(100) < right, labels, (labels + 1) % 10)
        validation_predictions.write(run, np.eye(10)[said], labels, np.arange(100))
    trying.record(new, learned_by_heart, Finding("", "Train on all images", rule="more_data"))
    text = text_of(opened("train", run=new.id)).replace("\\", "")
    assert "this run is better than the original by 25.0 percentage points" in text
    assert "on 100 validation images" in text


def test_excluded_images_come_back_with_undo(learned_by_heart):
    dataset = datasets.open_dataset("digits")
    datasets.exclude(dataset, [3, 4])
    new = runs.create(CONFIG, "Without leaks")
    trying.record(new, learned_by_heart, Finding("", "Exclude them", excluded=np.array([3, 4]), rule="leakage"))
    button(opened("train", run=new.id), "Undo").click().run()
    assert datasets.open_for_training("digits").training_count == len(dataset.y_train)


@pytest.mark.parametrize(("used", "offered"), [("quick", "Good"), ("good", "Best"), ("best", ""), ("", "Best")])
def test_without_a_problem_the_coach_offers_the_next_preset(learned_by_heart, monkeypatch, used, offered):
    config = next((one.config("cnn", "digits") for one in recipes.presets("cnn", "digits") if one.name == used), None)
    config = config or Config(data="digits", model="cnn", epochs=77)
    (learned_by_heart.folder / "config.json").write_text(json.dumps(config.as_dict()))
    monkeypatch.setattr(coach, "_findings", lambda folder, stamp: ())
    gone = []
    monkeypatch.setattr(links, "train", lambda **settings: gone.append(settings))
    app = opened("train", run=learned_by_heart.id)
    assert is_intact(app) and "No problems found" in text_of(app)
    assert ("try a larger preset" in text_of(app)) == bool(offered)
    labels = [one.label for one in app.button if one.key == "coach-larger"]
    assert labels == [f"Open the preset “{offered}”"] * bool(offered)
    if offered:
        app.button(key="coach-larger").click().run()
        (settings,) = gone
        (wanted,) = [one for one in recipes.presets("cnn", "digits") if one.name == offered.lower()]
        assert presets.controls(wanted, "cnn").items() <= settings.items() and settings["data"] == "digits"


def test_while_the_activations_are_being_written_the_coach_is_still_checking(learned_by_heart, monkeypatch):
    monkeypatch.setattr(coach, "_findings", lambda folder, stamp: ())
    with filelock.FileLock(task.task_of(learned_by_heart).lock):
        app = opened("train", run=learned_by_heart.id)
        assert is_intact(app) and "Still checking" in text_of(app) and "No problems found" not in text_of(app)
    app.run()
    assert "No problems found" in text_of(app) and "Still checking" not in text_of(app)
