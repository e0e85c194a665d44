"""Solves a linear head before its first epoch: logistic regression with L-BFGS.

The problem is convex, so a few dozen passes over the features reach the optimum that many epochs of gradient descent
would approach. The strength of the L2 penalty is the one with the lowest validation loss.
"""

from collections.abc import Callable

import keras
import numpy as np

from imgcls.config import Config
from imgcls.system import hardware
from imgcls.training.loop.batches import Batch, Subset
from imgcls.training.loop.steps import class_weights
from imgcls.training.transfer.features import Copies

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Tried in this order, each from the solution of the one before, until the validation loss rises."""
MOST_IMAGES = 5_000
"""A sample of this size is enough for a start: with more images, gradient descent makes many steps per epoch."""
MOST_PASSES = 60
TOLERANCE = 1e-4
"""A solution is accepted when a pass lowers the loss by less than this fraction: epochs of gradient descent follow."""

Loss = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From logits and targets (n, classes) to the loss of each target (n, classes) and the probabilities (n, classes)."""


def initialise(config: Config, head: keras.Model, training: Copies, validation: Subset) -> None:
    """Sets the weights of a linear head to the solution with the lowest validation loss.

    Label smoothing and class weights apply to the training loss alone, as in training.

    Args:
        head: Its layer "standardise" already has the mean and variance of the training features.
    """
    layer, classes = head.get_layer("standardise"), head.output_shape[-1]
    mean, variance = layer.get_weights()
    weights = class_weights(config, training.labels, classes)
    count = len(training.copies)
    copies = [_sample(training.in_epoch(number), MOST_IMAGES // count) for number in range(1, count + 1)]
    features, labels = (np.concatenate(parts) for parts in zip(*copies, strict=True))
    val_features, val_labels = _sample(validation, MOST_IMAGES)

    def standardised(values: np.ndarray) -> np.ndarray:
        return (values - mean) / np.sqrt(variance + layer.epsilon)

    targets, importance = _targets(labels, classes, weights)
    smoothing = config.label_smoothing
    targets = targets * (1 - smoothing) + smoothing / (2 if training.is_multilabel else classes)
    loss = _binary if training.is_multilabel else _multinomial
    val_problem = standardised(val_features), _targets(val_labels, classes, None)[0]
    with hardware.one_blas_thread():
        solution = solve((standardised(features), targets, importance), val_problem, loss)
    head.get_layer("logits").set_weights(solution)


def solve(
    training: tuple[np.ndarray, np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], loss: Loss
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel, float32 (features, classes), and bias, float32 (classes,), with the lowest validation loss.

    Args:
        training: Standardised features, float32 (n, features); targets (n, classes); and the importance of each
            target, (n, classes) or (n, 1).
        validation: Features and targets.
    """
    from scipy.optimize import minimize

    (x, targets, importance), (x_val, val_targets) = training, validation
    shape = x.shape[1] + 1, targets.shape[1]
    best = now = np.zeros(shape)
    lowest = np.inf
    for penalty in PENALTIES:
        objective = _objective(x, targets, importance, penalty, loss)
        options = {"maxiter": MOST_PASSES, "ftol": TOLERANCE}
        found = minimize(objective, now.ravel(), jac=True, method="L-BFGS-B", options=options)
        now = found.x.reshape(shape)
        validation_loss = loss(x_val @ now[:-1] + now[-1], val_targets)[0].sum(1).mean()
        if not validation_loss < lowest:
            break
        best, lowest = now, validation_loss
    return best[:-1].astype(np.float32), best[-1].astype(np.float32)


def _objective(
    x: np.ndarray, targets: np.ndarray, importance: np.ndarray, penalty: float, loss: Loss
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
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


def _multinomial(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cross-entropy of a softmax."""
    shifted = logits - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -targets * logs, np.exp(logs)


def _binary(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Binary cross-entropy of each label."""
    losses = np.logaddexp(0, logits) - targets * logits
    return losses, 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def _targets(labels: np.ndarray, classes: int, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
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
