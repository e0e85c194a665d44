"""What the findings of a pre-flight check mean: what was measured, what was expected and what to do."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.evaluation.metrics.percent import percent
from imgcls.jobs.preflight.checks import Findings

GOOD, CHECK, BAD = "good", "check", "bad"

HOURS_CHECK, HOURS_BAD = 2, 24
MEMORY_CHECK, MEMORY_BAD = 0.6, 0.95
LEARNT_FRACTION, LEARNT_ACCURACY = 0.2, 0.99
"""A batch is overfitted when its loss has fallen to this fraction of its initial value at this accuracy."""
FEW_STEPS, MAX_STEPS = 60, 400
"""One batch is trained for up to MAX_STEPS. FEW_STEPS show nothing as long as the loss falls at all."""
LEARNING_FRACTION = 0.6
"""A network whose loss on one batch has fallen to this fraction of its initial value is learning."""
BUSY = 0.25
"""If other programs use more of the CPU than this fraction, measured times are too long."""
MAX_SECONDS = 1000 * 86_400.0
OVERHEAD_SECONDS = 6.0
"""Importing TensorFlow, and evaluating and exporting a small model."""

ONE_BATCH = ("batch_first", "batch_last", "batch_accuracy", "batch_steps", "batch_size")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one aspect of the settings, as a traffic light."""

    name: str
    level: str
    sentence: str


def judge(config: Config, facts: DatasetInfo, found: Findings, *, now: float | None = None) -> list[Verdict]:
    """The verdicts on what was found so far, in a fixed order. `now` is the time to count from, in seconds."""
    judges: tuple[tuple[str, tuple[str, ...], Callable[[], tuple[str, str]]], ...] = (
        ("Time", ("epoch_seconds",), lambda: _time(config, found, time.time() if now is None else now)),
        ("Memory", ("memory", "memory_available"), lambda: _memory(found)),
        ("First loss", ("first_loss",), lambda: _first_loss(facts, found)),
        ("One batch", ONE_BATCH, lambda: _one_batch(config, found)),
        ("Classes", ("counts",), lambda: _classes(config, facts, found)),
        ("Input", ("low", "high", "mean", "deviation"), lambda: _input(config, found)),
    )
    return [Verdict(name, *verdict()) for name, needed, verdict in judges if all(key in found for key in needed)]


def span(seconds: float) -> str:
    """A duration in words: 'about 0.5 s', 'about 2 min 10 s', 'less than 0.1 s'."""
    if seconds < 9.95:
        return f"about {seconds:.1f} s" if seconds >= 0.1 else "less than 0.1 s"
    whole = round(seconds)
    if whole < 60:
        return f"about {whole} s"
    if whole < 3600:
        return f"about {whole // 60} min {whole % 60:02} s"
    return f"about {whole // 3600} h {whole % 3600 // 60:02} min"


def _time(config: Config, found: Findings, now: float) -> tuple[str, str]:
    epoch = found["epoch_seconds"]
    if not epoch or epoch < 0:
        return CHECK, "The speed could not be measured. Run the check again."
    extraction = found.get("features_seconds") or 0.0
    total = OVERHEAD_SECONDS + extraction + epoch * config.epochs
    if total > MAX_SECONDS:
        return BAD, f"An epoch would take {span(epoch)} on this machine. Use a smaller model or fewer images."
    clock = time.strftime("%H:%M" if total < 12 * 3600 else "%d %b, %H:%M", time.localtime(now + total))
    measured = (
        f"An epoch takes {span(epoch)} on this machine, including validation. {config.epochs} "
        f"{'epoch takes' if config.epochs == 1 else 'epochs take'} {span(total)}: done by {clock} if started now."
    )
    if extraction:
        measured += f" This includes {span(extraction)} of feature extraction, which is done once for all heads."
    if models.more_epochs(config.model, config.model_settings):
        measured += " Fine-tuning is not included: one of its epochs takes two to three times as long as extraction."
    others = found.get("others") or 0.0
    if is_busy(found):
        busy = f"other programs were using {percent(others, 0)} of the CPU"
        reason = "another run was training" if found.get("training") else busy
        return (
            CHECK,
            f"{measured} But {reason}, so training will be faster on an idle machine. Run the check again then.",
        )
    if total > HOURS_BAD * 3600:
        return BAD, f"{measured} Use a smaller model, fewer images or fewer epochs."
    if total > HOURS_CHECK * 3600:
        return CHECK, f"{measured} That is long for a first try: fewer images or epochs tell you as much."
    return GOOD, measured + (
        " Early stopping may end it sooner." if config.early_stopping and config.epochs > 1 else ""
    )


def _memory(found: Findings) -> tuple[str, str]:
    needed, free = found["memory"], found["memory_available"]
    if not needed or not free:
        return CHECK, "The memory could not be measured."
    measured = f"Training needs about {_bytes(needed)} of {_bytes(free)} free memory"
    if needed > MEMORY_BAD * free:
        return BAD, f"{measured}: it may be killed. Use a smaller batch or model, or close other programs."
    if needed > MEMORY_CHECK * free:
        return CHECK, f"{measured}: little is left for anything else. A smaller batch or model needs less."
    return GOOD, f"{measured}."


