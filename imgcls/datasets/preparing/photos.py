"""Archives of photos, as their authors publish them -> arrays of one size."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from imgcls.datasets.importing import dataset_writer
from imgcls.datasets.importing.pixels import decode
from imgcls.datasets.importing.sources.items import Item
from imgcls.datasets.importing.splits import holdout
from imgcls.datasets.preparing.originals import Arrays
from imgcls.errors import ImageError
from imgcls.system.tasks import Progress

MAX_PHOTO = 50_000_000
"""Bytes of one file; a larger one is not a photo of these datasets."""

Assign = Callable[[list[str]], tuple[str, str] | None]
"""The components of a member's path -> its class and its part ("train", "test" or ""), or None for other members."""


def arrays(path: Path, classes: Sequence[str], side: int, assign: Assign, total: int, progress: Progress) -> Arrays:
    """The four arrays of an archive (zip or tar.gz), cropped to squares of `side` pixels.

    Without a test part, 20% of each class are held out, chosen by content (`importing.splits.holdout`). `total` is the
    number of photos to expect, for the progress.

    Raises:
        ValueError, ImageError, OSError, tarfile.TarError, zipfile.BadZipFile: the archive is damaged.
    """
    content, labels, parts = bytearray(), [], []
    target = decode.Target(side, 3, "crop")
    for count, (item, result) in enumerate(decode.decoded(_photos(path, assign), target), 1):
        if isinstance(result, ImageError):
            raise result
        content += result.pixels.tobytes()
        labels.append(classes.index(str(item.label)))
        parts.append(item.part)
        if count % 100 == 0:
            progress(0.9 + 0.05 * min(1, count / total), f"Reading photo {count:,} of {max(count, total):,}")
    if not labels:
        raise ValueError("no photos")
    pixels = np.frombuffer(content, np.uint8).reshape(-1, side, side, 3)
    y = np.array(labels)
    if any(parts):
        test = np.array([part == "test" for part in parts])
    else:
        test = holdout.choose_test(labels, [dataset_writer.digest(image.data) for image in pixels])
    return pixels[~test], y[~test], pixels[test], y[test]


def _photos(path: Path, assign: Assign) -> Iterator[tuple[Item, bytes | np.ndarray | ImageError]]:
    members = _in_zip(path) if zipfile.is_zipfile(path) else _in_tar(path)
    for name, read in members:
        if found := assign([part for part in name.split("/") if part not in ("", ".")]):
            label, part = found
            yield Item(name, label, part), read()


def _in_zip(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and info.file_size <= MAX_PHOTO:
                yield info.filename, lambda info=info: archive.read(info)  # type: ignore[misc]


def _in_tar(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with tarfile.open(path, "r|*") as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isfile() and info.size <= MAX_PHOTO else None
            if stream is not None:
                yield info.name, stream.read
