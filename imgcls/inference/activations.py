"""The outputs of every layer of a model, without Keras: `inside.tflite`, written by the trainer.

    inside.tflite    the network with all its layers as outputs, 16-bit weights
    inside.json      the names, kinds and shapes of these layers, written last; or why there is no such file

The probabilities of `model.tflite` are the ones that count; those of this file differ by rounding.
"""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.errors import DamagedFile, RunError
from imgcls.inference import model_files
from imgcls.models import litert
from imgcls.runs.run import Run
from imgcls.system import json_files

VERSION = 2
FILES = ("inside.json", "inside.tflite", "inside.npz", "neighbours.npz")
"""All files about the layers of a model, the one written last first."""
BATCH = 16
CACHED_MODELS = 4
GAIN = 2e-3
"""The relative change of an activation for a difference quotient: small beside the curvature, large beside rounding."""
MOST_CELLS = 14
"""Positions per side at which gradients are measured, at most."""
MOST_BYTES = 32_000_000
"""Memory for changed feature maps at a time."""
REASON_LENGTH = 1_000
MISSING = "The activations of this model have not been stored yet."
REBUILD = "Compute the activations again."
"""The end of each message about a problem that computing the activations again solves."""
DAMAGED = f"The stored activations of this model are damaged. {REBUILD}"


@dataclass(frozen=True)
class Activations:
    """What a model computes for n images: `probabilities` float32 (n, k), `features` of the last hidden layer, float32
    (n, d), and the output of each layer, float32 (n, ...), in the order of the layers."""

    probabilities: np.ndarray
    features: np.ndarray
    layers: dict[str, np.ndarray]


