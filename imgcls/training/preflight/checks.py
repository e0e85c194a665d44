"""The pre-flight check: runs a few real training steps with the given settings and measures what they show."""

import time
from typing import Any

import keras
import numpy as np
import psutil
import tensorflow as tf

from imgcls import datasets, models, runs
from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.jobs.preflight import verdicts
from imgcls.system import hardware
from imgcls.training import model_builder
from imgcls.training.loop.batches import Batch, Subset, endless
from imgcls.training.loop.loop import EVALUATION_BATCH
from imgcls.training.loop.steps import compile_steps, optimizer_of, trainable
from imgcls.training.loop.trainable import Trainable
from imgcls.training.preflight.load import OtherProcesses
from imgcls.training.preflight.report import Report
from imgcls.training.transfer import for_preflight

TIMED_SECONDS = 1.2
TIMED_STEPS = (5, 150)
"""The speed is measured over as many steps as fit into TIMED_SECONDS, within these limits."""
EVALUATION_SECONDS = 0.3
LOSS_IMAGES = 256
ONE_BATCH = 32
ONE_BATCH_SECONDS = (2.5, 10.0)
"""Time limit for overfitting one batch; the second one applies while more steps might be enough."""


def check(config: Config, report: Report) -> None:
    """Adds the measurements to the report, the fastest ones first."""
    process = psutil.Process()
    report.add(memory_available=hardware.free_memory() + process.memory_info().rss)
    was_busy = _another_training_runs()
    dataset = datasets.open_for_training(config.data)
    num_classes = len(dataset.facts.classes)
    train_rows, validation_rows = datasets.training_split(dataset, config)
    training, validation = (Subset.of(dataset.x_train, dataset.y_train, rows) for rows in (train_rows, validation_rows))
    report.add(counts=dataset.facts.counted(training.labels).tolist())

    report.phase("building", 0.3)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    augmentation = Augmentation.of(config)
    if models.has_backbone(config.model):
        copies = augmentation.distinct_copies(int(config.model_settings["augmented_copies"]))
        count = copies * len(training) + len(validation) + len(dataset.y_test)
        model, training, validation, seconds_per_image = for_preflight.head_and_features(
            config, dataset, training, validation
        )
        report.add(features_seconds=count * seconds_per_image)
        augmentation = Augmentation()
    else:
        sample = training.sample(2_000)
        precision = model_builder.precision_of(config)
        shape = dataset.facts.shape
        model = model_builder.build(
            config, shape, num_classes, sample, precision, training.is_multilabel, for_training=True
        )
        values = np.asarray(model.get_layer("normalise")(sample[:1_000]))
        report.add(low=float(values.min()), high=float(values.max()))
        report.add(mean=float(values.mean()), deviation=float(values.std()))
    first_weights = model.get_weights()

    report.phase("timing", 0.4)
    build = for_preflight.trainable if models.has_backbone(config.model) else trainable
    network = build(config, model, training.labels)
    batch = training.take(np.arange(min(LOSS_IMAGES, len(training))))
    report.add(first_loss=float(network.train_step(*batch)[0]), classes=num_classes)
    others = OtherProcesses(process)
    _time(config, network, training, validation, augmentation, report)
    load: dict[str, Any] = {"others": others.fraction(), "training": was_busy or _another_training_runs()}
    report.add(memory=_peak(process), **load)

    report.phase("one batch", 0.75)
    batch = training.take(_varied_positions(training.labels))
    first, last, accuracy, steps = _overfit(config, model, first_weights, batch)
    report.add(batch_first=first, batch_last=last, batch_accuracy=accuracy, batch_steps=steps, batch_size=len(batch[1]))
    load = {"others": max(load["others"], others.fraction()), "training": load["training"] or _another_training_runs()}
    report.add(**load)
    is_busy = verdicts.is_busy(load)
    if not _is_overfitted(first, last, accuracy) and not verdicts.ran_out_of_time(first, last, steps, is_busy=is_busy):
        # Is it the network or the optimiser settings?
        report.phase("one batch again", 0.85)
        usual = config.changed(optimizer="adam", learning_rate=1e-3)
        first, last, accuracy, steps = _overfit(usual, model, first_weights, batch)
        # On a slow machine it may only be on its way, which is still better than the settings.
        is_learning = steps < verdicts.MAX_STEPS and last < verdicts.LEARNING_FRACTION * first
        report.add(usual_learns=is_learning or _is_overfitted(first, last, accuracy))
    report.add(fraction=1.0)


