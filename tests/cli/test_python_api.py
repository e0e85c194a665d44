"""`import imgcls` in a script or a notebook."""

import doctest
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import imgcls
from imgcls.cli import python_api
from imgcls.errors import DatasetError, ImageError, RunError, SettingError, SourceError, UserError
from imgcls.evaluation import image_files
from imgcls.inference import answer
from imgcls.runs import Run
from imgcls.runs.annotations import notes
from tests.support.exporting.exports import quick_conversion as quick_conversion


def test_importing_the_package_does_not_import_its_submodules():
    code = "import imgcls, sys; print(*sorted(name for name in sys.modules if name.startswith(('imgcls', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["imgcls"]


def test_public_names_are_available_and_unknown_ones_raise():
    for name in imgcls.__all__:
        assert getattr(imgcls, name) is getattr(python_api, name)
    assert set(imgcls.__all__) <= set(dir(imgcls)) and "Path" not in dir(imgcls)
    with pytest.raises(AttributeError, match="no attribute 'fit'"):
        imgcls.fit  # noqa: B018


def test_the_examples_of_the_documentation_work(digits):
    found = doctest.testmod(python_api)
    assert found.attempted >= 3 and found.failed == 0


def test_a_run_predicts_and_reports_its_scores(finished_run, tmp_path):
    run = imgcls.load_run(finished_run.id)
    assert [one.id for one in imgcls.list_runs()] == [one.id for one in imgcls.list_runs("test>0")] == [run.id]
    assert imgcls.list_runs("test>1") == []
    with pytest.raises(SettingError, match="called"):
        imgcls.list_runs("tset>1")
    imgcls.log_metrics(run, {"night/f1": 0.5})
    imgcls.log_metrics(run, {"night/f1": 0.75})
    notes.tag(finished_run, "keep", given=True)
    notes.set_note(finished_run, "wider")
    assert (run.name, run.settings["epochs"], run.metrics) == (finished_run.label, 2, {"night/f1": 0.75})
    assert (run.tags, run.note) == (("keep",), "wider")
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


def test_a_run_is_evaluated_on_a_folder_or_a_dataset(finished_run, digits, tmp_path):
    run = imgcls.load_run(finished_run.id)
    scores = run.evaluate("digits")
    assert scores.images == 360 and np.array_equal(scores.matrix, np.array(run.confusion_matrix().data[0].z))
    (tmp_path / "images" / "7").mkdir(parents=True)
    Image.fromarray(np.array(imgcls.load_dataset("digits").x_test[0, ..., 0])).save(tmp_path / "images/7/one.png")
    assert run.evaluate(tmp_path / "images").images == 1
    with pytest.raises(SourceError, match=r"^No such file or folder: nothing$"):
        run.evaluate("nothing")
    with pytest.raises(SourceError, match=r"^Fashion-MNIST has none of this run's classes: 0, 1, 2"):
        run.evaluate("fashion_mnist")


def test_a_dataset_of_other_images_is_prepared_like_files(finished_run, digits, monkeypatch):
    data = imgcls.load_dataset(digits)
    other = SimpleNamespace(
        x_test=np.pad(data.x_test[:70], ((0, 0), (4, 4), (4, 4), (0, 0))), y_test=data.y_test[:70] + 1
    )
    facts = SimpleNamespace(title="Other", classes=("none", *map(str, range(10))), is_multilabel=False)
    monkeypatch.setattr(image_files.datasets, "facts", lambda name: facts)
    monkeypatch.setattr(image_files.datasets, "is_ready", lambda name: True)
    monkeypatch.setattr(image_files.datasets, "open_dataset", lambda name: other)
    other.x_test[3] = 0
    other.y_test[5] = 0
    scores = image_files.evaluate_dataset(finished_run, "other")
    assert (scores.images, scores.unreadable, scores.unlabelled) == (68, 1, 1)
    assert scores.accuracy.value > 0.5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda run, folder: run.predict(None), ImageError, "An object of type NoneType is not an image. Expected"),
        (lambda run, folder: run.predict([[1, 2]]), ImageError, "An object of type list is not an image. Expected"),
        (lambda run, folder: run.predict(np.zeros((8, 8))), ImageError, "An array of shape .* and type float64 is not"),
        (lambda run, folder: run.predict(folder / "no.png"), ImageError, "no.png could not be read: No such file"),
        (lambda run, folder: run.predict(folder), ImageError, "could not be read: Is a directory"),
        (
            lambda run, folder: run.export("litert", folder / "no" / "x.tflite"),
            RunError,
            "x.tflite could not be written",
        ),
        (lambda run, folder: run.report(folder / "no" / "x.html"), RunError, "x.html could not be written: No such"),
        (lambda run, folder: imgcls.compare(run, "nobody"), RunError, "There is no run 'nobody'"),
        (lambda run, folder: imgcls.compare(run, 3), RunError, "There is no run '3'"),
        (lambda run, folder: imgcls.load_run("nobody"), RunError, "There is no run 'nobody'"),
        (lambda run, folder: imgcls.load_dataset("nothing"), DatasetError, "No dataset is called 'nothing'"),
        (lambda run, folder: imgcls.import_images(folder / "no.zip", "X"), SourceError, "No such file: no.zip"),
        (lambda run, folder: imgcls.import_images(folder, "X"), SourceError, "No images found"),
        (lambda run, folder: imgcls.import_images(folder, "X", sise=64), SettingError, "There is no setting 'sise'"),
        (lambda run, folder: imgcls.import_images(folder, "X", size=65, channels=1), SettingError, "65"),
        (lambda run, folder: imgcls.train(data="nothing", wait=False), UserError, "nothing"),
        (lambda run, folder: imgcls.train(data=7, wait=False), UserError, "7"),
        (lambda run, folder: imgcls.train(model="gpt", wait=False), SettingError, "There is no model 'gpt'"),
        (lambda run, folder: imgcls.train(epochs="many", wait=False), SettingError, "many"),
        (lambda run, folder: imgcls.train(epochs=-1, wait=False), SettingError, "-1"),
    ],
)
def test_unexpected_input_gives_one_sentence(
    call, error, message, finished_run, quick_conversion, tmp_path, monkeypatch
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    run = imgcls.load_run(finished_run.id)
    with pytest.raises(error, match=message) as raised:
        call(run, here)
    assert "\n" not in str(raised.value) and str(raised.value).endswith((".", "nothing", "no.zip"))
    assert list(here.iterdir()) == []


def test_files_are_written_into_a_folder_under_their_own_names(finished_run, quick_conversion, tmp_path):
    run, here = imgcls.load_run(finished_run.id), tmp_path / "here"
    here.mkdir()
    assert run.export("litert", here) == here / f"{run.id}-litert.tflite"
    assert run.report(str(here)) == here / f"{run.id}.html"
    assert len(list(here.iterdir())) == 2


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
    assert imgcls.compare(run.id, run).count == 360
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
