"""Exports what pages need to explain a model: its activations, features of test images, and training images to compare.

    python -m imgcls.training.export.explain_data RUN_FOLDER

The trainer does this after it has written the result; for older runs a page starts this process. It writes

    inside.tflite     see `imgcls.training.export.activations`
    neighbours.npz    `features` float16 (m, d), `labels`, `pictures` uint8 and `rows` of up to 1,000 training images,
                      balanced over the classes
    inside.npz        `features` float16 (n, d) of test images, `indices` (n,) in the test set, `even` (n,) whether an
                      image is part of the evenly spaced sample or was added because pages show it; `filters` of the
                      first layer; `kernel` and `bias` of the first convolution, see
                      `imgcls.lessons.first_convolution`
    inside.json       see `imgcls.inference.activations`
    served.*          the model with 8-bit weights, if this machine gains from it, see `imgcls.inference.served_model`
"""

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import filelock
import numpy as np
from PIL import Image

from imgcls import datasets
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile, DatasetError, RunError
from imgcls.evaluation.predictions import read_gallery
from imgcls.inference.activations import FILES, VERSION
from imgcls.inference.explain import task
from imgcls.runs import Run
from imgcls.system import atomic
from imgcls.system.tasks import GRACE_SECONDS, Progress
from imgcls.training import keras_import
from imgcls.training.transfer.known_networks import KnownModel

