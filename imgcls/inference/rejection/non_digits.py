"""Whether handwriting is something other than a digit: a letter, a sign, a smiley.

A small network that has seen digits and other things (D. Hendrycks, M. Mazeika and T. Dietterich, "Deep Anomaly
Detection with Outlier Exposure", 2019) looks at the directions of the edges in the model input (N. Dalal and B. Triggs,
"Histograms of Oriented Gradients for Human Detection", 2005) and, for a drawing, at the path of the pen. It knows
nothing of the run's own model, so it serves every model of the ten digits. For images without strokes, the scores of
several such networks are averaged. The weights are fitted by `imgcls.training.non_digits`; NumPy alone runs them.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.images.loading import prepare_ink
from imgcls.inference.rejection.pen_path import resampled, turned

FILE = Path(__file__).with_name("non_digits.npz")
SHAPE = (28, 28, 1)
CELLS = 7
"""Cells per side in which edges are counted."""
DIRECTIONS = 8
CLEARLY_A_DIGIT = -4.0
"""The score of the image below which a drawing is accepted, however the pen went."""
PLACES = 24
"""Points along the pen's path that describe a drawing."""
TAP = 0.03
"""Strokes shorter than this fraction of the longer side are taps."""
MOST_STROKES = 4
"""Strokes are counted up to here."""
PARTS = ("hidden", "hidden_bias", "output", "output_bias")
"""The weights of a network in the file."""


def is_non_digit(pixels: np.ndarray, strokes: Sequence[np.ndarray] | None = None) -> bool:
    """Whether a prepared model input, uint8 (height, width, channels), light ink on black, is no digit.

    `strokes` are those of a drawing, each (points, 2 or more): x and y, y downwards.
    """
    if pixels.shape != SHAPE:
        pixels = prepare_ink(pixels.max(axis=2), SHAPE).pixels
    by_image = float(scores(pixels[None])[0])
    if strokes is None or by_image > threshold(has_pen=False):
        return by_image > threshold(has_pen=False)
    # Many people write strokes in another order or direction than those of the training data: no reason to reject what
    # is clearly a digit on paper.
    by_pen = float(scores(pixels[None], pen_features(strokes)[None])[0])
    return by_pen > threshold(has_pen=True) and by_image > CLEARLY_A_DIGIT


def threshold(*, has_pen: bool) -> float:
    """The score above which something is no digit, for drawings and for images."""
    return float(_weights()["threshold_pen" if has_pen else "threshold_image"])


def scores(images: np.ndarray, pens: np.ndarray | None = None) -> np.ndarray:
    """The log-odds that each of n images, uint8 (n, 28, 28, 1), is no digit, float32 (n,).

    `pens` are the features of their strokes, float32 (n, d), if they were drawn.
    """
    values = image_features(images)
    if pens is not None:
        values = np.concatenate([values, pens], axis=1)
    networks = _networks("image" if pens is None else "pen")
    hidden = np.maximum(values @ networks.hidden + networks.hidden_bias, 0)  # those of all networks side by side
    parts = hidden.reshape(len(values), len(networks.output), -1).swapaxes(0, 1)
    logits = parts @ networks.output + networks.output_bias[:, None]
    digits = logits[..., :-1]
    peak = digits.max(2, keepdims=True)
    return (logits[..., -1] - peak[..., 0] - np.log(np.exp(digits - peak).sum(2))).mean(0)


def image_features(images: np.ndarray) -> np.ndarray:
    """Histograms of edge directions, and brightness, in 7×7 cells: uint8 (n, 28, 28, 1) to float32 (n, 441)."""
    parts = [_image_features(images[start : start + 500, ..., 0]) for start in range(0, len(images), 500)]
    return np.concatenate(parts) if parts else np.zeros((0, (DIRECTIONS + 1) * CELLS**2), np.float32)


