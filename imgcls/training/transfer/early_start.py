"""Work that needs no TensorFlow, done in a thread while that is being imported: features and the solved head."""

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.datasets.augmentation import Augmentation
from imgcls.errors import UserError
from imgcls.models import backbones
from imgcls.training.loop.batches import Subset
from imgcls.training.transfer import head_solver
from imgcls.training.transfer.features import Extractor, Stopped
from imgcls.training.transfer.head_solver import Solution

MOST_EARLY_IMAGES = 3_000
"""With more, starting early saves little, and the speed of the extraction could not be measured."""

SWITCH_SECONDS = 1e-4
"""A thread that computes with NumPy needs the interpreter after every operation. Usually it would wait 5 ms each time,
because the import of TensorFlow in the main thread hardly ever pauses."""


class EarlyStart:
    """Computes the features of a network that ships with the project, unless they are cached, and solves a linear head.

    The features end up in the cache, where the training finds them. What goes wrong is ignored: the training then
    computes everything itself.
    """

    def __init__(self, config: Config, dataset: Dataset, training: Subset, validation: Subset):
        self._config, self._dataset, self._subsets = config, dataset, (training, validation)
        self._ended, self._done = threading.Event(), threading.Event()
        self._extractor = Extractor(config, dataset, between_batches=self._check)
        self._solution: Solution | None = None
        self._thread = threading.Thread(target=self.compute, name="early start", daemon=True)

    @classmethod
    def begun(cls, config: Config, dataset: Dataset, training: Subset, validation: Subset) -> "EarlyStart":
        """One that has begun if it saves time."""
        start = cls(config, dataset, training, validation)
        start.start()
        return start

    def start(self) -> None:
        """Starts the thread where it saves time: while TensorFlow is not loaded yet, for few or cached images."""
        if "tensorflow" in sys.modules or not (self._is_quick() or self.is_cached()):
            self._done.set()
        else:
            self._thread.start()

    def is_cached(self) -> bool:
        """Whether the features of training and validation images are cached."""
        with contextlib.suppress(UserError, OSError):
            return self._extractor.has_split(*self._subsets)
        return False

    def wait(self, between: Callable[[], Any]) -> None:
        """Waits until it has finished. `between` is called meanwhile; if it raises, the work ends as well."""
        try:
            while not self._done.is_set():
                between()
                self._done.wait(0.05)
        except BaseException:
            self._ended.set()
            self._done.wait()
            raise

    def solution(self, dataset: Dataset, training: Subset, validation: Subset) -> Solution | None:
        """The solution of the head for exactly this data, if it was found."""
        is_same = dataset.fingerprint == self._dataset.fingerprint and all(
            np.array_equal(ours.rows, theirs.rows) and np.array_equal(ours.labels, theirs.labels)
            for ours, theirs in zip(self._subsets, (training, validation), strict=True)
        )
        return self._solution if is_same else None

    def compute(self) -> None:
        """The work itself, in the calling thread."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            with contextlib.suppress(Stopped, UserError, OSError, ValueError):
                training, validation = self._extractor.split(*self._subsets)
                if not self._config.model_settings["head_units"]:
                    classes = self._dataset.facts.num_classes
                    self._solution = head_solver.solution(self._config, classes, training, validation)
                if self._is_quick():
                    self._extractor.test()
        finally:
            sys.setswitchinterval(usual)
            self._done.set()

    def _is_quick(self) -> bool:
        """Whether the features can be computed early."""
        training, validation = self._subsets
        settings = self._config.model_settings
        copies = Augmentation.of(self._config).distinct_copies(int(settings["augmented_copies"]))
        count = copies * len(training) + len(validation) + len(self._dataset.y_test)
        return settings["backbone"] in backbones.SHIPPED and count <= MOST_EARLY_IMAGES

    def _check(self) -> None:
        if self._ended.is_set():
            raise Stopped
