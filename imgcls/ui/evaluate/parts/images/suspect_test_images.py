"""Test images whose label is probably wrong: a grid of them, and all of them as a list."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import numpy as np

from imgcls.evaluation.label_errors.confident_learning import suspects
from imgcls.evaluation.metrics.percent import percent
from imgcls.evaluation.predictions import Predictions
from imgcls.evaluation.predictions.decisions import Decisions
from imgcls.ui.evaluate import links
from imgcls.ui.evaluate.parts.selection import selection_state
from imgcls.ui.evaluate.parts.selection.selection_state import Key
from imgcls.ui.widgets import gallery


@lru_cache(8)
def found_in(key: Key) -> dict[int, tuple[str, float]]:
    """Suspect test images, most suspicious first: index -> what the label seems to be, and the probability of the label
    as it is."""
    predictions = selection_state.predictions_of(key)
    names = predictions.names
    if not isinstance(predictions, Decisions):
        found = suspects(predictions.labels, predictions.probabilities)
        seeming = (names[label] for label in found.suggested)
        return dict(zip(found.places.tolist(), zip(seeming, found.confidence.tolist(), strict=True), strict=True))
    wrong: dict[int, list[tuple[float, str]]] = {}
    for label, name in enumerate(names):
        probability = predictions.probabilities[:, label]
        truth = predictions.labels[:, label]
        found = suspects(truth.astype(int), np.stack([1 - probability, probability], 1))
        for index, confidence in zip(found.places.tolist(), found.confidence.tolist(), strict=True):
            wrong.setdefault(index, []).append((confidence, f"without {name}" if truth[index] else f"with {name}"))
    ordered = sorted(wrong.items(), key=lambda entry: min(entry[1]))
    return {index: (", ".join(text for _, text in sorted(found)), min(found)[0]) for index, found in ordered}


@lru_cache(64)
def grid(key: Key, indices: tuple[int, ...], select: str) -> str:
    """The images at these indices with what their labels seem to be; `select` is the key of their selection."""
    predictions, found = selection_state.predictions_of(key), found_in(key)
    blank = np.zeros((8, 8, 1), np.uint8)
    tiles = []
    for index in indices:
        label = _label(predictions, index)
        seems, probability = found.get(index, ("", float("nan")))
        lines = [f"#{index}", f"label: {label}"]
        if seems:
            lines += [f"suggested: {seems}", probability_text(probability)]
        row = predictions.row_of[index]
        if row < 0:
            lines.append("image not stored")
        alt = f"Test image {index}: its label is {label}" + (f", suggested label {seems}" if seems else "")
        url = links.image(key.run, index) if row >= 0 else ""
        pixels = predictions.images[row] if row >= 0 else blank
        tiles.append(gallery.Tile(pixels, alt, tuple(lines), url, predictions.file_name(index), index))
    return gallery.grid(tiles, select=select)


def listed(key: Key, right: Collection[int], wrong: Collection[int]) -> dict[str, list[Any]]:
    """All suspects, and all images that were reviewed, as columns: one entry per image, the most suspicious first.

    Args:
        right: images whose label was confirmed.
        wrong: images that were marked as mislabelled.
    """
    predictions, found = selection_state.predictions_of(key), found_in(key)
    total = len(predictions.labels)
    indices = [*found, *sorted(index for index in {*right, *wrong} - found.keys() if index < total)]
    nothing = ("", None)
    return {
        "file": [predictions.file_name(index) for index in indices],
        "part": ["test"] * len(indices),
        "row": indices,
        "group": [predictions.records.group("test", index) for index in indices],
        "label": [_label(predictions, index) for index in indices],
        "suggested": [found.get(index, nothing)[0] for index in indices],
        "probability of label": [
            None if (value := found.get(index, nothing)[1]) is None else round(float(value), 6) for index in indices
        ],
        "review": [
            "label wrong" if index in wrong else "label confirmed" if index in right else "" for index in indices
        ],
    }


def _label(predictions: Predictions | Decisions, index: int) -> str:
    label = predictions.labels[index]
    if isinstance(predictions, Decisions):
        return ", ".join(predictions.names[one] for one in np.flatnonzero(label)) or "no label"
    return predictions.names[label]


def probability_text(probability: float) -> str:
    """The predicted probability of the label as it is."""
    return f"label's probability {percent(probability) if probability >= 0.0005 else 'under 0.1%'}"
