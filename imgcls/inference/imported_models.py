"""Probabilities from an imported model. The model runs in a sandbox; what goes in and comes out is converted here."""

import threading
import time

import numpy as np
from PIL import Image

from imgcls.config import imported_model
from imgcls.config.imported_model import ImportedModel
from imgcls.errors import DamagedFile, RunError
from imgcls.inference import model_files
from imgcls.inference.sandbox import Sandbox, runner
from imgcls.runs.run import Run

BATCH, MOST_BATCH = 16, 128
"""Images at a time: few at first, so that a slow model keeps the time limit, then more if it is fast."""
FAST_SECONDS = 0.5
OPEN_SECONDS = 10.0
CALL_SECONDS = 20.0
MEMORY = 1_000_000_000
"""Resident bytes of the process: the model's, and those of Python with the runtime."""
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DAMAGED = "The imported model of this run is damaged: {}. Import it again."


class ImportedPredictor:
    """The model of an imported run, with the methods of `Predictor`. Its process starts with the first image.

    A process that has ended, because it was idle or a call took too long, is started again.

    Raises:
        RunError: the model file is missing or was changed, or imported.json is damaged.
    """

    def __init__(self, run: Run):
        model, self._card = imported_model.read(run.folder), run.card
        if model is None:
            raise RunError("This run has no trained model. Choose another run, or train one.")
        self._model: ImportedModel = model
        self._is_multilabel = self._card.is_multilabel
        if len(model.positions) != len(self._card.classes):
            raise RunError(DAMAGED.format("it has another number of classes"))
        try:
            self._content = model_files.read(run.folder / model.file, self._card.digest or "unknown")
        except FileNotFoundError as error:
            raise RunError(DAMAGED.format(f"the file {model.file} is missing")) from error
        except DamagedFile as error:
            raise RunError(DAMAGED.format(error.reason)) from error
        except OSError as error:
            raise RunError(DAMAGED.format(error.strerror)) from error
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), of uint8 images (n, height, width, channels) as in the run's dataset.

        Raises:
            RunError: the images have another size, or the model failed or exceeded a limit of the sandbox.
        """
        if images.shape[1:] != self._card.shape:
            given, expected = ("×".join(map(str, shape)) for shape in (images.shape[1:], self._card.shape))
            raise RunError(f"This model expects images of {expected} values; these have {given}.")
        step = self._model.batch or BATCH
        found = np.empty((len(images), len(self._model.positions)), np.float32)
        with self._lock:
            start = 0
            while start < len(images):
                began = time.monotonic()
                part = slice(start, start + step)
                outputs = run_batch(self._opened(), self._model, np.asarray(images[part]))
                found[part] = probabilities(self._model, outputs, self._is_multilabel)
                start += step
                if not self._model.batch and time.monotonic() - began < FAST_SECONDS:
                    step = min(2 * step, MOST_BATCH)
        return found

    def close(self) -> None:
        """Ends the process of the model."""
        with self._lock:
            if self._sandbox is not None:
                self._sandbox.close()
                self._sandbox = None

    def _opened(self) -> Sandbox:
        if self._sandbox is None or not self._sandbox.is_alive:
            self._sandbox = Sandbox(runner.MODULE, MEMORY)
            self._sandbox.ask({"do": "open", "format": self._model.kind}, self._content, OPEN_SECONDS)
        return self._sandbox


def run_batch(sandbox: Sandbox, model: ImportedModel, images: np.ndarray, seconds: float = CALL_SECONDS) -> np.ndarray:
    """The model's outputs, float32 (n, k), for uint8 images (n, height, width, channels) of any size.

    Raises:
        RunError: the model failed, exceeded a limit, or returned something else than one row for each image.
    """
    count = len(images)
    values = inputs(model, images)
    if model.batch > count:
        values = np.concatenate([values, np.zeros((model.batch - count, *values.shape[1:]), values.dtype)])
    request = {"do": "run", "shape": list(values.shape), "dtype": values.dtype.name}
    header, content = sandbox.ask(request, np.ascontiguousarray(values).tobytes(), seconds)
    shape = header.get("shape")
    outputs = np.frombuffer(content, np.float32)
    rows = len(values)
    if not (isinstance(shape, list) and shape[:1] == [rows] and len(outputs) and len(outputs) % rows == 0):
        raise RunError(
            f"The model returns an array of shape {str(shape)[:60]} for {rows} images; one row of scores for each "
            "image was expected."
        )
    return outputs.reshape(rows, -1)[:count]


def inputs(model: ImportedModel, images: np.ndarray) -> np.ndarray:
    """What the model is given for uint8 images (n, height, width, channels): resized, scaled, its axes in its order."""
    height, width, channels = model.size
    images = _resized(_with_channels(images, channels), height, width)
    values = images if model.dtype == "uint8" and model.scaling == "0-255" else scaled(images, model.scaling)
    if model.channel_order == "BGR":
        values = values[..., ::-1]
    if model.layout == "NCHW":
        return values.transpose(0, 3, 1, 2)
    if model.layout == "HW":
        return values[..., 0]
    return values.reshape(len(values), -1) if model.layout == "flat" else values


def scaled(images: np.ndarray, scaling: str) -> np.ndarray:
    """uint8 images (n, height, width, channels) as float32 in the range that a model was trained on."""
    values = images.astype(np.float32)
    if scaling == "0-1":
        return values / np.float32(255)
    if scaling == "-1-1":
        return values / np.float32(127.5) - np.float32(1)
    if scaling == "imagenet":
        return (values / np.float32(255) - _array(IMAGENET_MEAN)) / _array(IMAGENET_STD)
    if scaling == "imagenet-mean":
        return values - 255 * _array(IMAGENET_MEAN)
    return values


def probabilities(model: ImportedModel, outputs: np.ndarray, is_multilabel: bool) -> np.ndarray:
    """Probabilities, float32 (n, classes), in the order of the dataset's classes, from the model's outputs (n, k).

    Raises:
        RunError: the outputs are not numbers, or not as many as the model had when it was imported.
    """
    if outputs.shape[1] != model.width:
        raise RunError(f"The model returns {outputs.shape[1]} scores for an image; {model.width} were expected.")
    if not np.isfinite(outputs).all():
        raise RunError("The model returns values that are not numbers. Check how its pixel values are scaled.")
    values = outputs.astype(np.float64)
    if model.has_one_output or is_multilabel:
        if model.outputs == "logits":
            values = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
        if model.has_one_output:
            values = np.concatenate([1 - values, values], axis=1)
    elif model.outputs == "logits":
        values = np.exp(values - values.max(1, keepdims=True))
        values /= values.sum(1, keepdims=True)
    return values[:, list(model.positions)].astype(np.float32)


def _with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    if images.shape[-1] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=-1)
    # The weights of ITU-R 601, as Pillow's mode "L".
    grey = np.rint(images @ np.array([0.299, 0.587, 0.114], np.float32))
    return grey[..., None].astype(np.uint8)


def _resized(images: np.ndarray, height: int, width: int) -> np.ndarray:
    if images.shape[1:3] == (height, width):
        return images
    rows = [np.asarray(_image(image).resize((width, height), Image.Resampling.BICUBIC)) for image in images]
    return np.stack(rows).reshape(len(images), height, width, images.shape[-1])


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _array(values: tuple[float, ...]) -> np.ndarray:
    return np.array(values, np.float32)
