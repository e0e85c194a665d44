"""What runs that differ only in their seed have in common, if one process trains them one after the other.

    imgcls train --model transfer --seeds 8

Linear heads are solved in a thread, one seed after the other, while earlier seeds are trained. A head that Keras trains
is built for the first seed, with its steps. For each later one all of their variables are set, so that its result is
the same as that of a process of its own.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.transfer.early_start import EarlyStart

if TYPE_CHECKING:  # these import TensorFlow
    import keras

    from imgcls.training.loop.trainable import Trainable


class SeveralSeeds:
    """For the settings of these runs, in the order in which they are trained. Only one of them is trained at a time."""

    def __init__(self, configs: Sequence[Config]):
        self._configs = list(configs)
        self._ahead: dict[int, EarlyStart] = {}
        self._key: tuple[Any, ...] | None = None
        self._trainable: Trainable | None = None
        self._initial: list[np.ndarray] = []

    def early_start(self, config: Config, dataset: Dataset, training: Subset, validation: Subset) -> EarlyStart:
        """The early start of a run. If the features are cached, the heads of later seeds are solved after its own."""
        if (found := self._ahead.get(config.seed)) is not None:
            return found
        start = EarlyStart(config, dataset, training, validation)
        if self._ahead or not start.is_cached():
            start.start()
            return start
        self._ahead[config.seed] = start
        for other in self._configs:
            if other.seed > config.seed:
                subsets = (
                    Subset.of(dataset.x_train, dataset.y_train, rows)
                    for rows in datasets.training_split(dataset, other)
                )
                self._ahead[other.seed] = EarlyStart(other, dataset, *subsets)
        threading.Thread(target=self._work_ahead, name="early start", daemon=True).start()
        return start

    def trainable(self, config: Config, head: "keras.Model", labels: np.ndarray) -> "Trainable":
        """A head that was just built, with its steps: those of an earlier seed, with the variables of `head`.

        Args:
            labels: Of the training images.
        """
        from imgcls.training.loop import steps

        weights = class_weights(config, labels, head.output_shape[-1])
        importance = None if weights is None else weights.tobytes()
        key = (config.changed(seed=0), head.input_shape, head.output_shape, labels.ndim, importance)
        if self._trainable is None or key != self._key:
            self._key, self._trainable = key, steps.trainable(config, head, labels)
            self._initial = [np.asarray(variable.numpy()) for variable in self._trainable.optimizer.variables]
            return self._trainable
        for variable, fresh in zip(self._trainable.model.variables, head.variables, strict=True):
            variable.assign(fresh)
        for variable, value in zip(self._trainable.optimizer.variables, self._initial, strict=True):
            variable.assign(value)
        return self._trainable

    def _work_ahead(self) -> None:
        for start in list(self._ahead.values()):
            start.compute()
