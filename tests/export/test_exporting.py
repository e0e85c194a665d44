"""Exports of a run: converted, verified, stored with a record, and offered only if they match."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from imgcls.cli.main import main
from imgcls.errors import RunError
from imgcls.export import exporting, formats, records
from imgcls.export.formats import litert
from imgcls.inference.predictor import Predictor
from imgcls.system import atomic
from tests.support.exporting.exports import quick_conversion as quick_conversion


def no_progress(fraction, text):
    """Ignores progress."""


def export(run, name):
    exporting.make(run, [name], no_progress)
    return records.read(run, name)


def test_every_format_matches_the_run_in_its_own_runtime(finished_run):
    """Converts for real, each in a separate process."""
    available = [name for name in formats.names() if not formats.what_is_missing(formats.find(name))]
    assert {"keras", "litert", "litert_float16", "litert_dynamic", "litert_int8", "saved_model"} <= set(available)
    reported = []
    exporting.make(finished_run, available, lambda fraction, text: reported.append((fraction, text)))

    found = records.all_of(finished_run)
    assert {name: record.problem for name, record in found.items()} == dict.fromkeys(available, "")
    for name, record in found.items():
        path = records.file_of(finished_run, name)
        assert path.stat().st_size == record.bytes
        assert record.images == 360 and record.accuracy and record.milliseconds > 0
        assert record.model_keras_sha256 == records.digest(finished_run.folder / "model.keras")
        assert record.sha256 == records.digest(path)
    assert max(found[name].largest_difference for name in ("keras", "litert", "saved_model")) < 1e-5
    assert found["litert_dynamic"].bytes < found["litert_float16"].bytes < found["litert"].bytes
    assert found["keras"].runtime.startswith("Keras ") and found["saved_model"].runtime.startswith("TensorFlow ")
    fractions = [fraction for fraction, _ in reported]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1


def test_a_file_carries_its_verification_record_and_still_runs(finished_run, quick_conversion):
    record = export(finished_run, "litert")
    path = records.file_of(finished_run, "litert")

    with zipfile.ZipFile(path) as archive:
        carried = json.loads(archive.read("verification.json"))
        assert archive.read("labels.txt").decode().split() == list(finished_run.card.classes)
    before = records.digest(finished_run.folder / "model.tflite")
    assert carried["sha256_before_metadata"] == record.sha256_before_metadata == before
    assert record.sha256 == records.digest(path) != before
    assert carried.keys().isdisjoint({"sha256", "bytes", "file"}), "what a file cannot know of itself"
    assert carried["identical"] == 1 and carried["software"]["numpy"]
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
    expected = Predictor(finished_run.folder / "model.tflite").probabilities(images)
    assert np.array_equal(Predictor(path).probabilities(images), expected)


def test_a_file_that_predicts_differently_is_not_offered_and_the_record_gives_the_reason(
    finished_run, quick_conversion, monkeypatch
):
    def load(path):
        runtime = litert.runtimes.LiteRT(path)
        inner = runtime.probabilities
        runtime.probabilities = lambda images: inner(images)[:, ::-1]
        return runtime

    monkeypatch.setattr(litert, "load", load)
    record = export(finished_run, "litert")
    assert not record.is_offered
    assert record.problem.startswith("Its probabilities differ by up to ")
    assert [path.name for path in records.folder_of(finished_run).glob("*.tflite")] == []


def test_a_file_that_cannot_be_run_here_is_offered_as_not_compared(finished_run, monkeypatch, capsys):
    def convert(run, name, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model.mlpackage/Manifest.json", "{}")

    monkeypatch.setattr(exporting, "convert", convert)
    monkeypatch.setattr(formats, "find_spec", lambda package: True)
    record = export(finished_run, "coreml")
    assert record.is_offered and not record.is_compared and record.milliseconds is None
    path = records.file_of(finished_run, "coreml")
    assert path.name == "coreml.mlpackage.zip" and path.stat().st_size == record.bytes
    with zipfile.ZipFile(path) as archive:
        carried = json.loads(archive.read("verification.json"))
    assert carried["images"] == 0 and carried["sha256_before_metadata"] and carried["model_keras_sha256"]
    assert record.sha256 == records.digest(path)
    main(["export", finished_run.id])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("coreml")]
    assert line.endswith(" bytes, parity not checked on this platform.")


def test_one_failed_conversion_does_not_stop_the_others(finished_run, monkeypatch):
    def convert(run, name, path):
        if name == "litert_int8":
            raise RunError("The conversion failed: no calibration images.")
        shutil.copyfile(run.folder / "model.tflite", path)

    monkeypatch.setattr(exporting, "convert", convert)
    exporting.make(finished_run, ["litert_int8", "litert"], no_progress)
    assert records.read(finished_run, "litert_int8").problem == "The conversion failed: no calibration images."
    assert records.read(finished_run, "litert").is_offered


def test_the_conversion_process_reports_its_failure_in_one_message(finished_run, tmp_path):
    (finished_run.folder / "model.keras").write_bytes(b"PK damaged")
    with pytest.raises(RunError, match=r"^The conversion failed: .{10,300}$"):
        exporting.convert(finished_run, "keras", tmp_path / "model.keras")
    assert not (tmp_path / "model.keras").exists()


def test_a_format_with_missing_packages_explains_how_to_install_them(finished_run, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda package: None)
    record = export(finished_run, "onnx")
    assert record.problem == 'ONNX needs more packages. Install them with: pip install "imgcls[onnx]"'


def test_a_run_without_model_or_predictions_cannot_be_exported(finished_run):
    (finished_run.folder / "predictions.npz").unlink()
    with pytest.raises(RunError, match="no test predictions"):
        exporting.check(finished_run)
    (finished_run.folder / "model.keras").unlink()
    with pytest.raises(RunError, match=r"no saved model \(model.keras\)"):
        exporting.check(finished_run)
    (finished_run.folder / "model.json").unlink()
    with pytest.raises(RunError, match="no trained model"):
        exporting.check(finished_run)


def test_a_record_is_ignored_once_the_model_or_the_file_has_changed(finished_run, quick_conversion):
    record = export(finished_run, "litert")
    later = (records.folder_of(finished_run) / "litert.json").stat().st_mtime + 5
    os.utime(finished_run.folder / "model.keras", (later, later))
    assert records.read(finished_run, "litert") is None

    os.utime(finished_run.folder / "model.keras", (1, 1))
    assert records.read(finished_run, "litert") == record
    records.file_of(finished_run, "litert").write_bytes(b"cut")
    assert records.read(finished_run, "litert") is None


def test_a_record_of_the_former_version_gets_the_digest_of_the_delivered_file(finished_run, quick_conversion):
    record = export(finished_run, "litert")
    former = record.as_json() | {"version": 1, "sha256": record.sha256_before_metadata, "model_sha256": "m"}
    del former["sha256_before_metadata"], former["model_keras_sha256"]
    atomic.write_json(records.folder_of(finished_run) / "litert.json", former)
    assert records.read(finished_run, "litert") == replace(record, model_keras_sha256="m")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"version": 1, "format": "litert"}', b'{"version": 9}', "bytes", "milliseconds"]
)
def test_a_damaged_record_is_ignored(finished_run, quick_conversion, content):
    record = export(finished_run, "litert")
    if isinstance(content, str):
        content = json.dumps(record.as_json() | {content: "many"}).encode()
    (records.folder_of(finished_run) / "litert.json").write_bytes(content)
    assert records.read(finished_run, "litert") is None
    assert records.all_of(finished_run) == {}


KILLED = """
import os, shutil, sys, tempfile
from pathlib import Path
from imgcls.export import exporting
from imgcls.runs import Run
from imgcls.system import atomic

