"""Features of the pictures of a data set: from the disk where they are kept, else computed once, and told meanwhile."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation, augment, flipped_first
from imgcls.models import backbones, feature_cache
from imgcls.runs.requests import RunRequest
from imgcls.training.loop.batches import Part
from imgcls.training.model_builder import backbone

AT_ONCE = 256
"""Pictures that are augmented together. It is part of what the features are made of: the amounts are drawn by it."""
TOLD_SECONDS = 0.3


class Stopped(Exception):
    """A person asked to stop meanwhile."""


@dataclass(frozen=True)
class Copies(Part):
    """Features of several augmented copies of the same pictures, float32 (copies, n, features): a copy an epoch."""

    copies: np.ndarray

    def of_epoch(self, epoch: int) -> Part:
        return Part(self.copies[(epoch - 1) % len(self.copies)], self.rows, self.labels)


class Extractor:
    """Asks a base what it sees. `tell(done, total)` hears of the progress, `heed()` is called between batches: it may
    wait, or raise `Stopped`."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        base: Callable[[], keras.Model],
        tell: Callable[[int, int], None] = lambda done, total: None,
        heed: Callable[[], Any] = RunRequest,
    ):
        self._config, self._dataset, self._base = config, dataset, base
        self._tell, self._heed = tell, heed
        self._weights = ""
        self._look: Callable[[np.ndarray], tf.Tensor] | None = None
        self.seconds, self.images = 0.0, 0
        """What was spent on how many pictures that were not at hand; pauses count."""

    def part(self, part: Part) -> Part:
        """A part of the training pictures as the features of these."""
        found = self.found("training", self._dataset.x_train, np.sort(part.rows))
        return Part(found[0], _places(part), part.labels)

    def copies(self, part: Part) -> Copies:
        """A part of the training pictures as features of augmented copies of these, or of the pictures themselves."""
        augmentation = Augmentation.of(self._config)
        count = self._config.model_settings["augmented_copies"] if augmentation else 1
        found = self.found("training", self._dataset.x_train, np.sort(part.rows), augmentation, count)
        return Copies(found[0], _places(part), part.labels, found)

    def test(self) -> np.ndarray:
        """Features of all test pictures, float32 (n, features)."""
        return self.found("test", self._dataset.x_test, np.arange(len(self._dataset.y_test)))[0]

    def found(
        self,
        name: str,
        images: np.ndarray,
        rows: np.ndarray,
        augmentation: Augmentation | None = None,
        copies: int = 1,
    ) -> np.ndarray:
        """Features, float32 (copies, rows, features), kept or computed.

        Raises:
            Stopped: asked to stop meanwhile; nothing is kept.
            WeightsError: they cannot be kept, or the base has no weights.
        """
        augmentation = augmentation or Augmentation()
        made_of = self.made_of(name, rows, augmentation, copies)
        kept = feature_cache.opened(made_of)
        if kept is not None and kept.shape[:2] == (copies, len(rows)):
            return kept
        feature_cache.forget(made_of)
        base = self._base()
        with feature_cache.making(made_of, (copies, len(rows), base.output_shape[-1])) as file:
            self._compute(base, images, rows, augmentation, copies, file)
        return feature_cache.opened(made_of)

    def forget_test(self) -> None:
        """The test features are not to be trusted."""
        feature_cache.forget(self.made_of("test", np.arange(len(self._dataset.y_test)), Augmentation(), 1))

    def made_of(self, name: str, rows: np.ndarray, augmentation: Augmentation, copies: int) -> dict[str, Any]:
        """All that features depend on."""
        settings = self._config.model_settings
        self._weights = self._weights or backbone.digest(settings)
        changes = {"augmentation": asdict(augmentation), "seed": self._config.seed, "copies": copies}
        return {
            "data": self._dataset.fingerprint,
            "part": name,
            "rows": hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
            "base": settings["backbone"],
            "weights": self._weights,
            "size": 0 if settings["backbone"] == backbones.RUN else settings["input_size"],
            "changes": changes if augmentation else None,
        }

    def _compute(self, base, images, rows, augmentation, copies, file) -> None:
        if self._look is None:
            self._look = looking(base)
        look = self._look
        size, total, done = backbone.batch_size(self._config.model_settings), copies * len(rows), 0
        began = told = time.monotonic()
        self._tell(0, total)
        for copy in range(1, copies + 1):
            mirrored = flipped_first(len(rows), self._config.seed) ^ (copy % 2 == 0)
            for start in range(0, len(rows), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                generator = np.random.default_rng([self._config.seed, copy, start])
                shown = augment(images[rows[some]], augmentation, generator, mirrored[some])
                for first in range(0, len(shown), size):
                    values = look(shown[first : first + size]).numpy()
                    file.write(np.ascontiguousarray(values, "<f4").data)
                    done += len(values)
                    self._heed()
                    if time.monotonic() - told > TOLD_SECONDS:
                        told = time.monotonic()
                        self._tell(done, total)
        self._tell(total, total)
        self.seconds += time.monotonic() - began
        self.images += total


def looking(base: keras.Model) -> Callable[[np.ndarray], tf.Tensor]:
    """The base as a graph for batches of any size, as it answers when it is only judged.

    With its weights as constants TensorFlow folds normalisations into the convolutions before them: MobileNet takes a
    quarter less processor time so.
    """
    signature = [tf.TensorSpec([None, *base.input_shape[1:]], tf.uint8)]
    graph = tf.function(lambda images: base(images, training=False), input_signature=signature)
    frozen = convert_variables_to_constants_v2(graph.get_concrete_function())
    return lambda images: frozen(tf.constant(images))[0]


def _places(part: Part) -> np.ndarray:
    """Where each picture of a part stands among its rows in rising order, as features are kept."""
    return np.searchsorted(np.sort(part.rows), part.rows)
