"""Decode a stream of image files to arrays of one size, on a few threads and never far ahead of the consumer."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
from PIL import Image

from imgcls.datasets.importing.sources.items import Item
from imgcls.errors import ImageError
from imgcls.images import handwriting, loading, square

THREADS = min(4, os.cpu_count() or 1)
"""Pillow releases the GIL while decoding, so threads use several cores."""
BATCH_IMAGES = 64
BATCH_BYTES = 4_000_000
LARGE = 4_000_000
"""Pixels. Larger images are decoded one at a time, by a single thread, because threads do not return their memory: two
threads with 25 megapixels each would take half a gigabyte.
"""
SMALL_JPEG = 100_000
"""Bytes. A shorter JPEG file has fewer pixels than LARGE; in other formats a few bytes may hold millions of pixels."""

INKS = (handwriting.DARK, handwriting.LIGHT, handwriting.EITHER)
"""Values of `fit` for handwriting with such ink: it is cropped to the ink, and placed as in MNIST."""
INK_SIDE = 800
"""Pixels of the shorter side to which a photo of handwriting may be reduced: a digit may be a small part of it."""

Result = tuple[Item, np.ndarray | ImageError]

_large_image_thread = ThreadPoolExecutor(1)


def decoded(
    stream: Iterable[tuple[Item, bytes | np.ndarray | ImageError]], size: int, channels: int, fit: str
) -> Iterator[Result]:
    """Each image as uint8 `size` × `size` × `channels`, or the error if it is unreadable, in stream order."""
    waiting: deque = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for batch in _batches(stream):
                waiting.append(threads.submit(_batch, batch, size, channels, fit))
                if len(waiting) > THREADS:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def pixels_of(data: bytes | np.ndarray, size: int, channels: int, fit: str) -> np.ndarray:
    """One image at the target size. Raises ImageError if it cannot be read."""
    if isinstance(data, np.ndarray):
        if fit in INKS:
            return handwriting.as_in_mnist(data, (size, size, channels), fit)
        if data.shape == (size, size, channels):
            return data
        return square.framed(np.repeat(data, 3, axis=2) if data.shape[2] == 1 else data, size, channels, fit)
    if _is_large(data):
        return _large_image_thread.submit(_opened, data, size, channels, fit).result()
    return _opened(data, size, channels, fit)


def _opened(data: bytes, size: int, channels: int, fit: str) -> np.ndarray:
    if fit in INKS:
        pixels = loading.open_image(data, at_least=max(INK_SIDE, size)).pixels
        return handwriting.as_in_mnist(pixels, (size, size, channels), fit)
    return square.framed(loading.open_image(data, at_least=size).pixels, size, channels, fit)


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header, without decoding; None if they cannot be read."""
    try:
        with Image.open(BytesIO(data), formats=loading.FORMATS) as image:
            return image.size
    except Exception:  # Pillow raises many types; opening the image will report what is wrong  # noqa: BLE001
        return None


def is_slow(data: bytes) -> bool:
    """Whether decoding takes long even at reduced size: a large image that is not a JPEG file."""
    return not data.startswith(b"\xff\xd8") and _is_large(data)


def _is_large(data: bytes) -> bool:
    if data.startswith(b"\xff\xd8") and len(data) < SMALL_JPEG:
        return False
    dimensions = size_of(data)
    return dimensions is not None and dimensions[0] * dimensions[1] > LARGE


def _batch(batch: list[tuple[Item, bytes | np.ndarray | ImageError]], size: int, channels: int, fit: str) -> list:
    results: list[Result] = []
    for item, data in batch:
        try:
            if isinstance(data, ImageError):
                raise data
            results.append((item, pixels_of(data, size, channels, fit)))
        except ImageError as error:
            results.append((item, error))
    return results


def _batches(stream: Iterable) -> Iterator[list]:
    batch, total = [], 0
    for entry in stream:
        batch.append(entry)
        total += 0 if isinstance(entry[1], ImageError) else len(entry[1])
        if len(batch) >= BATCH_IMAGES or total > BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
