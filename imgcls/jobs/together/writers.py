"""How well each writer is read, and whose writing is furthest from the rest."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from imgcls.jobs.together import photos
from imgcls.jobs.together.pool import Pool

FEWEST = 3
"""Writers of a class: with two, each is as far from the other."""
BLUR = 2
"""Pixels that are averaged, so that a shift by a pixel does not count."""


@dataclass(frozen=True)
class WriterScore:
    """`wrong` of `count` drawings are misread. `distance`: 1 is the mean of the class, None if it cannot be said."""

    writer: str
    drawings: int
    count: int
    wrong: int
    distance: float | None


def scores(drawings: Pool) -> list[WriterScore]:
    """Of each writer, the one whose writing is furthest from the rest first."""
    by_writer, found, away = drawings.by_writer(), drawings.scores(), distances(drawings)
    listed = [
        WriterScore(writer, number, *found.get(writer, (0, 0)), away.get(writer))
        for writer, number in by_writer.items()
    ]
    return sorted(listed, key=lambda score: (-(score.distance or 0.0), score.writer))


def distances(drawings: Pool) -> dict[str, float]:
    """How far the drawings of each writer are from those of the others, relative to the mean over all writers.

    For each drawing, the Euclidean distance to the mean image of its class by the other writers, divided by the mean
    distance in that class. Classes with fewer than `FEWEST` writers do not count. Photos have no distance: it would be
    that of light and background.
    """
    pixels, labels, writer_of = drawings.pixels(), drawings.labels(), drawings.writers_of()
    of_class: dict[int, list[int]] = defaultdict(list)
    for number, image in pixels.items():
        if image.shape == photos.SHAPE:
            continue
        of_class[labels[number]].append(number)
    found: dict[str, list[float]] = defaultdict(list)
    for numbers in of_class.values():
        writers = np.array([writer_of[number] for number in numbers])
        names = np.unique(writers)
        if len(names) < FEWEST:
            continue
        images = _blurred(np.stack([pixels[number] for number in numbers]))
        sums = {name: images[writers == name].sum(0) for name in names}
        total, lengths = images.sum(0), np.zeros(len(images))
        for name in names:
            own = writers == name
            others = (total - sums[name]) / (~own).sum()
            lengths[own] = np.linalg.norm(images[own] - others, axis=1)
        for name, length in zip(writers, lengths / max(float(lengths.mean()), 1e-9), strict=True):
            found[str(name)].append(float(length))
    return {name: float(np.mean(lengths)) for name, lengths in found.items()}


def _blurred(images: np.ndarray) -> np.ndarray:
    """Mean brightness of blocks, 0 to 1: float64 (n, blocks)."""
    count, height, width, _ = images.shape
    blocks = images.reshape(count, height // BLUR, BLUR, width // BLUR, BLUR).mean((2, 4)) / 255
    return blocks.reshape(count, -1)
