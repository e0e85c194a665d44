"""What happened in a training run, in captions: computed from its curves and from its predictions after each epoch.

A caption consists of a text and of a detail with its figures, because a presenter can hide figures.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imgcls.evaluation.metrics.confidence_intervals import wilson
from imgcls.evaluation.metrics.percent import interval, percent
from imgcls.runs.metrics_log import Curves

SURE, FEWEST = 2.0, 3
"""A change of a cell is an event if it is so many standard deviations (of a count) and so many images."""
FEW = 0.25
"""A confusion is over if at most this part of it is left, in all later epochs too."""
RISE = 1.05
"""Overfitting: the validation loss ends so far above its minimum."""
NAME_LENGTH = 24


@dataclass(frozen=True)
class Event:
    """Something that happened after `position` epochs. Of events that are too close, the one with more weight is kept.

    `pair` are two classes to point out in the confusion matrix.
    """

    position: float
    text: str
    detail: str = ""
    weight: float = 0.0
    pair: tuple[int, int] | None = None


def chosen(events: Iterable[Event], time_of: Callable[[float], float], apart: float) -> list[Event]:
    """The most important events whose times are at least `apart` seconds from each other, in order of time."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda event: (-event.weight, event.position)):
        if all(abs(time_of(event.position) - time_of(other.position)) >= apart for other in kept):
            kept.append(event)
    return sorted(kept, key=lambda event: event.position)


def of_confusions(epochs: Sequence[int], matrices: np.ndarray, names: Sequence[str]) -> list[Event]:
    """The pair of classes whose confusions fell most, and the one whose confusions rose most, from epoch to epoch.

    Args:
        epochs: The recorded epochs (e,), ascending.
        matrices: Confusion matrices (e, k, k), true class by predicted class.
        names: The names of the k classes.
    """
    both = matrices + matrices.transpose(0, 2, 1)
    pairs = both[:, *np.triu_indices(both.shape[1], 1)]
    events = []
    for index in range(1, len(pairs)):
        before, after = pairs[index - 1], pairs[index]
        fall = (before - after) / np.sqrt(np.maximum(before + after, 1))
        for sign in (1, -1):
            place = int(np.argmax(sign * fall)) if fall.size else -1
            if place < 0 or sign * fall[place] < SURE or abs(before[place] - after[place]) < FEWEST:
                continue
            first, second = (int(side[place]) for side in np.triu_indices(both.shape[1], 1))
            is_over = sign > 0 and pairs[index:, place].max() <= FEW * before[place]
            what = "stopped confusing" if is_over else "confused {} less often" if sign > 0 else "began to confuse"
            what = what if "{}" in what else f"{what} {{}}"
            events.append(
                Event(
                    epochs[index],
                    f"Epoch {epochs[index]}: {what.format(f'{short(names[first])} and {short(names[second])}')}",
                    f"images: {before[place]} → {after[place]}",
                    20 + 5 * min(float(abs(fall[place])), 8.0) - 10 * (sign < 0),
                    (first, second),
                )
            )
    return events


def of_curves(curves: Curves) -> list[Event]:
    """The first result, the best epoch, overfitting and stages of the training."""
    epochs, accuracy, loss, training = curves.series("epochs", "epoch", "val_accuracy", "val_loss", "loss")
    events = []
    if len(epochs) > 1 and math.isfinite(accuracy[0]):
        number = int(epochs[0])
        events.append(Event(number, f"Epoch {number}: first result", _validated(accuracy[0]), 40))
    if best := curves.best:
        number, value = int(best["epoch"]), best.get("val_accuracy")
        detail = "" if value is None else _validated(value)
        events.append(Event(number, f"Epoch {number}: best epoch, its weights were saved", detail, 90))
    if (start := _overfitting(loss, training)) is not None:
        number, lowest = int(epochs[start]), float(np.nanmin(loss))
        events.append(
            Event(
                number,
                f"Epoch {number}: overfitting starts, validation loss rises while training loss falls",
                f"{lowest:.3f} → {loss[-1]:.3f} at the end",
                85,
            )
        )
    for stage in curves.stages:
        number = int(stage["epoch"]) + 1
        events.append(
            Event(stage["epoch"] + 0.5, f"Epoch {number}: {short(stage.get('name') or 'next stage')} begins", "", 80)
        )
    return events


