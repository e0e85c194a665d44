"""What every layer of a model said about pictures, without Keras: `inside.tflite`, written by the trainer.

    inside.tflite    the network with all its layers as outputs, weights in 16 bits
    inside.json      the names, kinds and shapes of these layers, written last; or why there is no inside

The answers of `model.tflite` are the ones that count; these are for looking, and differ by rounding.
"""

import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.errors import RunError

VERSION = 2
FILES = ("inside.json", "inside.tflite", "inside.npz", "neighbours.npz")
"""All that belongs to the inside of a model, what is written last first."""
BATCH = 16
GAIN = 2e-3
"""A place is made so much stronger, and weaker: small beside what bends, large beside rounding."""
MOST_CELLS = 14
"""So many squares a side are asked about at most."""
MOST_BYTES = 32_000_000
"""Changed maps that are in memory at once."""
MISSING = "The inside of this model is not stored yet."


@dataclass(frozen=True)
class Seen:
    """What a model saw in n pictures: `probabilities` float32 (n, k), `features` of the last hidden layer, float32
    (n, d), and what each layer said, float32 (n, ...), in the order of the layers."""

    probabilities: np.ndarray
    features: np.ndarray
    layers: dict[str, np.ndarray]


class Inside:
    """A loaded `inside.tflite`; `about` is the content of `inside.json` where that is known.

    May be shared by threads: a lock guards the interpreter.

    Raises:
        RunError: a file is missing or damaged, or the trainer has left the inside out.
    """

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None):
        from ai_edge_litert.interpreter import Interpreter

        self._lock = threading.Lock()
        about = _about(path.with_name("inside.json")) if about is None else about
        try:
            self.kinds = {layer["name"]: layer["kind"] for layer in about["layers"]}
            self._keys = {layer["key"]: layer["name"] for layer in about["layers"]}
            self._seam = about["seam"]
            self._mirrored = bool(about["mirrored"])
            self._interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
            self._runner = self._interpreter.get_signature_runner()
            self.shape = tuple(self._runner.get_input_details()["pictures"]["shape_signature"][1:].tolist())
        except FileNotFoundError as error:
            raise RunError(MISSING) from error
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise RunError("The stored inside of this model is damaged. Let it be made anew.") from error

    @property
    def has_maps(self) -> bool:
        """Whether there is a layer with maps behind which Grad-CAM can look."""
        return self._seam is not None

    @property
    def seam(self) -> str | None:
        """The name of that layer."""
        return self._seam["layer"] if self._seam else None

    @property
    def map_shape(self) -> tuple[int, int]:
        """Height and width of its maps."""
        return tuple(self._seam["shape"][:2])

    def look(self, images: np.ndarray) -> Seen:
        """What the model sees in uint8 pictures (n, height, width, channels).

        A model that asks for the mirror image, too, gives the mean of both as its probabilities and features; the
        layers are those of the picture as it is.

        Raises:
            RunError: the pictures have another size than those the model was trained on.
        """
        self._check(images)
        parts = [self._seen(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        names = parts[0].layers
        return Seen(
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.features for part in parts]),
            {name: np.concatenate([part.layers[name] for part in parts]) for name in names},
        )

    def slopes(self, image: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """What each logit gains when a place of the layer `seam` is made stronger, per its whole strength, for one
        uint8 picture (height, width, channels): float32 (h, w, classes), and the probabilities float32 (classes,).

        That is gradient times value, summed over the maps. Large maps are asked in squares of several places, which
        share what they gain. With mirrored answers there are two pairs, the second mirrored back.

        Raises:
            RunError: the network has no maps, or the picture has another size.
        """
        if not self._seam:
            raise RunError("This network has no maps: each unit sees all pixels at once, so Grad-CAM cannot be asked.")
        self._check(image[None])
        found = [self._slopes(image[None])]
        if self._mirrored:
            slopes, probabilities = self._slopes(image[None, :, ::-1])
            found.append((slopes[:, ::-1], probabilities))
        return found

    def _slopes(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        height, width, maps = self._seam["shape"]
        squares = [(row, column) for row in cells(height) for column in cells(width)]
        size = max(1, MOST_BYTES // (8 * height * width * maps))
        slopes = probabilities = None
        for start in range(0, len(squares), size):
            some = squares[start : start + size]
            gains = np.ones((1 + 2 * len(some), height, width, 1), np.float32)  # the first row is the picture as it is
            for number, (row, column) in enumerate(some):
                gains[2 * number + 1, row, column] += GAIN
                gains[2 * number + 2, row, column] -= GAIN
            said = self._ask(image, gains)
            logits, probabilities = said["logits"], said["probabilities"][0]
            if slopes is None:
                slopes = np.empty((height, width, len(probabilities)), np.float32)
            for number, (row, column) in enumerate(some):
                places = (row.stop - row.start) * (column.stop - column.start)
                slopes[row, column] = (logits[2 * number + 1] - logits[2 * number + 2]) / (2 * GAIN * places)
        return slopes, probabilities

    def _seen(self, images: np.ndarray) -> Seen:
        said = self._ask(images)
        probabilities, features = said["probabilities"], said["features"]
        if self._mirrored:
            other = self._ask(images[:, :, ::-1])
            probabilities = (probabilities + other["probabilities"]) / 2
            features = (features + other["features"]) / 2
        return Seen(probabilities, features, {name: said[key] for key, name in self._keys.items()})

    def _ask(self, images: np.ndarray, gains: np.ndarray | None = None) -> dict[str, np.ndarray]:
        gains = np.ones((1, 1, 1, 1), np.float32) if gains is None else gains
        with self._lock:
            return self._runner(pictures=np.ascontiguousarray(images, np.uint8), gains=gains)

    def _check(self, images: np.ndarray) -> None:
        if images.shape[1:] != self.shape:
            told = [" x ".join(map(str, shape)) + " values" for shape in (self.shape, images.shape[1:])]
            raise RunError(f"This model reads pictures of {told[0]}; these are of {told[1]}.")


def cells(length: int) -> list[slice]:
    """A side of a map in at most `MOST_CELLS` pieces of about the same length."""
    ends = np.linspace(0, length, min(length, MOST_CELLS) + 1).round().astype(int).tolist()
    return [slice(start, stop) for start, stop in itertools.pairwise(ends)]


def _about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_bytes())
        if about["version"] != VERSION:
            raise RunError("The inside of this model was stored by another version. Let it be made anew.")
        if "left_out" in about:
            raise RunError(str(about["left_out"]))
        return about
    except FileNotFoundError as error:
        raise RunError(MISSING) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError("The stored inside of this model is damaged. Let it be made anew.") from error
