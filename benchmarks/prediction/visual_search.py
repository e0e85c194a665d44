"""How long does a search among 100,000 images take, and how often does it find the right class?

    python -m benchmarks.visual_search [IMAGES]

The value is the 95th percentile of 50 searches in milliseconds, each with the computation of the query's features by
the default network. The vectors are as large as those of a real index and memory-mapped, but random: the search
compares all of them. `search_ms` is the comparison alone. `precision` is the fraction of the ten most similar training
images that have the class of a test image, for 200 test images of CIFAR-10 ($IMGCLS_DATA/cifar10.npz) among 5,000
training images, for each network that ships; without the file it is left out. The reference is a bare matrix product.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.support.reference import Reference
from benchmarks.support.report_line import line, percentile, run
from imgcls.datasets.analysis.embedding import PrincipalComponents
from imgcls.inference import visual_search
from imgcls.inference.visual_search.index import COMPONENTS, Index, unit_length
from imgcls.models.backbones import NETWORKS, SHIPPED
from imgcls.system import paths

IMAGES, SEARCHES, TARGET_MS = 100_000, 50, 200
TRAINING, QUERIES, NEAREST = 5_000, 200, 10


def timed(images: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of whole searches, of the comparison alone, and of a bare matrix product of the same size."""
    generator = np.random.default_rng(0)
    title = SHIPPED[0]
    width = NETWORKS[title].features
    whole, alone, bare = [], [], []
    with tempfile.TemporaryDirectory(prefix="imgcls-benchmark-") as folder:
        path = Path(folder, "vectors.npy")
        np.save(path, unit_length(generator.normal(size=(images, COMPONENTS))).astype(np.float16))
        directions = np.linalg.qr(generator.normal(size=(width, COMPONENTS)))[0].T.astype(np.float32)
        index = Index(np.load(path, mmap_mode="r"), np.zeros(width, np.float32), directions)
        matrix = np.asarray(index.vectors, np.float32)
        for number in range(SEARCHES + 1):
            image = generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            start = time.perf_counter()
            features = visual_search.query_features(title, image)
            middle = time.perf_counter()
            index.search(features, 500)
            end = time.perf_counter()
            matrix @ matrix[number]
            if number:  # the first one loads the network
                whole.append(1000 * (end - start))
                alone.append(1000 * (end - middle))
                bare.append(1000 * (time.perf_counter() - end))
    return whole, alone, bare


def precision(file: Path) -> dict[str, float]:
    """Title -> fraction of the nearest training images that have the class of the query."""
    with np.load(file, allow_pickle=False) as data:
        x, y = data["x_train"][:TRAINING], data["y_train"].ravel()[:TRAINING]
        queries, labels = data["x_test"][:QUERIES], data["y_test"].ravel()[:QUERIES]
    found = {}
    for title in SHIPPED:
        compute = visual_search.features.function_of(title)
        known = compute(x)
        axes = PrincipalComponents.of(known, COMPONENTS)
        index = Index(unit_length(axes.points(known)).astype(np.float16), axes.mean, axes.directions)
        right = [
            (y[index.search(features, NEAREST).positions] == label).mean()
            for features, label in zip(compute(queries), labels, strict=True)
        ]
        found[title] = round(float(np.mean(right)), 4)
    return found


def main() -> None:
    images = int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    whole, alone, bare = timed(images)
    data = paths.data_folder()
    seen = {}
    if data is not None and (data / "cifar10.npz").is_file():
        seen = {"precision": precision(data / "cifar10.npz"), "data": "CIFAR-10 (JPEG copies)"}
    print(
        line(
            "visual_search",
            round(percentile(whole, 0.95), 1),
            "ms",
            TARGET_MS,
            "lower",
            reference=Reference("a matrix product of the same size", statistics.median(bare), "ms"),
            median_ms=round(statistics.median(whole), 1),
            search_ms=round(statistics.median(alone), 1),
            images=images,
            components=COMPONENTS,
            **seen,
        )
    )


if __name__ == "__main__":
    sys.exit(run(main))
