"""Estimated times for the teacher's sheet of a lesson: minutes of each step, and how long the runs of a class train.

Both are estimates. The minutes of the steps share those of the lesson by what there is to read, to answer and to do.
The training time is that of the measured presets (`datasets.recipes.presets`): of those of the same model and number of
images, the shortest with at least as many epochs as the step has.
"""

import math
from collections.abc import Sequence
from types import ModuleType

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.datasets.recipes.presets import Measured, Preset
from imgcls.lessons.content import Step

CLASS_SIZES = (10, 20, 30)
SPEED_IN_CLASS = 0.55
"""Of the training speed of an idle machine, while a class of 100 has its pages open: benchmark `classroom`."""
WORDS_PER_MINUTE = 130
QUESTION_MINUTES, TASK_MINUTES = 0.5, 0.8


def minutes(lesson: ModuleType) -> list[float]:
    """Minutes of each step in halves, at least one half; together, they are those of the lesson."""
    shares = [_share(step) for step in lesson.STEPS]
    halves = 2 * lesson.MINUTES - len(shares)  # what is left when each has its half
    exact = [halves * share / sum(shares) for share in shares]
    found = [math.floor(share) for share in exact]
    by_rest = sorted(range(len(shares)), key=lambda at: found[at] - exact[at])
    for at in by_rest[: halves - sum(found)]:
        found[at] += 1
    return [(1 + half) / 2 for half in found]


def _share(step: Step) -> float:
    question = " ".join((step.question.text, *step.question.choices)) if step.question else ""
    words = len(" ".join((step.text, question, step.do, step.after)).split())
    own = (training_seconds(step) or 0) / 60
    return (
        words / WORDS_PER_MINUTE + QUESTION_MINUTES * (step.question is not None) + TASK_MINUTES * step.has_task + own
    )


def training_seconds(step: Step) -> float | None:
    """Of the run of a step on an idle machine with two cores; None if it has none, or nothing like it was measured."""
    if not step.settings:
        return None
    config = Config(**step.settings)
    size = datasets.facts(config.data).counts[0]
    alike = [name for name in datasets.names() if datasets.facts(name).counts[0] == size]
    found = []
    for name in sorted(alike, key=lambda name: name != config.data):
        for preset in presets.presets(config.model, name):
            seconds = _seconds(preset, config.epochs)
            if seconds is not None:
                found.append(seconds)
        if found:
            return min(found)
    return None


def _seconds(preset: Preset, epochs: int) -> float | None:
    measured: Measured | None = preset.measured
    if measured is None or int(preset.settings.get("epochs", 0)) < epochs:
        return None
    return measured.processor_seconds / measured.cores


def class_minutes(runs: Sequence[float], pupils: int) -> str:
    """Until the last run of a class has ended on one server that trains one run at a time: "2–4 min".

    Args:
        runs: The seconds of each run of one pupil. Each is rounded before they are added, so that columns add up.
    """
    least = sum(math.ceil(pupils * seconds / 60) for seconds in runs)
    most = sum(math.ceil(pupils * seconds / SPEED_IN_CLASS / 60) for seconds in runs)
    return f"{least}–{most} min" if most > least else f"{most} min"
