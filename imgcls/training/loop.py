"""The training loop: epochs of steps over shuffled, augmented batches, watched and interruptible at every batch."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from imgcls.augmentations import Augmentation, augmented
from imgcls.config import Config
from imgcls.training.journal import Journal
from imgcls.training.network import logits_of

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Part:
    """Pictures uint8 (n, height, width, channels) and their classes int32 (n,)."""

    pictures: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


class Diverged(Exception):
    """The loss is no number any more."""


class Loop:
    """Trains `model` on `training`, judges each epoch on `validation`, and keeps the weights of the best one.

    `asked_to_stop` is asked after every batch; `on_best` is called with the model whenever an epoch was the best.
    """

    def __init__(
        self,
        config: Config,
        model: keras.Model,
        training: Part,
        validation: Part,
        journal: Journal,
        asked_to_stop: Callable[[], bool],
        on_best: Callable[[keras.Model], None],
    ):
        self.config = config
        self.model = model
        self.training = training
        self.validation = validation
        self.journal = journal
        self.asked_to_stop = asked_to_stop
        self.on_best = on_best
        self.optimizer = _optimizer(config)
        self.augmentation = Augmentation.of(config)
        self.best: dict | None = None
        self.best_weights: list[np.ndarray] | None = None
        self.epochs_done = 0
        self.steps_done = 0
        self.was_stopped = False
        self._trained_pictures, self._trained_seconds = 0, 0.0
        self._step, self._judge = _compiled(config, model, self.optimizer)

    def run(self) -> None:
        """All epochs, or as many as early stopping or a request leave.

        Raises:
            Diverged: the loss became NaN or infinite.
        """
        worse = stalled = 0
        for epoch in range(1, self.config.epochs + 1):
            started = time.monotonic()
            means = self._train_one_epoch(epoch)
            if self.was_stopped:
                return
            judged = self.judged(self.validation)
            if judged is None:
                self.was_stopped = True
                return
            if not np.isfinite(judged[0]):
                raise Diverged(epoch)
            learning_rate = float(self.optimizer.learning_rate)
            is_best = self._is_better(*judged)
            line = {
                "epoch": epoch,
                "loss": means[0],
                "accuracy": means[1],
                "val_loss": judged[0],
                "val_accuracy": judged[1],
                "learning_rate": learning_rate,
                "seconds": time.monotonic() - started,
                "best": is_best,
            }
            if is_best:
                self.keep(line)
            self.journal.epoch(**line)
            self.epochs_done = epoch
            worse, stalled = (0, 0) if is_best else (worse + 1, stalled + 1)
            if self.config.early_stopping and worse >= self.config.patience:
                return
            if self.config.reduce_on_plateau and stalled >= self.config.plateau_patience:
                self.optimizer.learning_rate.assign(learning_rate * self.config.plateau_factor)
                stalled = 0

    @property
    def pictures_per_second(self) -> float:
        """Training pictures a second, without validation and without the building of the graph."""
        return self._trained_pictures / self._trained_seconds if self._trained_seconds else 0.0

    def judged(self, part: Part) -> tuple[float, float] | None:
        """Loss and accuracy of the present weights on `part`, or None if asked to stop meanwhile."""
        means = Means()
        for start in range(0, len(part), EVALUATION_BATCH):
            labels = part.labels[start : start + EVALUATION_BATCH]
            means.add(self._judge(part.pictures[start : start + EVALUATION_BATCH], labels), len(labels))
            if self.asked_to_stop():
                return None
        return means.taken()[:2]

    def keep(self, line: dict) -> None:
        """Remembers the present weights as the best ones."""
        self.best = line
        self.best_weights = self.model.get_weights()
        self.on_best(self.model)

    def _is_better(self, loss: float, accuracy: float) -> bool:
        if self.best is None:
            return True
        if self.config.monitor == "accuracy":
            return (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        return loss < self.best["val_loss"]

    def _train_one_epoch(self, epoch: int) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch's batches; ends early, with `was_stopped`, when asked to."""
        lines, whole = Means(), Means()
        seen, last_seen, last_time = 0, 0, time.monotonic()
        for pictures, labels in self._batches(epoch):
            values = self._step(pictures, labels)
            self.steps_done += 1
            seen += len(labels)
            if self.steps_done == 1:
                # The first step also builds the graph, for a second or more: it says nothing about the speed.
                tf.convert_to_tensor(values[0]).numpy()
                last_seen, last_time = seen, time.monotonic()
            lines.add(values, len(labels))
            is_last = seen == len(self.training)
            if is_last or self.journal.is_time_for_a_batch_line():
                now = time.monotonic()
                loss, accuracy, count = lines.taken()
                whole.add((loss, accuracy), count)
                self._trained_pictures += seen - last_seen
                self._trained_seconds += now - last_time
                # A few pictures that are left at the end of an epoch make a mean that only looks like news.
                if not is_last or count > self.config.batch_size:
                    rate = (seen - last_seen) / max(now - last_time, 1e-6)
                    done = epoch - 1 + seen / len(self.training)
                    self.journal.batch(epoch=done, loss=loss, accuracy=accuracy, rate=rate)
                last_seen, last_time = seen, now
                if not np.isfinite(loss):
                    raise Diverged(epoch)
            if self.asked_to_stop():
                self.was_stopped = True
                break
        return whole.taken()[:2]

    def _batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The epoch's batches, the next one being made while the present one is learnt.

        Order and augmentation depend on seed, epoch and batch alone, not on what happened before.
        """
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.training))
        size = self.config.batch_size
        starts = range(0, len(order), size)

        def batch(start: int) -> tuple[np.ndarray, np.ndarray]:
            chosen = order[start : start + size]
            generator = np.random.default_rng([self.config.seed, epoch, start])
            return augmented(self.training.pictures[chosen], self.augmentation, generator), self.training.labels[chosen]

        if not self.augmentation:
            yield from map(batch, starts)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            coming = pool.submit(batch, 0)
            for start in starts:
                ready = coming
                if start + size < len(order):
                    coming = pool.submit(batch, start + size)
                yield ready.result()


class Means:
    """Means over pictures of (loss, accuracy), added lazily: TensorFlow is only waited for when they are taken."""

    def __init__(self):
        self._values: list = []

    def add(self, values, count: int) -> None:
        self._values.append((values, count))

    def taken(self) -> tuple[float, float, int]:
        """(loss, accuracy, pictures) since the last time; NaN if there were none."""
        values, self._values = self._values, []
        count = sum(number for _, number in values)
        if not count:
            return float("nan"), float("nan"), 0
        loss = sum(float(pair[0]) * number for pair, number in values) / count
        accuracy = sum(float(pair[1]) * number for pair, number in values) / count
        return loss, accuracy, count


def _optimizer(config: Config) -> keras.optimizers.Optimizer:
    extra = {"momentum": 0.9, "nesterov": True} if config.optimizer == "sgd" else {}
    return keras.optimizers.get(
        {"class_name": config.optimizer, "config": {"learning_rate": config.learning_rate, **extra}}
    )


def _compiled(config: Config, model: keras.Model, optimizer: keras.optimizers.Optimizer):
    """The step that learns from a batch and the one that only judges it, as graphs for batches of any size."""
    logits_model = logits_of(model)
    num_classes = model.output_shape[-1]
    plain_cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if config.loss == "sparse_categorical_crossentropy":
        cross_entropy = plain_cross_entropy
    else:
        one_hot = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)

        def cross_entropy(labels, logits):
            return one_hot(tf.one_hot(labels, num_classes), logits)

    def accuracy(labels, logits):
        return tf.reduce_mean(tf.cast(tf.argmax(logits, -1, tf.int32) == labels, tf.float32))

    signature = [
        tf.TensorSpec([None, *model.input_shape[1:]], tf.uint8),
        tf.TensorSpec([None], tf.int32),
    ]
    optimizer.build(model.trainable_variables)

    @tf.function(input_signature=signature)
    def step(pictures, labels):
        with tf.GradientTape() as tape:
            logits = logits_model(pictures, training=True)
            loss = cross_entropy(labels, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, accuracy(labels, logits)

    @tf.function(input_signature=signature)
    def judge(pictures, labels):
        # Without label smoothing, whatever the training uses: so the figure is the one that Evaluate shows.
        logits = logits_model(pictures, training=False)
        return plain_cross_entropy(labels, logits), accuracy(labels, logits)

    return step, judge
