"""`imgcls evaluate --golden` fails if an image is wrong that the run before predicted correctly."""

import json

import numpy as np

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.evaluation import golden, predictions
from tests.support.runs.golden_runs import later, worse


def test_the_exit_code_tells_regressions(finished_run, capsys):
    assert main(["evaluate", finished_run.id, "--golden"]) == exit_codes.NOT_FOUND
    assert "no golden set" in capsys.readouterr().err
    tested = predictions.read(finished_run)
    index = np.flatnonzero(tested.is_right & (tested.row_of >= 0))[0]
    label = tested.names[tested.labels[index]]
    golden.pin(finished_run.card.data, tested.images[tested.row_of[index]], label, "a pinned image")
    assert main(["evaluate", finished_run.id, "--golden"]) == exit_codes.OK
    broken = worse(finished_run, "second", 3e9)
    assert main(["evaluate", broken.id, "--golden"]) == exit_codes.FAILED
    assert "0 fixed, 1 broken" in capsys.readouterr().out
    third = later(finished_run, "third", 3.1e9)
    assert main(["evaluate", third.id, "--golden", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    assert found["before"] == broken.id and len(found["fixed"]) == 1
    assert main(["evaluate", broken.id, "--golden", "--against", "third"]) == exit_codes.FAILED


def test_a_folder_and_the_golden_set_exclude_each_other(finished_run, capsys):
    for words in ([], ["x", "--golden"], ["x", "--against", "y"]):
        assert main(["evaluate", finished_run.id, *words]) == exit_codes.USAGE
    assert "either a folder or --golden" in capsys.readouterr().err
