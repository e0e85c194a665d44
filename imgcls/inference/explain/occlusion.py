"""Occlusion: mask a part of the image and measure what the prediction loses. (Zeiler and Fergus 2014.)"""

from typing import Protocol

import numpy as np

from imgcls.inference.explain import HEAT_MAP
from imgcls.inference.predictor import load_predictor
from imgcls.runs.run import Run

KIND = HEAT_MAP
TITLE = "Occlusion"
CAPTION = "Orange: covering this makes {name} less likely."
HELP = (
    "Covers one part of the image after another: where the model becomes less confident, the part mattered. "
    "Measured as the drop in log-odds; one nat makes the odds 2.7 times as high."
)
UNIT = "nats"

POSITIONS = 9
"""Squares per side: 81 masked copies of an image."""
SMALLEST = 1e-7


class Classifier(Protocol):
    """A model, such as `imgcls.inference.Predictor`."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), of uint8 images (n, height, width, channels)."""


def heat_maps(run: Run, pixels: np.ndarray) -> np.ndarray:
    """The occlusion maps of all classes, float32 (classes, height, width), of a uint8 image (height, width, channels).

    Raises:
        RunError: the run has no model, or the image has another size.
    """
    return occlusion_maps(load_predictor(run), pixels)


def occlusion_maps(model: Classifier, image: np.ndarray, *, positions: int = POSITIONS) -> np.ndarray:
    """The same for any model: the evidence for each class at each pixel, in nats.

    A square in the colour of the image's edge slides over it in `positions` steps per side; it is twice as wide as a
    step. A value is the mean loss of log-odds over the squares that mask the pixel: 0 if nothing changes, negative if
    the class gains.
    """
    height, width = image.shape[:2]
    rows, columns = squares(height, positions), squares(width, positions)
    masked = np.repeat(image[None], len(rows) * len(columns), axis=0)
    places = [(row, column) for row in rows for column in columns]
    colour = edge_colour(image)
    for copy, (row, column) in zip(masked, places, strict=True):
        copy[row, column] = colour
    odds = log_odds(model.probabilities(np.concatenate([image[None], masked])))
    losses = odds[0] - odds[1:]
    total = np.zeros((odds.shape[1], height, width), np.float32)
    times = np.zeros((height, width), np.float32)
    for loss, (row, column) in zip(losses, places, strict=True):
        total[:, row, column] += loss[:, None, None]
        times[row, column] += 1
    return total / times


def squares(length: int, positions: int) -> list[slice]:
    """`positions` pieces that cover a length evenly, each about twice as long as its distance from the next."""
    positions = min(positions, length)
    size = max(1, round(2 * length / (positions + 1)))
    starts = np.linspace(0, length - size, positions).round().astype(int)
    return [slice(start, start + size) for start in dict.fromkeys(starts.tolist())]


def edge_colour(image: np.ndarray) -> np.ndarray:
    """The median colour of the outermost pixels, uint8 (channels,): usually the background."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return np.median(edge, axis=0).astype(np.uint8)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)) of probabilities (n, classes). 1 - p is the sum of the others, which is exact near p = 1."""
    p = probabilities.astype(np.float64)
    rest = p.sum(1, keepdims=True) - p
    return (np.log(np.maximum(p, SMALLEST)) - np.log(np.maximum(rest, SMALLEST))).astype(np.float32)
