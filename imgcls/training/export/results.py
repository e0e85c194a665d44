"""The results of a training run: test predictions, a gallery of test images, validation predictions, the exported
model."""

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.evaluation import predictions
from imgcls.evaluation.metrics import multilabel
from imgcls.inference import input_quality, model_files
from imgcls.inference.explain import task
from imgcls.runs import Run, backbone_facts, trials
from imgcls.runs.predictions import test_records, validation_predictions
from imgcls.system import atomic
from imgcls.training.export import litert_file
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.loop.epoch_predictions import EpochRecorder
from imgcls.training.loop.loop import EVALUATION_BATCH, Loop
from imgcls.training.process.metrics_writer import MetricsWriter
from imgcls.training.transfer.known_networks import KnownModel
from imgcls.training.transfer.loop import TransferLoop

if TYPE_CHECKING:  # imports TensorFlow
    import keras

    Model: TypeAlias = keras.Model | KnownModel

MODEL_VERSION = 1
SAMPLE_SIZE, BACKBONE_SAMPLE_SIZE = 64, 16
"""Test images on which faster ways to a prediction are compared with the model; with a backbone each takes tens of
milliseconds, so there are fewer."""
HEAD_SAMPLE_SIZE = 4
"""Of these, how many are enough for a file that differs only in the head from one that was compared before."""


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
) -> tuple["Model", dict[str, Any]]:
    """Evaluates the best weights on the test set and exports the model. Trials and attempts at assignments are not.

    Returns:
        The model, and the entries of result.json that describe it.
    """
    config, facts, best = run.config, dataset.facts, loop.best
    if best is None:
        raise RuntimeError("The training ended without a best epoch.")
    model, precision = _model_with_best_weights(loop, training, dataset)
    if not trials.is_spared(run):
        metrics.phase("testing")
    test_records.write(run, dataset.records)
    thresholds = chosen_thresholds(model, validation, loop.evaluation_batch) if facts.is_multilabel else None
    scores: dict[str, float] = {}
    # Computed once for two checks, of the predictions from features and of the exported model.
    sample = np.asarray(dataset.x_test[: BACKBONE_SAMPLE_SIZE if models.has_backbone(config.model) else SAMPLE_SIZE])
    expected = sample, loop.predictions_once(model, sample)
    if not trials.is_spared(run):
        scores = test(run, model, dataset, thresholds, loop.test_predictions(expected[1]), loop.evaluation_batch)
    is_trained_model = precision == "float32" and not config.test_time_augmentation
    recorded = recorder.after(best["epoch"]) if is_trained_model else None
    predict_validation(run, model, recorder, recorded, loop.evaluation_batch)
    metrics.phase("saving")
    task.remove_files(run)
    with atomic.replacing(run.folder / "model.keras") as aside:
        model.save(aside)
    ink = _ink_statistics(loop, dataset)
    export(run, model, config, dataset, expected, thresholds, ink)
    if isinstance(loop, TransferLoop):
        loop.remember(run.folder / "model.keras", ink)
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
        "software": {"keras": importlib.metadata.version("keras"), "python": platform.python_version()},
    }


def _model_with_best_weights(loop: Loop | TransferLoop, training: Subset, dataset: Dataset) -> tuple["Model", str]:
    """The model that is evaluated, saved and exported, and the precision in which it was trained."""
    config, facts = loop.config, dataset.facts
    if isinstance(loop, TransferLoop):
        loop.load_best()
        model, precision = loop.model, "float32"
        if not config.test_time_augmentation:
            return model, precision
    from imgcls.training import model_builder  # imports TensorFlow

    if isinstance(loop, Loop):
        # It is float32 and has Keras's own layers.
        precision = model_builder.precision_of(config)
        sample = training.sample(model_builder.NORMALISATION_IMAGES)
        model = model_builder.build(config, facts.shape, facts.num_classes, sample, is_multilabel=facts.is_multilabel)
        model.set_weights(loop.best_weights)
    return model_builder.with_test_time_augmentation(config, model), precision


def _ink_statistics(loop: Loop | TransferLoop, dataset: Dataset) -> dict[str, Any] | None:
    """The measurements of the training images for the input check, which depend on the dataset alone."""
    if not dataset.facts.ink:
        return None
    known = loop.known if isinstance(loop, TransferLoop) else None
    return input_quality.statistics(dataset.x_train) if known is None else known.about["ink"]


def test(
    run: Run,
    model: "Model",
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
    of_labels = None if thresholds is None else thresholds.of_labels
    return predictions.store(run, images, labels, probabilities, of_labels)


def predict_validation(
    run: Run, model: "Model", recorder: EpochRecorder, predictions: np.ndarray | None, batch: int = EVALUATION_BATCH
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


def chosen_thresholds(model: "Model", validation: Subset, batch: int = EVALUATION_BATCH) -> Thresholds:
    """The best thresholds of a multi-label model on the validation images."""
    predictions = _predictions(model, lambda rows: validation.images[validation.rows[rows]], len(validation), batch)
    found = predictions, validation.labels
    return Thresholds(multilabel.chosen_threshold(*found), multilabel.chosen_thresholds(*found))


def _predictions(model: "Model", images: Callable[[slice], np.ndarray], count: int, batch: int) -> np.ndarray:
    """Probabilities of `count` images, float32 (count, classes)."""
    parts = [
        np.asarray(model.predict_on_batch(np.asarray(images(slice(start, start + batch)))))
        for start in range(0, count, batch)
    ]
    return np.concatenate(parts)


def export(
    run: Run,
    model: "Model",
    config: Config,
    dataset: Dataset,
    expected: tuple[np.ndarray, np.ndarray],
    thresholds: Thresholds | None,
    ink: dict[str, Any] | None,
) -> None:
    """Exports the model for the pages and writes model.json; `thresholds` are those of a multi-label model.

    Args:
        expected: A few images and the model's predictions for them.
        ink: For the input check; None where the images are no handwriting.
    """
    facts = dataset.facts
    if ink is not None:
        atomic.write_json(run.folder / input_quality.NAME, ink)
    if isinstance(model, KnownModel):  # compared with more images before
        images, probabilities = expected
        expected = images[:HEAD_SAMPLE_SIZE], probabilities[:HEAD_SAMPLE_SIZE]
    with atomic.replacing(run.folder / "model.tflite") as aside:
        difference = litert_file.write(model, aside, *expected)
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
                for row in backbone_facts.layer_table(
                    config.model, facts.shape, len(facts.classes), config.model_settings, facts.is_multilabel
                )
            ],
            "sha256": model_files.digest_of((run.folder / "model.tflite").read_bytes()),
            "checks": {"largest_difference_of_exported_model": difference, "pictures_compared": len(expected[0])},
            **multilabel_facts,
        },
    )