def convert(run, name, path):
    shutil.copyfile(run.folder / "model.tflite", path)
    tempfile.mkdtemp(dir=path.parent, prefix=atomic.PREFIX)
    os.kill(os.getpid(), 9)

exporting.convert = convert
exporting.make(Run(Path(sys.argv[1])), ["litert"], lambda *_: None)
"""


def test_an_export_removes_what_a_killed_one_has_left(finished_run, quick_conversion):
    folder = records.folder_of(finished_run)
    subprocess.run([sys.executable, "-c", KILLED, finished_run.folder], check=False)
    left = set(filter(atomic.is_leftover, folder.glob(".*")))
    assert len(left) == 2
    export(finished_run, "litert")
    assert left <= set(folder.glob(".*"))  # another process may still be writing them
    for path in left:
        os.utime(path, (1, 1))
    export(finished_run, "litert")
    assert not left & set(folder.glob(".*")) and records.read(finished_run, "litert").is_offered


def test_the_background_task_exports_and_the_page_shows_it(finished_run, wait_until):
    exporting.start(finished_run, ["litert"])
    task = exporting.task_of(finished_run)
    wait_until(lambda: task.state().state != "running", seconds=300)
    assert task.state().state == "ready", task.state().text
    assert records.read(finished_run, "litert").is_offered
