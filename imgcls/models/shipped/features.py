"""Features of images by a shipped network, computed with LiteRT: in a page, a task or the trainer."""

import os
import threading
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from imgcls.errors import WeightsError
from imgcls.models import litert
from imgcls.models.shipped import litert_model
from imgcls.models.shipped.networks import PLANS
from imgcls.system import hardware

BATCH = 16
MOST_THREADS = 8


class FeatureExtractor:
    """A shipped network for images that are resized to `size`×`size` pixels.

    Threads may share it: a lock guards the interpreter.

    Raises:
        WeightsError: the weights are missing or damaged.
    """

    def __init__(self, title: str, size: int, threads: int = 0):
        """`threads` is the number of processor threads to use, by default one per processor."""
        self._plan, self._size, self._lock, self._batch = PLANS[title], size, threading.Lock(), 0
        try:
            self._interpreter = litert.load(litert_model.extractor(title, size), threads or _processors())
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{title} could not be loaded: {error}. Install imgcls again.") from error
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def features(self, images: np.ndarray, between_batches: Callable[[int], None] = lambda done: None) -> np.ndarray:
        """Features, float32 (n, features), of uint8 images (n, height, width, channels) of any size.

        `between_batches` gets the number of images done; it may wait, or raise.
        """
        out = np.empty((len(images), self._plan.features), np.float32)
        for start in range(0, len(images), BATCH):
            some = slice(start, min(start + BATCH, len(images)))
            with hardware.one_blas_thread():
                pixels = resized(images[some], self._size)
            pixels *= self._plan.scale
            pixels += self._plan.offset
            with self._lock:
                out[some] = self._run(pixels)
            between_batches(some.stop)
        return out

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        if len(pixels) != self._batch:
            self._interpreter.resize_tensor_input(self._input, pixels.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(pixels)
        self._interpreter.set_tensor(self._input, pixels)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)


def resized(images: np.ndarray, size: int) -> np.ndarray:
    """Images, uint8 (n, height, width, channels), as float32 (n, size, size, 3) by bilinear interpolation.

    The same as `keras.layers.Resizing`: without smoothing, sampled at the centres of the pixels. An image that does not
    have three channels becomes grey, the mean of its channels.
    """
    count, height, width, channels = images.shape
    x = images.astype(np.float32)
    if channels not in (1, 3):
        x, channels = x.mean(-1, keepdims=True), 1
    if width != size:  # one matrix product: (n height channels, width) by (width, size)
        rows = np.ascontiguousarray(x.transpose(0, 1, 3, 2)).reshape(-1, width) @ _interpolation(width, size).T
        x = rows.reshape(count, height, channels, size).transpose(0, 1, 3, 2)
    if height != size:
        x = _interpolation(height, size) @ np.ascontiguousarray(x).reshape(count, height, size * channels)
    x = np.ascontiguousarray(x).reshape(count, size, size, channels)
    return x if channels == 3 else np.repeat(x, 3, axis=-1)


@lru_cache(16)
def _interpolation(length: int, size: int) -> np.ndarray:
    """The matrix, float32 (size, length), that interpolates `length` values linearly at `size` positions."""
    positions = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    low = np.floor(positions).astype(int)
    matrix = np.zeros((size, length), np.float32)
    matrix[np.arange(size), low] = 1 - (positions - low)
    matrix[np.arange(size), np.minimum(low + 1, length - 1)] += positions - low
    return matrix


def _processors() -> int:
    """Processors that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, count)
