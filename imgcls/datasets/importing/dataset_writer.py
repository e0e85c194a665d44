"""Write the arrays of a custom dataset as a stream, and publish them by a single rename.

Images are first written to one file as they arrive; once the last one is there and the test set is chosen, they are
copied into the two arrays. So memory does not grow with the number of images.
"""

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from imgcls.datasets import custom
from imgcls.datasets.custom import CustomDataset
from imgcls.datasets.store import FORMAT, arrays_of, records
from imgcls.datasets.store.records import NONE, Records
from imgcls.errors import SourceError
from imgcls.sharing import ownership
from imgcls.system import atomic, paths
from imgcls.system.arrays import map_npy

CHUNK = 8_000_000  # bytes copied at once


class PixelFile:
    """A file of images of one size in the order of arrival, and a digest of the pixels of each."""

    def __init__(self, path: Path, shape: tuple[int, int, int]):
        self.shape = shape
        self.digests: list[bytes] = []
        self._path, self._file = path, path.open("wb")

    def add(self, pixels: np.ndarray) -> None:
        data = np.ascontiguousarray(pixels).data
        self._file.write(data)
        self.digests.append(digest(data))

    def close(self) -> None:
        self._file.close()

    def chunks(self) -> Iterator[np.ndarray]:
        """All images again, in chunks."""
        with self._path.open("rb") as file:
            yield from _chunks(file, self.shape)


def digest(data: Any) -> bytes:
    """A digest of pixels, equal only for identical images."""
    return hashlib.blake2b(data, digest_size=16).digest()


def stored_chunks(dataset: CustomDataset, part: str) -> Iterator[np.ndarray]:
    """The images of a part ("train" or "test") of an existing dataset, in chunks."""
    with (arrays_of(dataset.name, {"state": dataset.state}) / f"x_{part}.npy").open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        yield from _chunks(file, dataset.shape)


def stored_labels(dataset: CustomDataset, part: str) -> np.ndarray:
    """The labels of that part."""
    return np.array(map_npy(arrays_of(dataset.name, {"state": dataset.state}) / f"y_{part}.npy"))


def stored_records(dataset: CustomDataset) -> Records:
    """The file names and groups of an existing dataset."""
    folder = arrays_of(dataset.name, {"state": dataset.state})
    counts = dict(zip(records.PARTS, dataset.counts, strict=True))
    return records.read(folder, counts, has_groups=dataset.has_groups)


class Writer:
    """Writes training and test images with labels to a folder, in the format of a prepared dataset.

    Labels are int64 (n,), or uint8 (n, num_labels) if multi-label. `group_names` are the groups, if images have any.
    """

    def __init__(
        self,
        folder: Path,
        counts: dict[str, int],
        shape: tuple[int, int, int],
        num_labels: int = 0,
        group_names: Sequence[str] | None = None,
    ):
        self._group_names = group_names
        self._names: dict[str, list[str]] = {part: [] for part in counts}
        self._groups: dict[str, list[np.ndarray]] = {part: [] for part in counts}
        self._none = np.zeros((0, num_labels), np.uint8) if num_labels else np.zeros(0, np.int64)
        self.folder, self.counts, self.shape = folder, counts, shape
        self._labels: dict[str, list[np.ndarray]] = {part: [] for part in counts}
        self._digests = {part: hashlib.sha256() for part in counts}
        folder.mkdir(parents=True)
        self._files = {part: (folder / f"x_{part}.npy").open("wb") for part in counts}
        for part, file in self._files.items():
            header = {"descr": "|u1", "fortran_order": False, "shape": (counts[part], *shape)}
            np.lib.format.write_array_header_1_0(file, header)

    def add(
        self,
        part: str,
        images: np.ndarray,
        labels: np.ndarray,
        names: Iterable[str] = (),
        groups: np.ndarray | None = None,
    ) -> None:
        """Adds images to a part, with their file names (for all images or for none) and groups, int (k, 2)."""
        self._names[part] += map(records.shortened, names)
        if self._group_names is not None:
            self._groups[part].append(np.full((len(labels), 2), NONE) if groups is None else groups)
        data = np.ascontiguousarray(images).data
        self._files[part].write(data)
        self._digests[part].update(data)
        self._labels[part].append(labels)

    def finish(self) -> dict[str, Any]:
        """Flushes everything to disk and returns the entries for dataset.json."""
        everything = hashlib.sha256()
        for part, file in self._files.items():
            _to_disk(file)
            labels = np.concatenate([self._none, *self._labels[part]]).astype(self._none.dtype)
            assert len(labels) == self.counts[part], "every image has a label"
            with (self.folder / f"y_{part}.npy").open("wb") as file:
                np.save(file, labels, allow_pickle=False)
                _to_disk(file)
            everything.update(f"{part} {self.counts[part]} {self.shape} ".encode())
            everything.update(self._digests[part].digest() + labels.tobytes())
        self._write_records(everything)
        sizes = {path.stem: path.stat().st_size for path in self.folder.glob("*.npy")}
        shapes = {f"x_{part}": [count, *self.shape] for part, count in self.counts.items()}
        shapes |= {f"y_{part}": [count, *self._none.shape[1:]] for part, count in self.counts.items()}
        card = {"counts": self.counts, "shapes": shapes, "bytes": sizes, "fingerprint": everything.hexdigest()[:16]}
        return card | ({"groups": True} if self._group_names is not None else {})

    def _write_records(self, fingerprint: Any) -> None:
        """Writes names and groups. Groups are part of the fingerprint, because the split of a run depends on them."""
        names = {part: found for part, found in self._names.items() if any(found)}
        assert all(len(found) == self.counts[part] for part, found in names.items()), "every image has a name"
        groups: dict[str, np.ndarray] = {}
        if self._group_names is not None:
            empty = np.zeros((0, 2), np.int32)
            groups = {part: np.concatenate([empty, *found]).astype(np.int32) for part, found in self._groups.items()}
            for found in groups.values():
                fingerprint.update(found.tobytes())
        records.write(self.folder, Records(names, groups, self._group_names or ()))

    def close(self) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):
                file.close()


