"""The results of a training: test predictions, a gallery of test images, validation predictions, the exported model."""

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.evaluation.metrics import classification, multilabel
from imgcls.inference import input_quality, model_files
from imgcls.inference.explain import task
from imgcls.runs import Run, as_backbone, test_records, validation_predictions
from imgcls.system import atomic
from imgcls.training import model_builder
from imgcls.training.export.converter import write_litert
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.epoch_predictions import EpochRecorder
from imgcls.training.loop.loop import EVALUATION_BATCH, Loop
from imgcls.training.loop.steps import class_weights
from imgcls.training.process.metrics_writer import MetricsWriter
from imgcls.training.transfer.loop import TransferLoop

GALLERY_BYTES = 6_000_000
"""Size of the gallery's images before compression: all errors of most runs fit, and many runs still fit on a disk."""
MODEL_VERSION = 1


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of a multi-label model: one for all labels, and one for each."""

    common: float
    of_labels: tuple[float, ...]


def evaluate_and_export(
    run: Run,
    loop: Loop | TransferLoop,
    training: Subset,
    validation: Subset,
    dataset: Dataset,
    recorder: EpochRecorder,
    metrics: MetricsWriter,
) -> tuple[keras.Model, dict[str, Any]]:
    """Evaluates the best weights on the test set and exports the model.

    Returns:
        The model, and the entries of result.json that describe it.
    """
    config, facts, best = run.config, dataset.facts, loop.best
    if best is None:
        raise RuntimeError("The training ended without a best epoch.")
    precision = model_builder.precision_of(config)
    model = loop.model
    if not models.has_backbone(config.model):
        # The model that is evaluated, saved and exported is float32 and has Keras's own layers.
        sample = training.sample(model_builder.NORMALISATION_IMAGES)
        model = model_builder.build(config, facts.shape, facts.num_classes, sample, is_multilabel=facts.is_multilabel)
    model.set_weights(loop.best_weights)
    model = model_builder.with_test_time_augmentation(config, model)

    metrics.phase("testing")
    test_records.write(run, dataset.records)
    thresholds = chosen_thresholds(model, validation, loop.evaluation_batch) if facts.is_multilabel else None
    scores = test(run, model, dataset, thresholds, loop.test_predictions(), loop.evaluation_batch)
    is_trained_model = precision == "float32" and not config.test_time_augmentation
    recorded = recorder.after(best["epoch"]) if is_trained_model else None
    predict_validation(run, model, recorder, recorded, loop.evaluation_batch)
    metrics.phase("saving")
    task.remove_files(run)
    with atomic.replacing(run.folder / "model.keras") as aside:
        model.save(aside)
    export(run, model, config, dataset, thresholds)
    weights = class_weights(config, training.labels, facts.num_classes)
    return model, {
        "training_seconds": round(loop.progress.seconds, 1),
        "epochs": loop.epochs_done,
        "best_epoch": best["epoch"],
        "val_loss": best["val_loss"],
        "val_accuracy": best["val_accuracy"],
        **scores,
        "data": {
            "state": dataset.edits.version,
            "thrown_out": len(dataset.edits.excluded),
            "relabelled": len(dataset.edits.relabelled),
        },
        "counts": {"train": len(training), "validation": len(validation), "test": len(dataset.y_test)},
        "parameters": model.count_params(),
        "pictures_per_second": round(loop.progress.images_per_second, 1),
        "precision": precision,
        **loop.facts,
        **({} if weights is None else {"class_weights": weights.round(6).tolist()}),
        "software": {"keras": keras.__version__, "python": platform.python_version()},
    }


def test(
    run: Run,
    model: keras.Model,
    dataset: Dataset,
    thresholds: Thresholds | None,
    probabilities: np.ndarray | None = None,
    batch: int = EVALUATION_BATCH,
) -> dict[str, float]:
    """Evaluates the model on the test set, stores the probabilities and a gallery, and returns the scores.

    `thresholds` are those of a multi-label model, else None. `probabilities`, float32 (n, classes), are the predictions
    if they are known already.
    """
    images, labels = dataset.x_test, np.asarray(dataset.y_test)
    if probabilities is None:
        probabilities = _predictions(model, lambda rows: images[rows], len(labels), batch)
    with atomic.replacing(run.folder / "predictions.npz") as aside:
        np.savez_compressed(
            aside, probabilities=probabilities, labels=labels.astype(np.uint8 if thresholds else np.int32)
        )
    count = max(200, GALLERY_BYTES // images[0].size)
    if thresholds is None:
        indices = gallery_indices(probabilities, labels, count)
    else:
        indices = worst_indices(probabilities, labels, count, thresholds.of_labels)
    with atomic.replacing(run.folder / "gallery.npz") as aside:
        np.savez_compressed(aside, indices=indices.astype(np.int32), pictures=np.asarray(images[indices]))
    if thresholds is not None:
        return _multilabel_scores(probabilities, labels, thresholds.of_labels)
    return {
        "test_accuracy": float((probabilities.argmax(1) == labels).mean()),
        "test_cross_entropy": classification.cross_entropy(probabilities, labels),
    }


def predict_validation(
    run: Run, model: keras.Model, recorder: EpochRecorder, predictions: np.ndarray | None, batch: int = EVALUATION_BATCH
) -> None:
    """Stores the predictions for validation images: after each epoch, and those of the saved model.

    `predictions`, float32 (n, classes), are those of the saved model if they are known already.
    """
    recorder.pack()
    images, labels, rows = recorder.images()
    if not len(rows):
        return
    if predictions is None:
        parts = (np.asarray(images[start : start + batch]) for start in range(0, len(rows), batch))
        predictions = np.concatenate([np.asarray(model.predict_on_batch(part)) for part in parts])
    validation_predictions.write(run, predictions, labels, rows)


def gallery_indices(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of the test images for the gallery: errors, the most confident first, then correct ones of all classes.

    At least a third are correct predictions, so that every class has an example.
    """
    predicted = probabilities.argmax(1)
    confidence = probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][: count * 2 // 3]
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(confidence[right], kind="stable")]
    # Within a class the least and the most confident ones are the most interesting: take from both ends in turn.
    ranking = np.empty(len(right))
    for label in np.unique(labels[right]):
        members = np.flatnonzero(labels[right] == label)
        ranks = np.arange(len(members))
        ranking[members] = np.minimum(2 * ranks, 2 * ranks[::-1] + 1)
    right = right[np.argsort(ranking, kind="stable")][: count - len(wrong)]
    return np.sort(np.concatenate([wrong, right]))


