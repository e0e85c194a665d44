"""A run in the queue says which run it waits for."""

import json
import time

import pytest

from imgcls import jobs, runs
from imgcls.config import Config
from imgcls.runs.run import HEARTBEAT_WIDTH, Run
from imgcls.sharing import guarding
from imgcls.ui.train.run_parts import status
from tests.support.pages import is_intact, opened


@pytest.fixture
def training(digits, hold_trainer_lock, monkeypatch):
    """`training(name)` is a run that trains."""
    monkeypatch.setattr(jobs, "_call", lambda: None)

    def make(name: str) -> Run:
        run = runs.create(Config(data="digits", model="ann", epochs=5), name)
        (run.folder / "trainer.json").write_text(json.dumps({"started": time.time(), "ticket": None}))
        (run.folder / "heartbeat").write_text("running".ljust(HEARTBEAT_WIDTH), "ascii")
        return hold_trainer_lock(run)

    return make


def said(run: Run) -> str:
    app = opened("train", run=run.id)
    assert is_intact(app)
    return app.get("progress")[0].proto.text


def test_a_queued_run_names_the_run_it_waits_for_with_a_link(training):
    now = training("Under [way]")
    first = jobs.begin(Config(data="digits", model="ann", epochs=5), "First")
    second = jobs.begin(Config(data="digits", model="ann", epochs=6), "Second")
    assert f"Waiting for [Under \\[way\\]](/train?run={now.id}) to finish. Starts automatically" in said(first)
    assert f"Waiting for [First](/train?run={first.id}) to finish." in said(second)


def test_the_run_of_another_person_is_not_named(training, monkeypatch):
    training("Secret")
    first = jobs.begin(Config(data="digits", model="ann", epochs=5), "First")
    monkeypatch.setattr(guarding, "is_visible", lambda folder: False)
    text = status._queued(first)
    assert "Waiting for the run of another person to finish." in text and "Secret" not in text


def test_of_several_runs_that_train_none_is_named(training):
    training("One")
    training("Two")
    assert "Waiting for one of 2 runs to finish." in said(jobs.begin(Config(data="digits", model="ann", epochs=5), "x"))


def test_a_run_that_nothing_stands_before_does_not_wait_for_another(training):
    first = jobs.begin(Config(data="digits", model="ann", epochs=5), "First")
    assert "Waiting for" not in said(first)
