"""Occlusion: hide a part of the picture and see what the answer loses. (Zeiler and Fergus 2014.)"""

from typing import Protocol

import numpy as np

POSITIONS = 9
"""Squares a side: 81 questions a picture."""
SMALLEST = 1e-7


class Predictions(Protocol):
    """A model, such as `serving.Predictor`."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), for uint8 pictures (n, height, width, channels)."""


def occlusion(predictor: Predictions, image: np.ndarray, target: int, *, positions: int = POSITIONS) -> np.ndarray:
    """How much each place spoke for the class `target`, float32 (height, width), for a uint8 picture (h, w, channels).

    A square slides over the picture in `positions` steps a side; it has the colour of the picture's edge and is twice
    as wide as a step. A value is the mean loss of log odds, in nats, over the squares that hide the place: 0 where
    nothing changes, negative where the class gains when the place is hidden.
    """
    heats = occlusions(predictor, image, positions=positions)
    return heats[target]


def occlusions(predictor: Predictions, image: np.ndarray, *, positions: int = POSITIONS) -> np.ndarray:
    """`occlusion` of all classes at once, float32 (classes, height, width): the questions are the same."""
    height, width = image.shape[:2]
    rows, columns = squares(height, positions), squares(width, positions)
    hidden = np.repeat(image[None], len(rows) * len(columns), axis=0)
    places = [(row, column) for row in rows for column in columns]
    colour = edge_colour(image)
    for copy, (row, column) in zip(hidden, places, strict=True):
        copy[row, column] = colour
    odds = log_odds(predictor.probabilities(np.concatenate([image[None], hidden])))
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
    """The median colour of the outermost pixels, uint8 (channels,): mostly what lies behind the thing."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return np.median(edge, axis=0).astype(np.uint8)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)) of probabilities (n, classes); where p is nearly 1, the rest is what the others have."""
    p = probabilities.astype(np.float64)
    rest = p.sum(1, keepdims=True) - p
    return (np.log(np.maximum(p, SMALLEST)) - np.log(np.maximum(rest, SMALLEST))).astype(np.float32)
