"""From the bytes of many pictures to pixels of one size, on a few threads and never far ahead of who takes them."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
from PIL import Image

from imgcls.datasets.importing.sources.folder_layout import Item
from imgcls.errors import ImageError
from imgcls.images import loading, square

THREADS = min(4, os.cpu_count() or 1)
"""Pillow decodes without Python's lock, so a few threads use a few cores."""
MOST_TOGETHER = 64
MOST_BYTES_TOGETHER = 4_000_000
LARGE = 4_000_000
"""Pixels. Such pictures are decoded one at a time, and by one thread, as each keeps for itself what it once had: two
threads with 25 megapixels each would take half a gigabyte.
"""
SURELY_SMALL = 100_000
"""Bytes: a JPEG file that is shorter has fewer pixels than that; other kinds may hold millions in a few bytes."""

Result = tuple[Item, np.ndarray | ImageError]

_for_large = ThreadPoolExecutor(1)


def decoded(
    stream: Iterable[tuple[Item, bytes | np.ndarray | ImageError]], side: int, channels: int, fit: str
) -> Iterator[Result]:
    """Each picture as uint8 `side` x `side` x `channels`, or why there is none, in the order of the stream."""
    waiting: deque = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for batch in _batches(stream):
                waiting.append(threads.submit(_batch, batch, side, channels, fit))
                if len(waiting) > THREADS:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def pixels_of(data: bytes | np.ndarray, side: int, channels: int, fit: str) -> np.ndarray:
    """One picture at its size. Raises PictureError where it cannot be read."""
    if isinstance(data, np.ndarray):
        if data.shape == (side, side, channels):
            return data
        return square.framed(np.repeat(data, 3, axis=2) if data.shape[2] == 1 else data, side, channels, fit)
    if _is_large(data):
        return _for_large.submit(_opened, data, side, channels, fit).result()
    return _opened(data, side, channels, fit)


def _opened(data: bytes, side: int, channels: int, fit: str) -> np.ndarray:
    return square.framed(loading.open_image(data, at_least=side).pixels, side, channels, fit)


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header, without decoding anything; None where they cannot be read."""
    try:
        with Image.open(BytesIO(data), formats=loading.FORMATS) as image:
            return image.size
    except Exception:  # Pillow has no one error type for foreign bytes; whoever opens the picture says what is wrong  # noqa: BLE001
        return None


def _is_large(data: bytes) -> bool:
    if data.startswith(b"\xff\xd8") and len(data) < SURELY_SMALL:
        return False
    size = size_of(data)
    return size is not None and size[0] * size[1] > LARGE


def _batch(batch: list[tuple[Item, bytes | np.ndarray | ImageError]], side: int, channels: int, fit: str) -> list:
    results: list[Result] = []
    for item, data in batch:
        try:
            if isinstance(data, ImageError):
                raise data
            results.append((item, pixels_of(data, side, channels, fit)))
        except ImageError as error:
            results.append((item, error))
    return results


def _batches(stream: Iterable) -> Iterator[list]:
    batch, size = [], 0
    for entry in stream:
        batch.append(entry)
        size += 0 if isinstance(entry[1], ImageError) else len(entry[1])
        if len(batch) >= MOST_TOGETHER or size > MOST_BYTES_TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
