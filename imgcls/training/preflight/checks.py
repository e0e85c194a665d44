"""The check before the start: a few real steps of the training that these settings ask for, and what they show."""

import time

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
from imgcls.training.loop.batches import Part, endless
from imgcls.training.loop.ema import RunningMean
from imgcls.training.loop.loop import EVALUATION_BATCH
from imgcls.training.loop.steps import class_weights, compiled, optimizer_of
from imgcls.training.preflight.report import Report
from imgcls.training.transfer import loop

TIMED_SECONDS = 1.2
TIMED_STEPS = (5, 150)
"""The pace is that of as many steps as fit into the time, but at least and at most so many."""
JUDGED_SECONDS = 0.3
LOSS_IMAGES = 256
ONE_BATCH = 32
ONE_BATCH_STEPS = 400
ONE_BATCH_SECONDS = (2.5, 10.0)
"""So long may it take; up to the second, as long as there were too few steps to say anything."""


def check(config: Config, report: Report) -> None:
    """Adds what it finds to the report, the quick things first."""
    process = psutil.Process()
    report.add(memory_available=hardware.free_memory() + process.memory_info().rss)
    rival = _trains_somebody()
    dataset = datasets.open_for_training(config.data)
    num_classes = len(dataset.facts.classes)
    learn, judge_on = datasets.split(
        dataset.y_train, config.train_images, config.validation_fraction, config.seed, num_classes
    )
    training, validation = (Part.of(dataset.x_train, dataset.y_train, rows) for rows in (learn, judge_on))
    report.add(counts=dataset.facts.counted(training.labels).tolist())

    report.phase("building", 0.3)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    augmentation = Augmentation.of(config)
    if models.has_backbone(config.model):
        copies = config.model_settings["augmented_copies"] if augmentation else 1
        looks = copies * len(training) + len(validation) + len(dataset.y_test)
        model, training, validation, pace = loop.rehearsed(config, dataset, training, validation)
        report.add(features_seconds=looks * pace)
        augmentation = Augmentation()
    else:
        sample = training.sample(2_000)
        precision = model_builder.precision_of(config)
        shape = dataset.facts.shape
        model = model_builder.build(config, shape, num_classes, sample, precision, training.is_multilabel, learns=True)
        values = np.asarray(model.get_layer("normalise")(sample[:1_000]))
        report.add(low=float(values.min()), high=float(values.max()))
        report.add(mean=float(values.mean()), deviation=float(values.std()))
    first_weights = model.get_weights()

    report.phase("timing", 0.4)
    weights = class_weights(config, training.labels, num_classes)
    step, judge = compiled(config, model, optimizer_of(config), weights, training.is_multilabel)
    some = training.taken(np.arange(min(LOSS_IMAGES, len(training))))
    report.add(first_loss=float(step(*some)[0]), classes=num_classes)
    others = Others(process)
    _time(config, model, step, judge, training, validation, augmentation, report)
    report.add(memory=_peak(process), others=others.fraction(), training=rival or _trains_somebody())

    report.phase("one batch", 0.75)
    few = training.taken(_mixed(training.labels))
    first, last, accuracy, steps = _by_heart(config, model, first_weights, few)
    report.add(batch_first=first, batch_last=last, batch_accuracy=accuracy, batch_steps=steps, batch_size=len(few[1]))
    if not _is_learnt(first, last, accuracy) and not (steps < verdicts.FEW_STEPS and last < first):
        # Is it the network, or only how it is taught?
        report.phase("one batch again", 0.85)
        usual = config.changed(optimizer="adam", learning_rate=1e-3)
        first, last, accuracy, _ = _by_heart(usual, model, first_weights, few)
        report.add(usual_learns=_is_learnt(first, last, accuracy))
    report.add(fraction=1.0)


