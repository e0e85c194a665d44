"""The Studies page, and what Train and Runs offer for studies and repeated seeds."""

import json

import filelock
import pytest

from imgcls import jobs, runs, studies
from imgcls.evaluation import repeated_seeds
from imgcls.jobs.queue import LOCK
from imgcls.studies import driver
from imgcls.system import paths
from tests.support import studies as support
from tests.support.pages import HOSTILE, is_intact, opened, text_of
from tests.support.runs import mutations
from tests.support.runs.repeated import repeated
from tests.support.studies import Trainers, planned

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def no_processes(own_folders, monkeypatch):
    """Neither a queue nor a driver is started, and polls are fast."""
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(studies.processes, "spawn", lambda *words, **streams: None)
    paths.runs_folder().mkdir(parents=True)
    lock = filelock.FileLock(paths.runs_folder() / LOCK)
    yield lock
    lock.release(force=True)


@pytest.fixture
def ended(digits) -> studies.Study:
    """A study of 12 trials that has ended."""
    study = studies.create(planned(trials=12), study_id="mine")
    with Trainers():
        driver.Driver(study).run()
    return study


def test_without_studies_the_page_says_how_to_start_one():
    app = opened("studies")
    assert is_intact(app) and "No studies yet" in text_of(app)


def test_all_studies_are_listed_with_their_state(ended):
    studies.create(planned(title="Another"), study_id="another")
    app = opened("studies")
    assert {button.label for button in app.button} >= {"Search", "Another"}
    assert "Finished" in text_of(app) and "12 of 12 trials" in text_of(app)
    assert "Interrupted" in text_of(app) and "0 of 6 trials" in text_of(app)


def test_a_study_shows_its_winner_its_figures_and_its_trials(ended):
    app = opened("studies", study="mine")
    assert is_intact(app)
    winner = studies.best(ended.trials(), ended.plan)
    assert f"Open trial {winner.number}" in [button.label for button in app.button]
    assert "12 configurations were tried" in text_of(app)
    (table,) = app.dataframe
    assert table.value["Validation accuracy"].max() == winner.value
    assert list(table.value["Winner"]).index(True) == winner.number
    assert len(app.get("plotly_chart")) == 8, (
        "history, importance, parallel coordinates, two slices, three Pareto fronts"
    )


def test_an_interrupted_study_can_be_resumed_or_stopped(digits):
    studies.create(planned(), study_id="mine")
    app = opened("studies", study="mine")
    labels = [button.label for button in app.button]
    assert {"Resume", "Stop and keep the best"} <= set(labels)
    app.button[labels.index("Stop and keep the best")].click().run()
    assert studies.find("mine").is_stop_requested


def test_a_running_study_shows_its_progress(digits):
    study = studies.create(planned(), study_id="mine")
    run = jobs.runs.create(study.plan.base, run_id=study.run_id(0), trial=runs.trials.TrialRecord("mine", 0, {}))
    support.end(run)
    with filelock.FileLock(study.folder / driver.LOCK):
        app = opened("studies", study="mine")
        assert is_intact(app) and "Running" in text_of(app)
        assert "Resume" not in [button.label for button in app.button]


def test_a_study_edited_into_nonsense_says_what_is_wrong(ended):
    (ended.folder / "study.json").write_text('{"vary": {}}')
    app = opened("studies", study="mine")
    assert is_intact(app) and "search space is empty" in text_of(app)
    assert is_intact(opened("studies"))


def test_damaged_trials_and_results_do_not_break_the_page_and_can_be_deleted(ended):
    """Each trial is damaged in another way, then the result of the study, too."""
    record = {"version": 1, "study": "mine", "number": 0}
    swapped = {"params": {"learning_rate": "fast", "batch_size": True}}, {"params": {"learning_rate": 10**400}}
    damages = [*mutations.WHOLE, *(json.dumps(record | one).encode() for one in swapped)]
    for trial, content in zip(ended.trials(), damages, strict=True):
        (trial.run.folder / "trial.json").write_bytes(content)
    app = opened("studies", study="mine")
    assert is_intact(app), text_of(app)
    (table,) = app.dataframe
    settings = [(run.config.learning_rate, run.config.batch_size) for run in ended.runs()]
    shown = list(zip(table.value["learning rate"], table.value["batch size"], strict=True))
    assert shown == [(f"{rate:g}", str(size)) for rate, size in settings], "the settings of the runs themselves"

    result = json.loads((ended.folder / "result.json").read_text())
    for changes in (
        {"tried": "x", "test": {"accuracy": 2.0}, "bias": {"bias": "much"}},
        {"winner": "../x", "test": 3, "bias": [], "message": {"a": 1}},
        {"value": None, "scored": 1e300, "test": {"accuracy": 0.9, "low": 0.8, "high": 0.95, "images": "all"}},
    ):
        (ended.folder / "result.json").write_text(json.dumps(result | changes))
        app = opened("studies", study="mine")
        assert is_intact(app), text_of(app)
    app = opened("studies")
    assert is_intact(app) and "12 of 12 trials" in text_of(app)
    studies.trash.delete(ended)
    assert is_intact(opened("studies")) and studies.all_studies() == []


