"""Probabilities from a trained model without Keras: LiteRT, in a page or wherever TensorFlow is too heavy."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.config import imported_model
from imgcls.errors import DamagedFile, RunError
from imgcls.inference import model_files, served_model
from imgcls.inference.imported_models import ImportedPredictor
from imgcls.inference.served_model import ServedModel
from imgcls.models import litert
from imgcls.runs.results import ModelCard
from imgcls.runs.run import Run

BATCH = 64
CACHED_MODELS = 8
INSTEAD = "Train it again, or choose another run."
DAMAGED = f"The model of this run is damaged. {INSTEAD}"


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a model computes for n images: `probabilities`, float32 (n, classes), and the `features` of the last hidden
    layer, float32 (n, d); None if the model file has no such output."""

    probabilities: np.ndarray
    features: np.ndarray | None = None

    def rows(self) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Probabilities and features of one image after the other."""
        for number, row in enumerate(self.probabilities):
            yield row, None if self.features is None else self.features[number]


class Predictor:
    """A loaded LiteRT file. Threads may share it: an interpreter is not thread-safe, so a lock guards it.

    A file with a fixed batch size gets its images in batches of that size; the last one is padded. An integer output is
    converted to probabilities.

    `digest` is what the trainer recorded, see `model_files.read`; None for a file that this process has written.

    Raises:
        RunError: the file is missing or is not a model.
    """

    def __init__(self, path: Path, digest: str | None = None):
        self._lock = threading.Lock()
        try:
            # From memory: deleting or replacing the file does not disturb a model in use.
            self._interpreter = litert.load(model_files.read(path, digest))
            self._input = self._interpreter.get_input_details()[0]
            self._output, self._features = _named_outputs(self._interpreter)
            fixed, *shape = self._input["shape_signature"].tolist()
            self._shape = tuple(shape)
            self._step = BATCH if fixed < 1 else fixed
            self._is_fixed = fixed > 0
            self._scale, self._zero = self._output["quantization"]
            self._batch = 0
            if self._is_fixed:
                self._interpreter.allocate_tensors()
        except FileNotFoundError as error:
            raise RunError("This run has no trained model. Choose another run, or train one.") from error
        except DamagedFile as error:
            raise RunError(f"The model of this run is damaged: {error.reason}. {INSTEAD}") from error
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise RunError(DAMAGED) from error

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), of uint8 images (n, height, width, channels).

        Raises:
            RunError: the images do not have the size that the model was trained on, or the model is damaged.
        """
        return self.outputs(images).probabilities

    def outputs(self, images: np.ndarray) -> Outputs:
        """The same with the features, if the file has such an output."""
        if images.shape[1:] != self._shape:
            raise RunError(
                f"This model expects images of {_size(self._shape)} values; these have {_size(images.shape[1:])}."
            )
        if not len(images):
            return Outputs(np.empty((0, self._output["shape"][-1]), np.float32))
        with self._lock:
            parts = [self._run_batch(images[start : start + self._step]) for start in range(0, len(images), self._step)]
        values, *features = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        if self._scale:
            values = ((values.astype(np.float32) - self._zero) * self._scale).astype(np.float32)
        return Outputs(values, *features)

    def _run_batch(self, images: np.ndarray) -> list[np.ndarray]:
        """Probabilities, and features if there are any."""
        count = len(images)
        try:
            if self._is_fixed:
                images = np.concatenate([images, np.zeros((self._step - count, *self._shape), np.uint8)])
            elif count != self._batch:
                self._batch = 0
                self._interpreter.resize_tensor_input(self._input["index"], images.shape)
                self._interpreter.allocate_tensors()
                self._batch = count
            self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(images, dtype=np.uint8))
            self._interpreter.invoke()
            outputs = (self._output,) if self._features is None else (self._output, self._features)
            return [self._interpreter.get_tensor(output["index"])[:count] for output in outputs]  # copies
        except (RuntimeError, ValueError) as error:
            raise RunError(DAMAGED) from error


def load_predictor(run: Run, *, is_exact: bool = False) -> Predictor | ImportedPredictor:
    """The model of a run. The last few stay loaded; a changed file is loaded again. An imported one runs in a sandbox.

    Where it is equivalent and faster, this is the 8-bit model; with `is_exact` it is the float32 model, to which the
    scores of a run belong.

    Raises:
        RunError: the run has no model, or the file is damaged.
    """
    served = None if is_exact else served_model.of(run)
    if served is not None:
        try:
            return _load_served(run.folder, served)
        except RunError:  # damaged: the model itself still answers
            pass
    return _load(run.folder, run.stamp("model.tflite", "model.json", imported_model.NAME))


@lru_cache(CACHED_MODELS)
def _load_served(folder: Path, served: ServedModel) -> Predictor:
    return Predictor(folder / served_model.NAME, served.digest)


@lru_cache(CACHED_MODELS)
def _load(folder: Path, stamp: tuple) -> Predictor | ImportedPredictor:
    if imported_model.exists(folder):
        return ImportedPredictor(Run(folder))
    return Predictor(folder / "model.tflite", Run(folder).card.digest)


def classify(run: Run, card: ModelCard, pixels: np.ndarray) -> np.ndarray:
    """Probabilities, float32 (n, classes), of prepared inputs, uint8 (n, height, width, channels).

    Raises:
        RunError: the run has no model, or it does not match its card.
    """
    return outputs(run, card, pixels).probabilities


def outputs(run: Run, card: ModelCard, pixels: np.ndarray) -> Outputs:
    """The same with the features of the last hidden layer, if the model that answers has such an output."""
    predictor = load_predictor(run)
    found = predictor.outputs(pixels) if isinstance(predictor, Predictor) else Outputs(predictor.probabilities(pixels))
    probabilities = found.probabilities
    if probabilities.shape != (len(pixels), len(card.classes)):
        raise RunError("The number of classes in model.json does not match the model. Train it again.")
    if not np.isfinite(probabilities).all():
        raise RunError(f"The model of this run is damaged: its predictions are not numbers. {INSTEAD}")
    return found


def _named_outputs(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The details of the probabilities, and of the features if there are two outputs."""
    details = interpreter.get_output_details()
    if len(details) == 1:
        return details[0], None
    named = interpreter.get_signature_runner().get_output_details()
    return named["probabilities"], named["features"]


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
