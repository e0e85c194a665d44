"""What the check before the start says: traffic lights, each with what was seen, what was expected, and what to do."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import DatasetInfo

GOOD, LOOK, BAD = "good", "look", "bad"

HOURS_LOOK, HOURS_BAD = 2, 24
MEMORY_LOOK, MEMORY_BAD = 0.6, 0.95
LEARNT_FRACTION, LEARNT_ACCURACY = 0.2, 0.99
"""A batch is known by heart when its loss has fallen to this share of its first value and the answers are right."""
FEW_STEPS = 60
"""With fewer it may need no more than time."""
BUSY = 0.25
"""Where others take more of the processor than this share, a time is not honest."""
LONGEST = 1000 * 86_400.0
OVERHEAD_SECONDS = 6.0
"""Import of TensorFlow, test and export of a small model."""

ONE_BATCH = ("batch_first", "batch_last", "batch_accuracy", "batch_steps", "batch_size")

Found = Mapping[str, Any]


@dataclass(frozen=True)
class Light:
    """One question that was asked of the settings."""

    name: str
    level: str
    sentence: str


def lights(config: Config, facts: DatasetInfo, found: Found, *, now: float | None = None) -> list[Light]:
    """The lights of what was found so far, in a fixed order. `found` is that of an `imgcls.jobs.preflight.checks.Look`."""
    asked: tuple[tuple[str, tuple[str, ...], Callable[..., tuple[str, str]]], ...] = (
        ("Time", ("epoch_seconds",), lambda: _time(config, found, time.time() if now is None else now)),
        ("Memory", ("memory", "memory_available"), lambda: _memory(found)),
        ("First loss", ("first_loss",), lambda: _first_loss(facts, found)),
        ("One batch", ONE_BATCH, lambda: _one_batch(config, found)),
        ("Classes", ("counts",), lambda: _classes(config, facts, found)),
        ("Input", ("low", "high", "mean", "deviation"), lambda: _input(config, found)),
    )
    return [Light(name, *judge()) for name, needs, judge in asked if all(need in found for need in needs)]


def span(seconds: float) -> str:
    """A time as people say it: 'about 0.5 s', 'about 2 min 10 s', 'less than 0.1 s'."""
    if seconds < 9.95:
        return f"about {seconds:.1f} s" if seconds >= 0.1 else "less than 0.1 s"
    whole = round(seconds)
    if whole < 60:
        return f"about {whole} s"
    if whole < 3600:
        return f"about {whole // 60} min {whole % 60:02} s"
    return f"about {whole // 3600} h {whole % 3600 // 60:02} min"


def _time(config: Config, found: Found, now: float) -> tuple[str, str]:
    epoch = found["epoch_seconds"]
    if not epoch or epoch < 0:
        return LOOK, "The pace could not be measured. Check again."
    looking = found.get("features_seconds") or 0.0
    total = OVERHEAD_SECONDS + looking + epoch * config.epochs
    if total > LONGEST:
        return BAD, f"An epoch would take {span(epoch)} here. Use a smaller model or fewer pictures."
    clock = time.strftime("%H:%M" if total < 12 * 3600 else "%d %b, %H:%M", time.localtime(now + total))
    seen = (
        f"An epoch takes {span(epoch)} here, validation included, so {config.epochs} "
        f"{'epoch takes' if config.epochs == 1 else 'epochs take'} {span(total)}, until {clock} if started now."
    )
    if looking:
        seen += f" Of that the base takes {span(looking)} to look at the pictures, once for all heads."
    if models.more_epochs(config.model, config.model_settings):
        seen += " The fine-tuning is not counted: one of its epochs takes two to three such looks."
    others = found.get("others") or 0.0
    if found.get("training") or others > BUSY:
        others = f"other programs took {100 * others:.0f}% of the processor"
        who = "another training was running" if found.get("training") else others
        return LOOK, f"{seen} But {who} meanwhile: alone it is faster. Check again when the machine is free."
    if total > HOURS_BAD * 3600:
        return BAD, f"{seen} Use a smaller model, fewer pictures or fewer epochs."
    if total > HOURS_LOOK * 3600:
        return LOOK, f"{seen} That is long for a first try: fewer pictures or epochs tell as much about the settings."
    return GOOD, seen + (" Early stopping may end it before." if config.early_stopping and config.epochs > 1 else "")


def _memory(found: Found) -> tuple[str, str]:
    takes, free = found["memory"], found["memory_available"]
    if not takes or not free:
        return LOOK, "The memory could not be measured."
    seen = f"The trainer takes about {_bytes(takes)} of {_bytes(free)} that are free"
    if takes > MEMORY_BAD * free:
        return BAD, f"{seen}: it may be ended in mid-training. Use a smaller batch or model, or close other programs."
    if takes > MEMORY_LOOK * free:
        return LOOK, f"{seen}: little is left for anything else. A smaller batch or model takes less."
    return GOOD, f"{seen}."


def _first_loss(facts: DatasetInfo, found: Found) -> tuple[str, str]:
    # Of several labels each is a question with two answers.
    predictions = 2 if facts.is_multilabel else facts.num_classes
    loss, guess = found["first_loss"], math.log(predictions)
    about = f"about {guess:.2f}, the logarithm of {predictions}"
    expected = f"a network that knows nothing of {facts.num_classes} classes should have {about}"
    if facts.is_multilabel:
        expected = f"a network that knows nothing of any label, yes or no, should have {about}"
    if loss is None:
        return BAD, f"The first loss is no number; {expected}. Try another normalisation, or a smaller model."
    seen = f"The first loss is {loss:.2f}; {expected}"
    if loss > 3 * guess:
        return BAD, f"{seen}. It begins with wild guesses: try another normalisation, or a smaller network."
    if loss < 0.4 * guess:
        return BAD, f"{seen}. It seems to know the answers before it has learnt: do the pictures give the class away?"
    if not 0.7 * guess <= loss <= 1.4 * guess:
        return LOOK, f"{seen}. The start is uneven, which costs some steps; another normalisation may help."
    return GOOD, f"{seen}."


def _one_batch(config: Config, found: Found) -> tuple[str, str]:
    first, last, accuracy = (found[name] for name in ONE_BATCH[:3])
    steps, size = (round(found[name] or 0) for name in ONE_BATCH[3:])
    task = f"{size} pictures by heart in {steps} steps"
    if None in (first, last, accuracy):
        level, seen = BAD, f"Learning {size} pictures by heart, the loss became no number."
    else:
        if last < LEARNT_FRACTION * first and accuracy > LEARNT_ACCURACY:
            return GOOD, f"It learnt {task}, as a network that works should."
        fell = f"the loss went from {first:.2f} to {last:.2f}, with {100 * accuracy:.0f}% of the answers right"
        if steps < FEW_STEPS and last < first:
            return LOOK, f"Learning {size} pictures by heart, {fell}; there was only time for {steps} steps."
        level = LOOK if last < 0.6 * first else BAD
        seen = f"It did not learn {task}, as a network that works should: {fell}."
    if "usual_learns" not in found:
        return level, f"{seen} Adam with a rate of 0.001 is tried next ..."
    if found["usual_learns"]:
        rate = f"{config.optimizer} and {config.learning_rate:g}"
        return level, f"{seen} With Adam and a rate of 0.001 it does: change {rate}, or find a rate below."
    if level == LOOK:
        return level, f"{seen} It is slow, or too small for what it has to tell apart."
    return level, f"{seen} Adam with a rate of 0.001 did no better: try another normalisation, activation or model."


def _classes(config: Config, facts: DatasetInfo, found: Found) -> tuple[str, str]:
    counts = found["counts"]
    if not isinstance(counts, list) or len(counts) != facts.num_classes or None in counts:
        return LOOK, "The pictures of each class could not be counted. Check again."
    least, most = min(counts), max(counts)
    rare, common = facts.classes[counts.index(least)], facts.classes[counts.index(most)]
    if not least:
        return BAD, f"'{rare}' has no picture to learn from; each class should have at least 20. Use more pictures."
    seen = f"From {least:,.0f} ('{rare}') to {most:,.0f} ('{common}') pictures of a class to learn from"
    if least == most:
        seen = f"{least:,.0f} pictures of each class to learn from"
    # With weights the rare class is learnt; how it will be judged is as it was.
    advice = "" if config.class_weights else " Class weights, among the settings of learning, may help."
    if least < 0.1 * most:
        return BAD, f"{seen}: the rare class will hardly be learnt. Judge by macro F1 rather than by accuracy.{advice}"
    if least < 0.5 * most:
        return LOOK, f"{seen}: expect more mistakes on the rare one, and look at macro F1 beside the accuracy.{advice}"
    if least < 20:
        return LOOK, f"{seen}: with fewer than 20 of a class the scores depend on chance. Use more pictures."
    return GOOD, f"{seen}, which is balanced."


def _input(config: Config, found: Found) -> tuple[str, str]:
    values = [found[name] for name in ("low", "high", "mean", "deviation")]
    if None in values:
        return BAD, "After the normalisation there are values that are no numbers. Choose another normalisation."
    low, high, mean, deviation = values
    seen = (
        f"With the normalisation '{config.normalisation}', pixels reach the network from {low:.2f} to {high:.2f} (mean "
        f"{mean:.2f}, deviation {deviation:.2f})"
    )
    if deviation < 0.01 or max(-low, high) > 100:
        return BAD, f"{seen}; it learns well from values around 0 with a deviation of 0.2 to 1. Choose 'standardised'."
    if not 0.1 <= deviation <= 2 or abs(mean) > 1 or max(-low, high) > 10:
        return LOOK, f"{seen}; values around 0 with a deviation of 0.2 to 1 are learnt best. Try 'standardised'."
    return GOOD, f"{seen}, which suits it."


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
