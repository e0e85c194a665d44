"""`imgcls replay`: the file of the Epoch history section, in a shell."""

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.evaluation.report import replay


def test_it_writes_the_page_of_the_run(finished_run, here, capsys):
    expected = replay.page(finished_run)
    assert main(["replay", finished_run.id]) == exit_codes.OK
    assert (here / f"{finished_run.id}-replay.html").read_text("utf-8") == expected
    assert main(["replay", finished_run.id, "--out", "x.html"]) == exit_codes.OK
    assert (here / "x.html").read_text("utf-8") == expected
    assert capsys.readouterr().out.endswith(f"x.html: {len(expected.encode()):,} bytes.\n")


def test_a_damaged_run_prints_one_line_and_writes_nothing(finished_run, here, capsys):
    path = finished_run.folder / "epochs.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert main(["replay", finished_run.id]) == exit_codes.FAILED
    out, err = capsys.readouterr()
    assert out == "" and "epochs are damaged" in err and err.count("\n") == 1
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such-run"], exit_codes.NOT_FOUND, "There is no run 'no-such-run'"),
        (["RUN", "--out", "taken.html"], exit_codes.USAGE, "taken.html exists already"),
    ],
)
def test_a_usage_error_keeps_what_is_there(finished_run, here, capsys, arguments, code, message):
    (here / "taken.html").write_text("mine")
    assert main(["replay", *(finished_run.id if word == "RUN" else word for word in arguments)]) == code
    assert message in capsys.readouterr().err and (here / "taken.html").read_text() == "mine"
