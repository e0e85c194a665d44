"""What the replay of a run shows: curves, confusion matrices, images and captions, each with its time."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.config import imported_model
from imgcls.errors import RunError, SettingError
from imgcls.evaluation.metrics import classification
from imgcls.evaluation.report import svg_curves, values
from imgcls.evaluation.report.replay import captions
from imgcls.images.loading import to_png
from imgcls.runs import ENDED, Run
from imgcls.runs.metrics_log import DAMAGED, Curves
from imgcls.runs.predictions import epoch_predictions, filters, probes
from imgcls.runs.predictions.epoch_predictions import EpochPredictions
from imgcls.runs.predictions.probes import Probe

SECONDS, PER_EPOCH = 60.0, 5.0
"""The length of a replay, and the most for an epoch, so that a short training run is not stretched."""
BEFORE, AFTER = 3.0, 6.0
"""Seconds for the title, and for the result."""
APART = 2.5
"""Seconds that a caption stays at least."""
MOST_IMAGES = 8
WIDTH = 800
ALONE = 400
"""Of curves, whose height is 240: the width beside the matrix, where they are above each other, and without it."""


def collect(run: Run) -> dict[str, Any]:
    """Everything, as plain values for JSON. Times are in seconds from the start of the replay.

    Raises:
        RunError: the run has not ended, has no complete epoch, or one of its files is damaged.
    """
    curves = Curves(run.folder / "metrics.jsonl").refresh()
    check(run, curves)
    recorded, pinned = epoch_predictions.read(run), probes.read(run)
    names = run.card.classes if recorded or pinned else ()
    if recorded and recorded.probabilities.shape[2] != len(names):
        raise RunError(epoch_predictions.DAMAGED)
    matrices = _matrices(recorded, len(names))
    last = float(curves.epochs[-1]["epoch"])
    seconds = min(SECONDS, BEFORE + AFTER + PER_EPOCH * last)

    def time_of(position: float) -> float:
        return BEFORE + position / last * (seconds - BEFORE - AFTER)

    result = run.result or {}
    rounded = last * (seconds - AFTER / 2 - BEFORE) / (seconds - BEFORE - AFTER)
    events = [*captions.of_curves(curves), *_of_settings(run, curves, result), *captions.of_test(rounded, result)]
    if recorded:
        events += captions.of_confusions(recorded.epochs.tolist(), matrices, names)
    return values.strict(
        {
            "title": _text(run.label),
            "seconds": seconds,
            "epochs": [
                {"epoch": line["epoch"], "at": time_of(line["epoch"]), "accuracy": line.get("val_accuracy")}
                for line in curves.epochs
            ],
            "curves": _curves(curves, WIDTH if recorded else ALONE),
            "classes": [_text(name) for name in names],
            "matrices": [
                {"at": time_of(epoch), "cells": _cells(matrix)}
                for epoch, matrix in zip(recorded.epochs.tolist() if recorded else (), matrices, strict=True)
            ],
            "images": _images(recorded, pinned, time_of),
            "filters": [{"at": time_of(epoch), "image": _sheet(stored)} for epoch, stored in filters.read(run).items()],
            "imagesTitle": "Probes" if pinned else "Validation images that changed most often",
            "captions": [
                {"at": time_of(event.position), "text": event.text, "detail": event.detail, "pair": event.pair}
                for event in captions.chosen(events, time_of, APART)
            ],
        }
    )


def check(run: Run, curves: Curves) -> None:
    """Cheaper than making the replay, for pages that offer it.

    Raises:
        RunError: the run cannot be replayed, and why.
    """
    if imported_model.exists(run.folder):
        raise RunError("This model was imported, so its training is unknown and cannot be replayed.")
    if run.state not in ENDED:
        raise RunError("This run has not ended yet. Replay it once training has ended.")
    if curves.is_damaged:
        raise RunError(f"{DAMAGED} The run cannot be replayed.")
    if not curves.epochs:
        raise RunError("This run completed no epoch, so there is nothing to replay.")
    probes.stored(run)


def _of_settings(run: Run, curves: Curves, result: dict[str, Any]) -> list[captions.Event]:
    try:
        config = run.config
        falls_in_steps, stops_early = config.schedule in ("plateau", "step"), config.early_stopping
    except SettingError:
        falls_in_steps = stops_early = False
    return [
        *captions.of_learning_rate(curves, falls_in_steps=falls_in_steps),
        *captions.of_ending(curves, result, stops_early=stops_early),
    ]


def _curves(curves: Curves, width: int) -> list[dict[str, Any]]:
    """Each curve as an SVG; those without values are left out."""
    best = int(curves.best["epoch"]) if curves.best else None
    found = []
    for title, name, as_fraction in (("Accuracy", "accuracy", True), ("Loss (nats)", "loss", False)):
        epochs, *columns = curves.series("epochs", "epoch", name, f"val_{name}")
        numbers, training, validation = (values.strict(column.tolist()) for column in (epochs, *columns))
        if svg := svg_curves.curve(title, numbers, training, validation, best, as_fraction=as_fraction, width=width):
            found.append({"title": title, "svg": svg})
    return found


def _matrices(recorded: EpochPredictions | None, classes: int) -> np.ndarray:
    if recorded is None:
        return np.zeros((0, classes, classes), np.int64)
    return np.stack([classification.confusion(row, recorded.labels, classes) for row in recorded.predicted])


def _cells(matrix: np.ndarray) -> list[int]:
    """Position and count of each cell that is not empty, one after the other: most are, with many classes."""
    places = np.flatnonzero(matrix)
    return np.column_stack([places, matrix.ravel()[places]]).ravel().tolist()


def _images(
    recorded: EpochPredictions | None, pinned: list[Probe], time_of: Callable[[float], float]
) -> list[dict[str, Any]]:
    """The probes, or else the validation images whose prediction became right or wrong most often.

    `states` are times, predicted classes and their probabilities.
    """
    found: list[dict[str, Any]] = []
    for probe in pinned:
        by_epoch = sorted(probe.by_epoch.items())
        states = [(time_of(epoch), int(row.argmax()), float(row.max())) for epoch, row in by_epoch]
        found.append({"image": _data_url(probe.pixels), "label": None, "states": states})
    if pinned or recorded is None or len(recorded.epochs) < 2:
        return found
    stored = np.flatnonzero(recorded.row_of >= 0)
    flips = (recorded.is_right[1:] != recorded.is_right[:-1]).sum(0)[stored]
    often = [stored[place] for place in np.argsort(-flips, kind="stable")[:MOST_IMAGES] if flips[place]]
    for image in sorted(often, key=lambda image: recorded.learned_at[image]):
        rows = recorded.probabilities[:, image].astype(float)
        states = [
            (time_of(epoch), int(predicted), float(row[predicted]))
            for epoch, predicted, row in zip(recorded.epochs.tolist(), recorded.predicted[:, image], rows, strict=True)
        ]
        pixels = recorded.images[recorded.row_of[image]]
        found.append({"image": _data_url(pixels), "label": int(recorded.labels[image]), "states": states})
    return found


def _sheet(stored: np.ndarray) -> str:
    """The filters beside each other in two rows, a pixel apart, as an image: 0 is grey, brighter is positive."""
    count, height, width, channels = stored.shape
    columns = -(-count // 2)
    sheet = np.full((2 * (height + 1) - 1, columns * (width + 1) - 1, channels), 128, np.uint8)
    for number, weights in enumerate(stored):
        top, left = number // columns * (height + 1), number % columns * (width + 1)
        sheet[top : top + height, left : left + width] = 128 + weights.astype(np.int16)
    return _data_url(sheet)


def _data_url(pixels: np.ndarray) -> str:
    return f"data:image/png;base64,{base64.b64encode(to_png(pixels)).decode('ascii')}"


def _text(text: str) -> str:
    """Text that can be stored as UTF-8: a name may hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
