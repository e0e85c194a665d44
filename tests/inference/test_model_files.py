"""Damaged or forged model files, or ones that hang the interpreter: one error, and the server survives."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from imgcls.errors import DamagedFile, RunError, UserError
from imgcls.inference import classify, load_predictor, model_files
from imgcls.inference.activations import load_activation_model
from imgcls.inference.predictor import Outputs, Predictor
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.runs import mutations

DAMAGED = r"^The model of this run is damaged"


@pytest.fixture(autouse=True)
def empty_digest_cache(monkeypatch):
    monkeypatch.setattr(model_files, "_verdicts", {})


@pytest.fixture
def shipped():
    return mutations.complete_run("some-run")


def process_running(code: str):
    """A replacement for the process that tries a model: it runs this code."""
    return lambda module, **streams: subprocess.Popen([sys.executable, "-c", code], **streams)


def without_record(run):
    card = json.loads((run.folder / "model.json").read_text("utf-8"))
    del card["sha256"]
    (run.folder / "model.json").write_text(json.dumps(card), "utf-8")


def test_a_file_with_the_recorded_digest_is_loaded_without_another_process(shipped, monkeypatch):
    monkeypatch.setattr(model_files.processes, "spawn", None)
    images = np.zeros((3, 28, 28, 1), np.uint8)
    assert classify(shipped, shipped.card, images).sum(1) == pytest.approx(1, abs=1e-4)
    load_activation_model(shipped)


def test_a_changed_file_is_never_passed_to_the_interpreter(shipped, monkeypatch):
    monkeypatch.setattr(model_files.processes, "spawn", None)
    for name in ("model.tflite", "inside.tflite"):
        content = bytearray((shipped.folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (shipped.folder / name).write_bytes(content)
    with pytest.raises(RunError, match=r"it has changed since the model was trained\. Train it again, or choose"):
        load_predictor(shipped)
    with pytest.raises(RunError, match=r"stored activations of this model are damaged"):
        load_activation_model(shipped)


def test_a_file_without_a_recorded_digest_is_tried_once_then_used(shipped, monkeypatch):
    without_record(shipped)
    images = np.zeros((1, 28, 28, 1), np.uint8)
    assert classify(shipped, shipped.card, images).shape == (1, 10)
    monkeypatch.setattr(model_files.processes, "spawn", None)
    shutil.copytree(shipped.folder, shipped.folder.with_name("copy-run"))
    assert model_files.read(shipped.folder.with_name("copy-run") / "model.tflite", "")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 1000, b"TFL3" * 100])
def test_an_unrecorded_file_that_is_not_a_model_gives_a_clear_error(shipped, content):
    without_record(shipped)
    (shipped.folder / "model.tflite").write_bytes(content)
    with pytest.raises(RunError, match=DAMAGED):
        load_predictor(shipped)


def test_a_model_that_hangs_the_interpreter_is_stopped(tmp_path, monkeypatch):
    assert model_files.ANSWER_SECONDS == 10.0
    monkeypatch.setattr(model_files, "ANSWER_SECONDS", 0.5)
    path = tmp_path / "model.tflite"
    path.write_bytes(b"endless")
    started = []

    def spawn(module, **streams):
        started.append(process_running("print('ready', flush=True); import time; time.sleep(600)")(module, **streams))
        return started[-1]

    monkeypatch.setattr(model_files.processes, "spawn", spawn)
    with pytest.raises(DamagedFile, match=r"the interpreter did not finish with it within 0 s"):
        model_files.read(path, "")
    assert started[0].wait(10) < 0
    with pytest.raises(DamagedFile):
        model_files.read(path, "")
    assert len(started) == 1


def test_a_slow_python_start_is_not_blamed_on_the_model(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "ANSWER_SECONDS", 0.5)
    path = tmp_path / "model.tflite"
    path.write_bytes(b"fine")
    code = "import time; time.sleep(1.5); print('ready', flush=True); print('fine', flush=True)"
    monkeypatch.setattr(model_files.processes, "spawn", process_running(code))
    assert model_files.read(path, "") == b"fine"


@pytest.mark.parametrize("code", ["import os; os.abort()", "print('ready', flush=True); import os; os.abort()", "1/0"])
def test_a_model_that_crashes_its_process_crashes_nothing_else(tmp_path, monkeypatch, code):
    path = tmp_path / "model.tflite"
    path.write_bytes(code.encode())
    monkeypatch.setattr(model_files.processes, "spawn", process_running(code))
    with pytest.raises(DamagedFile, match="the interpreter cannot load it"):
        model_files.read(path, "")


def test_a_pipe_in_place_of_a_model_is_not_opened(shipped):
    path = shipped.folder / "model.tflite"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunError, match=DAMAGED):
        load_predictor(shipped)


@pytest.mark.parametrize("method", ["allocate_tensors", "invoke"])
def test_an_interpreter_error_during_prediction_gives_the_same_message(shipped, monkeypatch, method):
    predictor = Predictor(shipped.folder / "model.tflite")

    def fail(self):
        raise RuntimeError("tensorflow/lite/kernels/conv.cc: input->dims->size != 4")

    monkeypatch.setattr(type(predictor._interpreter), method, fail)
    with pytest.raises(RunError, match=DAMAGED):
        predictor.probabilities(np.zeros((2, 28, 28, 1), np.uint8))


def test_non_finite_predictions_give_the_same_message(shipped, monkeypatch):
    nan = np.full((1, 10), np.nan, np.float32)
    monkeypatch.setattr(Predictor, "outputs", lambda self, images: Outputs(nan))
    with pytest.raises(RunError, match=r"its predictions are not numbers"):
        classify(shipped, shipped.card, np.zeros((1, 28, 28, 1), np.uint8))


def test_a_missing_model_is_not_called_damaged(shipped):
    (shipped.folder / "model.tflite").unlink()
    with pytest.raises(UserError, match=r"^This run has no trained model"):
        load_predictor(shipped)


def test_the_trainer_records_the_digests_of_its_models(finished_run):
    assert finished_run.card.digest == model_files.digest_of((finished_run.folder / "model.tflite").read_bytes())
    described = json.loads((finished_run.folder / "inside.json").read_text("utf-8"))
    assert described["sha256"] == model_files.digest_of((finished_run.folder / "inside.tflite").read_bytes())


@pytest.mark.parametrize("name", ["digits", "fashion", "cifar10"])
def test_a_shipped_model_is_loaded_without_another_process(name, monkeypatch):
    """If this fails, a model was replaced without updating "sha256" in model.json or inside.json."""
    monkeypatch.setattr(model_files.processes, "spawn", None)
    run = Run(paths.repository_folder() / "saved_models" / name)
    assert run.card.digest
    load_predictor(run)
    load_activation_model(run)
