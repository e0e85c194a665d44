"""The learning-rate finder: a short training run whose learning rate rises exponentially until the loss diverges.

Smith, L. (2015), "Cyclical Learning Rates for Training Neural Networks", section 3.3; exponential as in fast.ai.
"""

import time

import keras
import numpy as np
import tensorflow as tf

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets.augmentation import Augmentation
from imgcls.training import model_builder
from imgcls.training.loop.batches import Subset, endless
from imgcls.training.loop.steps import trainable
from imgcls.training.preflight.report import Report
from imgcls.training.transfer import for_preflight

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 140
MIN_STEPS = 50
SECONDS = 60.0
"""Fewer steps are made if not all of them fit into this time."""
DIVERGED = 4.0
"""The search ends when the median loss of the last steps is this many times the smallest loss."""


def find(config: Config, report: Report) -> None:
    """Adds the learning rate and the loss of each step to the report."""
    dataset = datasets.open_for_training(config.data)
    num_classes = len(dataset.facts.classes)
    rows, _ = datasets.training_split(dataset, config)
    training = Subset.of(dataset.x_train, dataset.y_train, rows)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    report.phase("building", 0.05)
    precision = model_builder.precision_of(config)
    augmentation = Augmentation.of(config)
    if models.has_backbone(config.model):
        model, training, _, _ = for_preflight.head_and_features(config, dataset, training, training)
        augmentation = Augmentation()
    else:
        shape, sample = dataset.facts.shape, training.sample(2_000)
        model = model_builder.build(
            config, shape, num_classes, sample, precision, training.is_multilabel, for_training=True
        )
    # Weight decay scales with the learning rate and would dominate the loss at very large ones.
    config = config.changed(weight_decay=0.0)
    build = for_preflight.trainable if models.has_backbone(config.model) else trainable
    network = build(config, model, training.labels)

    report.phase("rising", 0.1)
    rates: list[float] = []
    losses: list[float] = []
    stream = endless(training, config, augmentation)
    steps, start = STEPS, 0.0
    while len(rates) < steps:
        if len(rates) == 4:
            fit = int(SECONDS / max((time.monotonic() - start) / 3, 1e-9))
            steps = min(STEPS, max(MIN_STEPS, fit))
        rate = LOWEST * (HIGHEST / LOWEST) ** (len(rates) / (STEPS - 1))
        if steps < STEPS and len(rates) >= 4:
            # Use larger increments from here on.
            rate = rates[3] * (HIGHEST / rates[3]) ** ((len(rates) - 3) / (steps - 4))
        network.optimizer.learning_rate.assign(rate)
        loss = float(network.train_step(*next(stream))[0])
        if not rates:
            start = time.monotonic()  # the first step also builds the graph
        rates.append(rate)
        losses.append(loss)
        report.add(seldom=True, fraction=0.1 + 0.9 * len(rates) / steps, rates=rates[:], losses=losses[:])
        recent = losses[-3:]
        if not np.isfinite(loss) or (len(losses) > 10 and np.median(recent) > DIVERGED * min(losses)):
            break
    report.add(fraction=1.0, rates=rates, losses=losses)
