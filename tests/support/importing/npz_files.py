"""Small NAME.npz files in the data folder of a test."""

import numpy as np

from imgcls import datasets
from imgcls.system import paths

BUNDLED = [name for name in datasets.names() if datasets.facts(name).source == "bundled"]
DOWNLOADED = [name for name in datasets.names() if datasets.facts(name).source == "download"]


def small(name: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Keras's four arrays for a dataset, with two training images and one test image of each class."""
    about, random = datasets.facts(name), np.random.default_rng(seed)
    shape = about.shape if about.shape[2] > 1 else about.shape[:2]
    train, test = np.tile(np.arange(about.num_classes), 2), np.arange(about.num_classes)
    pixels = [random.integers(0, 256, (len(labels), *shape), dtype=np.uint8) for labels in (train, test)]
    return {"x_train": pixels[0], "y_train": train.astype("uint8"), "x_test": pixels[1], "y_test": test.astype("uint8")}


def put(folders, name: str, **changes) -> None:
    """Writes NAME.npz into $IMGCLS_DATA; a change of None leaves an array out."""
    arrays = small(name) | changes
    np.savez(folders / "data" / f"{name}.npz", **{key: value for key, value in arrays.items() if value is not None})


def left_over(folders) -> list[str]:
    """What is in the cache besides prepared datasets and locks."""
    there = [item.name for item in (folders / "cache" / "datasets").iterdir()]
    return [item for item in there if not item.endswith(".lock") and item not in datasets.names()]


def root():
    return paths.repository_folder()