class ActivationModel:
    """A loaded `inside.tflite`; `description` is the content of `inside.json` if this process has written both.

    Threads may share it: a lock guards the interpreter.

    Raises:
        RunError: a file is missing or damaged, or the trainer could not write it for this model.
    """

    def __init__(self, path: Path, description: Mapping[str, Any] | None = None):
        self._lock = threading.Lock()
        digest = None
        if description is None:
            description = _description(path.with_name("inside.json"))
            digest = str(description.get("sha256", ""))
        try:
            content = model_files.read(path, digest)
            self.kinds: dict[str, str] = {layer["name"]: layer["kind"] for layer in description["layers"]}
            self._names: dict[str, str] = {layer["key"]: layer["name"] for layer in description["layers"]}
            self._cam: dict[str, Any] | None = description["seam"]
            self._is_mirrored = bool(description["mirrored"])
            self._interpreter = litert.load(content)
            self._runner = self._interpreter.get_signature_runner()
            self.shape = tuple(self._runner.get_input_details()["pictures"]["shape_signature"][1:].tolist())
        except FileNotFoundError as error:
            raise RunError(MISSING) from error
        except (DamagedFile, OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise RunError(DAMAGED) from error

    @property
    def cam_layer(self) -> str | None:
        """The name of the layer with feature maps that Grad-CAM uses; None if there is none."""
        return self._cam["layer"] if self._cam else None

    @property
    def map_shape(self) -> tuple[int, int]:
        """Height and width of that layer's feature maps.

        Raises:
            RunError: there is no such layer.
        """
        height, width, _ = self._cam_shape()
        return height, width

    def activations(self, images: np.ndarray) -> Activations:
        """What the model computes for uint8 images (n, height, width, channels).

        With test-time augmentation, probabilities and features are the means over the image and its mirror image; the
        layers are those of the image itself.

        Raises:
            RunError: the images do not have the size that the model was trained on.
        """
        self._check(images)
        parts = [self._activations(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        names = parts[0].layers
        return Activations(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.features for part in parts]),
            {name: np.concatenate([part.layers[name] for part in parts]) for name in names},
        )

    def gradient_times_activation(self, image: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Gradient times activation of each logit at each position of `cam_layer`, summed over its maps, for one uint8
        image (height, width, channels): float32 (h, w, classes), with the probabilities float32 (classes,).

        Large maps are measured in cells of several positions, which share the value. With test-time augmentation there
        are two pairs, the second mirrored back.

        Raises:
            RunError: the network has no feature maps, or the image has another size.
        """
        self._cam_shape()
        self._check(image[None])
        pairs = [self._gradients(image[None])]
        if self._is_mirrored:
            gradients, probabilities = self._gradients(image[None, :, ::-1])
            pairs.append((gradients[:, ::-1], probabilities))
        return pairs

    def _gradients(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width, maps = self._cam_shape()
        squares = [(row, column) for row in cells(height) for column in cells(width)]
        size = max(1, MOST_BYTES // (8 * height * width * maps))
        gradients, probabilities = np.empty((0, 0, 0), np.float32), np.empty(0, np.float32)
        for start in range(0, len(squares), size):
            some = squares[start : start + size]
            gains = np.ones((1 + 2 * len(some), height, width, 1), np.float32)  # the first row is the image itself
            for number, (row, column) in enumerate(some):
                gains[2 * number + 1, row, column] += GAIN
                gains[2 * number + 2, row, column] -= GAIN
            outputs = self._run(image, gains)
            logits, probabilities = outputs["logits"], outputs["probabilities"][0]
            if not gradients.size:
                gradients = np.empty((height, width, len(probabilities)), np.float32)
            for number, (row, column) in enumerate(some):
                positions = (row.stop - row.start) * (column.stop - column.start)
                gradients[row, column] = (logits[2 * number + 1] - logits[2 * number + 2]) / (2 * GAIN * positions)
        return gradients, probabilities

    def _activations(self, images: np.ndarray) -> Activations:
        outputs = self._run(images)
        probabilities, features = outputs["probabilities"], outputs["features"]
        if self._is_mirrored:
            mirrored = self._run(images[:, :, ::-1])
            probabilities = (probabilities + mirrored["probabilities"]) / 2
            features = (features + mirrored["features"]) / 2
        return Activations(probabilities, features, {name: outputs[key] for key, name in self._names.items()})

    def _run(self, images: np.ndarray, gains: np.ndarray | None = None) -> dict[str, np.ndarray]:
        gains = np.ones((1, 1, 1, 1), np.float32) if gains is None else gains
        with self._lock:
            try:
                return self._runner(pictures=np.ascontiguousarray(images, np.uint8), gains=gains)
            except (RuntimeError, ValueError) as error:
                raise RunError(DAMAGED) from error

    def _cam_shape(self) -> tuple[int, int, int]:
        if not self._cam:
            raise RunError(
                "Grad-CAM needs feature maps, and this network has none: each of its units is connected to all pixels."
            )
        height, width, maps = self._cam["shape"]
        return height, width, maps

    def _check(self, images: np.ndarray) -> None:
        if images.shape[1:] != self.shape:
            expected, found = ("×".join(map(str, shape)) for shape in (self.shape, images.shape[1:]))
            raise RunError(f"This model expects images of {expected} values; these have {found}.")


def load_activation_model(run: Run) -> ActivationModel:
    """The activation model of a run. The last few stay loaded; a changed file is loaded again.

    Raises:
        RunError: the run has none, or a file is damaged.
    """
    return _load(run.folder, run.stamp("inside.json", "inside.tflite"))


@lru_cache(CACHED_MODELS)
def _load(folder: Path, stamp: tuple) -> ActivationModel:
    return ActivationModel(folder / "inside.tflite")


def cells(length: int) -> list[slice]:
    """A side of a feature map in at most `MOST_CELLS` pieces of about the same length."""
    ends = np.linspace(0, length, min(length, MOST_CELLS) + 1).round().astype(int).tolist()
    return [slice(start, stop) for start, stop in itertools.pairwise(ends)]


def _check_description(description: Mapping[str, Any]) -> None:
    """Raises ValueError, KeyError or TypeError unless a description has the layers and the types of one."""
    names = [layer[name] for layer in description["layers"] for name in ("key", "name", "kind")]
    if not names or not all(isinstance(name, str) and len(name) <= REASON_LENGTH for name in names):
        raise ValueError("layers")
    seam = description["seam"]
    if seam is not None and not (
        seam["layer"] in [layer["name"] for layer in description["layers"]]
        and len(seam["shape"]) == 3
        and all(json_files.is_integer(length, 1, 100_000) for length in seam["shape"])
    ):
        raise ValueError("seam")
    if not isinstance(description["mirrored"], bool):
        raise ValueError("mirrored")


def _description(path: Path) -> dict[str, Any]:
    try:
        description = json_files.read_object(path)
        if description["version"] != VERSION:
            raise RunError(f"The activations of this model were stored by another version. {REBUILD}")
        if "left_out" in description:
            raise RunError(str(description["left_out"])[:REASON_LENGTH])
        _check_description(description)
        return description
    except FileNotFoundError as error:
        raise RunError(MISSING) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(DAMAGED) from error
