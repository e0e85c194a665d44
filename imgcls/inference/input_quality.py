"""The input check: how a drawing or an image of handwriting, as a model input, differs from the training images.

`measure` gives five measurements of each image, `statistics` their distribution over many images (stored with a run as
`doctor.json`), and `findings` compares the two.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from imgcls.languages import N_

NAME = "doctor.json"
VERSION = 1
MOST = 4_000
"""The statistics are those of at most this many training images, evenly sampled."""
INK_BELOW = 12
"""Of 255: an image with a lower contrast contains no ink."""


@dataclass(frozen=True)
class Measure:
    """One measurement: title, unit, decimals, a `margin` beyond the usual range that is still fine (pixels are coarse),
    and what to say if it is too low or too high."""

    title: str
    unit: str
    digits: int
    margin: float
    low: str
    high: str


MEASURES = {
    "stroke": Measure(N_("Stroke width"), "px", 1, 0.1, N_("The strokes are thin."), N_("The strokes are thick.")),
    "size": Measure(N_("Size"), "px", 1, 1.0, N_("It is small."), N_("It is large.")),
    "off_centre": Measure(N_("Off-centre"), "px", 1, 0.5, "", N_("It is off-centre.")),
    "ink": Measure(N_("Ink"), "%", 1, 0.5, N_("There is little ink."), N_("There is a lot of ink.")),
    "ground": Measure(
        N_("Background"),
        N_("of 255"),
        0,
        8,
        "",
        N_("The background is not black; the training images are white on black."),
    ),
}


@dataclass(frozen=True)
class Usual:
    """A measurement over the training images: mean, standard deviation, and the range of the middle 98%."""

    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """A measurement of an image beside the usual one; `sentence` is empty if nothing is wrong."""

    measure: Measure
    value: float
    usual: Usual
    sentence: str


def measure(images: np.ndarray) -> dict[str, np.ndarray]:
    """The measurements of uint8 images (n, height, width[, 1]), float64 (n,) each; NaN if an image contains no ink.

    The stroke width is the ink divided by half the length of its edges, both weighted by intensity, which is the width
    of a long strip. Slanted edges are longer, so it is slightly less than a ruler would give; both sides are measured
    alike. On a background that is not black, such as paper, ink is what differs from the background.
    """
    grey = images.reshape(*images.shape[:3]).astype(np.float64)
    height, width = grey.shape[1:]
    background = np.median(np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1), axis=1)
    for row in np.flatnonzero(background > INK_BELOW):
        grey[row] = _on_black(grey[row], background[row])
    frame = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    ink = grey.sum((1, 2))
    edges = np.abs(np.diff(frame, axis=1)).sum((1, 2)) + np.abs(np.diff(frame, axis=2)).sum((1, 2))
    mask = grey > np.maximum(grey.max((1, 2), keepdims=True) / 4, INK_BELOW)
    rows, columns = mask.any(2), mask.any(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        tall = height - rows.argmax(1) - rows[:, ::-1].argmax(1)
        wide = width - columns.argmax(1) - columns[:, ::-1].argmax(1)
        y = (grey.sum(2) @ (np.arange(height) + 0.5)) / ink - height / 2
        x = (grey.sum(1) @ (np.arange(width) + 0.5)) / ink - width / 2
        measured = {
            "stroke": 2 * ink / edges,
            "size": np.maximum(tall, wide).astype(float),
            "off_centre": np.hypot(x, y),
            "ink": 100 * ink / (255 * height * width),
            "ground": background,
        }
    empty = ~mask.any((1, 2))
    for values in measured.values():
        values[empty] = np.nan
    return measured


def _on_black(grey: np.ndarray, background: float) -> np.ndarray:
    """Ink on a background of this brightness as light ink on black, without shadows and spots, which are fainter."""
    ink = np.abs(grey - background)
    return np.where(ink > ink.max() / 4, ink, 0)


def statistics(images: np.ndarray) -> dict[str, Any]:
    """What is usual in these images, uint8 (n, height, width, 1): the content of `doctor.json`."""
    rows = np.linspace(0, len(images) - 1, min(MOST, len(images))).astype(int)
    measured = {name: values[np.isfinite(values)] for name, values in measure(np.asarray(images[rows])).items()}
    usual = {
        name: asdict(Usual(*map(float, (values.mean(), values.std(), *np.percentile(values, (1, 99))))))
        for name, values in measured.items()
        if len(values)
    }
    return {"version": VERSION, "pictures": len(rows), "usual": usual}


def checked(content: Any) -> dict[str, Any]:
    """The content of a `doctor.json`, if it is one.

    Raises:
        ValueError: it is of another version, or contains something other than numbers.
    """
    try:
        usual = {name: asdict(Usual(**content["usual"][name])) for name in MEASURES if name in content["usual"]}
        numbers = [number for values in usual.values() for number in values.values()]
        if content["version"] != VERSION or not usual or not np.isfinite(np.array(numbers, np.float64)).all():
            raise ValueError("it contains no statistics")
    except (TypeError, KeyError) as error:
        raise ValueError("it contains no statistics") from error
    return {"version": VERSION, "pictures": content.get("pictures", 0), "usual": usual}


def findings(images: np.ndarray, of_training: dict[str, Any]) -> list[list[Finding]]:
    """The measurements of each image, uint8 (n, height, width, 1), beside those of `statistics`.

    The list of an image without ink is empty.
    """
    usual = {name: Usual(**values) for name, values in of_training["usual"].items()}
    measured = {name: values.tolist() for name, values in measure(images).items() if name in usual}
    return [
        [
            _finding(MEASURES[name], values[row], usual[name])
            for name, values in measured.items()
            if math.isfinite(values[row])
        ]
        for row in range(len(images))
    ]


def _finding(what: Measure, value: float, usual: Usual) -> Finding:
    is_low, is_high = value < usual.low - what.margin, value > usual.high + what.margin
    return Finding(what, value, usual, what.low if is_low else what.high if is_high else "")
