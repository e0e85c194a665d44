"""Decode a stream of image files to arrays of one size, on a few threads and never far ahead of the consumer."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from imgcls.datasets.importing.pixels import scale
from imgcls.datasets.importing.sources.items import Box, Item
from imgcls.errors import ImageError
from imgcls.images import handwriting, square
from imgcls.images.files import decoding
from imgcls.images.files.notes import Note
from imgcls.images.files.pixel_scale import NO_SCALE, PixelScale

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

_large_image_thread = ThreadPoolExecutor(1)


@dataclass(frozen=True)
class Decoded:
    """An image, uint8 (size, size, channels); what was done to read it, and to fit it to the size."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()
    fitting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """What images are made: `size` × `size` × `channels`, square by `fit` ("crop", "pad", or one of INKS).

    Without a `scale`, an image that needs one ends the decoding with `ScaleNeeded`.
    """

    size: int
    channels: int
    fit: str
    scale: PixelScale | None = NO_SCALE


class ScaleNeeded(Exception):
    """An image has values beyond 8 bits, so all images have to be measured first."""


Result = tuple[Item, Decoded | ImageError]


def decoded(stream: Iterable[tuple[Item, bytes | np.ndarray | ImageError]], target: Target) -> Iterator[Result]:
    """Each image, or the error if it is unreadable, in stream order.

    Raises:
        ScaleNeeded: see `Target`.
    """
    waiting: deque = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for batch in _batches(stream):
                waiting.append(threads.submit(_batch, batch, target))
                if len(waiting) > THREADS:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def image_of(data: bytes | np.ndarray, target: Target, box: Box | None = None) -> Decoded:
    """One image, or the part of it in a box, at the target size. Raises ImageError if it is unreadable; ScaleNeeded."""
    if isinstance(data, np.ndarray):
        return _fitted(decoding.from_array(data), target)
    if target.scale is None and scale.needs_scale(data):
        raise ScaleNeeded
    if _is_large(data):
        return _large_image_thread.submit(_opened, data, target, box).result()
    return _opened(data, target, box)


def _opened(data: bytes, target: Target, box: Box | None) -> Decoded:
    at_least = max(INK_SIDE, target.size) if target.fit in INKS else target.size
    return _fitted(_loaded(data, at_least, target, box), target)


def _fitted(image: decoding.LoadedImage, target: Target) -> Decoded:
    shape = target.size, target.size, target.channels
    if target.fit in INKS:
        return Decoded(handwriting.as_in_mnist(image.pixels, shape, target.fit), image.notes)
    if image.pixels.shape == shape:
        return Decoded(image.pixels, image.notes)
    height, width, channels = image.pixels.shape
    fitting = [note] if (note := square.note(height, width, target.fit)) else []
    if (min if target.fit == "crop" else max)(height, width) < target.size:
        fitting.append(Note(f"Enlarged to {target.size} pixels."))
    pixels = np.repeat(image.pixels, 3, axis=2) if channels == 1 else image.pixels
    return Decoded(square.framed(pixels, *shape[1:], target.fit), image.notes, tuple(fitting))


def _loaded(data: bytes, at_least: int, target: Target, box: Box | None) -> decoding.LoadedImage:
    """An upright image or the part in a box, no smaller than `at_least` pixels unless the file has fewer."""
    scale_ = target.scale or NO_SCALE
    if box is None:
        return decoding.open_image(data, at_least=at_least, scale=scale_)
    left, top, right, bottom = box
    is_fraction = max(box) <= 1
    size = (1, 1) if is_fraction else decoding.size_of(data) or (1, 1)
    share = max(0.01, min(1, min(right - left, bottom - top) / min(size)))
    image = decoding.open_image(data, at_least=round(at_least / share), scale=scale_)
    height, width = image.pixels.shape[:2]
    # The size in the header is that before a photo is turned upright, so only the longer side is comparable.
    across, down = (width, height) if is_fraction else (max(width, height) / max(size),) * 2
    columns = slice(max(0, round(left * across)), max(0, round(right * across)))
    rows = slice(max(0, round(top * down)), max(0, round(bottom * down)))
    part = image.pixels[rows, columns]
    if min(part.shape[:2]) < 1:
        raise ImageError("The box is outside the image.", "with a box outside the image")
    return replace(image, pixels=part)


def is_slow(data: bytes) -> bool:
    """Whether decoding takes long even at reduced size: a large image that is not a JPEG file."""
    return not data.startswith(b"\xff\xd8") and _is_large(data)


def _is_large(data: bytes) -> bool:
    if data.startswith(b"\xff\xd8") and len(data) < SMALL_JPEG:
        return False
    dimensions = decoding.size_of(data)
    return dimensions is not None and dimensions[0] * dimensions[1] > LARGE


def _batch(batch: list[tuple[Item, bytes | np.ndarray | ImageError]], target: Target) -> list[Result]:
    results: list[Result] = []
    for item, data in batch:
        try:
            if isinstance(data, ImageError):
                raise data
            results.append((item, image_of(data, target, item.box)))
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
