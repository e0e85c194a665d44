"""`imgcls study`: a search in a shell, with exit codes."""

import json

import filelock
import pytest

from imgcls import studies
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.studies import driver
from tests.support.studies import SEARCH, Trainers, planned


@pytest.fixture
def search(tmp_path, digits, monkeypatch):
    """A file with a small search."""
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)
    path = tmp_path / "search.json"
    path.write_text(json.dumps(SEARCH | {"trials": 3}))
    return path


def test_a_study_is_run_and_its_trials_are_listed(search, capsys):
    with Trainers():
        assert main(["study", "start", str(search), "--id", "mine"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("mine\n") and "Finished after 3 trials. Winner: mine-000" in out
    assert main(["study", "status"]) == exit_codes.OK
    assert capsys.readouterr().out.split() == ["mine", "finished", "3", "of", "3", "Search"]
    assert main(["study", "status", "mine"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.count("  finished") == 3 and out.count("\n*") == 1 and "3 configurations were tried" in out


def test_json_has_every_trial_with_its_settings(search, capsys):
    with Trainers():
        main(["study", "start", str(search), "--id", "mine"])
    capsys.readouterr()
    main(["study", "status", "mine", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [trial["run"] for trial in found["trials"]] == ["mine-0000", "mine-0001", "mine-0002"]
    assert set(found["trials"][0]["params"]) == {"learning_rate", "batch_size"}
    assert found["result"]["winner"] == max(found["trials"], key=lambda trial: trial["value"])["run"]


def test_a_study_that_has_ended_goes_on_with_more_trials(search, capsys):
    with Trainers():
        main(["study", "start", str(search), "--id", "mine"])
        assert main(["study", "run", "mine"]) == exit_codes.OK
        assert "Add trials with: imgcls study run mine --add-trials 10" in capsys.readouterr().out
        assert main(["study", "run", "mine", "--add-trials", "2"]) == exit_codes.OK
    assert "Finished after 5 trials" in capsys.readouterr().out
    assert main(["study", "run", "mine", "--add-trials", "5000"]) == exit_codes.USAGE
    assert "at most 1,000 trials" in capsys.readouterr().err


def test_a_failing_study_exits_with_failure(search, capsys):
    with Trainers(lambda run: {"outcome": "failed", "message": "No memory."}):
        assert main(["study", "start", str(search)]) == exit_codes.FAILED
    assert "No memory." in capsys.readouterr().out


def test_a_stopped_study_ends_with_what_it_has(search):
    study = studies.create(planned(trials=2), study_id="mine")
    with filelock.FileLock(study.folder / driver.LOCK):  # so that no driver is started
        assert main(["study", "stop", "mine"]) == exit_codes.OK
    with Trainers():
        assert main(["study", "run", "mine"]) == exit_codes.OK
    assert study.state == "stopped"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["status", "nothing"], exit_codes.NOT_FOUND, "No study is called 'nothing'"),
        (["run", "../digits"], exit_codes.NOT_FOUND, "No study is called"),
        (["start", "nothing.yaml"], exit_codes.NOT_FOUND, "No such study file"),
        (["start", "{empty}"], exit_codes.USAGE, "search space is empty"),
        (["start", "{search}", "--id", "A b"], exit_codes.USAGE, "Invalid study ID"),
        (["run", "taken"], exit_codes.USAGE, "Another process already works on the study 'taken'"),
    ],
)
def test_mistakes_are_named(search, tmp_path, capsys, words, code, message):
    (tmp_path / "empty.yaml").write_text("settings: {data: digits}\nvary: {}\n")
    taken = studies.create(planned(), study_id="taken")
    words = [word.format(empty=tmp_path / "empty.yaml", search=search) for word in words]
    with filelock.FileLock(taken.folder / driver.LOCK):
        assert main(["study", *words]) == code
    assert message in capsys.readouterr().err


def test_a_study_that_has_ended_is_deleted_and_a_running_one_is_not(digits, capsys):
    study = studies.create(planned(trials=2), study_id="mine")
    with filelock.FileLock(study.folder / driver.LOCK):
        assert main(["study", "delete", "mine"]) == exit_codes.USAGE
    assert "Stop it first" in capsys.readouterr().err
    assert main(["study", "delete", "mine"]) == exit_codes.OK
    assert "Deleted mine." in capsys.readouterr().out
    assert main(["study", "delete", "mine"]) == exit_codes.NOT_FOUND


def test_a_study_without_a_title_is_called_as_a_run_would_be_unless_its_id_was_chosen(search, capsys):
    search.write_text(json.dumps({name: value for name, value in SEARCH.items() if name != "title"} | {"trials": 1}))
    with Trainers():
        main(["study", "start", str(search)])
        main(["study", "start", str(search), "--id", "mine"])
        main(["study", "start", str(search)])
    titles = sorted(study.title for study in studies.all_studies())
    assert titles == ["Dense network on Small digits", "Dense network on Small digits 2", "mine"]
