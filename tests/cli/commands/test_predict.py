"""`imgcls predict` and `imgcls evaluate`: the predictions of the Predict page, for files in a shell."""

import csv
import json
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.datasets.importing.skipped import SkippedFiles
from imgcls.inference import answer
from imgcls.inference.batch import files


@pytest.fixture
def scans(finished_run, tmp_path, monkeypatch):
    """A folder with three test images of each of two digits, a text file, and a corrupt image."""
    dataset = datasets.open_dataset("digits")
    folder = tmp_path / "scans"
    for digit in (3, 8):
        (folder / str(digit)).mkdir(parents=True)
        for row in np.flatnonzero(dataset.y_test == digit)[:3]:
            Image.fromarray(dataset.x_test[row, :, :, 0]).save(folder / str(digit) / f"{row}.png")
    (folder / "notes.txt").write_text("no image")
    (folder / "3" / "cut.png").write_bytes(b"\x89PNG cut")
    (folder / "3" / "gone.png").symlink_to("nowhere.png")
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_folder_becomes_a_table_with_the_same_predictions_as_the_app(finished_run, scans, capsys, tmp_path):
    assert main(["predict", finished_run.id, "scans", "--csv", "out.csv"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert out == ""
    assert "6 classified, 2 could not be classified (" in err and "1 other files skipped" in err and "notes.txt" in err
    assert "Accuracy on 6 labelled images: " in err and "95% CI" in err
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows) and len(rows) == 8
    for row in rows:
        if row["problem"]:
            assert row["file"] in ("scans/3/cut.png", "scans/3/gone.png")
            continue
        expected = answer(finished_run, tmp_path / row["file"])
        assert row["prediction"] == expected.prediction
        assert row["label"] == row["file"].split("/")[1]
        assert float(row["p(8)"]) == pytest.approx(float(expected.probabilities[8]), abs=1e-5)


def test_json_is_one_object_per_line_and_patterns_and_zips_work(finished_run, scans, capsys, tmp_path):
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for path in sorted(path for path in scans.rglob("*.png") if path.exists()):
            archive.write(path, f"8/{path.name}")
    assert main(["predict", finished_run.id, "scans/8/*.png", "more.zip", "--json"]) == exit_codes.OK
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 3 + 7
    assert {row["label"] for row in rows} == {"8"}
    assert rows[3]["file"].startswith("more.zip/8/")
    assert len(rows[0]["probabilities"]) == 10


def test_without_options_each_image_is_printed_on_one_line(finished_run, scans, capsys):
    path = next((scans / "8").iterdir())
    assert main(["predict", finished_run.id, str(path)]) == exit_codes.OK
    name, prediction, confidence, *_ = capsys.readouterr().out.strip().split("\t")
    expected = answer(finished_run, path)
    assert (name, prediction, confidence) == (str(path), expected.prediction, f"{expected.confidence:.4f}")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such-run", "scans"], exit_codes.NOT_FOUND, "There is no run 'no-such-run'"),
        (["RUN", "nowhere.png"], exit_codes.NOT_FOUND, "No such file or folder: nowhere.png"),
        (["RUN", "scans/*.jpeg"], exit_codes.NOT_FOUND, "No such file or folder: scans/*.jpeg"),
        (["RUN"], exit_codes.USAGE, "See: imgcls predict --help"),
        (["RUN", "empty"], exit_codes.FAILED, "There are no images. Expected PNG"),
        (["RUN", "scans/notes.txt"], exit_codes.FAILED, "No image could be classified (not a readable image: 1)"),
        (["RUN", "scans", "--csv", "taken.csv"], exit_codes.USAGE, "taken.csv exists already"),
        (["RUN", "scans", "--csv", "no/x.csv"], exit_codes.NOT_FOUND, "No such folder: no"),
    ],
)
def test_a_usage_error_prints_one_line(finished_run, scans, capsys, tmp_path, arguments, code, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken.csv").write_text("mine")
    assert main(["predict", *(finished_run.id if word == "RUN" else word for word in arguments)]) == code
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
    assert (tmp_path / "taken.csv").read_text() == "mine"


def test_no_table_is_left_behind_when_nothing_was_classified(finished_run, scans, tmp_path):
    assert main(["predict", finished_run.id, "scans/notes.txt", "--csv", "out.csv"]) == exit_codes.FAILED
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == []


def test_memory_use_does_not_grow_with_the_number_of_files(finished_run, monkeypatch):
    """Results are yielded one by one: a list of a million items would not fit into memory."""
    monkeypatch.setattr(
        files.classification, "classified", lambda run, card, step: (files.Result(one.name, -1, None) for one in step)
    )
    endless = (files.Item(f"{number}.png", -1, bytes) for number in range(200_000))
    monkeypatch.setattr(files, "_items", lambda *_: endless)
    tracemalloc.start()
    count = sum(1 for _ in files.results(finished_run, finished_run.card, [], SkippedFiles()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 2_000_000


def test_evaluate_reports_accuracy_and_recall(finished_run, scans, capsys):
    assert main(["evaluate", finished_run.id, "scans", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 6 and sum(map(sum, found["confusion_matrix"])) == 6
    right = found["confusion_matrix"][3][3] + found["confusion_matrix"][8][8]
    assert found["accuracy"]["value"] == pytest.approx(right / 6)
    assert found["accuracy"]["low"] < found["accuracy"]["value"] <= found["accuracy"]["high"]

    assert main(["evaluate", finished_run.id, "scans"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith(f"Accuracy {100 * right / 6:.1f}% (95% CI ") and "recall" in out


def test_evaluate_needs_folders_named_after_classes(finished_run, scans, capsys):
    (scans / "3").rename(scans / "three")
    (scans / "8").rename(scans / "eight")
    assert main(["evaluate", finished_run.id, "scans"]) == exit_codes.FAILED
    assert "No readable image is in a folder named after a class" in capsys.readouterr().err
