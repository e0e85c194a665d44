"""What a trainer leaves when it is done: test predictions, the pictures pages show, the exported model."""

from collections.abc import Callable
from dataclasses import asdict

import keras
import numpy as np

from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.evaluation.metrics import classification, multilabel
from imgcls.inference import input_quality
from imgcls.runs import Run, as_backbone, validation_predictions
from imgcls.system import atomic
from imgcls.training.export import formats
from imgcls.training.loop.batches import Part
from imgcls.training.loop.epoch_predictions import Snapshots
from imgcls.training.loop.loop import EVALUATION_BATCH

GALLERY_BYTES = 6_000_000
"""The pictures of a gallery before compression: enough for every mistake of most runs, little enough for many runs."""
MODEL_VERSION = 1


def test(
    run: Run,
    model: keras.Model,
    dataset: Dataset,
    probabilities: np.ndarray | None = None,
    batch: int = EVALUATION_BATCH,
) -> dict[str, float]:
    """Answers all test pictures, stores probabilities and a gallery, and returns the scores.

    Where the answers are known already, they are the `probabilities`, float32 (n, classes).
    """
    images, labels = dataset.x_test, np.asarray(dataset.y_test)
    is_multilabel = labels.ndim == 2
    if probabilities is None:
        probabilities = _predictions(model, lambda rows: images[rows], len(labels), batch)
    with atomic.replacing(run.folder / "predictions.npz") as aside:
        np.savez_compressed(
            aside, probabilities=probabilities, labels=labels.astype(np.uint8 if is_multilabel else np.int32)
        )
    most = max(200, GALLERY_BYTES // images[0].size)
    indices = (worst_indices if is_multilabel else gallery_indices)(probabilities, labels, most=most)
    with atomic.replacing(run.folder / "gallery.npz") as aside:
        np.savez_compressed(aside, indices=indices.astype(np.int32), pictures=np.asarray(images[indices]))
    if is_multilabel:
        return _scores_of_labels(probabilities, labels)
    return {
        "test_accuracy": float((probabilities.argmax(1) == labels).mean()),
        "test_cross_entropy": classification.cross_entropy(probabilities, labels),
    }


def answer_validation(
    run: Run, model: keras.Model, snapshots: Snapshots, predictions: np.ndarray | None, batch: int = EVALUATION_BATCH
) -> None:
    """Leaves the answers to validation pictures: after each epoch, and those of the kept model.

    The latter are `answers`, float32 (n, classes), where they are known already.
    """
    snapshots.pack()
    images, labels, rows = snapshots.part()
    if not len(rows):
        return
    if predictions is None:
        parts = (np.asarray(images[start : start + batch]) for start in range(0, len(rows), batch))
        predictions = np.concatenate([np.asarray(model.predict_on_batch(part)) for part in parts])
    validation_predictions.write(run, predictions, labels, rows)


def gallery_indices(probabilities: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Which test pictures are kept for showing: the wrong ones, worst first, then right ones of all classes in turn.

    At least a third of the places goes to right pictures, so that no class is without an example.
    """
    predicted = probabilities.argmax(1)
    confidence = probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][: most * 2 // 3]
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(confidence[right], kind="stable")]
    # Within a class the least certain and the most certain are both worth seeing: take from both ends in turn.
    places = np.empty(len(right))
    for label in np.unique(labels[right]):
        members = np.flatnonzero(labels[right] == label)
        ranks = np.arange(len(members))
        places[members] = np.minimum(2 * ranks, 2 * ranks[::-1] + 1)
    right = right[np.argsort(places, kind="stable")][: most - len(wrong)]
    return np.sort(np.concatenate([wrong, right]))


def worst_indices(probabilities: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Which test pictures are kept where a picture may have several labels: those with a wrong label, the largest loss
    first, then right ones, the least certain first. At least a third of the places goes to right pictures.
    """
    right = ((probabilities >= multilabel.THRESHOLD) == (labels > 0)).all(1)
    order = np.argsort(-multilabel.losses(probabilities, labels), kind="stable")
    wrong = order[~right[order]][: most * 2 // 3]
    return np.sort(np.concatenate([wrong, order[right[order]][: most - len(wrong)]]))


def threshold_of(model: keras.Model, validation: Part, batch: int = EVALUATION_BATCH) -> float:
    """From which probability on a label is best said to be there, by the validation pictures: one that was chosen on
    the test would flatter it."""
    predictions = _predictions(model, lambda rows: validation.images[validation.rows[rows]], len(validation), batch)
    return multilabel.chosen_threshold(predictions, validation.labels)


def _predictions(model: keras.Model, images: Callable[[slice], np.ndarray], count: int, batch: int) -> np.ndarray:
    """Probabilities of so many pictures, float32 (count, classes)."""
    found = [
        np.asarray(model.predict_on_batch(np.asarray(images(slice(start, start + batch)))))
        for start in range(0, count, batch)
    ]
    return np.concatenate(found)


def _scores_of_labels(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The accuracy is the share of pictures of which all labels are right, as on the curves."""
    said = probabilities >= multilabel.THRESHOLD
    f1 = multilabel.f1_of((said & (labels > 0)).sum(0), labels.sum(0), said.sum(0))
    precisions = multilabel.average_precisions(probabilities, labels)
    return {
        "test_accuracy": float((said == (labels > 0)).all(1).mean()),
        "test_cross_entropy": float(multilabel.losses(probabilities, labels).mean()),
        "test_label_accuracy": float((said == (labels > 0)).mean()),
        "test_macro_f1": float(f1.mean()),
        "test_average_precision": float(np.nanmean(precisions)) if labels.any() else 0.0,
    }


def export(
    run: Run,
    model: keras.Model,
    config: Config,
    dataset: Dataset,
    validation: Part,
    batch: int = EVALUATION_BATCH,
) -> None:
    """The model for the pages, checked against Keras's answers, and what a page needs to know about it.

    At most `batch` pictures are answered at once: a large base has no room for more.
    """
    facts = dataset.facts
    if facts.ink:
        atomic.write_json(run.folder / input_quality.NAME, input_quality.statistics(dataset.x_train))
    sample = np.asarray(dataset.x_test[:64])
    with atomic.replacing(run.folder / "model.tflite") as aside:
        difference = formats.export("litert", model, aside, sample)
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
            "parameters": model.count_params(),
            "layers": [
                asdict(row)
                for row in as_backbone.layer_table(
                    config.model, facts.shape, len(facts.classes), config.model_settings, facts.is_multilabel
                )
            ],
            "checks": {"largest_difference_of_exported_model": difference, "pictures_compared": len(sample)},
            **({"several": True, "threshold": threshold_of(model, validation, batch)} if facts.is_multilabel else {}),
        },
    )
