"""`imgcls train --vary`: a study from the options of a run."""

import pytest

from imgcls import runs, studies
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.studies import driver
from tests.support.studies import Trainers

BASE = ("train", "--data", "digits", "--model", "ann", "--epochs", "4", "--sampler", "random", "--pruner", "none")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def quick(digits, monkeypatch):
    """No driver in the background, and fast polls."""
    monkeypatch.setattr(driver, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(studies.processes, "spawn", lambda *words, **streams: None)


def test_a_study_is_run_with_the_settings_of_the_command_line(capsys):
    vary = ("--vary", "learning-rate=1e-4..1e-2:log", "--vary", "batch_size=32, 64")
    with Trainers():
        assert main([*BASE, *vary, "--trials", "3", "--id", "mine", "--name", "Rates"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("mine\n") and "Finished after 3 trials. Winner: mine-000" in out
    plan = studies.find("mine").plan
    assert (plan.title, plan.trials, plan.base.model, plan.base.epochs) == ("Rates", 3, "ann", 4)
    assert {name: str(domain) for name, domain in plan.vary.items()} == {
        "learning_rate": "0.0001 to 0.01 (logarithmic)",
        "batch_size": "32, 64",
    }
    assert [run.label for run in runs.all_runs() if run.id == "mine-0002"] == ["Rates #2"]


def test_ends_and_the_setting_of_a_model_family_are_taken_over():
    words = ("--vary", "units=16..64:linear", "--hours", "2", "--energy", "0.5", "--parallel", "2", "--background")
    assert main([*BASE, *words, "--id", "mine"]) == exit_codes.OK
    plan = studies.find("mine").plan
    assert str(plan.vary["units"]) == "16 to 64" and (plan.title, studies.find("mine").title) == ("", "mine")
    assert plan.until is not None and (plan.energy_kwh, plan.parallel, plan.trials) == (0.5, 2, 30)


def test_studies_without_a_name_and_an_id_are_numbered_as_those_of_the_train_page():
    for _ in range(2):
        assert main([*BASE, "--vary", "units=16,64", "--background"]) == exit_codes.OK
    titles = sorted(study.title for study in studies.all_studies())
    assert titles == ["Dense network on Small digits", "Dense network on Small digits 2"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--vary", "batch_size"), "--vary expects NAME=VALUES, not 'batch_size'. Write, for example, --vary le"),
        (("--vary", "batch_size="), "--vary gives no values for batch_size. Write, for example, --vary learning_rate="),
        (("--vary", "batch_size=8,16", "--vary", "batch-size=32"), "--vary names batch_size twice. Put all its values"),
        (("--vary", "speed=1,2"), "The model 'ann' has no setting 'speed' to vary. Available: "),
        (("--vary", "seed=1,2"), "“seed” cannot be varied: the best of several seeds is luck"),
        (("--vary", "batch_size=64..32"), "Batch size: “from” must be smaller than “to” (64 and 32 were given)."),
        (("--vary", "batch_size=32,many"), "Batch size must be a number, not 'many'."),
        (("--vary", "units=8,16", "--trials", "few"), "--trials must be a whole number, not 'few'. Example: --tri"),
        (("--vary", "units=8,16", "--hours", "0"), "--hours must be a number above 0, not '0'. Example: --hours 8."),
        (("--vary", "units=8,16", "--until", "noon"), "'noon' is not a time of day. Write it as 07:00."),
        (("--vary", "units=8,16", "--seeds", "3"), "--seeds and --vary cannot be combined: the best of several seeds"),
        (("--vary", "units=8,16", "--now"), "--now and --vary cannot be combined: the runs of a study are queued."),
        (("--vary", "units=8,16", "--folds", "3"), "Trials cannot be cross-validated: set “folds” to 0"),
        (("--trials", "3"), "--trials belongs to a study. Name a setting to vary as well: --vary learning_rate=1e-4"),
        (("--vary", "units=8,16", "--data", "emnist"), "No dataset is called 'emnist'."),
    ],
)
def test_mistakes_are_named_with_an_example(capsys, words, said):
    assert main([*BASE, *words]) == exit_codes.USAGE
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(said) and err.count("\n") == 1
    assert studies.all_studies() == [] and runs.all_runs() == []
