"""Writes the 8-bit model of a run, `served.tflite`, and compares it: see `imgcls.inference.served_model`."""

import dataclasses
import statistics
import time
import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np

from imgcls.export import verification
from imgcls.export.runtimes import LiteRT
from imgcls.export.tolerances import Tolerance
from imgcls.inference import model_files, served_model
from imgcls.inference.predictor import Predictor
from imgcls.runs import Run
from imgcls.system import atomic
from imgcls.training.export.converter import KerasConverter

COMPARED = 2000
"""Test images that are compared: a trained run waits for this in the queue."""
TOLERANCE = Tolerance(None, 0.99, 0.005)
"""Stricter than for an export, because no user chooses this model. Shipped models: 99.7% and 0.0004."""
ROUNDS, BATCH = 10, 8


def attempt(run: Run, model: keras.Model) -> None:
    """Writes it where it helps. A failure is only logged: the float32 model answers then."""
    if not served_model.is_wanted() or _has_depthwise_convolution(model):
        return
    try:
        write(run, model)
    except Exception:  # noqa: BLE001 the model is trained and stored; it only answers more slowly
        print("The 8-bit model could not be made; the float32 model answers.")
        traceback.print_exc()


def write(run: Run, model: keras.Model) -> None:
    """Writes the file and its record. One that is not equivalent, or not faster, leaves only the record.

    Raises:
        UserError: the run has no test predictions, or neither its dataset nor any test image is on this machine.
        OSError: a file cannot be written.
    """
    for name in served_model.FILES:
        (run.folder / name).unlink(missing_ok=True)
    path = run.folder / served_model.NAME
    with atomic.replacing(path) as aside:
        KerasConverter(model).litert(aside, "dynamic", has_features=True)
    known = verification.reference(run)
    chosen = np.linspace(0, len(known.rows) - 1, min(COMPARED, len(known.rows))).round().astype(int)
    known = dataclasses.replace(
        known,
        rows=known.rows[chosen],
        indices=known.indices[chosen],
        probabilities=known.probabilities[chosen],
        labels=known.labels[chosen],
    )
    found = verification.compare(known, LiteRT(path), lambda *_: None)
    problem = verification.problem(found, TOLERANCE)
    gain = _gain(run.folder / "model.tflite", path, np.asarray(known.images[known.rows[:BATCH]]))
    record: dict[str, Any] = {
        "version": served_model.VERSION,
        "sha256": model_files.digest_of(path.read_bytes()),
        "model_sha256": run.card.digest,
        "images": found.count,
        "identical": found.identical,
        "largest_difference": found.largest_difference,
        "accuracy": found.accuracy and found.accuracy.value,
        "stored_accuracy": found.stored_accuracy and found.stored_accuracy.value,
        "gain": round(gain, 2),
        "problem": problem,
    }
    if problem or gain < served_model.LEAST_GAIN:
        path.unlink()
    atomic.write_json(run.folder / served_model.RECORD, record)


def _has_depthwise_convolution(model: keras.Model) -> bool:
    """LiteRT computes those in float32, so 8-bit weights make such a model slower: EfficientNet-Lite0 by a third."""
    return any(
        isinstance(layer, keras.layers.DepthwiseConv2D)
        or (isinstance(layer, keras.Model) and _has_depthwise_convolution(layer))
        for layer in model.layers
    )


def _gain(float32: Path, served: Path, images: np.ndarray) -> float:
    """How many times as fast the second file is: the median of small batches in turns."""
    first, second = Predictor(float32), Predictor(served)
    times: dict[Predictor, list[float]] = {first: [], second: []}
    for predictor in (first, second):
        predictor.probabilities(images)
    for _ in range(ROUNDS):
        for predictor, spent in times.items():
            start = time.thread_time()
            predictor.probabilities(images)
            spent.append(time.thread_time() - start)
    return statistics.median(times[first]) / max(statistics.median(times[second]), 1e-9)
