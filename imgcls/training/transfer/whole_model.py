"""Backbone and head as one Keras model, built when it is first needed."""

from collections.abc import Sequence
from functools import cached_property

import keras
import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import DatasetInfo
from imgcls.training import model_builder
from imgcls.training.model_builder import backbone


class WholeModel:
    """Of a run with these settings on a dataset with these facts. `head`: that of the run, if Keras trains it."""

    def __init__(self, config: Config, facts: DatasetInfo, head: keras.Model | None = None):
        self._config, self._facts, self._head = config, facts, head

    @cached_property
    def base(self) -> keras.Model:
        """The backbone, frozen."""
        settings = self._config.model_settings
        is_changed = models.more_epochs(self._config.model, settings) > 0
        base = (backbone.build if is_changed else backbone.frozen)(settings, self._facts.shape)
        base.trainable = False
        return base

    @cached_property
    def head(self) -> keras.Model:
        """The head, which shares its weights with `model`."""
        if self._head is not None:
            return self._head
        facts = self._facts
        return model_builder.head(self._config, self.base.output_shape[-1], facts.num_classes, facts.is_multilabel)

    @cached_property
    def model(self) -> keras.Model:
        """Backbone and head."""
        return model_builder.attach_head(self._config, self.base, self.head)

    def with_head(self, weights: Sequence[np.ndarray]) -> keras.Model:
        """`model`, after its head was given these weights."""
        self.head.set_weights(weights)
        return self.model

    def unfreeze(self) -> None:
        """Makes the last blocks of the backbone trainable, as the settings say."""
        backbone.unfreeze(self.base, int(self._config.model_settings["fine_tuning_blocks"]))
