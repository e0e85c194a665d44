"""What pages need to explain a model: its layers, what it makes of some pictures, and training pictures to compare.

    python -m imgcls.training.export.explain_data RUN_FOLDER

A trainer does this when its result is written; for older runs a page starts this process. It writes

    inside.tflite     see `training.inside`
    neighbours.npz    `features` float16 (m, d), `labels`, `pictures` uint8 and `rows` of up to 1,000 training pictures,
                      as many of each class as there are
    inside.npz        `features` float16 (n, d) of test pictures, `indices` (n,) their places in the test set, `even`
                      (n,) whether a picture was taken evenly or because pages show it; `filters` of the first layer
    inside.json       last: see `serving.inside`
"""

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

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

MOST_KNOWN = 1000
MOST_KNOWN_BYTES = 6_000_000
MOST_TESTED = 3000
SHOWN_SIDE = 64
"""Larger training pictures are kept at this side: they are only shown."""
BATCH = 64
TOO_LARGE = (
    "This model has {parameters:,} parameters: stored a second time for its layers it would be too large (the limit is "
    "{most:,}). Occlusion maps and similar pictures work without."
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m imgcls.training.export.explain_data", allow_abbrev=False)
    parser.add_argument("run", type=Path, help="the folder of a finished run")
    parser.add_argument("--known", type=int, default=MOST_KNOWN, help="so many training pictures are kept at most")
    parser.add_argument("--tested", type=int, default=MOST_TESTED, help="so many test pictures at most")
    asked = parser.parse_args(arguments)
    run = Run(asked.run.resolve())
    if not run.is_ready:
        print("This run has no trained model.", file=sys.stderr)
        return 1
    return task.task_of(run).run(lambda tell: _make(run, tell, asked.known, asked.tested))


def _make(run: Run, tell: Progress, known: int, tested: int) -> None:
    tell(0.0, "Loading TensorFlow")
    import keras

    model = keras.models.load_model(run.folder / "model.keras", compile=False, safe_mode=True)
    _write(run, model, _data(run), tell, known, tested)


def attempt(run: Run, model, dataset: Dataset) -> None:
    """The same at the end of a training, which is finished without: nobody waits, and a page can ask for it later."""
    try:
        with filelock.FileLock(task.task_of(run).lock, timeout=GRACE_SECONDS, poll_interval=0.02):
            _write(run, model, dataset, lambda fraction, text: None, MOST_KNOWN, MOST_TESTED)
    except Exception:  # noqa: BLE001
        print("The inside of the model could not be stored; its Inside view offers to make it.")
        traceback.print_exc()


def _write(run: Run, model, dataset: Dataset | None, tell: Progress, known: int, tested: int) -> None:
    """Writes all of it. Without a data set there are no training pictures, and test pictures are those of the gallery.

    Raises:
        OSError: it cannot be written.
        RuntimeError: the graph answers differently from the model.
    """
    from imgcls.training.export import activations

    task.remove_files(run)
    rows, even, images = _tested(run, dataset, tested)
    tell(0.1, "Writing down its layers")
    parameters = model.count_params()
    if parameters <= activations.MOST_PARAMETERS:
        with atomic.replacing(run.folder / "inside.tflite") as aside:
            about = activations.export(model, aside, np.asarray(images[:BATCH]))
    else:
        about = {
            "version": VERSION,
            "left_out": TOO_LARGE.format(parameters=parameters, most=activations.MOST_PARAMETERS),
        }
    seeing = activations.features_of(model)
    if dataset is not None:
        tell(0.4, "Looking at training pictures")
        _leave_known(
            run, seeing, dataset, known, lambda fraction: tell(0.4 + 0.3 * fraction, "Looking at training pictures")
        )
    tell(0.7, "Looking at test pictures")
    features = _seen(seeing, images, lambda fraction: tell(0.7 + 0.3 * fraction, "Looking at test pictures"))
    filters = activations.filters_of(model)
    with atomic.replacing(run.folder / "inside.npz") as aside:
        more = {} if filters is None else {"filters": filters}
        np.savez_compressed(aside, features=features, indices=rows.astype(np.int32), even=even, **more)
    atomic.write_json(run.folder / FILES[0], about)


def training_rows(run: Run, dataset: Dataset, most: int) -> np.ndarray:
    """Up to `most` of the training pictures that the run learnt from: as many of each class as there are, ascending."""
    config, labels = run.config, np.asarray(dataset.y_train)
    learnt, _ = datasets.split(
        dataset.y_train, config.train_images, config.validation_fraction, config.seed, dataset.facts.num_classes
    )
    if labels.ndim > 1:  # pictures of several classes each: the order is by chance already
        return np.sort(learnt[:most])
    labels = labels[learnt]
    turn = np.empty(len(learnt), np.int64)  # the how manieth of its class a picture is
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        turn[members] = np.arange(len(members))
    return np.sort(learnt[np.argsort(turn, kind="stable")[:most]])


def _leave_known(run: Run, seeing, dataset: Dataset, most: int, tell: Callable[[float], None]) -> None:
    shape = dataset.facts.shape
    side = min(max(shape[:2]), SHOWN_SIDE)
    rows = training_rows(run, dataset, min(most, MOST_KNOWN_BYTES // (side * side * shape[2])))
    images = dataset.x_train[rows]
    features = _seen(seeing, images, tell)
    with atomic.replacing(run.folder / "neighbours.npz") as aside:
        np.savez_compressed(
            aside,
            features=features,
            labels=np.asarray(dataset.y_train)[rows].astype(np.int32),
            pictures=_shown(images),
            rows=rows.astype(np.int32),
        )


def _tested(run: Run, dataset: Dataset | None, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Test pictures to look at: their places (ascending), whether they were taken evenly, and the pictures.

    A part is taken evenly, so that it stands for all; the rest is of those that pages show.
    """
    try:
        shown, images = read_gallery(run)
    except (DamagedFile, FileNotFoundError) as error:
        raise RunError("The test pictures of this run cannot be read. Train the model again.") from error
    if dataset is None:
        some = evenly(len(shown), most)
        return shown[some], np.ones(len(some), bool), images[some]
    count = len(dataset.y_test)
    if count <= most:
        return np.arange(count), np.ones(count, bool), dataset.x_test
    first = evenly(count, most // 2)
    rest = np.setdiff1d(shown, first)
    rows = np.union1d(first, rest[evenly(len(rest), most - len(first))])
    return rows, np.isin(rows, first), dataset.x_test[rows]


def evenly(count: int, most: int) -> np.ndarray:
    """Up to `most` of the numbers below `count`, at even distances."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).round().astype(np.int64)


def _seen(seeing, images: np.ndarray, tell: Callable[[float], None]) -> np.ndarray:
    """Features float16 (n, d) of uint8 pictures."""
    found = []
    for start in range(0, len(images), BATCH):
        some = np.asarray(images[start : start + BATCH])
        # All batches are of one size, as each size is another graph.
        full = np.concatenate([some, np.repeat(some[-1:], BATCH - len(some), axis=0)])
        found.append(np.asarray(seeing.predict_on_batch(full))[: len(some)].astype(np.float16))
        tell(start / len(images))
    return np.concatenate(found)


def _shown(images: np.ndarray) -> np.ndarray:
    """The pictures, reduced where they are large."""
    height, width, channels = images.shape[1:]
    if max(height, width) <= SHOWN_SIDE:
        return images
    factor = SHOWN_SIDE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = [
        Image.fromarray(image[..., 0] if channels == 1 else image).resize(size, Image.Resampling.BOX)
        for image in images
    ]
    return np.stack([np.asarray(image).reshape(size[1], size[0], channels) for image in small])


def _data(run: Run) -> Dataset | None:
    """The data set as the run learnt from it; None where it is not at hand, or not as it was."""
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
