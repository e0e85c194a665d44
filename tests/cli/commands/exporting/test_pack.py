"""`imgcls pack` and `imgcls unpack`: a run on its way to another machine."""

import pytest

from imgcls import runs
from imgcls.cli import exit_codes
from imgcls.cli.main import main


def test_a_run_is_packed_and_unpacked(finished_run, tmp_path, capsys):
    path = tmp_path / "x.zip"
    assert main(["pack", finished_run.id, "--out", str(path)]) == exit_codes.OK
    assert main(["pack", finished_run.id, "--out", str(path)]) == exit_codes.USAGE
    assert "exists already" in capsys.readouterr().err
    assert main(["unpack", str(path)]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "Its models were left out" in out and "model.keras" in out
    assert out.endswith(f"imgcls unpack {path} --trust\n")
    assert main(["unpack", str(path), "--trust"]) == exit_codes.OK
    assert "left out" not in capsys.readouterr().out
    assert len(runs.all_runs()) == 3 and sum(run.is_ready for run in runs.all_runs()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pack", "no-such-run"], exit_codes.NOT_FOUND, "There is no run 'no-such-run'"),
        (["unpack", "nowhere.zip"], exit_codes.NOT_FOUND, "No such file: nowhere.zip"),
        (["unpack", "."], exit_codes.USAGE, ". is a folder. Name a file."),
        (["unpack", "text.zip"], exit_codes.FAILED, "text.zip"),
    ],
)
def test_a_usage_error_prints_one_line(own_folders, tmp_path, monkeypatch, capsys, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.zip").write_text("no archive")
    assert main(arguments) == code
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
