"""A study while its trials train: what has ended, and what is shown of what has not."""

import json

import filelock
import pytest

from imgcls import runs, studies
from imgcls.cli.main import main
from imgcls.runs import trials
from imgcls.studies import driver
from tests.support import studies as support
from tests.support.pages import html_of, is_intact, opened, text_of
from tests.support.studies import planned

pytestmark = pytest.mark.timeout(240)


def begin(study: studies.Study, number: int, scores: tuple[float, ...] = ()) -> runs.Run:
    """A trial in the queue, or after epochs with these validation scores."""
    record = trials.TrialRecord(study.id, number, {"learning_rate": 0.01 / (1 + number), "batch_size": 32})
    run = runs.create(study.plan.base, run_id=study.run_id(number), trial=record, place=float(number))
    lines = [{"kind": "epoch", "epoch": epoch, "val_accuracy": score} for epoch, score in enumerate(scores, 1)]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


@pytest.fixture
def running(digits):
    """A running study of six trials, of which one has ended and one waits."""
    study = studies.create(planned(), study_id="mine")
    run = begin(study, 0)
    (run.folder / "queued.json").unlink()
    support.end(run)
    begin(study, 1)
    with filelock.FileLock(study.folder / driver.LOCK):
        yield study


def test_only_trials_that_have_ended_count_wherever_the_progress_is_told(running, capsys):
    app = opened("studies", study="mine")
    assert is_intact(app)
    assert "1 of 6 trials have ended, 0 in progress, 1 in the queue" in [one.proto.text for one in app.get("progress")]
    assert "Trials ended" in html_of(app) and "2 of 6" not in text_of(app)
    assert "1 of 6 trials" in text_of(opened("studies")), "on its card"
    table = opened("runs", layout="Table").dataframe[0].value
    assert list(table["State"]) == ["Running, 1 of 6"] and list(table["Run"]) == [
        "Dense network on Small digits: best of 1 trial"
    ]
    main(["study", "status"])
    assert capsys.readouterr().out.split()[2:5] == ["1", "of", "6"]
    main(["study", "status", "mine"])
    assert "Search: running, 1 of 6 trials" in capsys.readouterr().out


def test_the_row_of_a_study_is_not_the_best_of_no_trials(digits):
    begin(studies.create(planned(), study_id="mine"), 0)
    assert list(opened("runs", layout="Table").dataframe[0].value["Run"]) == [
        "Dense network on Small digits: no trial has ended"
    ]


def test_the_trial_that_trains_now_is_named_with_its_epoch_and_score(running, monkeypatch):
    run = begin(running, 2, (0.5, 0.625))
    (run.folder / "queued.json").unlink()
    state = type(run).state.fget
    monkeypatch.setattr(type(run), "state", property(lambda one: "running" if one.id == run.id else state(one)))
    app = opened("studies", study="mine")
    assert is_intact(app)
    labels = [one.label for one in app.button]
    assert "Trial 2 is training: epoch 2 of 4, validation accuracy 62.5%" in labels
    assert not any(label.startswith(("Trial 0", "Trial 1")) for label in labels)


def test_progress_is_drawn_from_the_first_trial_on(running):
    app = opened("studies", study="mine")
    assert [one.value for one in app.header][:2] == ["Progress", "Learning curves"]


def test_cards_draw_the_best_score_so_far_from_the_second_trial_on(running):
    assert "data:image/svg+xml" not in html_of(opened("studies"))
    run = begin(running, 2)
    (run.folder / "queued.json").unlink()
    support.end(run)
    assert "data:image/svg+xml" in html_of(opened("studies"))


def test_studies_that_nobody_named_have_different_titles(digits):
    assert studies.unused_title("Search") == "Search"
    studies.create(planned(), study_id="mine")
    assert studies.unused_title("Search") == "Search 2"
    studies.create(planned(title="Search 2"), study_id="yours")
    assert studies.unused_title("Search") == "Search 3"


def test_the_row_of_a_study_says_how_many_of_its_trials_match(digits):
    study = studies.create(planned(), study_id="mine")
    for number in range(3):
        run = begin(study, number)
        run.rename(f"Search #{number}")
        (run.folder / "queued.json").unlink()
        accuracy = 0.5 + number / 10
        support.end(run, lambda _, value=accuracy: {"val_accuracy": value})
    assert list(opened("runs", layout="Table").dataframe[0].value["Run"]) == ["Search #2: best of 3 trials"]
    some = opened("runs", layout="Table", q="best>0.55")
    assert list(some.dataframe[0].value["Run"]) == ["Search #2: 2 of 3 trials shown"]


def test_a_run_that_trains_shows_its_best_validation_accuracy_so_far(digits):
    run = runs.create(planned().base, label="busy", place=1.0)
    lines = ({"kind": "epoch", "epoch": at, "val_accuracy": one, "best": at == 1} for at, one in ((1, 0.953), (2, 0.9)))
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    table = opened("runs", layout="Table").dataframe[0].value
    assert list(table["Run"]) == ["busy"] and list(table["Validation (%)"]) == [pytest.approx(95.3)]