def worst_indices(
    probabilities: np.ndarray, labels: np.ndarray, count: int, threshold: multilabel.Threshold = multilabel.THRESHOLD
) -> np.ndarray:
    """The same for multi-label models: images with a wrong label, the largest loss first, then correct ones, the least
    confident first. At least a third are correct.
    """
    is_correct = ((probabilities >= np.asarray(threshold)) == (labels > 0)).all(1)
    order = np.argsort(-multilabel.losses(probabilities, labels), kind="stable")
    wrong = order[~is_correct[order]][: count * 2 // 3]
    return np.sort(np.concatenate([wrong, order[is_correct[order]][: count - len(wrong)]]))


def chosen_thresholds(model: keras.Model, validation: Subset, batch: int = EVALUATION_BATCH) -> Thresholds:
    """The best thresholds of a multi-label model on the validation images."""
    predictions = _predictions(model, lambda rows: validation.images[validation.rows[rows]], len(validation), batch)
    found = predictions, validation.labels
    return Thresholds(multilabel.chosen_threshold(*found), multilabel.chosen_thresholds(*found))


def _predictions(model: keras.Model, images: Callable[[slice], np.ndarray], count: int, batch: int) -> np.ndarray:
    """Probabilities of `count` images, float32 (count, classes)."""
    parts = [
        np.asarray(model.predict_on_batch(np.asarray(images(slice(start, start + batch)))))
        for start in range(0, count, batch)
    ]
    return np.concatenate(parts)


def _multilabel_scores(
    probabilities: np.ndarray, labels: np.ndarray, thresholds: tuple[float, ...]
) -> dict[str, float]:
    """Scores at the thresholds of the labels, as on the Evaluate page. The accuracy is the fraction of images whose
    labels are all correct."""
    predicted = probabilities >= np.asarray(thresholds)
    f1 = multilabel.f1_of((predicted & (labels > 0)).sum(0), labels.sum(0), predicted.sum(0))
    precisions = multilabel.average_precisions(probabilities, labels)
    return {
        "test_accuracy": float((predicted == (labels > 0)).all(1).mean()),
        "test_cross_entropy": float(multilabel.losses(probabilities, labels).mean()),
        "test_label_accuracy": float((predicted == (labels > 0)).mean()),
        "test_macro_f1": float(f1.mean()),
        "test_average_precision": float(np.nanmean(precisions)) if labels.any() else 0.0,
    }


def export(
    run: Run,
    model: keras.Model,
    config: Config,
    dataset: Dataset,
    thresholds: Thresholds | None = None,
) -> None:
    """Exports the model for the pages and writes model.json; `thresholds` are those of a multi-label model."""
    facts = dataset.facts
    if facts.ink:
        atomic.write_json(run.folder / input_quality.NAME, input_quality.statistics(dataset.x_train))
    sample = np.asarray(dataset.x_test[:64])
    with atomic.replacing(run.folder / "model.tflite") as aside:
        difference = write_litert(model, aside, sample)
    multilabel_facts: dict[str, Any] = {}
    if thresholds is not None:
        multilabel_facts = {
            "several": True,
            "threshold": thresholds.common,
            "thresholds": list(thresholds.of_labels),
        }
    atomic.write_json(
        run.folder / "model.json",
        {
            "version": MODEL_VERSION,
            "data": facts.name,
            "data_title": facts.title,
            "classes": list(facts.classes),
            "shape": list(facts.shape),
            "ink": facts.ink,
            "fit": facts.fit,
            "pixels": facts.pixels.as_json(),
            "parameters": model.count_params(),
            "layers": [
                asdict(row)
                for row in as_backbone.layer_table(
                    config.model, facts.shape, len(facts.classes), config.model_settings, facts.is_multilabel
                )
            ],
            "sha256": model_files.digest_of((run.folder / "model.tflite").read_bytes()),
            "checks": {"largest_difference_of_exported_model": difference, "pictures_compared": len(sample)},
            **multilabel_facts,
        },
    )
