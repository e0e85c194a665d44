"""`imgcls learning-curve` prints what the More data section shows."""

import json

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from tests.support.runs.repeated import at_sizes

FALLING = {144: (100, 110), 259: (60, 66), 460: (36, 40), 805: (20, 24), 0: (10, 12)}


def test_the_estimate_is_printed(finished_run, capsys):
    at_sizes(finished_run, FALLING)
    assert main(["learning-curve", finished_run.id]) == exit_codes.OK
    text = capsys.readouterr().out
    assert "an estimate" in text and "Recall now" in text
    assert main(["learning-curve", finished_run.id, "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    assert [one["times"] for one in found["estimates"]] == [1.0, 2.0, 4.0] and len(found["runs"]) == 10


def test_without_runs_it_says_what_is_missing(finished_run, capsys):
    assert main(["learning-curve", finished_run.id]) == exit_codes.FAILED
    assert "4 different numbers of training images" in capsys.readouterr().err
    assert main(["learning-curve", "nothing-here"]) == exit_codes.NOT_FOUND
    assert main(["learning-curve", finished_run.id, "--seeds", "0"]) == exit_codes.USAGE
