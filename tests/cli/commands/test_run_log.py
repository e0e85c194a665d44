"""`imgcls run log` and `imgcls.log_metrics` record values of the user's own code."""

import pytest

import imgcls
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.errors import RunError, SettingError
from imgcls.runs.annotations import own_metrics


def test_values_are_recorded_from_a_shell(make_run, capsys):
    run = make_run("run-mine")
    assert main(["run", "log", run.id, "night/f1=0.91", "loss_b=-2e-3", "--epoch", "3"]) == exit_codes.OK
    assert capsys.readouterr().out == "run-mine: recorded night/f1 0.91, loss_b -0.002.\n"
    assert own_metrics.read(run).series() == {"night/f1": [(3, 0.91)], "loss_b": [(3, -0.002)]}
    assert main(["runs", "night_f1>0.9"]) == exit_codes.OK
    assert "night_f1=0.91" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run-mine", "f1"], exit_codes.USAGE, "Write values as NAME=NUMBER, for example f1=0.91, not 'f1'."),
        (["run-mine", "f1=high"], exit_codes.USAGE, "Write values as NAME=NUMBER"),
        (["run-mine", "=1"], exit_codes.USAGE, "cannot be the name of a metric"),
        (["run-mine", "test=1"], exit_codes.USAGE, "“test” is already a column"),
        (["run-mine"], exit_codes.USAGE, "There are no values to record"),
        (["run-mine", "f1=1", "--epoch", "-1"], exit_codes.USAGE, "The epoch must be a whole number"),
        (["nobody", "f1=1"], exit_codes.NOT_FOUND, "There is no run 'nobody'."),
    ],
)
def test_mistakes_are_explained(make_run, capsys, arguments, code, said):
    make_run("run-mine")
    assert main(["run", "log", *arguments]) == code
    assert said in capsys.readouterr().err


def test_values_are_recorded_from_python_and_read_back(make_run):
    run = make_run("run-mine")
    imgcls.log_metrics("run-mine", {"f1": 0.5}, epoch=1)
    imgcls.log_metrics(imgcls.load_run("run-mine"), {"f1": 0.75, "auc": 0.9})
    assert own_metrics.last_values(run) == {"f1": 0.75, "auc": 0.9}
    found = imgcls.logged_metrics("run-mine")
    assert found["name"].tolist() == ["f1", "f1", "auc"] and found["value"].tolist() == [0.5, 0.75, 0.9]
    assert found["epoch"].isna().tolist() == [False, True, True]
    with pytest.raises(SettingError, match="must be a number"):
        imgcls.log_metrics("run-mine", {"f1": "high"})
    with pytest.raises(RunError, match="There is no run 'nobody'"):
        imgcls.log_metrics("nobody", {"f1": 1})
