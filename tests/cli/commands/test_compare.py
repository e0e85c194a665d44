"""`imgcls compare`: the verdict of the Evaluate page in a shell."""

import json
import shutil

import numpy as np
import pytest

import imgcls
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.evaluation import predictions
from imgcls.runs import Run
from tests.support.runs.repeated import repeated


@pytest.fixture
def worse_run(finished_run) -> Run:
    """The same run, with wrong predictions for the first 40 test images that are predicted correctly."""
    folder = finished_run.folder.with_name("worse")
    shutil.copytree(finished_run.folder, folder)
    with np.load(folder / "predictions.npz") as stored:
        arrays = dict(stored)
    right = np.flatnonzero(predictions.read(finished_run).is_right)[:40]
    name = next(key for key, values in arrays.items() if values.ndim == 2)
    arrays[name][right] = np.roll(arrays[name][right], 1, axis=1)
    np.savez(folder / "predictions.npz", **arrays)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"epochs": 9}))
    return Run(folder)


def test_the_better_run_is_named_with_interval_test_and_settings(finished_run, worse_run, capsys):
    assert main(["compare", worse_run.id, finished_run.id]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("B is better than A by 11.1 percentage points (95% CI ")
    assert "Only A correct: 0. Only B correct: 40." in out and "p = 1.82e-12" in out
    assert "epochs: 9, 2" in out
    assert "Recall of B minus that of A" in out


def test_json_has_the_numbers_of_the_python_api(finished_run, worse_run, capsys):
    assert main(["compare", worse_run.id, finished_run.id, "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    expected = imgcls.compare(imgcls.load_run(worse_run.id), imgcls.load_run(finished_run.id))
    assert found["only_b_correct"] == expected.only_second == 40
    assert found["difference"]["value"] == expected.difference.value
    assert found["a"]["accuracy"]["value"] < found["b"]["accuracy"]["value"]
    assert found["verdict"] == "better" and found["settings"] == {"epochs": [9, 2]}
    assert sum(row["images"] for row in found["classes"]) == found["images"] == 360


def test_identical_runs_are_reported_as_equal(finished_run, capsys):
    assert main(["compare", finished_run.id, finished_run.id]) == exit_codes.OK
    assert "no difference on 360 test images" in capsys.readouterr().out


def test_incomparable_runs_print_one_error(finished_run, worse_run, capsys):
    with np.load(worse_run.folder / "predictions.npz") as stored:
        arrays = {name: values[:-1] if len(values) == 360 else values for name, values in stored.items()}
    np.savez(worse_run.folder / "predictions.npz", **arrays)
    assert main(["compare", worse_run.id, finished_run.id]) == exit_codes.FAILED
    err = capsys.readouterr().err
    assert "tested on different images (359 and 360)" in err and err.count("\n") == 1
    (worse_run.folder / "predictions.npz").unlink()
    assert main(["compare", worse_run.id, finished_run.id]) == exit_codes.FAILED
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["compare", finished_run.id, "no-such-run"]) == exit_codes.NOT_FOUND
    assert "There is no run 'no-such-run'" in capsys.readouterr().err


def test_settings_are_compared_over_their_seeds(finished_run, capsys):
    repeated(finished_run, "wide", [0, 2, 4])
    repeated(finished_run, "narrow", [30, 33, 39], epochs=9)
    assert main(["compare", "narrow-1", "wide-2", "--seeds"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("B is better than A by 8.") and "over 3 seeds and 360 test images" in out
    assert "A  narrow, seed 1: " in out and "seeds and test images as crossed random effects" in out
    assert main(["compare", "narrow-1", "wide-2", "--seeds", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    assert found["a"]["runs"] == ["narrow-0", "narrow-1", "narrow-2"] and found["p_value"] < 0.05


def test_a_difference_within_the_seed_variation_is_said_to_be(finished_run, capsys):
    repeated(finished_run, "wide", [0, 12, 24])
    one, other = repeated(finished_run, "narrow", [4, 10], epochs=9)
    (other.folder / "config.json").write_text(json.dumps(other.config.changed(epochs=8).as_dict()))
    assert main(["compare", one.id, other.id]) == exit_codes.OK
    assert "is within the variation between seeds" in capsys.readouterr().out