def _first_loss(facts: DatasetInfo, found: Findings) -> tuple[str, str]:
    # Each label of a multi-label dataset is a question with two answers.
    answers = 2 if facts.is_multilabel else facts.num_classes
    loss, guess = found["first_loss"], math.log(answers)
    what = "for each label" if facts.is_multilabel else f"with {answers} classes"
    expected = f"an untrained network should start near ln({answers}) = {guess:.2f} {what}"
    if loss is None:
        return BAD, f"The initial loss is not a number; {expected}. Try another normalisation or a smaller model."
    measured = f"The initial loss is {loss:.2f}; {expected}"
    if loss > 3 * guess:
        return BAD, f"{measured}. It starts with confident mistakes: try another normalisation or a smaller network."
    if loss < 0.4 * guess:
        return BAD, f"{measured}. It seems to know the labels before training: do the images give them away?"
    if not 0.7 * guess <= loss <= 1.4 * guess:
        return CHECK, f"{measured}. That costs some steps; another normalisation may help."
    return GOOD, f"{measured}."


def ran_out_of_time(first: float, last: float, steps: float, *, is_busy: bool = False) -> bool:
    """Whether overfitting one batch ended too early to show anything: more time might have been enough.

    On a busy machine every early end shows the machine, not the network.
    """
    if steps >= MAX_STEPS or not math.isfinite(last):
        return False
    return is_busy or last < (1.0 if steps < FEW_STEPS else LEARNING_FRACTION) * first


def is_busy(found: Findings) -> bool:
    """Whether other programs, or another training run, slowed the check down."""
    return bool(found.get("training")) or (found.get("others") or 0.0) > BUSY


def _one_batch(config: Config, found: Findings) -> tuple[str, str]:
    first, last, accuracy = (found[name] for name in ONE_BATCH[:3])
    steps, size = (round(found[name] or 0) for name in ONE_BATCH[3:])
    task = f"a single batch of {size} images in {steps} steps"
    if None in (first, last, accuracy):
        level, measured = BAD, f"While overfitting a single batch of {size} images, the loss became NaN."
    else:
        if last < LEARNT_FRACTION * first and accuracy > LEARNT_ACCURACY:
            return GOOD, f"It overfitted {task}, as a working setup should."
        fell = f"the loss went from {first:.2f} to {last:.2f}, at {percent(accuracy, 0)} accuracy"
        if ran_out_of_time(first, last, steps, is_busy=is_busy(found)):
            measured = f"There was only time for {steps} steps on a single batch of {size} images: {fell}."
            if is_busy(found):
                measured += " The machine is busy, so this says nothing about the network. Run the check again later."
            return CHECK, measured
        level = CHECK if last < LEARNING_FRACTION * first else BAD
        measured = f"It could not overfit {task}, which a working setup can: {fell}."
    if "usual_learns" not in found:
        return level, f"{measured} Now trying Adam with a learning rate of 0.001 …"
    if found["usual_learns"]:
        current = f"{config.optimizer} with {config.learning_rate:g}"
        return level, f"{measured} Adam with a learning rate of 0.001 can: replace {current}, or find a rate below."
    if level == CHECK:
        return level, f"{measured} The network learns slowly, or is too small for this task."
    return level, (
        f"{measured} Adam with a learning rate of 0.001 was no better: try another normalisation, activation or model."
    )


def _classes(config: Config, facts: DatasetInfo, found: Findings) -> tuple[str, str]:
    counts = found["counts"]
    if not isinstance(counts, list) or len(counts) != facts.num_classes or None in counts:
        return CHECK, "The images of each class could not be counted. Run the check again."
    least, most = min(counts), max(counts)
    rare, common = facts.classes[counts.index(least)], facts.classes[counts.index(most)]
    if not least:
        return BAD, f"'{rare}' has no training images; each class should have at least 20. Use more images."
    measured = f"From {least:,.0f} ('{rare}') to {most:,.0f} ('{common}') training images per class"
    if least == most:
        measured = f"{least:,.0f} training images per class"
    # With class weights the rare class is learned, but the metrics still count it as it is.
    advice = "" if config.class_weights else " Class weights (in the training settings) may help."
    if least < 0.1 * most:
        return BAD, f"{measured}: the rare class will hardly be learned. Use macro F1 rather than accuracy.{advice}"
    if least < 0.5 * most:
        return CHECK, f"{measured}: expect more errors on the rare class, and compare macro F1 with accuracy.{advice}"
    if least < 20:
        return CHECK, f"{measured}: with fewer than 20 images per class, the scores depend on chance. Use more images."
    return GOOD, f"{measured}: balanced."


def _input(config: Config, found: Findings) -> tuple[str, str]:
    values = [found[name] for name in ("low", "high", "mean", "deviation")]
    if None in values:
        return BAD, "Some values are not numbers after normalisation. Choose another normalisation."
    low, high, mean, deviation = values
    measured = (
        f"With the normalisation '{config.normalisation}', pixel values range from {low:.2f} to {high:.2f} (mean "
        f"{mean:.2f}, std {deviation:.2f})"
    )
    if deviation < 0.01 or max(-low, high) > 100:
        return BAD, f"{measured}. Networks need values around 0 with a std of 0.2 to 1. Choose 'standardised'."
    if not 0.1 <= deviation <= 2 or abs(mean) > 1 or max(-low, high) > 10:
        return CHECK, f"{measured}. Values around 0 with a std of 0.2 to 1 work best. Try 'standardised'."
    return GOOD, f"{measured}: a good range."


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
