"""The index of a visual search: a short vector for every image of a dataset, searched exactly.

    <cache>/explore/NAME-FINGERPRINT-vN/
        search-KEY.npy              float16 (images, components), each of length 1: training images, then test images
        search-KEY.npz              mean and directions of the principal components; written last, by rename
        search-KEY.progress.json    progress, or why it failed

KEY names the features. The features are centred and reduced to their first principal components, which makes the file
small and the comparison sharper: features after a ReLU are all positive, so their uncentred cosines are all high. The
similarity of two images is the cosine between their vectors. All are compared, so the result is exact.
"""

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from imgcls import sharing
from imgcls.datasets import Dataset, store
from imgcls.datasets.analysis import cache
from imgcls.datasets.analysis.embedding import PrincipalComponents
from imgcls.errors import DamagedFile, DatasetError
from imgcls.inference.visual_search import features as described
from imgcls.sharing import Action
from imgcls.system import atomic
from imgcls.system.arrays import NUMBERS, Array, map_npy, read_npz
from imgcls.system.tasks import Progress, Task, TaskState

VERSION = 1
"""Raise it when the vectors change: indexes are then built again."""
COMPONENTS = 128
FITTED_IMAGES = 5_000
"""Training images from which the principal components are computed."""
CHUNK = 64
"""Images whose features are computed between two progress reports."""
BLOCK = 16_384
"""Vectors that are compared at once: in single precision they fit into the processor's cache."""
PROJECTION = {
    "mean": Array(NUMBERS, ("values",), np.float32),
    "directions": Array(NUMBERS, (None, "values"), np.float32),
}


@dataclass(frozen=True, eq=False)
class Found:
    """The most similar images, the most similar first: positions among all images (training images first, then test
    images), and cosine similarities, -1 to 1."""

    positions: np.ndarray
    similarity: np.ndarray


@dataclass(frozen=True, eq=False)
class Index:
    """The vectors of all images of a dataset, and the projection that turns features into such a vector."""

    vectors: np.ndarray
    mean: np.ndarray
    directions: np.ndarray

    def search(self, features: np.ndarray, count: int = 30, *, among: np.ndarray | None = None) -> Found:
        """The `count` images most similar to one with these features, float32 (values,).

        Args:
            among: Only these positions are considered; all images by default.
        """
        query = unit_length((features[None] - self.mean) @ self.directions.T)[0]
        similarity = self._similarities(query) if among is None else self.vectors[among].astype(np.float32) @ query
        count = min(count, len(similarity))
        best = np.argpartition(-similarity, count - 1)[:count] if count else np.empty(0, int)
        best = best[np.argsort(-similarity[best], kind="stable")]
        return Found(best if among is None else among[best], similarity[best])

    def _similarities(self, query: np.ndarray) -> np.ndarray:
        similarity = np.empty(len(self.vectors), np.float32)
        for start in range(0, len(self.vectors), BLOCK):
            some = slice(start, start + BLOCK)
            np.matmul(self.vectors[some].astype(np.float32), query, out=similarity[some])
        return similarity


def task_of(dataset: Dataset, features: str) -> Task:
    """The background task that builds the index.

    Raises:
        RunError: the features are those of a run that does not exist.
    """
    kind = f"search-{described.file_key(features)}-v{VERSION}"
    return Task(cache.folder_of(dataset), kind, f"{kind}.npz")


def state(dataset: Dataset, features: str) -> TaskState:
    """Whether the index is ready, or how far it is."""
    return task_of(dataset, features).state()


def start(dataset: Dataset, features: str) -> None:
    """Starts the process that builds the index; does nothing if it is running or done.

    Raises:
        DatasetError: it cannot be started.
    """
    sharing.require(Action.ANALYSE_DATASET, store.folder_of(dataset.facts.name))
    task = task_of(dataset, features)
    try:
        task.start(
            "imgcls.inference.visual_search",
            dataset.facts.name,
            features,
            before=lambda: cache.sweep(task.folder),
        )
    except OSError as error:
        raise DatasetError(
            f"The search index cannot be built: {error.strerror or error}. Free some disk space, or set IMGCLS_CACHE "
            "to another folder."
        ) from error


def open_index(dataset: Dataset, features: str) -> Index:
    """The index, memory-mapped.

    Raises:
        DatasetError: it is not built, or cannot be read; it can then be built again.
    """
    task = task_of(dataset, features)
    count = len(dataset.y_train) + len(dataset.y_test)
    return _open(task.folder / task.result, task.stamp(), count, dataset.facts.title)


def build(dataset: Dataset, features: str, progress: Progress) -> None:
    """Computes the features of all images and writes the index.

    Raises:
        RunError, WeightsError: the features cannot be computed.
        OSError: the index cannot be written.
    """
    task = task_of(dataset, features)
    for leftover in task.folder.glob(f".{task.kind}.part-*"):  # of a killed process
        with contextlib.suppress(OSError):
            leftover.unlink()
    compute = described.function_of(features)
    count, training = len(dataset.y_train) + len(dataset.y_test), len(dataset.y_train)
    fitted = np.sort(np.random.default_rng(0).choice(training, min(FITTED_IMAGES, training), replace=False))
    done = 0

    def features_of(positions: np.ndarray) -> np.ndarray:
        nonlocal done
        parts = []
        for start in range(0, len(positions), CHUNK):
            some = positions[start : start + CHUNK]
            parts.append(compute(_images(dataset, some)))
            done += len(some)
            progress(0.98 * done / count, f"Indexing image {done:,} of {count:,}")
        return np.concatenate(parts)

    known = features_of(fitted)
    axes = PrincipalComponents.of(known, min(COMPONENTS, known.shape[1], max(1, len(known) - 1)))
    with atomic.replacing(task.folder / f"{task.kind}.npy") as aside:
        vectors = np.lib.format.open_memmap(aside, "w+", np.float16, (count, len(axes.directions)))
        vectors[fitted] = unit_length(axes.points(known))
        rest = np.setdiff1d(np.arange(count), fitted)
        for start in range(0, len(rest), CHUNK):
            some = rest[start : start + CHUNK]
            vectors[some] = unit_length(axes.points(features_of(some)))
        vectors.flush()
        del vectors
    progress(1.0, "Saving")
    with atomic.replacing(task.folder / task.result) as aside:
        np.savez(aside, mean=axes.mean, directions=axes.directions)


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, d) divided by their lengths."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _images(dataset: Dataset, positions: np.ndarray) -> np.ndarray:
    """The images at ascending positions among all images: training images first, then test images."""
    training = len(dataset.y_train)
    cut = int(np.searchsorted(positions, training))
    return np.concatenate([dataset.x_train[positions[:cut]], dataset.x_test[positions[cut:] - training]])


@lru_cache(4)
def _open(path: Path, stamp: float, count: int, title: str) -> Index:
    try:
        stored = read_npz(path, PROJECTION)
        vectors = map_npy(path.with_suffix(".npy"))
        if vectors.shape != (count, len(stored["directions"])) or vectors.dtype != np.float16:
            raise DamagedFile(path, "it belongs to other images")
    except (DamagedFile, OSError) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise DatasetError(f"The search index of {title} cannot be read. Build it again.") from error
    return Index(vectors, stored["mean"], stored["directions"])


def query_features(features: str, image: np.ndarray) -> np.ndarray:
    """The features, float32 (values,), of one uint8 image (height, width, channels).

    Raises:
        RunError: the features are those of a run that expects images of another size, or does not exist.
    """
    return described.function_of(features)(image[None])[0]
