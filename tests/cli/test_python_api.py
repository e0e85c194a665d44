"""`import imgcls` in a script or a notebook."""

import doctest
import subprocess
import sys

import numpy as np
import pytest

import imgcls
from imgcls.cli import python_api
from imgcls.errors import RunError, SettingError
from imgcls.inference import answer
from imgcls.runs import Run
from tests.support.exporting.exports import quick_conversion as quick_conversion


def test_importing_the_package_does_not_import_its_submodules():
    code = "import imgcls, sys; print(*sorted(name for name in sys.modules if name.startswith(('imgcls', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["imgcls"]


def test_public_names_are_available_and_unknown_ones_raise():
    for name in imgcls.__all__:
        assert getattr(imgcls, name) is getattr(python_api, name)
    with pytest.raises(AttributeError, match="no attribute 'fit'"):
        imgcls.fit  # noqa: B018


def test_the_examples_of_the_documentation_work(digits):
    found = doctest.testmod(python_api)
    assert found.attempted >= 3 and found.failed == 0


def test_a_run_predicts_and_reports_its_scores(finished_run, tmp_path):
    run = imgcls.load_run(finished_run.id)
    assert [one.id for one in imgcls.list_runs()] == [run.id]
    assert (run.state, len(run.history)) == ("finished", 2)
    assert list(run.history["epoch"]) == [1, 2]

    images = imgcls.load_dataset("digits").x_test[:3]
    image = images[0]
    assert run.predict(image).prediction == answer(finished_run, image).prediction
    assert len(run.predict([image, image])) == 2 and len(run.predict(images)) == 3

    errors = run.errors()
    matrix = np.array(run.confusion_matrix().data[0].z)
    assert matrix.sum() == 360 and len(errors) == 360 - np.trace(matrix)
    assert (errors["label"] != errors["prediction"]).all() and errors["confidence"].is_monotonic_decreasing
    assert run.report(tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_run_is_exported_and_verified(finished_run, quick_conversion, tmp_path):
    run = imgcls.load_run(finished_run.id)
    path = run.export("litert", tmp_path / "model.tflite")
    assert path.read_bytes().startswith((finished_run.folder / "model.tflite").read_bytes())
    with pytest.raises(SettingError, match="no export format 'caffe'"):
        run.export("caffe")


def test_two_runs_are_compared_image_by_image(finished_run):
    run = imgcls.load_run(finished_run.id)
    found = imgcls.compare(run, run)
    assert found.count == 360 and found.p_value == 1
    with np.load(finished_run.folder / "predictions.npz", allow_pickle=False) as file:
        content = dict(file)
    other = finished_run.folder.with_name("other")
    __import__("shutil").copytree(finished_run.folder, other)
    np.savez(other / "predictions.npz", **content | {"labels": content["labels"][::-1]})
    with pytest.raises(RunError, match="tested on different images"):
        imgcls.compare(run, python_api.ModelRun(Run(other)))


def test_training_is_queued_with_the_given_settings(digits, monkeypatch):
    begun = []

    def begin(config, label):
        begun.append((config, label))
        return Run(python_api.Path("nowhere"))

    monkeypatch.setattr(python_api.jobs, "begin", begin)
    imgcls.train(data="digits", model="cnn", epochs=3, filters=16, name="Mine", wait=False)
    config, label = begun[0]
    assert (config.data, config.epochs, config.model_settings["filters"], label) == ("digits", 3, 16, "Mine")
    with pytest.raises(SettingError, match="no setting 'fliters' for the model 'cnn'"):
        imgcls.train(data="digits", fliters=16)
    assert len(begun) == 1


def test_waiting_returns_when_training_ends_and_raises_on_failure(finished_run, make_run):
    assert imgcls.load_run(finished_run.id).wait().state == "finished"
    failed = make_run(**{"result.json": {"version": 1, "outcome": "failed", "message": "The disk is full."}})
    with pytest.raises(RunError, match=r"^The disk is full\.$"):
        python_api.ModelRun(failed).wait()
