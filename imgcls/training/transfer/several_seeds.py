"""What runs that differ only in their seed have in common, if one process trains them one after the other.

    imgcls train --model transfer --seeds 8

Heads are solved in a thread, one seed after the other: while TensorFlow is being imported, and while earlier seeds are
trained. The network and its steps are built for the first seed. For each later one all of their variables are set, so
that its result is the same as that of a process of its own.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from imgcls import datasets
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.training.loop.batches import Subset
from imgcls.training.loop.class_weights import class_weights
from imgcls.training.transfer.early_start import EarlyStart

if TYPE_CHECKING:  # these import TensorFlow
    import keras

    from imgcls.training.loop.steps import Compiled


Kept = TypeVar("Kept")


class SeveralSeeds:
    """For the settings of these runs, in the order in which they are trained. Only one of them is trained at a time."""

    def __init__(self, configs: Sequence[Config]):
        self._configs = list(configs)
        self._ahead: dict[int, EarlyStart] = {}
        self._key: tuple[Any, ...] | None = None
        self._compiled: Compiled | None = None
        self._initial: list[np.ndarray] = []
        self._whole: keras.Model | None = None
        self._sample: tuple[np.ndarray, np.ndarray] | None = None
        self._kept: dict[type, Any] = {}

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

    def compiled(self, config: Config, head: "keras.Model", labels: np.ndarray) -> "Compiled":
        """Compiled steps for a head that was just built: those of an earlier seed, with the variables of `head`.

        Args:
            labels: Of the training images.
        """
        from imgcls.training.loop.steps import Compiled

        weights = class_weights(config, labels, head.output_shape[-1])
        importance = None if weights is None else weights.tobytes()
        key = (config.changed(seed=0), head.input_shape, head.output_shape, labels.ndim, importance)
        if self._compiled is None or key != self._key:
            self._key, self._whole, self._kept = key, None, {}
            self._compiled = Compiled.of(config, head, labels)
            self._initial = [np.asarray(variable.numpy()) for variable in self._compiled.optimizer.variables]
            return self._compiled
        for variable, fresh in zip(self._compiled.model.variables, head.variables, strict=True):
            variable.assign(fresh)
        for variable, value in zip(self._compiled.optimizer.variables, self._initial, strict=True):
            variable.assign(value)
        return self._compiled

    def whole(self, build: "Callable[[], keras.Model]") -> "keras.Model":
        """Backbone and head as one model, which is built once."""
        if self._whole is None:
            self._whole = build()
        return self._whole

    def sample_features(self, base: "keras.Model", images: np.ndarray) -> np.ndarray:
        """The features of a few images, computed by Keras once."""
        if self._sample is None or not np.array_equal(self._sample[0], images):
            self._sample = images.copy(), np.asarray(base(images, training=False))
        return self._sample[1]

    def kept(self, kind: type[Kept]) -> Kept:
        """The one object of this class, which lives as long as the network does."""
        return self._kept.setdefault(kind, kind())

    def _work_ahead(self) -> None:
        for start in list(self._ahead.values()):
            start.compute()