def _time(
    config: Config,
    network: Trainable,
    training: Subset,
    validation: Subset,
    augmentation: Augmentation,
    report: Report,
) -> None:
    """Reports the seconds per epoch, from real steps on augmented batches and real evaluation."""
    average = network.average(config.ema_decay) if config.ema_decay else None
    steps_per_epoch = -(-len(training) // config.batch_size)
    size = min(config.batch_size, len(training))
    float(network.train_step(*training.take(np.arange(size)))[0])  # the first step of a batch size is slower
    done, start = 0, time.monotonic()
    for images, labels in endless(training, config, augmentation):
        values = network.train_step(images, labels)
        if average:
            average.add()
        float(values[0])
        done, seconds = done + 1, time.monotonic() - start
        if done >= TIMED_STEPS[1] or (done >= TIMED_STEPS[0] and seconds > TIMED_SECONDS):
            break
    training_seconds = seconds / done * steps_per_epoch
    report.add(steps_timed=done, steps_per_epoch=steps_per_epoch, step_seconds=seconds / done)
    report.phase("judging", 0.65)
    positions = np.arange(min(EVALUATION_BATCH, len(validation)))
    float(network.eval_step(*validation.take(positions))[0])
    done, start = 0, time.monotonic()
    while done < 20 and (not done or time.monotonic() - start < EVALUATION_SECONDS):
        float(network.eval_step(*validation.take(positions))[0])
        done += 1
    evaluation_seconds = (time.monotonic() - start) / done * len(validation) / len(positions)
    report.add(epoch_seconds=training_seconds + evaluation_seconds, judging_seconds=evaluation_seconds)


def _overfit(
    config: Config, model: keras.Model, weights: list[np.ndarray], batch: Batch
) -> tuple[float, float, float, int]:
    """Trains on a single batch, without augmentation and dropout: (first loss, last loss, accuracy, steps)."""
    model.set_weights(weights)
    for layer in model.layers:
        # Layers of every kind of dropout read their rate at each step.
        if "Dropout" in type(layer).__name__ and hasattr(layer, "rate"):
            layer.rate = 0.0
    plain = config.changed(label_smoothing=0.0, weight_decay=0.0)
    train_step, _ = compile_steps(plain, model, optimizer_of(plain), is_multilabel=batch[1].ndim == 2)
    first = last = float("nan")
    accuracy, steps, start = 0.0, 0, 0.0
    while steps < verdicts.MAX_STEPS:
        last, accuracy = (float(value) for value in train_step(*batch)[:2])
        steps += 1
        if steps == 1:
            first, start = last, time.monotonic()  # the first step also builds the graph
        seconds = time.monotonic() - start
        if (
            not np.isfinite(last)
            or _is_overfitted(first, last, accuracy)
            or seconds > ONE_BATCH_SECONDS[steps < verdicts.FEW_STEPS or last < verdicts.LEARNING_FRACTION * first]
        ):
            break
    return first, last, accuracy, steps


def _is_overfitted(first: float, last: float, accuracy: float) -> bool:
    return last < verdicts.LEARNT_FRACTION * first and accuracy > verdicts.LEARNT_ACCURACY


def _varied_positions(labels: np.ndarray) -> np.ndarray:
    """Positions of images for one batch, with as many different classes, or label combinations, as possible."""
    _, positions = np.unique(labels, axis=0, return_index=True)
    rest = np.setdiff1d(np.arange(min(len(labels), 4 * ONE_BATCH)), positions)
    return np.concatenate([positions[:ONE_BATCH], rest])[:ONE_BATCH]


def _another_training_runs() -> bool:
    return any(run.state == "running" for run in runs.all_runs())


def _peak(process: psutil.Process) -> int:
    """Peak memory of this process in bytes; the current memory if the system does not record the peak."""
    now = process.memory_info()
    try:
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return max(now.rss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    except ImportError:  # Windows has another name for it
        return getattr(now, "peak_wset", now.rss)