@pytest.mark.parametrize("text", [*HOSTILE, "../digits", ""])
def test_an_unknown_study_is_reported_as_missing(text):
    app = opened("studies", study=text or "none")
    assert is_intact(app) and "No study is called" in text_of(app)


def test_a_hostile_title_is_shown_literally(digits):
    studies.create(planned(title=HOSTILE[3]), study_id="mine")
    app = opened("studies", study="mine")
    assert is_intact(app) and app.title[0].value == r"\*\*b\*\*"


def test_several_seeds_are_queued_at_once(digits, no_processes):
    no_processes.acquire()
    app = opened("train", data="Small digits")
    app.number_input(key="seeds").set_value(3)
    next(button for button in app.button if button.label == "Start").click().run()
    queued = jobs.waiting()
    assert [run.config.seed for run in queued] == [0, 1, 2]
    assert [run.label for run in queued] == [f"cnn on digits, seed {seed}" for seed in range(3)]
    assert len({str(run.config.changed(seed=0).as_dict()) for run in queued}) == 1


def test_a_study_is_started_from_the_form(digits):
    app = opened("train", data="Small digits")
    app.session_state["vary"] = True
    app.run()
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate", "optimizer", "flip"]).run()
    app.text_input(key="vary-cnn-learning_rate").set_value("1e-4 .. 0.01")
    app.number_input(key="vary-trials").set_value(7)
    next(button for button in app.button if button.label == "Start study").click().run()
    assert is_intact(app)
    (study,) = studies.all_studies()
    assert study.plan.trials == 7 and study.plan.base.data == "digits"
    assert {name: str(domain) for name, domain in study.plan.vary.items()} == {
        "learning_rate": "0.0001 to 0.01 (logarithmic)",
        "optimizer": "adam, adamw",
        "flip": "on, off",
    }


def test_an_invalid_range_in_the_form_is_named(digits):
    app = opened("train", data="Small digits")
    app.session_state["vary"] = True
    app.run()
    app.multiselect(key="vary-names-cnn").set_value(["batch_size"]).run()
    app.text_input(key="vary-cnn-batch_size").set_value("64 .. 32")
    next(button for button in app.button if button.label == "Start study").click().run()
    assert "must be smaller than" in text_of(app) and studies.all_studies() == []


def test_repeated_runs_are_shown_and_compared(finished_run):
    repeated(finished_run, "wide", [0, 2, 4])
    repeated(finished_run, "narrow", [30, 33, 39], epochs=9)
    app = opened("runs")
    assert is_intact(app) and "Repeated seeds" in text_of(app)
    assert "over 3 seeds, standard deviation" in text_of(app)
    assert "is better than" in text_of(app) and "over 3 seeds and 360 test images" in text_of(app)
    app.selectbox(key="seeds-b").set_value(0).run()
    assert is_intact(app) and "Choose two different settings." in text_of(app)


def test_two_selected_runs_within_the_seed_variation_raise_a_warning(finished_run):
    runs_ = repeated(finished_run, "wide", [0, 12, 24])
    assert repeated_seeds.warning(runs_[0], runs_[1], runs.all_runs())
    app = opened("runs")
    app.session_state["runs-selected"] = [runs_[0].id, runs_[1].id]
    app.run()
    assert "is within the variation between seeds" in text_of(app)


def test_a_study_is_deleted_after_a_question_and_restored(digits):
    studies.create(planned(), study_id="mine")
    app = opened("studies", study="mine")
    next(found for found in app.button if found.label == "Delete this study").click().run()
    assert is_intact(app) and studies.find("mine")
    app.button(key="delete-study").click().run()
    assert studies.all_studies() == []
    app = opened("studies")
    next(found for found in app.button if found.label == "Restore").click().run()
    assert is_intact(app) and studies.find("mine")
