"""The training loop: epochs of steps over shuffled, augmented batches. It obeys requests after every batch."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from imgcls.config import Config, schedules
from imgcls.datasets.augmentation import Augmentation
from imgcls.runs.requests import RunRequest
from imgcls.training.loop.batches import Subset, batches
from imgcls.training.loop.epoch_predictions import EpochRecorder
from imgcls.training.loop.evaluate import batch_size, evaluate
from imgcls.training.loop.running_metrics import BatchMeter
from imgcls.training.loop.state import Progress
from imgcls.training.loop.trainable import Trainable
from imgcls.training.process.checkpoint import Checkpoint
from imgcls.training.process.control import Control
from imgcls.training.process.metrics_writer import MetricsWriter

EVALUATION_BATCH = 256
CHECKPOINT_SECONDS = 30.0
"""During longer epochs a checkpoint is written at this interval."""


class Diverged(Exception):
    """The loss is NaN or infinite. The argument is the epoch."""


class Loop:
    """Trains a network on `training`, evaluates each epoch on `validation`, and keeps the weights of the best one.

    Call `restore` before `run` to continue from a checkpoint: the order of images, augmentation and learning rate
    depend only on seed, epoch and batch, and everything else is in the checkpoint.

    Args:
        augmentation: Replaces that of the settings.
        recorder: Records predictions for validation images after each epoch.
    """

    def __init__(
        self,
        config: Config,
        trainable: Trainable,
        training: Subset,
        validation: Subset,
        metrics: MetricsWriter,
        control: Control,
        augmentation: Augmentation | None = None,
        recorder: EpochRecorder | None = None,
    ):
        self.config = config
        self.model, self.optimizer = trainable.model, trainable.optimizer
        self._train_step, self._eval_step = trainable.train_step, trainable.eval_step
        self._set_rate = trainable.rate_setter()
        self._average = trainable.average(config.ema_decay) if config.ema_decay else None
        self.training = training
        self.validation = validation
        self.metrics, self.control = metrics, control
        self.augmentation = Augmentation.of(config) if augmentation is None else augmentation
        self.recorder = recorder
        self.evaluation_batch = batch_size(self.model.input_shape, EVALUATION_BATCH)
        self.progress = Progress()
        self.best_weights: list[np.ndarray] | None = None
        self.was_stopped = False
        self.steps_per_epoch = -(-len(training) // config.batch_size)
        self._clock = self._saved_at = time.monotonic()
        self._meter = BatchMeter()

    # ---- the whole training run

    def run(self) -> None:
        """Trains the remaining epochs, or fewer if early stopping or a request ends the training.

        Raises:
            Diverged: the loss became NaN or infinite.
            Parked: a pause lasted so long that the process should end.
            ShutDown: the machine is shutting down.
        """
        progress = self.progress
        self._clock = self._saved_at = time.monotonic()
        if self.control.request().stop:
            self.was_stopped = True
            return
        while progress.epoch <= self.config.epochs and not progress.ended_early:
            loss, accuracy = self._train_one_epoch()
            if self.was_stopped:
                return
            figures = self._validate()
            if figures is None:
                self.was_stopped = True
                return
            # The request may turn early stopping off just before it ends the training.
            self._apply_request(self.control.request())
            self._conclude_epoch(loss, accuracy, *figures)
            self._save_checkpoint()
        self._save_checkpoint(now=True)

    @property
    def epochs_done(self) -> int:
        return self.progress.before + self.progress.epoch - 1

    @property
    def steps_done(self) -> int:
        return (self.progress.epoch - 1) * self.steps_per_epoch + self.progress.step

    @property
    def position(self) -> float:
        """The position on the learning curve in epochs, counted in images because the last batch may be smaller."""
        count = min(self.progress.step * self.config.batch_size, len(self.training))
        return self.epochs_done + count / len(self.training)

    @property
    def best(self) -> dict[str, Any] | None:
        return self.progress.best

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return schedules.rate(self.config, self.steps_done, self.steps_per_epoch) * self.progress.factor

    def evaluate(self, subset: Subset, *, ignore_requests: bool = False) -> tuple[float, float] | None:
        """Loss and accuracy of the current weights, or of their average, on `subset`.

        None if a pause or stop was requested meanwhile.
        """
        recorder = self.recorder if subset is self.validation else None
        with self._averaged_weights():
            return evaluate(
                self._eval_step,
                subset,
                self.evaluation_batch,
                on_predictions=recorder.record if recorder else lambda start, probabilities: None,
                should_stop=lambda: not ignore_requests and self.control.request().halts,
            )

    def _validate(self) -> tuple[float, float] | None:
        """Loss and accuracy on the validation images, evaluated again after a pause; None if a stop was requested."""
        while (figures := self.evaluate(self.validation)) is None and not self.control.request().stop:
            self._pause()
        return figures

    def remember(self, line: dict[str, Any]) -> None:
        """Keeps the current weights, or their average, as the best ones. `line` describes the epoch."""
        with self._averaged_weights():
            self.best_weights = self.model.get_weights()
        self.progress.best = line

    def keep_unfinished_epoch(self) -> bool:
        """Remembers the weights of an unfinished first epoch as the best ones, so that a stop loses nothing.

        False if there is nothing worth keeping: no step was made, or the validation loss is not finite.
        """
        figures = self.evaluate(self.validation, ignore_requests=True) if self.steps_done else None
        if figures is None or not math.isfinite(figures[0]):
            return False
        self.remember({"epoch": 0, "val_loss": figures[0], "val_accuracy": figures[1]})
        return True

    def test_predictions(self, expected: np.ndarray) -> np.ndarray | None:
        """Probabilities of the test images, if there is a faster way to them; `expected` are the first of the model."""
        return None

    def predictions_once(self, model: Any, images: np.ndarray) -> np.ndarray:
        """What `model`, made from this one, predicts for the first test images, float32 (n, classes)."""
        from imgcls.training import model_builder  # imports TensorFlow

        return model_builder.predictions_once(model, images)

    @property
    def facts(self) -> dict[str, Any]:
        """Entries of result.json that only this kind of training has."""
        return {}

    # ---- checkpoints

    def checkpoint(self) -> Checkpoint:
        """The complete current state."""
        self._tick()
        arrays = {
            "now": [np.asarray(variable.numpy()) for variable in self.model.variables],
            "opt": [np.asarray(variable.numpy()) for variable in self.optimizer.variables],
            "mean": self._average.arrays() if self._average else [],
            "best": self.best_weights or [],
        }
        return Checkpoint(asdict(self.progress), arrays)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continues from a checkpoint of a training run with the same settings, apart from the number of epochs."""
        arrays = checkpoint.arrays
        for variables, part in ((self.model.variables, "now"), (self.optimizer.variables, "opt")):
            for variable, value in zip(variables, arrays[part], strict=True):
                variable.assign(value)
        if self._average:
            self._average.set_arrays(arrays["mean"])
        self.best_weights = arrays["best"] or None
        self.progress = Progress.of(checkpoint.state)
        self._clock = self._saved_at = time.monotonic()

    def _save_checkpoint(self, *, now: bool = False) -> None:
        self.control.save(self.checkpoint(), now=now)
        self._saved_at = time.monotonic()

    # ---- one epoch

    def _train_one_epoch(self) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch's batches. A requested stop ends it early and sets `was_stopped`."""
        self._meter.start()
        for images, labels in self._batches(self.progress.epoch, self.progress.step):
            rate = self.learning_rate
            self._set_rate(rate)
            self._meter.add(self._train_step(images, labels), len(labels))
            self.progress.step += 1
            if self._average:
                self._average.add()
            is_last = self.progress.step == self.steps_per_epoch
            checkpoint_is_due = time.monotonic() - self._saved_at > CHECKPOINT_SECONDS
            request = self.control.request()
            ends = is_last or request.halts
            if ends or checkpoint_is_due or self.metrics.is_time_for_a_batch_line():
                recent = self._meter.take()
                self.progress.add(recent)
                # The mean over a few remaining images at the end of an epoch would only be noise on the curve.
                if not ends or recent.images > self.config.batch_size:
                    self.metrics.batch(
                        epoch=self.position,
                        loss=recent.loss,
                        accuracy=recent.accuracy,
                        rate=recent.images_per_second,
                        learning_rate=rate,
                        gradient_norm=recent.gradient_norm,
                    )
                if not np.isfinite(recent.loss):
                    raise Diverged(self.epochs_done + 1)
            self._apply_request(request)
            if request.pause and not request.stop:
                self._pause()
                self._meter.start()
            self.was_stopped = request.stop or self.control.request().stop
            if self.was_stopped:
                break
            if checkpoint_is_due and not is_last:
                self._save_checkpoint()
        return self.progress.means

    def _conclude_epoch(self, loss: float, accuracy: float, val_loss: float, val_accuracy: float) -> None:
        """Updates best epoch, metrics log, plateau and early stopping, and moves on to the next epoch."""
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
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
            "seconds": progress.epoch_seconds,
            "best": is_best,
        }
        if is_best:
            self.remember(line)
        if self.recorder:
            self.recorder.end_epoch(self.epochs_done + 1, is_best)
        self.metrics.epoch(**line)
        progress.end_epoch(config, is_best)

    def _batches(self, epoch: int, first: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return batches(self.training, epoch, self.config.batch_size, self.config.seed, self.augmentation, first)

    # ---- requests

    def _apply_request(self, request: RunRequest) -> None:
        """Applies what is new in a request, and writes it with its position on the curve to the metrics log."""
        planned = schedules.rate(self.config, self.steps_done, self.steps_per_epoch)
        for change in self.progress.apply(request, planned):
            self.metrics.change(epoch=self.position, **change)

    def _pause(self) -> None:
        self._save_checkpoint(now=True)
        self.metrics.phase("paused")
        self.control.wait_while_paused()
        self.metrics.phase("training")
        self._clock = time.monotonic()

    def _averaged_weights(self) -> contextlib.AbstractContextManager[None]:
        """A context in which the model has the average of its weights, if the settings ask for one."""
        return contextlib.nullcontext() if self._average is None else self._average.applied()

    def _tick(self) -> None:
        """Adds the time since the last call. Pauses do not count."""
        since, self._clock = self._clock, time.monotonic()
        self.progress.seconds += self._clock - since
        self.progress.epoch_seconds += self._clock - since
