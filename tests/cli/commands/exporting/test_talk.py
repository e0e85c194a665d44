"""`imgcls talk`: a prepared talk as one file."""

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main


def test_it_writes_the_page_beside_the_steps(here, capsys):
    (here / "open-day.yaml").write_text("steps: [{title: Welcome}]")
    assert main(["talk", "open-day.yaml"]) == exit_codes.OK
    page = here / "open-day.html"
    assert "Welcome" in page.read_text("utf-8")
    assert capsys.readouterr().out == f"open-day.html: {page.stat().st_size:,} bytes.\n"
    assert main(["talk", "open-day.yaml"]) == exit_codes.USAGE  # it exists already


@pytest.mark.parametrize(
    ("steps", "code", "message"),
    [
        (None, exit_codes.NOT_FOUND, "No such file: talk.yaml"),
        (
            "steps: [{title: a, replay: no-such-run}]",
            exit_codes.FAILED,
            "Step 1 (replay: no-such-run): There is no run",
        ),
        ("steps: 3", exit_codes.USAGE, "must have a list"),
    ],
)
def test_a_mistake_prints_one_line_and_writes_nothing(here, capsys, steps, code, message):
    if steps:
        (here / "talk.yaml").write_text(steps)
    assert main(["talk", "talk.yaml"]) == code
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1
    assert not list(here.glob("*.html"))
