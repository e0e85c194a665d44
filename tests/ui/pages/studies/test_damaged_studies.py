"""Studies whose files were damaged or deleted, and hostile texts."""

import json
import shutil

import pytest

from imgcls import studies
from imgcls.studies import driver
from tests.support.pages import HOSTILE, is_intact, opened, text_of
from tests.support.runs import mutations
from tests.support.studies import Trainers, planned

pytestmark = pytest.mark.timeout(240)


def test_failed_trials_say_why(digits):
    study = studies.create(planned(trials=3), study_id="mine")
    with Trainers(lambda run: {"outcome": "failed", "message": "No memory."} if run.id == "mine-0001" else {}):
        driver.Driver(study).run()
    app = opened("studies", study="mine")
    (failures,) = (one for one in app.expander if "failed" in one.label)
    assert is_intact(app) and failures.label == "Of 3 trials, 1 failed" and not failures.proto.expanded
    assert "- Trial 1: No memory" in failures.markdown[0].value


def test_trials_whose_process_is_gone_are_called_interrupted_as_in_the_table(ended):
    for trial in ended.trials()[:2]:
        (trial.run.folder / "result.json").unlink()
        (trial.run.folder / "heartbeat").write_text("running ")
    app = opened("studies", study="mine")
    assert [one.label for one in app.expander if "Of " in one.label] == ["Of 12 trials, 2 interrupted"]
    assert list(app.dataframe[-1].value["State"]).count("Interrupted") == 2


def test_a_winner_that_was_deleted_is_missed_and_no_other_trial_is_called_the_winner(few):
    winner = studies.best(few.trials(), few.plan)
    shutil.rmtree(winner.run.folder)
    app = opened("studies", study="mine")
    assert is_intact(app) and "no longer exists: it was deleted or renamed" in text_of(app)
    assert "The winner: " not in text_of(app) and "★" not in list(app.dataframe[-1].value[" "])


def test_a_damaged_result_is_not_blamed_on_the_plan(few):
    (few.folder / "result.json").write_text("{")
    app = opened("studies", study="mine")
    assert is_intact(app) and "Delete the file and resume the study" in text_of(app)
    assert "Correct study.json" not in text_of(app)


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
    settings = {
        int(run.id[-4:]): (float(run.config.learning_rate), float(run.config.batch_size)) for run in ended.runs()
    }
    rows = zip(table.value["Trial"], table.value["learning rate"], table.value["batch size"], strict=True)
    assert {number: (rate, size) for number, rate, size in rows} == settings, "the settings of the runs themselves"

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