def _image_features(grey: np.ndarray) -> np.ndarray:
    values = np.pad(grey.astype(np.float32) / 255, ((0, 0), (1, 1), (1, 1)))
    across = values[:, 1:-1, 2:] - values[:, 1:-1, :-2]
    down = values[:, 2:, 1:-1] - values[:, :-2, 1:-1]
    strength = np.hypot(across, down)
    direction = np.arctan2(down, across) * np.float32(DIRECTIONS / (2 * np.pi)) % DIRECTIONS
    # Each edge counts for the two directions it lies between.
    below = np.floor(direction)
    part = strength * (direction - below)
    first = below.astype(np.intp) % DIRECTIONS
    maps = np.zeros((len(grey), DIRECTIONS, *strength.shape[1:]), np.float32)
    np.put_along_axis(maps, first[:, None], (strength - part)[:, None], 1)
    np.put_along_axis(maps, (first[:, None] + 1) % DIRECTIONS, part[:, None], 1)
    pool = _pooling(grey.shape[1])
    edges = np.sqrt((pool @ maps @ pool.T).reshape(len(grey), -1))
    edges /= np.maximum(np.sqrt(np.square(edges).sum(1, keepdims=True)), 1e-6)
    brightness = (pool @ values[:, 1:-1, 1:-1] @ pool.T).reshape(len(grey), -1)
    return np.concatenate([edges * 10, brightness / 4], axis=1)


@functools.cache
def _pooling(side: int) -> np.ndarray:
    """Weights of each pixel along a side for each cell: overlapping triangles, float32 (CELLS, side)."""
    step = side / CELLS
    centres = (np.arange(CELLS) + 0.5) * step
    weights = np.maximum(1 - np.abs(np.arange(side) + 0.5 - centres[:, None]) / step, 0)
    return weights.astype(np.float32)


def pen_features(strokes: Sequence[np.ndarray]) -> np.ndarray:
    """The path of the pen, whatever its size and place: float32 (5 * PLACES + 12,).

    Points at equal distances along all strokes with their directions and the stroke they are on; then the number of
    strokes, the length, the turns, the proportions, and the distance between beginning and end.
    """
    lines = [np.asarray(stroke, np.float64)[:, :2] for stroke in strokes]
    points = np.concatenate(lines)
    low, extent = points.min(0), np.ptp(points, axis=0)
    longer = max(float(extent.max()), 1e-6)
    lines = [(line - low - extent / 2) / longer for line in lines]
    real = [line for line in lines if _length(line) >= TAP] or [max(lines, key=_length)]
    lengths = np.array([_length(line) for line in real])
    total = max(float(lengths.sum()), 1e-6)
    marks = (np.arange(PLACES) + 0.5) / PLACES * total
    ends = np.cumsum(lengths)
    number = np.minimum(np.searchsorted(ends, marks), len(real) - 1)
    places, ways = np.zeros((PLACES, 2)), np.zeros((PLACES, 2))
    for index, line in enumerate(real):
        on_it = number == index
        if len(line) < 2 or not on_it.any():
            places[on_it] = line[0]
            continue
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        where = marks[on_it] - (ends[index] - lengths[index])
        before, after = (np.clip(where + step, 0, along[-1]) for step in (-total / 48, total / 48))
        places[on_it] = _at(line, along, where)
        way = _at(line, along, after) - _at(line, along, before)
        ways[on_it] = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
    count = np.zeros(MOST_STROKES)
    count[min(len(real), MOST_STROKES) - 1] = 1
    turns = [turned(resampled(line, 1 / 24)) for line in real]
    gap = real[-1][-1] - real[0][0]
    facts = [
        *count,
        total / 4,
        sum(float(np.abs(turn).sum()) for turn in turns) / 12,
        sum(float(turn.sum()) for turn in turns) / 6,
        *(extent / longer),
        float(np.hypot(*gap)),
        min(len(lines) - len(real), 4) / 4,
        min(len(lines), 10) / 10,
    ]
    return np.concatenate([places.ravel(), ways.ravel() / 2, number / MOST_STROKES, facts]).astype(np.float32)


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _at(line: np.ndarray, along: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.column_stack([np.interp(where, along, line[:, axis]) for axis in range(2)])


@dataclass(frozen=True, eq=False)
class _Networks:
    """The networks whose scores are averaged: `hidden` (features, networks * units) and its bias, `output` (networks,
    units, 11) and its bias (networks, 11); float32."""

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray


@functools.cache
def _networks(kind: str) -> _Networks:
    weights = _weights()
    members = range(int(weights[f"members_{kind}"]))
    hidden, hidden_bias, output, output_bias = (
        [weights[f"{member}/{kind}/{name}"] for member in members] for name in PARTS
    )
    return _Networks(np.concatenate(hidden, 1), np.concatenate(hidden_bias), np.stack(output), np.stack(output_bias))


@functools.cache
def _weights() -> dict[str, np.ndarray]:
    with np.load(FILE, allow_pickle=False) as file:
        return {name: file[name].astype(np.float32) for name in file.files}
