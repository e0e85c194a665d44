"""The training loop: epochs of steps over shuffled, augmented batches, watched and interruptible at every batch."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from imgcls.config import Config, schedules
from imgcls.datasets.augmentation import Augmentation
from imgcls.runs.requests import RunRequest
from imgcls.training.loop.batches import Part, batches
from imgcls.training.loop.ema import RunningMean
from imgcls.training.loop.epoch_predictions import Snapshots
from imgcls.training.loop.evaluate import judged
from imgcls.training.loop.running_metrics import Means
from imgcls.training.loop.state import Progress
from imgcls.training.loop.steps import class_weights, compiled, optimizer_of
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import Journal

EVALUATION_BATCH = 256
CHECKPOINT_SECONDS = 30.0
"""Within an epoch that takes longer than this, a checkpoint is written as often."""


class Diverged(Exception):
    """The loss is no number any more."""


class Loop:
    """Trains `model` on `training`, judges each epoch on `validation`, and remembers the weights of the best one.

    `restore` before `run` goes on where a checkpoint was taken: order, augmentation and learning rate depend on seed,
    epoch and batch alone, and everything else is in the checkpoint. `augmentation` takes the place of the settings',
    and `snapshots` keeps answers to validation pictures.
    """

    def __init__(
        self,
        config: Config,
        model: keras.Model,
        training: Part,
        validation: Part,
        journal: Journal,
        control: Control,
        augmentation: Augmentation | None = None,
        snapshots: Snapshots | None = None,
    ):
        self.config = config
        self.model = model
        self.training = training
        self.validation = validation
        self.journal = journal
        self.control = control
        self.augmentation = Augmentation.of(config) if augmentation is None else augmentation
        self.snapshots = snapshots
        self.evaluation_batch = EVALUATION_BATCH
        self.optimizer = optimizer_of(config)
        self.progress = Progress()
        self.best_weights: list[np.ndarray] | None = None
        self.was_stopped = False
        self.steps_per_epoch = -(-len(training) // config.batch_size)
        weights = class_weights(config, training.labels, model.output_shape[-1])
        self._step, self._judge = compiled(config, model, self.optimizer, weights, training.is_multilabel)
        self._mean = RunningMean(model.weights, config.ema_decay) if config.ema_decay else None
        self._clock = self._kept = time.monotonic()
        self._warm = False

    # ---- the whole training

    def run(self) -> None:
        """All epochs that are left, or as many as early stopping or a request leave.

        Raises:
            Diverged: the loss became NaN or infinite.
            Parked: a pause lasted so long that the process should end.
        """
        progress = self.progress
        self._clock = self._kept = time.monotonic()
        if self.control.asked().stop:
            self.was_stopped = True
            return
        while progress.epoch <= self.config.epochs and not progress.ended_early:
            loss, accuracy = self._train_one_epoch()
            if self.was_stopped:
                return
            judged = self._validated()
            if judged is None:
                self.was_stopped = True
                return
            self._obey(self.control.asked())  # it may decide whether this was the last epoch
            self._conclude_epoch(loss, accuracy, *judged)
            self._keep()
        self._keep(now=True)

    @property
    def epochs_done(self) -> int:
        return self.progress.before + self.progress.epoch - 1

    @property
    def steps_done(self) -> int:
        return (self.progress.epoch - 1) * self.steps_per_epoch + self.progress.step

    @property
    def position(self) -> float:
        """Where on the curve the training is, in epochs: by pictures, as the last batch may hold fewer of them."""
        seen = min(self.progress.step * self.config.batch_size, len(self.training))
        return self.epochs_done + seen / len(self.training)

    @property
    def best(self) -> dict[str, Any] | None:
        return self.progress.best

    @property
    def learning_rate(self) -> float:
        """The rate of the coming step."""
        return schedules.rate(self.config, self.steps_done, self.steps_per_epoch) * self.progress.factor

    def judged(self, part: Part, *, to_the_end: bool = False) -> tuple[float, float] | None:
        """Loss and accuracy of the present weights, or of their mean, on `part`; None if asked to halt meanwhile."""
        see = self.snapshots.see if self.snapshots and part is self.validation else lambda start, predictions: None
        ends = (lambda: False) if to_the_end else (lambda: self.control.asked().halts)
        with self._averaged():
            return judged(self._judge, part, self.evaluation_batch, see, ends)

    def _validated(self) -> tuple[float, float] | None:
        """Loss and accuracy on the validation pictures, begun again after a pause; None if asked to stop meanwhile."""
        while (figures := self.judged(self.validation)) is None and not self.control.asked().stop:
            self._pause()
        return figures

    def remember(self, line: dict[str, Any]) -> None:
        """Takes the present weights, or their mean, for the best ones."""
        with self._averaged():
            self.best_weights = self.model.get_weights()
        self.progress.best = line

    def keep_unfinished_epoch(self) -> bool:
        """Remembers the weights of an unfinished first epoch as the best ones, so that a stop loses nothing.

        False if there is nothing worth keeping: no step was made, or the validation loss is not finite.
        """
        if not self.steps_done:
            return False
        figures = self.judged(self.validation, to_the_end=True)
        if figures is None or not math.isfinite(figures[0]):
            return False
        self.remember({"epoch": 0, "val_loss": figures[0], "val_accuracy": figures[1]})
        return True

    def test_predictions(self) -> np.ndarray | None:
        """Probabilities of the test images, if the loop knows a faster way to them than running the model."""
        return None

    @property
    def facts(self) -> dict[str, Any]:
        """Entries of result.json that only this kind of training has."""
        return {}

    # ---- checkpoints

    def checkpoint(self) -> Checkpoint:
        """Everything as it is now."""
        self._tick()
        arrays = {
            "now": [np.asarray(variable.numpy()) for variable in self.model.variables],
            "opt": [np.asarray(variable.numpy()) for variable in self.optimizer.variables],
            "mean": self._mean.arrays() if self._mean else [],
            "best": self.best_weights or [],
        }
        return Checkpoint(asdict(self.progress), arrays)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes back to a checkpoint of the same settings, or of fewer epochs."""
        arrays = checkpoint.arrays
        for variables, part in ((self.model.variables, "now"), (self.optimizer.variables, "opt")):
            for variable, value in zip(variables, arrays[part], strict=True):
                variable.assign(value)
        if self._mean:
            self._mean.set_arrays(arrays["mean"])
        self.best_weights = arrays["best"] or None
        self.progress = Progress.of(checkpoint.state)
        self._clock = self._kept = time.monotonic()

    def _keep(self, *, now: bool = False) -> None:
        self.control.keep(self.checkpoint(), now=now)
        self._kept = time.monotonic()

    # ---- one epoch

    def _train_one_epoch(self) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch's batches; ends early, with `was_stopped`, when asked to."""
        progress = self.progress
        lines = Means(3)
        seen = progress.step * self.config.batch_size
        last_seen, last_time = seen, time.monotonic()
        for images, labels in self._batches(progress.epoch, progress.step):
            rate = self.learning_rate
            self.optimizer.learning_rate.assign(rate)
            values = self._step(images, labels)
            progress.step += 1
            seen += len(labels)
            if not self._warm:
                # The first step also builds the graph, for a second or more: it says nothing about the speed.
                tf.convert_to_tensor(values[0]).numpy()
                self._warm, last_seen, last_time = True, seen, time.monotonic()
            if self._mean:
                self._mean.add()
            lines.add(values, len(labels))
            is_last = seen == len(self.training)
            wants_checkpoint = time.monotonic() - self._kept > CHECKPOINT_SECONDS
            asked = self.control.asked()
            if is_last or asked.halts or wants_checkpoint or self.journal.is_time_for_a_batch_line():
                now = time.monotonic()
                (loss, accuracy, norm), count = lines.taken()
                progress.add(loss, accuracy, count)
                progress.timed_images += seen - last_seen
                progress.timed_seconds += now - last_time
                # A few pictures that are left at the end of an epoch make a mean that only looks like news.
                if not (is_last or asked.halts) or count > self.config.batch_size:
                    self.journal.batch(
                        epoch=self.position,
                        loss=loss,
                        accuracy=accuracy,
                        rate=(seen - last_seen) / max(now - last_time, 1e-6),
                        learning_rate=rate,
                        gradient_norm=norm,
                    )
                last_seen, last_time = seen, now
                if not np.isfinite(loss):
                    raise Diverged(self.epochs_done + 1)
            self._obey(asked)
            if asked.pause and not asked.stop:
                self._pause()
                last_time = time.monotonic()
            self.was_stopped = asked.stop or self.control.asked().stop
            if self.was_stopped:
                break
            if wants_checkpoint and not is_last:
                self._keep()
        loss, accuracy, count = progress.summed
        return (loss / count, accuracy / count) if count else (float("nan"), float("nan"))

    def _conclude_epoch(self, loss: float, accuracy: float, val_loss: float, val_accuracy: float) -> None:
        """Best epoch, journal, plateau, early stopping; then the next epoch is the one under way."""
        progress, config = self.progress, self.config
        if not np.isfinite(val_loss):
            raise Diverged(self.epochs_done + 1)
        self._tick()
        is_best = progress.is_better(config.monitor, val_loss, val_accuracy)
        line = {
            "epoch": self.epochs_done + 1,
            "loss": loss,
            "accuracy": accuracy,
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
            "learning_rate": float(self.optimizer.learning_rate),
            "seconds": progress.epoch_seconds,
            "best": is_best,
        }
        if is_best:
            self.remember(line)
        if self.snapshots:
            self.snapshots.keep(self.epochs_done + 1, is_best)
        self.journal.epoch(**line)
        progress.epoch, progress.step = progress.epoch + 1, 0
        progress.summed, progress.epoch_seconds = (0.0, 0.0, 0), 0.0
        progress.worse, progress.stalled = (0, 0) if is_best else (progress.worse + 1, progress.stalled + 1)
        early = config.early_stopping if progress.early_stopping is None else progress.early_stopping
        progress.ended_early = early and progress.worse >= config.patience
        if config.schedule == "plateau" and progress.stalled >= config.plateau_patience:
            progress.factor *= config.plateau_factor
            progress.stalled = 0

    def _batches(self, epoch: int, first: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return batches(self.training, epoch, self.config.batch_size, self.config.seed, self.augmentation, first)

    # ---- requests

    def _obey(self, asked: RunRequest) -> None:
        """Applies what is new in a request, and notes in the journal where on the curve it happened."""
        progress = self.progress
        if (asked.learning_rate, asked.rate_number) != (progress.rate_asked, progress.rate_number):
            progress.rate_asked, progress.rate_number = asked.learning_rate, asked.rate_number
            planned = schedules.rate(self.config, self.steps_done, self.steps_per_epoch)
            if asked.learning_rate is not None and planned > 0:
                # The rest of the schedule keeps its form, from the new height.
                progress.factor = asked.learning_rate / planned
                self.journal.change(
                    epoch=self.position, what="learning_rate", value=asked.learning_rate, number=asked.rate_number
                )
        if asked.early_stopping is not None and asked.early_stopping != progress.early_stopping:
            progress.early_stopping = asked.early_stopping
            progress.worse = 0  # patience begins anew: it must not end the training at once
            self.journal.change(epoch=self.position, what="early_stopping", value=asked.early_stopping)

    def _pause(self) -> None:
        self._keep(now=True)
        self.journal.phase("paused")
        self.control.wait_while_paused()
        self.journal.phase("training")
        self._clock = time.monotonic()

    def _averaged(self):
        """A context in which the model has the mean of its weights, if there is one."""
        return contextlib.nullcontext() if self._mean is None else self._mean.in_place()

    def _tick(self) -> None:
        """Adds the time since the last tick; a pause does not count."""
        since, self._clock = self._clock, time.monotonic()
        self.progress.seconds += self._clock - since
        self.progress.epoch_seconds += self._clock - since
