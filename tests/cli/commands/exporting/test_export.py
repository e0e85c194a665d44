"""`imgcls export` prints one line about the file or one line about the error, and never leaves a partial file."""

import errno
import hashlib
import json
import shutil
import zipfile

import pytest

from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.export import exporting, formats
from imgcls.export.formats import litert
from tests.support.exporting.exports import quick_conversion as quick_conversion


def test_it_writes_the_file_and_reports_how_closely_it_matches(finished_run, quick_conversion, capsys, here):
    assert main(["export", finished_run.id, "--format", "litert", "--out", "model.tflite"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("model.tflite: ") and "100.00% of 360 predictions identical" in out
    assert [path.name for path in here.iterdir()] == ["model.tflite"]
    assert out.endswith(f" SHA-256: {hashlib.sha256((here / 'model.tflite').read_bytes()).hexdigest()}\n")

    assert main(["export", finished_run.id]) == exit_codes.OK
    listed = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "identical" in listed["litert"] and "microcontrollers" not in listed["litert"]
    assert "litert-dynamic" in listed


def test_a_verified_file_is_not_converted_again(finished_run, quick_conversion, here):
    main(["export", finished_run.id, "--format", "litert", "--out", "one.tflite"])
    main(["export", finished_run.id, "--format", "litert", "--out", "two.tflite"])
    assert quick_conversion == ["litert"]
    assert (here / "one.tflite").read_bytes() == (here / "two.tflite").read_bytes()


def test_a_bundle_is_a_zip(finished_run, quick_conversion, here):
    assert main(["export", finished_run.id, "--format", "litert", "--bundle"]) == exit_codes.OK
    with zipfile.ZipFile(here / f"{finished_run.id}-litert.zip") as archive:
        assert {"README.md", "predict.py", "preprocess.py", "labels.txt", "model.tflite"} <= set(archive.namelist())
        found = json.loads(archive.read("verification.json"))
        assert found["sha256"] == hashlib.sha256(archive.read(found["file"])).hexdigest()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such-run", "--format", "litert"], exit_codes.NOT_FOUND, "There is no run 'no-such-run'"),
        (["RUN", "--format", "caffe"], exit_codes.USAGE, "There is no export format 'caffe'"),
        (["RUN", "--format", "litert", "--out", "taken"], exit_codes.USAGE, "taken exists already"),
        (["RUN", "--format", "litert", "--out", "."], exit_codes.USAGE, ". is a folder. Name a file."),
        (["RUN", "--format", "litert", "--out", "no/x"], exit_codes.NOT_FOUND, "No such folder: no"),
        (["RUN", "--format", "saved-model", "--bundle"], exit_codes.USAGE, "There is no bundle for SavedModel"),
    ],
)
def test_a_usage_error_prints_one_line(finished_run, quick_conversion, capsys, here, arguments, code, message):
    (here / "taken").write_text("mine")
    assert main(["export", *(finished_run.id if word == "RUN" else word for word in arguments)]) == code
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1
    assert (here / "taken").read_text() == "mine" and quick_conversion == []


def test_an_unfinished_or_damaged_run_is_reported(make_run, finished_run, capsys):
    assert main(["export", make_run().id, "--format", "litert"]) == exit_codes.FAILED
    assert "This run has no trained model." in capsys.readouterr().err
    (finished_run.folder / "model.json").write_text("[")
    assert main(["export", finished_run.id, "--format", "litert"]) == exit_codes.FAILED
    assert "model.json of this run is damaged" in capsys.readouterr().err


def test_a_file_that_does_not_match_is_not_written(finished_run, quick_conversion, capsys, here, monkeypatch):
    monkeypatch.setattr(exporting.verification, "problem", lambda found, tolerance: "It is wrong.")
    assert main(["export", finished_run.id, "--format", "litert"]) == exit_codes.FAILED
    assert capsys.readouterr().err.endswith("LiteRT was not exported. It is wrong.\n")
    assert list(here.iterdir()) == []


def test_a_missing_package_gives_an_installation_hint(finished_run, capsys, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda package: None)
    assert main(["export", finished_run.id, "--format", "onnx"]) == exit_codes.FAILED
    assert 'pip install "imgcls[onnx]"' in capsys.readouterr().err


def test_a_full_disk_leaves_nothing_behind(finished_run, quick_conversion, capsys, here, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    main(["export", finished_run.id, "--format", "litert", "--out", "first.tflite"])
    capsys.readouterr()
    monkeypatch.setattr(shutil, "copyfile", full)
    assert main(["export", finished_run.id, "--format", "litert", "--out", "x.tflite"]) == exit_codes.FAILED
    assert capsys.readouterr().err == "x.tflite could not be written: No space left on device.\n"
    assert [path.name for path in here.iterdir()] == ["first.tflite"]


def test_a_full_disk_during_the_export_prints_one_error(finished_run, capsys, here, monkeypatch):
    def full(run, name, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "convert", full)
    assert main(["export", finished_run.id, "--format", "litert"]) == exit_codes.FAILED
    err = capsys.readouterr().err
    assert "No space left on device" in err and err.count("\n") == 1
    assert list(here.iterdir()) == []


def test_ctrl_c_leaves_nothing_behind(finished_run, quick_conversion, here, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(litert, "load", interrupted)
    assert main(["export", finished_run.id, "--format", "litert"]) == exit_codes.INTERRUPTED
    assert list(here.iterdir()) == []
    assert not list((finished_run.folder / "exports").glob("*.tflite"))
