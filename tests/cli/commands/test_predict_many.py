"""`imgcls predict` for long lists of images: resumable, and Kaggle's submission."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from imgcls import datasets
from imgcls.cli import exit_codes
from imgcls.cli.commands import predict
from imgcls.cli.main import main
from imgcls.inference.batch import submission
from imgcls.inference.predictor import classify


@pytest.fixture
def scans(finished_run, tmp_path, monkeypatch):
    """A folder with 8 test images, one damaged file, and a name that a spreadsheet would take for a formula."""
    dataset = datasets.open_dataset("digits")
    folder = tmp_path / "3"
    folder.mkdir()
    for row in range(8):
        Image.fromarray(dataset.x_test[row, :, :, 0]).save(folder / f"{row}.png")
    (folder / "4.png").write_bytes(b"\x89PNG cut")
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(folder / "1.png", tmp_path / "=1+1.png")
    monkeypatch.setattr("imgcls.inference.batch.classification.STEP", 2)
    return ["=1+1.png", "3"]


def interrupted_after(monkeypatch, count):
    """Ctrl-C after this many results."""
    results = predict.files.results

    def some(*arguments):
        for number, result in enumerate(results(*arguments)):
            if number == count:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr(predict.files, "results", some)


def test_an_interrupted_table_is_completed_identically(finished_run, scans, tmp_path, monkeypatch, capsys):
    assert main(["predict", finished_run.id, *scans, "--csv", "whole.csv"]) == exit_codes.OK
    whole = capsys.readouterr().err
    with monkeypatch.context() as patch:
        interrupted_after(patch, 5)
        assert main(["predict", finished_run.id, *scans, "--csv", "out.csv", "--resume"]) == exit_codes.INTERRUPTED
    part = tmp_path / "out.csv.part"
    assert not (tmp_path / "out.csv").exists() and len(part.read_bytes().splitlines()) == 1 + 5
    part.write_bytes(part.read_bytes()[:-7])  # killed in the middle of a row
    read = []
    monkeypatch.setattr("imgcls.inference.batch.files._read", lambda path: read.append(path.name) or path.read_bytes())
    capsys.readouterr()
    assert main(["predict", finished_run.id, *scans, "--csv", "out.csv", "--resume"]) == exit_codes.OK
    assert read == ["3.png", "4.png", "5.png", "6.png", "7.png"]
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert capsys.readouterr().err == whole
    assert not part.exists()


def test_a_table_for_different_images_is_not_continued(finished_run, scans, tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        interrupted_after(patch, 5)
        main(["predict", finished_run.id, *scans, "--csv", "out.csv", "--resume"])
    capsys.readouterr()
    (tmp_path / "3" / "1.png").unlink()
    assert main(["predict", finished_run.id, *scans, "--csv", "out.csv", "--resume"]) == exit_codes.FAILED
    assert "The images have changed since the interrupted command" in capsys.readouterr().err
    (tmp_path / "out.csv.part").write_text("file,other\r\n")
    assert main(["predict", finished_run.id, *scans, "--csv", "out.csv", "--resume"]) == exit_codes.USAGE
    assert "out.csv.part belongs to another command" in capsys.readouterr().err


def test_without_readable_images_no_partial_table_is_left(finished_run, scans, tmp_path, capsys):
    assert main(["predict", finished_run.id, "3/4.png", "--csv", "out.csv", "--resume"]) == exit_codes.FAILED
    assert "No image could be classified" in capsys.readouterr().err
    assert not list(tmp_path.glob("out.csv*"))


@pytest.fixture
def kaggle(finished_run, tmp_path, monkeypatch):
    """A table as Kaggle's test.csv, with 1,203 images of the model's size."""
    dataset = datasets.open_dataset("digits")
    images = np.tile(dataset.x_test, (4, 1, 1, 1))[:1203]
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "test.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"pixel{number}" for number in range(64)])
        rows.writerows(images.reshape(-1, 64).tolist())
    return images


def test_a_submission_has_the_prediction_of_every_row(finished_run, kaggle, tmp_path, capsys):
    assert main(["predict", finished_run.id, "test.csv", "--submission", "submission.csv"]) == exit_codes.OK
    assert capsys.readouterr().out == "submission.csv: 1,203 predictions.\n"
    with (tmp_path / "submission.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["ImageId", "Label"] and [row[0] for row in rows[1:]] == [str(n) for n in range(1, 1204)]
    card = finished_run.card
    expected = classify(finished_run, card, kaggle).argmax(1)
    assert [row[1] for row in rows[1:]] == [card.classes[label] for label in expected]
    assert submission.STEP < 1203  # more than one batch


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 columns"),
        (b"label,pixel0\n1,2\n", "it is the training table. Use test.csv."),
        (b"a,b\n1,2\n", "has 2 columns. Expected 64 columns of pixels"),
        (b"\xff\xfe\x00", "is not a CSV file in UTF-8"),
        (",".join(f"pixel{n}" for n in range(64)).encode() + b"\n", "has no rows"),
        (",".join(f"pixel{n}" for n in range(64)).encode() + b"\n1,2\n", "Row 1 of bad.csv is not 64 whole numbers"),
        (",".join(f"pixel{n}" for n in range(64)).encode() + b"\n" + b",".join([b"256"] * 64), "Row 1 of bad.csv"),
    ],
)
def test_an_unsuitable_table_prints_one_line_and_nothing_is_written(
    finished_run, kaggle, tmp_path, capsys, content, message
):
    (tmp_path / "bad.csv").write_bytes(content)
    assert main(["predict", finished_run.id, "bad.csv", "--submission", "out.csv"]) == exit_codes.FAILED
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1 and not (tmp_path / "out.csv").exists()


def test_mutually_exclusive_options_are_reported(finished_run, kaggle, capsys):
    for options in (["--submission", "a.csv", "--json"], ["--resume"], ["--resume", "--csv", "a.csv", "--json"]):
        assert main(["predict", finished_run.id, "test.csv", *options]) == exit_codes.USAGE
        assert capsys.readouterr().err.count("\n") == 1