def _time(config, model, step, judge, training: Part, validation: Part, augmentation, report: Report) -> None:
    """Seconds of an epoch, from real steps on real batches, augmented as they will be, and real looks."""
    mean = RunningMean(model.weights, config.ema_decay) if config.ema_decay else None
    steps_per_epoch = -(-len(training) // config.batch_size)
    size = min(config.batch_size, len(training))
    step(*training.taken(np.arange(size)))[0].numpy()  # the first one of a size also prepares
    done, start = 0, time.monotonic()
    for images, labels in endless(training, config, augmentation):
        values = step(images, labels)
        if mean:
            mean.add()
        values[0].numpy()
        done, seconds = done + 1, time.monotonic() - start
        if done >= TIMED_STEPS[1] or (done >= TIMED_STEPS[0] and seconds > TIMED_SECONDS):
            break
    learning = seconds / done * steps_per_epoch
    report.add(steps_timed=done, steps_per_epoch=steps_per_epoch, step_seconds=seconds / done)
    report.phase("judging", 0.65)
    places = np.arange(min(EVALUATION_BATCH, len(validation)))
    judge(*validation.taken(places))[0].numpy()
    done, start = 0, time.monotonic()
    while done < 20 and (not done or time.monotonic() - start < JUDGED_SECONDS):
        judge(*validation.taken(places))[0].numpy()
        done += 1
    judging = (time.monotonic() - start) / done * len(validation) / len(places)
    report.add(epoch_seconds=learning + judging, judging_seconds=judging)


def _by_heart(config: Config, model: keras.Model, weights: list[np.ndarray], batch) -> tuple[float, float, float, int]:
    """Trains on one batch alone, without augmentation and dropout: (first loss, last loss, accuracy, steps)."""
    model.set_weights(weights)
    for layer in model.layers:
        # Every kind of dropout and noise asks for its rate at each step.
        if "Dropout" in type(layer).__name__ and hasattr(layer, "rate"):
            layer.rate = 0.0
    plain = config.changed(label_smoothing=0.0, weight_decay=0.0)
    step, _ = compiled(plain, model, optimizer_of(plain), is_multilabel=batch[1].ndim == 2)
    first, last, accuracy, steps, start = None, float("nan"), 0.0, 0, None
    while steps < ONE_BATCH_STEPS:
        last, accuracy = (float(value) for value in step(*batch)[:2])
        steps += 1
        if first is None:
            first, start = last, time.monotonic()  # the first step also builds
        seconds = time.monotonic() - start
        if (
            not np.isfinite(last)
            or _is_learnt(first, last, accuracy)
            or seconds > ONE_BATCH_SECONDS[steps < verdicts.FEW_STEPS]
        ):
            break
    return first, last, accuracy, steps


def _is_learnt(first: float, last: float, accuracy: float) -> bool:
    return last < verdicts.LEARNT_FRACTION * first and accuracy > verdicts.LEARNT_ACCURACY


def _mixed(labels: np.ndarray) -> np.ndarray:
    """Places of a few pictures, of as many classes, or sets of labels, as there is room for."""
    _, places = np.unique(labels, axis=0, return_index=True)
    rest = np.setdiff1d(np.arange(min(len(labels), 4 * ONE_BATCH)), places)
    return np.concatenate([places[:ONE_BATCH], rest])[:ONE_BATCH]


class Others:
    """How much of the processor somebody else takes, from now on."""

    def __init__(self, process: psutil.Process):
        self._process = process
        self._start = self._now()

    def fraction(self) -> float:
        """0: nobody, 1: all cores are taken."""
        busy, idle = (now - then for now, then in zip(self._now(), self._start, strict=True))
        return min(1.0, max(0.0, busy / (busy + idle))) if busy + idle > 0 else 0.0

    def _now(self) -> tuple[float, float]:
        """Seconds of all cores: those spent by others, and all the rest."""
        machine, this = psutil.cpu_times(), self._process.cpu_times()
        own = this.user + this.system
        rest = machine.idle + getattr(machine, "iowait", 0.0) + own
        # Where it is counted apart, the time of a nice process stands in a field of its own.
        used = machine.user + machine.system + getattr(machine, "nice", 0.0)
        return used - own, rest


def _trains_somebody() -> bool:
    """Whether another training takes its share of the machine now."""
    return any(run.state == "running" for run in runs.all_runs())


def _peak(process: psutil.Process) -> int:
    """The most memory that this process had so far, in bytes; as it is now where the system keeps no record."""
    now = process.memory_info()
    try:
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return max(now.rss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    except ImportError:  # Windows knows it by another name
        return getattr(now, "peak_wset", now.rss)
