"""What a pre-flight check of transfer learning trains in place of the real thing."""

import time

import keras
import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.runs import backbone_facts
from imgcls.training import model_builder
from imgcls.training.loop import steps
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.trainable import Trainable
from imgcls.training.model_builder import backbone
from imgcls.training.transfer import linear_head
from imgcls.training.transfer.features import fastest


def trainable(config: Config, head: keras.Model, labels: np.ndarray) -> Trainable:
    """The head with the steps that train it; `labels` are those of the training images."""
    if not linear_head.suits(config):
        return steps.trainable(config, head, labels)
    found = linear_head.trainable(config, head.input_shape[1], head.output_shape[1], labels)
    found.model.set_weights(head.get_weights())
    return found


def head_and_features(
    config: Config,
    dataset: Dataset,
    training: Subset,
    validation: Subset,
    *,
    most: int = 256,
    seconds: float = 8.0,
) -> tuple[keras.Model, Subset, Subset, float]:
    """What a pre-flight check trains in place of the real thing.

    Returns:
        The head; the training and validation subsets with features of a few images in place of all; and the seconds
        that the backbone takes per image. The subsets are as long as the real ones, so a step and an epoch take as
        long as they will.
    """
    infer = fastest(config.model_settings, lambda: backbone.build(config.model_settings, dataset.facts.shape))
    batch_size = min(16, backbone_facts.batch_size(config.model_settings))
    images, labels = training.take(np.arange(min(most, len(training))))
    infer(images[:batch_size])  # builds the graph
    parts: list[np.ndarray] = []
    start = time.monotonic()
    while len(parts) * batch_size < len(images) and (len(parts) < 2 or time.monotonic() - start < seconds):
        parts.append(np.asarray(infer(images[len(parts) * batch_size :][:batch_size])))
    features = np.concatenate(parts)
    seconds_per_image = (time.monotonic() - start) / len(features)
    top = model_builder.head(config, features.shape[1], dataset.facts.num_classes, dataset.facts.is_multilabel)
    models.family(config.model).initialise(top, features)

    def repeated(subset: Subset) -> Subset:
        rows = np.arange(len(subset)) % len(features)
        return Subset(features, rows, labels[rows])

    return top, repeated(training), repeated(validation), seconds_per_image
