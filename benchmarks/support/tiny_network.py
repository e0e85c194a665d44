"""A small dense network in NumPy that trains in about a second, for benchmarks that need many real training runs."""

import itertools
from dataclasses import dataclass, field

import numpy as np

from imgcls.config import Config


@dataclass
class History:
    """Means of each epoch, gradient norms of each step, and the network after the last epoch."""

    accuracy: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    probabilities: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    dead: dict[str, float] = field(default_factory=dict)
    diverged: bool = False


def train(
    config: Config,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    *,
    scale: float = 1.0,
) -> History:
    """A dense network with the settings of the family `ann`, on images (n, pixels) of 0 to 1.

    Args:
        scale: multiplies the usual initial weights; a large one makes gradients explode.
    """
    (images, labels), (val_images, val_labels) = train, validation
    random, settings, classes = np.random.default_rng(config.seed), config.model_settings, int(labels.max()) + 1
    widths = [max(8, int(settings["units"]) // 2**number) for number in range(int(settings["hidden_layers"]))]
    sizes = [images.shape[1], *widths, classes]
    weights = [random.normal(0, scale * np.sqrt(2 / n), (n, m)) for n, m in itertools.pairwise(sizes)]
    params = [part for weight in weights for part in (weight, np.zeros(weight.shape[1]))]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in params]
    importance = np.ones(classes)
    if config.class_weights:
        importance = len(labels) / (classes * np.maximum(np.bincount(labels, minlength=classes), 1))
    history, step = History(), 0
    with np.errstate(all="ignore"):
        for _ in range(config.epochs):
            right = total = 0.0
            order = random.permutation(len(labels))
            for start in range(0, len(order), config.batch_size):
                rows = order[start : start + config.batch_size]
                outputs, masks = _forward(params, images[rows], config, random)
                wanted = np.eye(classes)[labels[rows]] * (1 - config.label_smoothing) + config.label_smoothing / classes
                chances = outputs[-1]
                total -= float((wanted * np.log(chances + 1e-12)).sum())
                right += int((chances.argmax(1) == labels[rows]).sum())
                change = (chances - wanted) * importance[labels[rows], None] / len(rows)
                gradients = _backward(params, outputs, masks, change, config)
                history.norms.append(float(np.sqrt(sum((one**2).sum() for one in gradients))))
                step += 1
                _update(params, gradients, moments, config, step)
            history.loss.append(total / len(labels))
            history.accuracy.append(right / len(labels))
            chances = _forward(params, val_images, config, None)[0][-1]
            picked = chances[np.arange(len(val_labels)), val_labels]
            history.val_loss.append(float(-np.log(picked + 1e-12).mean()))
            history.val_accuracy.append(float((chances.argmax(1) == val_labels).mean()))
            if not np.isfinite(history.loss[-1]):
                history.diverged = True
                break
        outputs, _ = _forward(params, val_images, config, None)
    history.probabilities = np.nan_to_num(outputs[-1])
    if settings["activation"] == "relu":
        hidden = enumerate(outputs[1:-1], 1)
        history.dead = {f"dense{number}": float((values == 0).all(0).mean()) for number, values in hidden}
    return history


def _forward(params, images, config, random):
    outputs, masks = [images], []
    for number in range(0, len(params), 2):
        values = outputs[-1] @ params[number] + params[number + 1]
        if number == len(params) - 2:
            values = np.exp(values - values.max(1, keepdims=True))
            outputs.append(values / values.sum(1, keepdims=True))
            break
        values = np.maximum(values, 0) if config.model_settings["activation"] == "relu" else 1 / (1 + np.exp(-values))
        rate = float(config.model_settings["dropout"]) if random is not None else 0.0
        masks.append((random.random(values.shape) >= rate) / (1 - rate) if rate else np.ones(1))
        outputs.append(values * masks[-1])
    return outputs, masks


def _backward(params, outputs, masks, change, config):
    gradients = [np.zeros(0)] * len(params)
    for number in range(len(params) - 2, -1, -2):
        values = outputs[number // 2]
        gradients[number], gradients[number + 1] = values.T @ change, change.sum(0)
        if number:
            change = change @ params[number].T * masks[number // 2 - 1]
            is_relu = config.model_settings["activation"] == "relu"
            change = change * (values > 0) if is_relu else change * values * (1 - values)
    return gradients


def _update(params, gradients, moments, config, step):
    for one, gradient, (mean, square) in zip(params, gradients, moments, strict=True):
        if config.optimizer == "sgd":  # Nesterov momentum 0.9
            mean *= 0.9
            mean += gradient
            one -= config.learning_rate * (gradient + 0.9 * mean)
            continue
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (gradient**2 - square)
        one -= config.learning_rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-7)
