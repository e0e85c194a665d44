"""The head that a run trains on features: with NumPy where that is possible, otherwise with Keras."""

from typing import TYPE_CHECKING

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.training.loop.trainable import Network, Trainable
from imgcls.training.transfer import linear_head

if TYPE_CHECKING:
    from imgcls.training.transfer.several_seeds import SeveralSeeds


def trainable(
    config: Config, features: int, facts: DatasetInfo, labels: np.ndarray, shared: "SeveralSeeds | None" = None
) -> Trainable:
    """A head for so many features that was not trained yet; `labels` are those of the training images."""
    if linear_head.suits(config):
        return linear_head.trainable(config, features, facts.num_classes, labels)
    from imgcls.training import model_builder  # imports TensorFlow
    from imgcls.training.loop import steps

    head = model_builder.head(config, features, facts.num_classes, facts.is_multilabel)
    return steps.trainable(config, head, labels) if shared is None else shared.trainable(config, head, labels)


def initialise(config: Config, head: Network, features: np.ndarray) -> None:
    """Sets initial weights that depend on training features, float32 (n, features)."""
    if isinstance(head, linear_head.LinearHead):
        head.standardise_as(features)
    else:
        models.family(config.model).initialise(head, features)
