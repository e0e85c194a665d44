"""What a trainer leaves when it is done: test predictions, the pictures pages show, the exported model."""

from dataclasses import asdict

import keras
import numpy as np

from imgcls import atomic, doctor, metrics, models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.runs import Run
from imgcls.training.loop import EVALUATION_BATCH
from imgcls.training.network import export_litert

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
    pictures, labels = dataset.x_test, np.asarray(dataset.y_test)
    if probabilities is None:
        probabilities = np.concatenate(
            [
                np.asarray(model.predict_on_batch(np.asarray(pictures[start : start + batch])))
                for start in range(0, len(labels), batch)
            ]
        )
    with atomic.replacing(run.folder / "predictions.npz") as aside:
        np.savez_compressed(aside, probabilities=probabilities, labels=labels.astype(np.int32))
    indices = gallery_indices(probabilities, labels, most=max(200, GALLERY_BYTES // pictures[0].size))
    with atomic.replacing(run.folder / "gallery.npz") as aside:
        np.savez_compressed(aside, indices=indices.astype(np.int32), pictures=np.asarray(pictures[indices]))
    return {
        "test_accuracy": float((probabilities.argmax(1) == labels).mean()),
        "test_cross_entropy": metrics.cross_entropy(probabilities, labels),
    }


def gallery_indices(probabilities: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Which test pictures are kept for showing: the wrong ones, worst first, then right ones of all classes in turn.

    At least a third of the places goes to right pictures, so that no class is without an example.
    """
    predicted = probabilities.argmax(1)
    certainty = probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-certainty[wrong], kind="stable")][: most * 2 // 3]
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(certainty[right], kind="stable")]
    # Within a class the least certain and the most certain are both worth seeing: take from both ends in turn.
    places = np.empty(len(right))
    for label in np.unique(labels[right]):
        members = np.flatnonzero(labels[right] == label)
        ranks = np.arange(len(members))
        places[members] = np.minimum(2 * ranks, 2 * ranks[::-1] + 1)
    right = right[np.argsort(places, kind="stable")][: most - len(wrong)]
    return np.sort(np.concatenate([wrong, right]))


def export(run: Run, model: keras.Model, config: Config, dataset: Dataset) -> None:
    """The model for the pages, checked against Keras's answers, and what a page needs to know about it."""
    facts = dataset.facts
    if facts.ink:
        atomic.write_json(run.folder / doctor.NAME, doctor.figures(dataset.x_train))
    sample = np.asarray(dataset.x_test[:64])
    with atomic.replacing(run.folder / "model.tflite") as aside:
        difference = export_litert(model, aside, sample)
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
                for row in models.table(config.model, facts.shape, len(facts.classes), config.model_settings)
            ],
            "checks": {"largest_difference_of_exported_model": difference, "pictures_compared": len(sample)},
        },
    )
