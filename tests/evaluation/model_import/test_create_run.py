"""A model from elsewhere becomes a run that predicts as the original does."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from imgcls import datasets, runs
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.config import imported_model
from imgcls.errors import RunError, SettingError
from imgcls.evaluation import predictions
from imgcls.evaluation.model_import import create_run, inspection
from imgcls.evaluation.model_import.answers import Answers
from imgcls.evaluation.model_import.inspection import Facts
from imgcls.evaluation.robustness import evaluate as robustness
from imgcls.export import exporting, metadata, run_archive
from imgcls.inference import imported_models, load_predictor
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from imgcls.runs.predictions import validation_predictions
from tests.support.foreign_models import linear_onnx
from tests.support.importing.multilabel_uploads import listing, some, with_semicolons
from tests.support.uploads import imported as imported_images

SHIPPED = Path(__file__).parents[3] / "saved_models" / "digits"


def silent(fraction, text):
    """Ignores progress."""


@pytest.fixture(scope="module")
def linear(prepared_dataset) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (64, 10) and bias (10,) of a linear classifier of small digits with pixels from 0 to 1."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLS_CACHE", str(prepared_dataset("digits").parents[1]))
        dataset = datasets.open_dataset("digits")
        pixels = np.asarray(dataset.x_train).reshape(len(dataset.y_train), -1) / 255
        labels = np.eye(10)[dataset.y_train]
    centre = pixels.mean(0)
    kernel = 10 * np.linalg.solve(
        (pixels - centre).T @ (pixels - centre) + 0.3 * np.eye(64), (pixels - centre).T @ labels
    )
    return kernel.astype(np.float32), (10 * labels.mean(0) - centre @ kernel).astype(np.float32)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def made(path: Path, **answers) -> Run:
    facts, content = inspection.inspect(path, path.name, silent)
    return create_run.make(facts, content, Answers(**answers), silent)


@pytest.mark.parametrize("kind", ["tflite", "keras", "onnx"])
def test_a_shipped_model_round_trips_through_every_format(tmp_path, mnist_sample, kind, keras):
    path = tmp_path / f"digits.{kind}"
    if kind == "onnx":
        from imgcls.training.export.converter import KerasConverter

        KerasConverter(keras.models.load_model(SHIPPED / "model.keras", compile=False)).onnx(path)
        metadata.add_onnx_metadata(path, {"labels.txt": "\n".join("0123456789")})
    else:
        shutil.copyfile(SHIPPED / f"model.{kind}", path)
    told = []
    facts, content = inspection.inspect(path, path.name, lambda fraction, text: told.append(fraction))
    assert (facts.shape, facts.dtype, facts.width, facts.outputs) == ((28, 28, 1), "uint8", 10, "probabilities")
    run = create_run.make(facts, content, Answers(mnist_sample), lambda fraction, text: told.append(fraction))

    images = np.asarray(datasets.open_dataset(mnist_sample).x_test)
    expected = Predictor(SHIPPED / "model.tflite").probabilities(images)
    stored = predictions.read(run)
    assert np.abs(stored.probabilities - expected).max() < 1e-4
    assert run.state == "finished" and run.is_ready and run.is_tested
    assert run.result["test_accuracy"] == np.mean(expected.argmax(1) == stored.labels)
    assert np.abs(load_predictor(run).probabilities(images[:3]) - expected[:3]).max() < 1e-4


def test_the_input_scaling_is_detected_and_the_output_type_follows_from_its_values(tmp_path, digits, linear):
    run = made(written(tmp_path / "linear.onnx", linear_onnx([1, 8, 8], *linear)), data=digits, label="Linear")
    found = imported_model.read(run.folder)
    assert (found.layout, found.size, found.scaling, found.outputs) == ("NCHW", (8, 8, 1), "0-1", "logits")
    assert run.label == "Linear" and "The scaling 0-1 was found by trying 3 possibilities" in run.result["message"]
    dataset = datasets.open_dataset(digits)
    logits = np.asarray(dataset.x_test).reshape(-1, 64) / 255 @ linear[0] + linear[1]
    assert np.array_equal(predictions.read(run).predicted, logits.argmax(1))
    assert run.result["test_accuracy"] > 0.9
    checked = validation_predictions.read(run)
    assert run.result["val_accuracy"] == np.mean(checked.probabilities.argmax(1) == checked.labels)


def test_class_names_put_the_scores_in_the_order_of_the_dataset(tmp_path, digits, linear):
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    content = linear_onnx([1, 8, 8], linear[0][:, order], linear[1][order])
    names = tuple(str(label) for label in order)
    path = written(tmp_path / "shuffled.onnx", content)
    run = made(path, data=digits, scaling="0-1", classes=names)
    assert run.result["test_accuracy"] > 0.9
    with pytest.raises(SettingError, match=r"The given classes .* are not those of Small digits"):
        made(path, data=digits, classes=("nought", *names[1:]))


def test_a_run_with_an_imported_model_works_everywhere(tmp_path, digits, linear, monkeypatch):
    run = made(written(tmp_path / "linear.onnx", linear_onnx([1, 8, 8], *linear)), data=digits, scaling="0-1")
    monkeypatch.setattr(robustness, "MOST", 40)
    robustness.make(run, silent)
    assert robustness.read(run).clean_right.mean() > 0.8
    assert runs.data_and_model(run) == (digits, "imported (ONNX)")
    with pytest.raises(SettingError, match="This model was imported"):
        run.config  # noqa: B018
    with pytest.raises(RunError, match="was imported"):
        exporting.check(run)


def test_a_multilabel_model_gets_thresholds_from_training_images(tmp_path):
    name = imported_images(listing(tmp_path, with_semicolons(some())), title="Beach", side=32)
    about = datasets.facts(name)
    assert about.is_multilabel and about.shape == (32, 32, 3)
    count = len(about.classes)
    content = linear_onnx([32, 32, 3], np.full((32 * 32 * 3, count), 1e-4), np.arange(count) - 1.0)
    run = made(written(tmp_path / "labels.onnx", content), data=name, scaling="0-1", channel_order="RGB")
    card, found = run.card, predictions.read(run)
    assert card.is_multilabel and len(card.thresholds) == count
    pixels = np.asarray(datasets.open_dataset(name).x_test).reshape(len(found.labels), -1) / 255
    logits = pixels.sum(1, keepdims=True) * 1e-4 + np.arange(count) - 1
    assert np.allclose(found.probabilities, 1 / (1 + np.exp(-logits)), atol=1e-4)
    expected = ((found.probabilities >= np.array(card.thresholds)) == found.labels).all(1).mean()
    assert run.result["test_accuracy"] == expected and "test_macro_f1" in run.result


def test_a_packed_run_includes_its_imported_model(tmp_path, digits, linear):
    run = made(written(tmp_path / "linear.onnx", linear_onnx([1, 8, 8], *linear)), data=digits, scaling="0-1")
    images = np.asarray(datasets.open_dataset(digits).x_test[:5])
    expected = load_predictor(run).probabilities(images)
    run_archive.pack(run, tmp_path / "run.zip")
    run.delete()
    found = run_archive.unpack(tmp_path / "run.zip")
    assert found.left_out == () and found.run.state == "finished"
    assert np.array_equal(load_predictor(found.run).probabilities(images), expected)


def test_a_changed_model_file_is_not_run(tmp_path, digits, linear):
    run = made(written(tmp_path / "linear.onnx", linear_onnx([1, 8, 8], *linear)), data=digits, scaling="0-1")
    written(run.folder / "imported.onnx", linear_onnx([1, 8, 8], -linear[0], linear[1]))
    with pytest.raises(RunError, match="it has changed"):
        load_predictor(run)


@pytest.mark.parametrize("change", [{"kind": "pickle"}, {"size": [0, 8, 1]}, {"positions": [0] * 10}, {"more": 1}])
def test_a_damaged_imported_json_is_refused(tmp_path, digits, change):
    folder = tmp_path / "run"
    folder.mkdir()
    model = imported_model.ImportedModel(
        "ONNX", "x.onnx", "onnx", (8, 8, 1), "NHWC", "float32", 0, "0-1", "RGB", "logits", False, tuple(range(10))
    )
    imported_model.write(folder, model)
    assert imported_model.read(folder) == model
    path = folder / imported_model.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RunError, match=r"imported\.json of this run is damaged"):
        imported_model.read(folder)


def test_the_command_imports_a_model_and_reports_what_it_found(tmp_path, digits, linear, capsys):
    path = written(tmp_path / "linear.onnx", linear_onnx([1, 8, 8], *linear))
    labels = written(tmp_path / "labels.txt", "\n".join("0123456789").encode())
    arguments = ["import-model", str(path), "--data", digits, "--classes", str(labels), "--scaling", "0-1"]
    assert main([*arguments, "--name", "My model"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "Imported from linear.onnx (ONNX)." in out and "My model, test accuracy 9" in out
    assert main(["runs"]) == exit_codes.OK
    assert "imported (ONNX)  My model" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.onnx", "--data", "digits"], exit_codes.NOT_FOUND, "No such file: missing.onnx"),
        ([str(SHIPPED / "label.txt"), "--data", "digits"], exit_codes.FAILED, "is not a model that can be imported"),
        ([str(SHIPPED / "model.tflite"), "--data", "no_such_data"], exit_codes.FAILED, "no_such_data"),
        ([str(SHIPPED / "model.tflite"), "--data", "digits"], exit_codes.FAILED, "is not prepared yet"),
    ],
)
def test_an_error_prints_one_line_and_leaves_no_run(arguments, code, message, capsys):
    assert main(["import-model", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err and len(captured.err.splitlines()) == 1
    assert not runs.all_runs()


def facts_of(**changes) -> Facts:
    known = {"title": "ONNX", "source": "x.onnx", "kind": "onnx", "shape": (3, None, None), "dtype": "float32"}
    return Facts(**known | {"scale": 0.0, "batch": 0, "width": 10, "outputs": "logits"} | changes)


def test_the_wrong_number_of_classes_is_refused():
    from imgcls.evaluation.model_import.answers import model_of

    with pytest.raises(SettingError, match="distinguishes 1,000 classes, but Small digits has 10"):
        model_of(facts_of(width=1000), Answers("digits"), datasets.facts("digits"))
    with pytest.raises(SettingError, match=r"The model's classes .* are not those of Small digits"):
        model_of(facts_of(labels=tuple("abcdefghij")), Answers("digits"), datasets.facts("digits"))


def test_a_free_input_size_must_be_given_and_channels_are_converted():
    from imgcls.evaluation.model_import.answers import model_of

    model = model_of(facts_of(), Answers("digits", size=32, scaling="imagenet"), datasets.facts("digits"))
    assert (model.size, model.layout) == ((32, 32, 3), "NCHW")
    values = imported_models.inputs(model, np.full((2, 8, 8, 1), 255, np.uint8))
    assert values.shape == (2, 3, 32, 32)
    assert np.allclose(
        values[0, :, 0, 0], (1 - np.array(imported_models.IMAGENET_MEAN)) / imported_models.IMAGENET_STD, atol=1e-6
    )


def test_channels_may_be_bgr_and_grey_is_their_luminance():
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    model = imported_model.ImportedModel(
        "ONNX", "x", "onnx", (4, 4, 3), "NHWC", "float32", 0, "0-255", "BGR", "logits", False, (0, 1)
    )
    assert imported_models.inputs(model, red)[0, 0, 0].tolist() == [0, 0, 200]
    grey = imported_model.ImportedModel(
        "ONNX", "x", "onnx", (4, 4, 1), "flat", "float32", 0, "-1-1", "RGB", "logits", False, (0, 1)
    )
    assert np.allclose(imported_models.inputs(grey, red), 60 / 127.5 - 1)
    assert imported_models.inputs(grey, red).shape == (1, 16)


def test_one_output_is_the_score_of_the_second_class():
    model = imported_model.ImportedModel(
        "ONNX", "x", "onnx", (4, 4, 1), "HW", "float32", 0, "0-1", "RGB", "logits", True, (1, 0)
    )
    found = imported_models.probabilities(model, np.array([[0.0], [4.0]], np.float32), False)
    assert np.allclose(found, [[0.5, 0.5], [0.982, 0.018]], atol=1e-3)
    with pytest.raises(RunError, match="not numbers"):
        imported_models.probabilities(model, np.array([[np.nan]], np.float32), False)
