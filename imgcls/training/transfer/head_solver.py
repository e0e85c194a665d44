"""Solves a linear head before its first epoch: logistic regression with L-BFGS.

The problem is convex, so a few dozen passes over the features reach the optimum that many epochs of gradient descent
would approach. The strength of the L2 penalty is the one with the lowest validation loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.system import hardware
from imgcls.training.loop.batches import Batch, Subset
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.loop.trainable import Network
from imgcls.training.transfer.features import Copies

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Tried in this order, each from the solution of the one before, until the validation loss rises."""
MOST_IMAGES = 5_000
"""A sample of this size is enough for a start: with more images, gradient descent makes many steps per epoch."""
MOST_PASSES = 60
TOLERANCE = 1e-4
"""A solution is accepted when a pass lowers the loss by less than this fraction: epochs of gradient descent follow."""

EPSILON = 1e-3
"""Added to the variance by the layer "standardise"."""
MEMORY = 10
"""Steps from which L-BFGS estimates the curvature."""
MOST_STEPS = 20
"""Lengths that are tried in one direction."""

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""From a point (n,) to the value of the function and its gradient (n,)."""
Loss = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From logits and targets (n, classes) to the loss of each target (n, classes) and the probabilities (n, classes)."""


@dataclass(frozen=True)
class Solution:
    """The initial weights of a linear head.

    Attributes:
        mean, variance: Of each training feature, float32 (features,).
        kernel, bias: Of the dense layer, float32 (features, classes) and (classes,).
    """

    mean: np.ndarray
    variance: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray

    def apply(self, head: Network) -> None:
        """Gives a head these weights."""
        head.set_weights([self.mean, self.variance, self.kernel, self.bias])


def solution(config: Config, classes: int, training: Copies, validation: Subset) -> Solution:
    """The weights of a linear head with the lowest validation loss.

    Label smoothing and class weights apply to the training loss alone, as in training. It needs no TensorFlow, so it
    can be computed while that is being imported.
    """
    sample = training.sample(models.MAX_IMAGES_TO_INITIALISE)
    mean, variance = sample.mean(0), sample.var(0)
    weights = class_weights(config, training.labels, classes)
    count = len(training.copies)
    copies = [_sample(training.in_epoch(number), MOST_IMAGES // count) for number in range(1, count + 1)]
    features, labels = (np.concatenate(parts) for parts in zip(*copies, strict=True))
    val_features, val_labels = _sample(validation, MOST_IMAGES)

    def standardised(values: np.ndarray) -> np.ndarray:
        return (values - mean) / np.sqrt(variance + EPSILON)

    targets, importance = targets_of(labels, classes, weights)
    smoothing = config.label_smoothing
    targets = targets * (1 - smoothing) + smoothing / (2 if training.is_multilabel else classes)
    loss = binary if training.is_multilabel else multinomial
    val_problem = standardised(val_features), targets_of(val_labels, classes, None)[0]
    with hardware.one_blas_thread():
        found = solve((standardised(features), targets, importance), val_problem, loss)
    return Solution(mean, variance, *found)


def solve(
    training: tuple[np.ndarray, np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], loss: Loss
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel, float32 (features, classes), and bias, float32 (classes,), with the lowest validation loss.

    Args:
        training: Standardised features, float32 (n, features); targets (n, classes); and the importance of each
            target, (n, classes) or (n, 1).
        validation: Features and targets.
    """
    (x, targets, importance), (x_val, val_targets) = training, validation
    shape = x.shape[1] + 1, targets.shape[1]
    best = now = np.zeros(shape)
    lowest = np.inf
    for penalty in PENALTIES:
        objective = _objective(x, targets, importance, penalty, loss)
        now = _minimum(objective, now.ravel()).reshape(shape)
        validation_loss = loss(x_val @ now[:-1] + now[-1], val_targets)[0].sum(1).mean()
        if not validation_loss < lowest:
            break
        best, lowest = now, validation_loss
    return best[:-1].astype(np.float32), best[-1].astype(np.float32)


def _minimum(objective: Objective, start: np.ndarray) -> np.ndarray:
    """The minimum of a smooth convex function by L-BFGS, as in SciPy, whose import takes as long as a solution.

    Sources: Liu, D. and Nocedal, J. (1989), "On the limited memory BFGS method for large scale optimization"; for the
    line search Lewis, A. and Overton, M. (2013), "Nonsmooth optimization via quasi-Newton methods".
    """
    point, (value, gradient) = start, objective(start)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(MOST_PASSES):
        direction = _direction(gradient, pairs)
        slope, low, high = float(gradient @ direction), 0.0, np.inf
        step = 1.0 if pairs else 1 / max(float(np.abs(gradient).sum()), 1.0)
        for _ in range(MOST_STEPS):
            next_point = point + step * direction
            next_value, next_gradient = objective(next_point)
            if not next_value <= value + 1e-4 * step * slope:
                high = step
            elif next_gradient @ direction < 0.9 * slope:
                low = step
            else:
                break
            step = (low + high) / 2 if high < np.inf else 2 * low
        if not next_value < value:  # within rounding of the minimum
            break
        pairs = [*pairs[1 - MEMORY :], (next_point - point, next_gradient - gradient)]
        gain = (value - next_value) / max(abs(value), 1.0)
        point, value, gradient = next_point, next_value, next_gradient
        if gain <= TOLERANCE:
            break
    return point


def _direction(gradient: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Downhill, by the inverse curvature that the latest steps and changes of the gradient suggest."""
    found, factors = -gradient, []
    for moved, changed in reversed(pairs):
        factors.append((moved @ found) / (moved @ changed))
        found = found - factors[-1] * changed
    if pairs:
        moved, changed = pairs[-1]
        found = found * ((moved @ changed) / (changed @ changed))
    for (moved, changed), factor in zip(pairs, reversed(factors), strict=True):
        found = found + (factor - (changed @ found) / (moved @ changed)) * moved
    return found


def _objective(x: np.ndarray, targets: np.ndarray, importance: np.ndarray, penalty: float, loss: Loss) -> Objective:
    """The penalised mean loss and its gradient, as a function of kernel and bias in one vector."""

    def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
        weights = vector.reshape(-1, targets.shape[1]).astype(np.float32)
        kernel, bias = weights[:-1], weights[-1]
        losses, probabilities = loss(x @ kernel + bias, targets)
        errors = (probabilities - targets) * (importance / len(x))
        gradient = np.vstack([x.T @ errors + penalty * kernel, errors.sum(0)])
        value = (losses * importance).sum() / len(x) + penalty / 2 * float((kernel**2).sum())
        return float(value), gradient.ravel().astype(np.float64)

    return objective


def multinomial(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cross-entropy of a softmax."""
    shifted = logits - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -targets * logs, np.exp(logs)


def binary(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Binary cross-entropy of each label."""
    losses = np.logaddexp(0, logits) - targets * logits
    return losses, 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def targets_of(labels: np.ndarray, classes: int, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Targets, float32 (n, classes), and the importance of each, float32 (n, 1) or (n, classes)."""
    if labels.ndim == 2:
        targets = labels.astype(np.float32)
        importance = np.ones((len(labels), 1)) if weights is None else np.where(labels > 0, weights[1], weights[0])
    else:
        targets = np.eye(classes, dtype=np.float32)[labels]
        importance = np.ones((len(labels), 1)) if weights is None else weights[labels][:, None]
    return targets, importance.astype(np.float32)


def _sample(subset: Subset, most: int) -> Batch:
    """All images, or at most `most`, evenly spaced over the subset."""
    return subset.take(np.arange(len(subset))[:: -(-len(subset) // most)])