MAX_TRAINING_IMAGES = 1000
MAX_TRAINING_BYTES = 6_000_000
MAX_TEST_IMAGES = 3000
STORED_SIDE = 64
"""Larger training images are reduced to this side length, because they are only shown."""
BATCH = 64
TOO_LARGE = (
    "This model has {parameters:,} parameters. Activations are only stored for models with up to {most:,} parameters. "
    "Occlusion maps and similar images work without them."
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.training.export.explain_data", allow_abbrev=False)
    parser.add_argument("run", type=Path, help="the folder of a finished run")
    parser.add_argument(
        "--known", type=int, default=MAX_TRAINING_IMAGES, help="maximum number of training images to store"
    )
    parser.add_argument("--tested", type=int, default=MAX_TEST_IMAGES, help="maximum number of test images")
    options = parser.parse_args(arguments)
    run = Run(options.run.resolve())
    if not run.is_ready:
        print("This run has no trained model.", file=sys.stderr)
        return 1
    return task.task_of(run).run(lambda report: _make(run, report, options.known, options.tested))


def _make(run: Run, report: Progress, training_images: int, test_images: int) -> None:
    report(0.0, "Loading TensorFlow")
    keras_import.load()
    import keras

    model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
    _write(run, model, _dataset(run), report, training_images, test_images)


def attempt(run: Run, model, dataset: Dataset) -> None:
    """The same at the end of a training run. A failure is only logged, because a page can start it again.

    `model` is a Keras model, or else stands for the one in model.keras.
    """
    try:
        if isinstance(model, KnownModel):
            keras_import.load()
            import keras

            model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
        with filelock.FileLock(task.task_of(run).lock, timeout=GRACE_SECONDS, poll_interval=0.02):
            _write(run, model, dataset, lambda fraction, text: None, MAX_TRAINING_IMAGES, MAX_TEST_IMAGES)
    except Exception:  # noqa: BLE001 the model is trained and stored; this extra can be made later
        print("The activations could not be exported. The Activations section offers to do it again.")
        traceback.print_exc()


def _write(run: Run, model, dataset: Dataset | None, report: Progress, training_images: int, test_images: int) -> None:
    """Writes all files. Without the dataset there are no training images, and the test images are those of the gallery.

    Raises:
        OSError: a file cannot be written.
        RuntimeError: the exported graph predicts differently from the model.
    """
    from imgcls.training.export import activations, served_export

    task.remove_files(run)
    rows, even, images = _test_images(run, dataset, test_images)
    report(0.1, "Exporting the activations")
    parameters = model.count_params()
    if parameters <= activations.MAX_PARAMETERS:
        with atomic.replacing(run.folder / "inside.tflite") as aside:
            about = activations.export(model, aside, np.asarray(images[:BATCH]))
    else:
        about = {
            "version": VERSION,
            "left_out": TOO_LARGE.format(parameters=parameters, most=activations.MAX_PARAMETERS),
        }
    feature_model = activations.features_of(model)
    if dataset is not None:
        step = "Computing features of training images"
        report(0.4, step)
        _write_neighbours(run, feature_model, dataset, training_images, lambda done: report(0.4 + 0.3 * done, step))
    step = "Computing features of test images"
    report(0.7, step)
    features = _features(feature_model, images, lambda done: report(0.7 + 0.3 * done, step))
    filters = activations.filters_of(model)
    convolution = activations.first_convolution_of(model)
    with atomic.replacing(run.folder / "inside.npz") as aside:
        more: dict[str, Any] = {} if filters is None else {"filters": filters}
        if convolution is not None:
            more |= dict(zip(("kernel", "bias"), convolution, strict=True))
        np.savez_compressed(aside, features=features, indices=rows.astype(np.int32), even=even, **more)
    atomic.write_json(run.folder / FILES[0], about)
    served_export.attempt(run, model)


def training_rows(run: Run, dataset: Dataset, count: int) -> np.ndarray:
    """Rows of up to `count` images that the run was trained on, balanced over the classes, ascending."""
    config, labels = run.config, np.asarray(dataset.y_train)
    rows, _ = datasets.training_split(dataset, config)
    if labels.ndim > 1:  # multi-label: the rows are already in random order
        return np.sort(rows[:count])
    labels = labels[rows]
    rank = np.empty(len(rows), np.int64)  # position within its class
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    return np.sort(rows[np.argsort(rank, kind="stable")[:count]])


def _write_neighbours(
    run: Run, feature_model: Any, dataset: Dataset, count: int, report: Callable[[float], None]
) -> None:
    shape = dataset.facts.shape
    side = min(max(shape[:2]), STORED_SIDE)
    rows = training_rows(run, dataset, min(count, MAX_TRAINING_BYTES // (side * side * shape[2])))
    images = dataset.x_train[rows]
    features = _features(feature_model, images, report)
    with atomic.replacing(run.folder / "neighbours.npz") as aside:
        np.savez_compressed(
            aside,
            features=features,
            labels=np.asarray(dataset.y_train)[rows].astype(np.int32),
            pictures=_reduced(images),
            rows=rows.astype(np.int32),
        )


def _test_images(run: Run, dataset: Dataset | None, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The test images to use: rows (ascending), whether each belongs to the evenly spaced sample, and the images.

    Half of a large test set's sample is evenly spaced and so represents the whole; the rest are images that pages show.
    """
    try:
        shown, images = read_gallery(run)
    except (DamagedFile, FileNotFoundError) as error:
        raise RunError("The test images of this run cannot be read. Train the model again.") from error
    if dataset is None:
        chosen = evenly(len(shown), most)
        return shown[chosen], np.ones(len(chosen), bool), images[chosen]
    count = len(dataset.y_test)
    if count <= most:
        return np.arange(count), np.ones(count, bool), dataset.x_test
    first = evenly(count, most // 2)
    rest = np.setdiff1d(shown, first)
    rows = np.union1d(first, rest[evenly(len(rest), most - len(first))])
    return rows, np.isin(rows, first), dataset.x_test[rows]


def evenly(count: int, most: int) -> np.ndarray:
    """Up to `most` of the numbers below `count`, evenly spaced."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).round().astype(np.int64)


def _features(feature_model: Any, images: np.ndarray, report: Callable[[float], None]) -> np.ndarray:
    """Features, float16 (n, d), of uint8 images."""
    parts = []
    for start in range(0, len(images), BATCH):
        batch = np.asarray(images[start : start + BATCH])
        # Pad the last batch, because TensorFlow compiles another graph for every batch size.
        padded = np.concatenate([batch, np.repeat(batch[-1:], BATCH - len(batch), axis=0)])
        parts.append(np.asarray(feature_model.predict_on_batch(padded))[: len(batch)].astype(np.float16))
        report(start / len(images))
    return np.concatenate(parts)


def _reduced(images: np.ndarray) -> np.ndarray:
    """The images, scaled down if they are large."""
    height, width, channels = images.shape[1:]
    if max(height, width) <= STORED_SIDE:
        return images
    factor = STORED_SIDE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = [
        Image.fromarray(image[..., 0] if channels == 1 else image).resize(size, Image.Resampling.BOX)
        for image in images
    ]
    return np.stack([np.asarray(image).reshape(size[1], size[0], channels) for image in small])


def _dataset(run: Run) -> Dataset | None:
    """The dataset as the run was trained on it; None if it is not available in that version."""
    path = run.folder / "data.json"
    with contextlib.suppress(DatasetError, OSError):
        name = run.config.data
        if not datasets.is_ready(name) and datasets.is_available(name):
            datasets.prepare(name)
        return (
            datasets.open_for_training(name, datasets.read_edits(path))
            if path.exists()
            else datasets.open_dataset(name)
        )
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