def publish_new(work: Path, state: Path, card: dict[str, Any], title: str, note: str) -> str:
    """Publishes a folder of arrays as a new dataset, completely or not at all. Returns its name."""
    aside = work / "new"
    aside.mkdir()
    state.rename(aside / "1")
    ownership.record(aside)
    now = time.time()
    atomic.write_json(aside / "label.json", {"title": title, "note": note})
    while True:
        name = custom.free_name(title)
        common = {"format": FORMAT, "name": name, "version": 1, "state": 1, "created": now, "changed": now}
        atomic.write_json(aside / "dataset.json", common | card)
        try:
            atomic.replace(aside, paths.own_folder() / name)
            return name
        except OSError:
            if not (paths.own_folder() / name).exists():
                raise  # otherwise another import took this name just now


def publish_more(dataset: CustomDataset, state: Path, card: dict[str, Any]) -> str:
    """Replaces the state of a dataset by a new one. Readers that have the old one open can continue."""
    folder = custom.folder_of(dataset.name)
    target = folder / str(dataset.state + 1)
    shutil.rmtree(target, ignore_errors=True)  # of a process that was killed here
    if not folder.is_dir():
        raise SourceError(
            f"The dataset “{dataset.title}” was deleted in the meantime. Import the images as a new dataset."
        )
    atomic.replace(state, target)
    common = {"format": FORMAT, "name": dataset.name, "version": 1, "created": dataset.created, "changed": time.time()}
    atomic.write_json(folder / "dataset.json", common | {"state": dataset.state + 1} | card)
    shutil.rmtree(folder / str(dataset.state), ignore_errors=True)
    return dataset.name


@contextlib.contextmanager
def exclusive(name: str, seconds: float = 0) -> Iterator[None]:
    """Only one process at a time may add to a dataset. Raises SourceError if another one does for longer than that."""
    lock = filelock.FileLock(paths.own_folder() / f".{name}.lock", timeout=seconds)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise SourceError(
            "Another import is adding images to this dataset. Wait until it is done, then try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def check_disk_space(folder: Path, images: int, shape: tuple[int, int, int]) -> None:
    """Raises SourceError if there is not enough disk space for so many images."""
    needed = 2 * images * int(np.prod(shape))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SourceError(
            f"Importing {images:,} images of {shape[0]}×{shape[1]} pixels needs about {needed / 1e6:,.0f} MB of disk "
            f"space, but only {free / 1e6:,.0f} MB are free. Choose a smaller size, or free some disk space."
        )


def _chunks(file: Any, shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    size = int(np.prod(shape))
    rows = max(1, CHUNK // size)
    while data := file.read(rows * size):
        yield np.frombuffer(data, np.uint8).reshape(-1, *shape)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
