"""Makes a run of an imported model: evaluates it on a dataset, and writes the files that pages read."""

import shutil
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import datasets, runs
from imgcls.config import Config, imported_model
from imgcls.config.imported_model import CHANNEL_ORDERS, SCALINGS, ImportedModel
from imgcls.datasets import Dataset
from imgcls.errors import DatasetError, RunError
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics import multilabel
from imgcls.evaluation.model_import import answers, scaling
from imgcls.evaluation.model_import.answers import AUTO, Answers
from imgcls.evaluation.model_import.inspection import Facts
from imgcls.inference import input_quality, model_files
from imgcls.inference.imported_models import MEMORY, OPEN_SECONDS, ImportedPredictor
from imgcls.inference.sandbox import Sandbox, limits, runner
from imgcls.runs import Run, run_name
from imgcls.runs.predictions import test_records, validation_predictions
from imgcls.runs.results import RESULT_VERSION
from imgcls.sharing import ownership
from imgcls.system import atomic, paths
from imgcls.system.tasks.progress import Progress

MODEL_VERSION = 1
STEP = 64
VALIDATION_IMAGES = 1000
"""Images of the training set on which the calibration of the model is measured."""


def make(facts: Facts, content: bytes, given: Answers, progress: Progress, run_id: str = "") -> Run:
    """Evaluates a model on the chosen dataset and returns the new run.

    Args:
        facts: What `inspection.inspect` has found out.
        content: The model that it returned.
        given: The user's answers.
        run_id: The ID of the new run; by default a new one.

    Raises:
        SettingError: the model does not fit the dataset, or an answer does not fit the model.
        DatasetError: the dataset is not on this machine.
        RunError: the model fails or exceeds a limit of the sandbox, or the run cannot be written.
    """
    runs.check_id(run_id)
    about = datasets.facts(given.data)
    model = answers.model_of(facts, given, about)
    if not datasets.is_ready(given.data):
        raise DatasetError(datasets.how_to_get(about))
    dataset = datasets.open_dataset(given.data)
    notes = [f"Imported from {facts.source} ({facts.title})."]
    model, how = _settled(facts, given, model, content, dataset, lambda part, text: progress(0.2 * part, text))
    notes += [how] if how else []
    notes.append("Whether it was trained on these test images is not known.")
    notes += [sentence] if (sentence := limits.unavailable()) else []
    folder = paths.runs_folder() / (run_id or runs.new_id())
    aside = folder.parent / f".new-{uuid.uuid4().hex}"
    try:
        aside.mkdir(parents=True)
        ownership.record(aside)
        _write(Run(aside), model, facts, content, given, dataset, notes, progress)
        aside.rename(folder)
    except OSError as error:
        raise RunError(f"The run cannot be written: {error.strerror or error}. Free some space.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    progress(1.0, "Done")
    return Run(folder)


def _settled(
    facts: Facts, given: Answers, model: ImportedModel, content: bytes, dataset: Dataset, progress: Progress
) -> tuple[ImportedModel, str]:
    """The model with the scaling and channel order that were asked for, are known, or are found by trying."""
    scalings: tuple[str, ...] = (model.scaling,)
    if given.scaling == AUTO and not answers.known_scaling(facts):
        scalings = tuple(name for name in SCALINGS if model.size[2] == 3 or not name.startswith("imagenet"))
    orders: tuple[str, ...] = (model.channel_order,)
    if given.channel_order == AUTO and not answers.known_channel_order(facts, dataset.facts):
        orders = CHANNEL_ORDERS
    if len(scalings) * len(orders) == 1:
        return model, ""
    with Sandbox(runner.MODULE, MEMORY) as sandbox:
        sandbox.ask({"do": "open", "format": model.kind}, content, OPEN_SECONDS)
        tried = scaling.find(sandbox, model, scalings, orders, dataset, progress)
    return tried.model, tried.sentence


def _write(
    run: Run,
    model: ImportedModel,
    facts: Facts,
    content: bytes,
    given: Answers,
    dataset: Dataset,
    notes: list[str],
    progress: Progress,
) -> None:
    began = time.monotonic()
    about = dataset.facts
    atomic.write_bytes(run.folder / model.file, content)
    imported_model.write(run.folder, model)
    label = run_name.clean(given.label) or run_name.clean(f"{Path(facts.source).stem} (imported)") or "imported model"
    atomic.write_bytes(run.folder / run_name.NAME, label.encode("utf-8"))
    card: dict[str, Any] = {
        "version": MODEL_VERSION,
        "data": about.name,
        "data_title": about.title,
        "classes": list(about.classes),
        "shape": list(about.shape),
        "ink": about.ink,
        "fit": about.fit,
        "pixels": about.pixels.as_json(),
        "parameters": facts.parameters,
        "layers": [],
        "sha256": model_files.digest_of(content),
        **({"several": True, "threshold": multilabel.THRESHOLD} if about.is_multilabel else {}),
    }
    atomic.write_json(run.folder / "model.json", card)
    if about.ink:
        atomic.write_json(run.folder / input_quality.NAME, input_quality.statistics(dataset.x_train))
    test_records.write(run, dataset.records)
    predictor = ImportedPredictor(run)
    try:
        found, true, rows = _validation(predictor, dataset, lambda part, text: progress(0.2 + 0.2 * part, text))
        thresholds = None
        if about.is_multilabel:
            thresholds = multilabel.chosen_thresholds(found, true)
            common = multilabel.chosen_threshold(found, true)
            atomic.write_json(run.folder / "model.json", card | {"threshold": common, "thresholds": list(thresholds)})
        validation_predictions.write(run, found, true, rows)
        images, test_labels = dataset.x_test, np.asarray(dataset.y_test)
        probabilities = _predicted(
            predictor, images, np.arange(len(test_labels)), lambda part, text: progress(0.4 + 0.6 * part, text)
        )
    finally:
        predictor.close()
    scores = predictions.store(run, images, test_labels, probabilities, thresholds)
    atomic.write_json(
        run.folder / "result.json",
        {
            "version": RESULT_VERSION,
            "outcome": "finished",
            "message": " ".join(notes),
            "seconds": round(time.monotonic() - began, 1),
            "val_accuracy": _accuracy(found, true, thresholds),
            **scores,
            "data": {"state": dataset.edits.version, "thrown_out": 0, "relabelled": 0},
            "counts": {"train": 0, "validation": len(true), "test": len(test_labels)},
            **({"parameters": facts.parameters} if facts.parameters else {}),
        },
    )


def _validation(
    predictor: ImportedPredictor, dataset: Dataset, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, labels and rows of images of the training set: those that a run here would hold out."""
    _, rows = datasets.training_split(dataset, Config(data=dataset.facts.name))
    rows = rows[validation_predictions.positions(len(rows), VALIDATION_IMAGES)]
    if not len(rows):
        raise DatasetError(f"{dataset.facts.title} has no training images to calibrate the model with.")
    return _predicted(predictor, dataset.x_train, rows, progress), np.asarray(dataset.y_train)[rows], rows


def _predicted(predictor: ImportedPredictor, images: np.ndarray, rows: np.ndarray, progress: Progress) -> np.ndarray:
    """Probabilities, float32 (n, classes), of these images."""
    parts = []
    for start in range(0, len(rows), STEP):
        progress(start / len(rows), f"Predicting {len(rows):,} images in the sandbox")
        parts.append(predictor.probabilities(np.asarray(images[rows[start : start + STEP]])))
    return np.concatenate(parts)


def _accuracy(probabilities: np.ndarray, true: np.ndarray, thresholds: tuple[float, ...] | None) -> float:
    if thresholds is None:
        return float((probabilities.argmax(1) == true).mean())
    return float(((probabilities >= np.asarray(thresholds)) == (true > 0)).all(1).mean())