def _overfitting(loss: np.ndarray, training: np.ndarray) -> int | None:
    """The index of the first epoch after the minimum of the validation loss, if it rose for good from there."""
    if len(loss) < 3 or not np.isfinite([loss, training]).all():
        return None
    lowest = int(loss.argmin())
    is_risen = loss[-1] > RISE * loss[lowest] and training[-1] < training[lowest]
    return lowest + 1 if is_risen and lowest < len(loss) - 2 else None


def of_learning_rate(curves: Curves, *, falls_in_steps: bool) -> list[Event]:
    """Falls of the learning rate in one step, its peak, and what the user set.

    Args:
        curves: The curves of the run.
        falls_in_steps: Whether the schedule is one that is otherwise constant. Others fall in every epoch.
    """
    epochs, rates = curves.series("epochs", "epoch", "learning_rate")
    requested = [change for change in curves.changes if change["what"] == "learning_rate"]
    events = [
        Event(
            change["epoch"],
            f"Epoch {math.floor(change['epoch']) + 1}: learning rate set by hand",
            f"to {change['value']:g}",
            75,
        )
        for change in requested
    ]
    for index in range(1, len(rates)):
        is_requested = any(epochs[index - 1] <= change["epoch"] <= epochs[index] for change in requested)
        if falls_in_steps and not is_requested and rates[index] < 0.99 * rates[index - 1]:
            text = f"Epoch {int(epochs[index])}: learning rate lowered"
            events.append(Event(epochs[index] - 0.5, text, f"{rates[index - 1]:.3g} → {rates[index]:.3g}", 70))
    if len(rates) > 2 and np.isfinite(rates).all() and 0 < (peak := int(rates.argmax())) < len(rates) - 1:
        number = int(epochs[peak])
        events.append(Event(number, f"Epoch {number}: learning rate at its peak", f"{rates[peak]:.3g}", 50))
    return events


def of_ending(curves: Curves, result: dict, *, stops_early: bool) -> list[Event]:
    """Why the training ended before its last epoch. `stops_early`: the setting that the run began with."""
    if not curves.epochs:
        return []
    number = int(curves.epochs[-1]["epoch"])
    for change in curves.changes:
        stops_early = bool(change["value"]) if change["what"] == "early_stopping" else stops_early
    if number >= curves.total_epochs:
        return []
    if result.get("outcome") == "stopped":
        return [Event(number, f"Epoch {number}: stopped by hand", f"of {curves.total_epochs} epochs", 95)]
    if result.get("outcome") != "finished" or not stops_early or not curves.best:
        return []
    since = number - int(curves.best["epoch"])
    return [Event(number, f"Epoch {number}: early stopping", f"no better epoch among the last {since}", 95)]


def of_test(position: float, result: dict) -> list[Event]:
    """The result on the test set."""
    accuracy, count = result.get("test_accuracy"), (result.get("counts") or {}).get("test", 0)
    if accuracy is None or not count:
        return []
    score = wilson(round(accuracy * count), count)
    detail = f"{percent(accuracy)} of {count:,} test images (95% confidence interval {interval(score.low, score.high)})"
    return [Event(position, "Tested on images that it had never seen", detail, 100)]


def short(name: str) -> str:
    """A name that leaves room in a caption."""
    name = " ".join(name.encode("utf-8", "replace").decode("utf-8").split())
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "…"


def _validated(accuracy: float) -> str:
    return f"{percent(accuracy)} of the validation images"
