"""The doctor: a picture of writing, as the model gets it, beside the pictures that the model learnt from.

Figures of one picture (`examine`), of many (`figures`, kept with a run as `doctor.json`), and the sentences that
compare the two (`findings`).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

NAME = "doctor.json"
VERSION = 1
MOST = 4_000
"""Of so many training pictures, evenly spread, the figures are taken."""
INK_BELOW = 12
"""Grey levels of 255: a picture without more than that holds no ink."""


@dataclass(frozen=True)
class Sign:
    """What is measured: its title, its unit, its digits, how far beyond the usual range it still is no finding (pixels
    are coarse), and what is wrong with too little and too much of it."""

    title: str
    unit: str
    digits: int
    margin: float
    low: str
    high: str


SIGNS = {
    "stroke": Sign("Stroke width", "px", 1, 0.1, "The strokes are thin.", "The strokes are thick."),
    "size": Sign("Size", "px", 1, 1.0, "It is small.", "It is large."),
    "off_centre": Sign("Off the middle", "px", 1, 0.5, "", "It lies off the middle."),
    "ink": Sign("Ink", "%", 1, 0.5, "There is little ink.", "There is much ink."),
    "ground": Sign(
        "Ground", "of 255", 0, 8, "", "The ground is not black: the training pictures are light ink on black."
    ),
}


@dataclass(frozen=True)
class Usual:
    """One figure over the training pictures: mean, standard deviation, and the range of 98 in 100."""

    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """One figure of a picture beside the usual one; `sentence` is empty where nothing is wrong."""

    sign: Sign
    value: float
    usual: Usual
    sentence: str


def examine(images: np.ndarray) -> dict[str, np.ndarray]:
    """The figures of uint8 pictures (n, height, width[, 1]), float64 (n,) each; NaN where a picture holds no ink.

    The stroke width is the ink by half the length of its edges, in grey levels, which is the width of a long strip.
    Slant lengthens an edge, so it is a little less than a ruler says; it is measured in the same way on both sides.
    Where the ground is not black, as on paper, the ink is what differs from it.
    """
    grey = images.reshape(*images.shape[:3]).astype(np.float64)
    height, width = grey.shape[1:]
    ground = np.median(np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1), axis=1)
    for row in np.flatnonzero(ground > INK_BELOW):
        grey[row] = _on_black(grey[row], ground[row])
    frame = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    ink = grey.sum((1, 2))
    edges = np.abs(np.diff(frame, axis=1)).sum((1, 2)) + np.abs(np.diff(frame, axis=2)).sum((1, 2))
    there = grey > np.maximum(grey.max((1, 2), keepdims=True) / 4, INK_BELOW)
    rows, columns = there.any(2), there.any(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        tall = height - rows.argmax(1) - rows[:, ::-1].argmax(1)
        wide = width - columns.argmax(1) - columns[:, ::-1].argmax(1)
        y = (grey.sum(2) @ (np.arange(height) + 0.5)) / ink - height / 2
        x = (grey.sum(1) @ (np.arange(width) + 0.5)) / ink - width / 2
        found = {
            "stroke": 2 * ink / edges,
            "size": np.maximum(tall, wide).astype(float),
            "off_centre": np.hypot(x, y),
            "ink": 100 * ink / (255 * height * width),
            "ground": ground,
        }
    empty = ~there.any((1, 2))
    for values in found.values():
        values[empty] = np.nan
    return found


def _on_black(grey: np.ndarray, ground: float) -> np.ndarray:
    """Ink on a ground of this brightness as light ink on black; shadows and spots, which are fainter, are left out."""
    ink = np.abs(grey - ground)
    return np.where(ink > ink.max() / 4, ink, 0)


def figures(images: np.ndarray) -> dict[str, Any]:
    """What is usual in these pictures, uint8 (n, height, width, 1), fit for `doctor.json`."""
    rows = np.linspace(0, len(images) - 1, min(MOST, len(images))).astype(int)
    found = {name: values[np.isfinite(values)] for name, values in examine(np.asarray(images[rows])).items()}
    usual = {
        name: asdict(Usual(*map(float, (values.mean(), values.std(), *np.percentile(values, (1, 99))))))
        for name, values in found.items()
        if len(values)
    }
    return {"version": VERSION, "pictures": len(rows), "usual": usual}


def checked(kept: object) -> dict[str, Any]:
    """The content of a `doctor.json`, if it is one.

    Raises:
        ValueError: it is of another version, or something in it is no figure.
    """
    try:
        usual = {name: asdict(Usual(**kept["usual"][name])) for name in SIGNS if name in kept["usual"]}
        numbers = [number for figure in usual.values() for number in figure.values()]
        if kept["version"] != VERSION or not usual or not np.isfinite(np.array(numbers, np.float64)).all():
            raise ValueError("it holds no figures")
    except (TypeError, KeyError) as error:
        raise ValueError("it holds no figures") from error
    return {"version": VERSION, "pictures": kept.get("pictures", 0), "usual": usual}


def findings(images: np.ndarray, of_training: dict[str, Any]) -> list[list[Finding]]:
    """The figures of each of the pictures, uint8 (n, height, width, 1), beside those of `figures`.

    A picture that holds no ink has none.
    """
    usual = {name: Usual(**figure) for name, figure in of_training["usual"].items()}
    found = {name: values.tolist() for name, values in examine(images).items() if name in usual}
    return [
        [
            _finding(SIGNS[name], values[row], usual[name])
            for name, values in found.items()
            if math.isfinite(values[row])
        ]
        for row in range(len(images))
    ]


def _finding(sign: Sign, value: float, usual: Usual) -> Finding:
    is_low, is_high = value < usual.low - sign.margin, value > usual.high + sign.margin
    return Finding(sign, value, usual, sign.low if is_low else sign.high if is_high else "")
