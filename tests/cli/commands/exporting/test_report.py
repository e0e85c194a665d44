"""`imgcls report`: the files of the Report section, in a shell."""

import json

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.evaluation import comparison, report


def test_the_file_extension_determines_the_format(finished_run, here, capsys):
    found = comparison.decided(finished_run)
    assert main(["report", finished_run.id]) == exit_codes.OK
    assert (here / f"{finished_run.id}.html").read_text("utf-8") == report.page(finished_run, found)
    assert main(["report", finished_run.id, "--out", "x.json"]) == exit_codes.OK
    assert json.loads((here / "x.json").read_text("utf-8"))["run"] == finished_run.id
    assert main(["report", finished_run.id, "--out", "x.classes.csv"]) == exit_codes.OK
    assert (here / "x.classes.csv").read_bytes() == report.scores_csv(found)
    assert main(["report", finished_run.id, "--out", "x.predictions.csv"]) == exit_codes.OK
    assert (here / "x.predictions.csv").read_bytes() == report.predictions_csv(found)
    assert capsys.readouterr().out.count(" bytes.\n") == 4


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such-run"], exit_codes.NOT_FOUND, "There is no run 'no-such-run'"),
        (["RUN", "--out", "x.pdf"], exit_codes.USAGE, "x.pdf has no known ending. Choose one of: "),
        (["RUN", "--out", "taken.html"], exit_codes.USAGE, "taken.html exists already"),
        (["RUN", "--out", "no/x.html"], exit_codes.NOT_FOUND, "No such folder: no"),
    ],
)
def test_a_usage_error_prints_one_line_and_writes_nothing(finished_run, here, capsys, arguments, code, message):
    (here / "taken.html").write_text("mine")
    assert main(["report", *(finished_run.id if word == "RUN" else word for word in arguments)]) == code
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["taken.html"] and (here / "taken.html").read_text() == "mine"


def test_a_run_without_predictions_prints_one_error(finished_run, here, capsys):
    (finished_run.folder / "predictions.npz").unlink()
    assert main(["report", finished_run.id]) == exit_codes.FAILED
    assert capsys.readouterr().err.count("\n") == 1 and list(here.iterdir()) == []
