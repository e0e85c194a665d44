"""Feature extraction: the backbone's features of a dataset's images, read from the cache or computed once."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation, augment, flipped_first
from imgcls.errors import WeightsError
from imgcls.models import backbones, feature_cache
from imgcls.models.feature_cache.entry import Entry
from imgcls.models.shipped import FeatureExtractor
from imgcls.runs import backbone_facts
from imgcls.training.loop.batches import Subset

if TYPE_CHECKING:  # these import TensorFlow
    import keras
    import tensorflow as tf

CHUNK = 256
"""Images that are augmented together. The random amounts depend on it, so cached features do, too."""
REPORT_SECONDS = 0.3


class Stopped(Exception):
    """A stop was requested during the feature extraction."""


@dataclass(frozen=True)
class Copies(Subset):
    """Features of augmented copies of the same images, float32 (copies, n, features). Epochs cycle through them."""

    copies: np.ndarray

    def in_epoch(self, epoch: int) -> Subset:
        return Subset(self.copies[(epoch - 1) % len(self.copies)], self.rows, self.labels)


class Extractor:
    """Computes features or reads them from the cache.

    Attributes:
        images: Number of images processed, for the speed. Cached ones do not count.
        seconds: Time spent on them, including pauses.
    """

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        base: "Callable[[], keras.Model] | None" = None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        between_batches: Callable[[], Any] = lambda: None,
    ):
        """`base` builds the backbone; networks that ship with the project need none. `between_batches` may wait, or
        raise `Stopped`."""
        self._config, self._dataset, self._base = config, dataset, base
        self._on_progress, self._between_batches = on_progress, between_batches
        self._weights_digest = ""
        self._infer: Callable[[np.ndarray], Any] | None = None
        self.seconds, self.images = 0.0, 0

    def split(self, training: Subset, validation: Subset) -> tuple[Copies, Subset]:
        """Both subsets as their features. Without augmentation they are computed together, since any other split of
        the same images needs the same features."""
        if not Augmentation.of(self._config):
            self.rows(np.concatenate([training.rows, validation.rows]))
        return self.copies(training), self.subset(validation)

    def has_split(self, training: Subset, validation: Subset) -> bool:
        """Whether `split` would compute nothing."""
        known = self._find("training", training.rows, *self._augmented())
        return known is not None and self._find("training", validation.rows, Augmentation(), 1) is not None

    def subset(self, subset: Subset) -> Subset:
        """A subset of the training images, as their features."""
        features, positions = self.rows(subset.rows)
        return Subset(features, positions, subset.labels)

    def rows(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features, float32 (n, features), of at least these training images, and where among the n each of them is."""
        features, positions = self._stored("training", self._dataset.x_train, rows)
        return features[0], positions

    def copies(self, subset: Subset) -> Copies:
        """A subset of the training images, as features of augmented copies, or of the images without augmentation."""
        features, positions = self._stored("training", self._dataset.x_train, subset.rows, *self._augmented())
        return Copies(features[0], positions, subset.labels, features)

    def test(self) -> np.ndarray:
        """Features of all test images, float32 (n, features)."""
        return self._stored("test", self._dataset.x_test, np.arange(len(self._dataset.y_test)))[0][0]

    def _stored(
        self,
        name: str,
        images: np.ndarray,
        rows: np.ndarray,
        augmentation: Augmentation | None = None,
        copies: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features, float32 (copies, n, features), of at least these images, from the cache or computed, and where
        among the n each of them is.

        Raises:
            Stopped: a stop was requested meanwhile. Nothing is cached.
            WeightsError: the features cannot be cached, or the backbone has no weights.
        """
        augmentation = augmentation or Augmentation()
        ascending = np.sort(rows)
        key = self._cache_key(name, ascending, augmentation, copies)
        entry = feature_cache.find(key, ascending)
        if entry is None:
            width = backbone_facts.block(self._config.model_settings).features
            with feature_cache.storing(key, ascending, copies, width) as writer:
                self._compute(images, writer.missing, augmentation, copies, writer.write)
            entry = feature_cache.find(key, ascending)
        if entry is None:
            raise WeightsError("The cached features were deleted while they were in use. Start the run again.")
        return entry.features, entry.positions(rows)

    def _augmented(self) -> tuple[Augmentation, int]:
        """The augmentation of the training images, and the number of augmented copies."""
        augmentation = Augmentation.of(self._config)
        return augmentation, augmentation.distinct_copies(int(self._config.model_settings["augmented_copies"]))

    def _find(self, name: str, rows: np.ndarray, augmentation: Augmentation, copies: int) -> Entry | None:
        """The cached features of these images."""
        ascending = np.sort(rows)
        return feature_cache.find(self._cache_key(name, ascending, augmentation, copies), ascending)

    def discard_test(self) -> None:
        """Removes the test features from the cache, because they turned out to be wrong."""
        feature_cache.remove(self._cache_key("test", np.arange(len(self._dataset.y_test)), Augmentation(), 1))

    def _cache_key(self, name: str, rows: np.ndarray, augmentation: Augmentation, copies: int) -> dict[str, Any]:
        """Everything that the features depend on. Random changes follow from the position among the rows; without
        them, the features of an image are the same in every split."""
        settings = self._config.model_settings
        self._weights_digest = self._weights_digest or backbone_facts.digest(settings)
        digest = hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()
        changes = {"augmentation": asdict(augmentation), "seed": self._config.seed, "copies": copies, "rows": digest}
        return {
            "data": self._dataset.fingerprint,
            "part": name,
            "base": settings["backbone"],
            "weights": self._weights_digest,
            "size": 0 if settings["backbone"] == backbones.RUN else settings["input_size"],
            "changes": changes if augmentation else None,
        }

    def _compute(
        self,
        images: np.ndarray,
        rows: np.ndarray,
        augmentation: Augmentation,
        copies: int,
        write: Callable[[int, np.ndarray, np.ndarray], None],
    ) -> None:
        if not len(rows):
            return
        if self._infer is None:
            self._infer = fastest(self._config.model_settings, self._base)
        batch_size, total, done = backbone_facts.batch_size(self._config.model_settings), copies * len(rows), 0
        start = reported = time.monotonic()
        self._on_progress(0, total)
        for copy in range(1, copies + 1):
            flips = flipped_first(len(rows), self._config.seed) ^ (copy % 2 == 0)
            for first in range(0, len(rows), CHUNK):
                chunk = slice(first, first + CHUNK)
                generator = np.random.default_rng([self._config.seed, copy, first])
                augmented = augment(images[rows[chunk]], augmentation, generator, flips[chunk])
                for offset in range(0, len(augmented), batch_size):
                    values = np.asarray(self._infer(augmented[offset : offset + batch_size]))
                    write(copy - 1, rows[first + offset :][: len(values)], values)
                    done += len(values)
                    self._between_batches()
                    if time.monotonic() - reported > REPORT_SECONDS:
                        reported = time.monotonic()
                        self._on_progress(done, total)
        self._on_progress(total, total)
        self.seconds += time.monotonic() - start
        self.images += total


def fastest(settings: Mapping[str, Any], base: "Callable[[], keras.Model] | None") -> Callable[[np.ndarray], Any]:
    """The fastest way to the features of the backbone in the settings: a function from uint8 images to float32 (n,
    features). `base` builds it with Keras; a network that ships with the project needs none.
    """
    title = str(settings["backbone"])
    if title in backbones.SHIPPED:
        return FeatureExtractor(title, int(settings["input_size"])).features
    if base is None:
        raise ValueError(f"The backbone {title} does not ship with the project, so it has to be built.")
    return inference_function(base())


def inference_function(base: "keras.Model") -> "Callable[[np.ndarray], tf.Tensor]":
    """The backbone in inference mode, compiled for batches of any size.

    With the weights as constants TensorFlow folds batch normalisation into the convolutions before it, which saves a
    quarter of the CPU time for MobileNet.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = [tf.TensorSpec([None, *base.input_shape[1:]], tf.uint8)]
    graph = tf.function(lambda images: base(images, training=False), input_signature=signature)
    frozen = convert_variables_to_constants_v2(graph.get_concrete_function())
    return lambda images: frozen(tf.constant(images))[0]
