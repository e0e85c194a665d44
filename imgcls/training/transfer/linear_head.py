"""A linear head on features, trained with NumPy: the same computations as by Keras, without its overhead.

A step of so small a network takes Keras longer to start than to compute, and TensorFlow seconds to be imported. So
every linear head is trained here, whichever library the rest of the run needs. Variables, and so checkpoints, are those
of the Keras model with the same settings. The random numbers of dropout are NumPy's; they follow from seed and step.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from imgcls.config import Config
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.loop.ema import WeightAverage
from imgcls.training.loop.trainable import Trainable
from imgcls.training.transfer.head_solver import EPSILON, binary, multinomial, targets_of

BETA_1, BETA_2, RHO, MOMENTUM = 0.9, 0.999, 0.9, 0.9
OPTIMIZER_EPSILON = 1e-7
"""As these, the defaults of Keras."""

Rule = Callable[..., None]
"""Changes a variable in place: (variable, gradient, learning rate, number of the step from 1, *its slots)."""


class Array:
    """A variable. Its `value` is changed in place."""

    def __init__(self, value: Any, dtype: Any = np.float32):
        self.value = np.array(value, dtype)

    def numpy(self) -> np.ndarray:
        """A copy of the value."""
        return self.value.copy()

    def assign(self, value: Any) -> None:
        """Replaces the value.

        Raises:
            ValueError: it has another shape.
        """
        if np.shape(value) != self.value.shape:
            raise ValueError(f"A variable of shape {self.value.shape} cannot become {np.shape(value)}.")
        self.value[...] = value


class LinearHead:
    """Standardises features with their mean and variance in the training images, drops some at random in training, and
    applies a linear layer: float32 (n, features) to probabilities (n, classes).

    See `imgcls.models.families.transfer.classify`, and `imgcls.training.loop.trainable.Network` for the methods.
    """

    def __init__(self, features: int, classes: int, config: Config, *, is_multilabel: bool):
        self.input_shape, self.output_shape = (None, features), (None, classes)
        self.mean, self.variance = Array(np.zeros(features)), Array(np.ones(features))
        self.kernel, self.bias = Array(np.zeros((features, classes))), Array(np.zeros(classes))
        self._dropout = float(config.model_settings["dropout"])
        # As Keras's generator: the seed, and the number of steps so far.
        self._state = Array([config.seed, 0], np.int64)
        self._loss = binary if is_multilabel else multinomial
        self._is_multilabel = is_multilabel

    @property
    def weights(self) -> list[Array]:
        return [self.mean, self.variance, self.kernel, self.bias]

    @property
    def variables(self) -> list[Array]:
        random = [self._state] if self._dropout else []
        return [self.mean, self.variance, *random, self.kernel, self.bias]

    def get_weights(self) -> list[np.ndarray]:
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        for mine, value in zip(self.weights, weights, strict=True):
            mine.assign(value)

    def standardise_as(self, features: np.ndarray) -> None:
        """Takes mean and variance from these features; all classes become equally likely."""
        self.set_weights([features.mean(0), features.var(0), np.zeros_like(self.kernel.value), 0 * self.bias.value])

    def predict_on_batch(self, features: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes)."""
        return self.evaluated(features, np.zeros(self.output_shape[1:], np.float32))[2]

    def evaluated(self, features: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Logits, losses and probabilities, each (n, classes)."""
        logits = self._logits(self._standardised(features))
        return logits, *self._loss(logits, targets)

    def differentiated(
        self, features: np.ndarray, targets: np.ndarray, importance: np.ndarray
    ) -> tuple[np.ndarray, float, list[np.ndarray]]:
        """Logits (n, classes), the mean loss, and its gradients with respect to kernel and bias, with dropout."""
        x = self._standardised(features)
        if self._dropout:
            generator = np.random.default_rng(self._state.value)
            self._state.value[1] += 1
            x *= (generator.random(x.shape, np.float32) >= self._dropout) * np.float32(1 / (1 - self._dropout))
        logits = self._logits(x)
        losses, probabilities = self._loss(logits, targets)
        count = logits.size if self._is_multilabel else len(logits)
        errors = (probabilities - targets) * (importance / np.float32(count))
        return logits, float((losses * importance).sum()) / count, [x.T @ errors, errors.sum(0)]

    def _standardised(self, features: np.ndarray) -> np.ndarray:
        scale = 1 / np.sqrt(self.variance.value + np.float32(EPSILON))
        return (features - self.mean.value) * scale

    def _logits(self, x: np.ndarray) -> np.ndarray:
        return x @ self.kernel.value + self.bias.value


class Optimizer:
    """One of `RULES`, with weight decay of the kernel."""

    def __init__(self, config: Config, head: LinearHead):
        self._rule, slots = RULES[config.optimizer]
        self._head, self._decay = head, config.weight_decay
        self._trained = [head.kernel, head.bias]
        self._slots = [[Array(np.zeros_like(one.value)) for _ in range(slots)] for one in self._trained]
        self._iterations = Array(0, np.int64)
        self.learning_rate = Array(config.learning_rate)

    @property
    def variables(self) -> list[Array]:
        return [self._iterations, self.learning_rate, *(slot for slots in self._slots for slot in slots)]

    def apply(self, gradients: Sequence[np.ndarray]) -> None:
        """Makes a step."""
        self._iterations.value += 1
        step, rate = int(self._iterations.value), float(self.learning_rate.value)
        if self._decay:
            self._head.kernel.value *= 1 - self._decay * rate
        for variable, gradient, slots in zip(self._trained, gradients, self._slots, strict=True):
            self._rule(variable.value, gradient, rate, step, *(slot.value for slot in slots))


def _sgd(variable, gradient, rate, step, momentum) -> None:
    momentum *= MOMENTUM
    momentum -= rate * gradient
    variable += MOMENTUM * momentum - rate * gradient  # Nesterov


def _adam(variable, gradient, rate, step, momentum, velocity) -> None:
    momentum += (gradient - momentum) * (1 - BETA_1)
    velocity += (gradient * gradient - velocity) * (1 - BETA_2)
    rate *= math.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
    variable -= rate * momentum / (np.sqrt(velocity) + OPTIMIZER_EPSILON)


def _rmsprop(variable, gradient, rate, step, velocity) -> None:
    velocity *= RHO
    velocity += (1 - RHO) * gradient * gradient
    variable -= rate * gradient / np.sqrt(velocity + OPTIMIZER_EPSILON)


RULES: Mapping[str, tuple[Rule, int]] = {
    "sgd": (_sgd, 1),
    "adam": (_adam, 2),
    "adamw": (_adam, 2),
    "rmsprop": (_rmsprop, 1),
}
"""Each optimiser that is known here, and how many slots it has for a variable. Keras computes the others."""


def suits(config: Config) -> bool:
    """Whether the head of these settings is trained here."""
    return not config.model_settings["head_units"] and config.optimizer in RULES


def trainable(config: Config, features: int, classes: int, labels: np.ndarray) -> Trainable:
    """A head that was not trained yet, with its steps; `labels` are those of the training images."""
    is_multilabel = labels.ndim == 2
    head = LinearHead(features, classes, config, is_multilabel=is_multilabel)
    optimizer = Optimizer(config, head)
    weights = class_weights(config, labels, classes)
    smoothing = config.label_smoothing

    @np.errstate(all="ignore")  # the loop looks at the loss
    def train_step(features: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
        targets, importance = targets_of(labels, classes, weights)
        if smoothing:
            targets = targets * (1 - smoothing) + smoothing / (2 if is_multilabel else classes)
        logits, loss, gradients = head.differentiated(features, targets, importance)
        optimizer.apply(gradients)
        norm = math.sqrt(sum(float(np.square(gradient).sum()) for gradient in gradients))
        return loss, accuracy(logits, labels), norm

    @np.errstate(all="ignore")
    def eval_step(features: np.ndarray, labels: np.ndarray) -> tuple[float, float, np.ndarray]:
        logits, losses, probabilities = head.evaluated(features, targets_of(labels, classes, None)[0])
        loss = losses.mean() if is_multilabel else losses.sum(1).mean()
        return float(loss), accuracy(logits, labels), probabilities

    return Trainable(head, optimizer, train_step, eval_step, lambda decay: _average(head.weights, decay))


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """The fraction of images whose class, or whose labels, are all correct."""
    is_correct = ((logits >= 0) == (labels > 0)).all(1) if labels.ndim == 2 else logits.argmax(1) == labels
    return float(is_correct.mean())


def _average(weights: Sequence[Array], decay: float) -> WeightAverage:
    averages = [Array(weight.value) for weight in weights]

    def update(kept: float) -> None:
        for average, weight in zip(averages, weights, strict=True):
            average.value += (1 - kept) * (weight.value - average.value)

    return WeightAverage(weights, averages, decay, update)
