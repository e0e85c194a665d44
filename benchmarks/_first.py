"""The trainer, on a few folders of a zip: the other side of benchmarks/first_classifier.py.

    python -m benchmarks._first ARCHIVE.zip 5 40

Decodes that many classes and training pictures a class, and half as many test pictures, trains and evaluates; the run
lies in $IMGCLS_RUNS/first.
"""

import hashlib
import io
import sys
import zipfile
from dataclasses import replace

import numpy as np
from PIL import Image

from imgcls import datasets, jobs, runs
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.training.trainer import Trainer


def decoded(archive: zipfile.ZipFile, split: str, classes: list[str], each: int) -> tuple[np.ndarray, np.ndarray]:
    """The first pictures of each class, uint8 (n, height, width, 3), and their labels."""
    names = sorted(name for name in archive.namelist() if name.startswith(f"{split}/") and name.endswith(".jpg"))
    chosen = [(name, label) for label, one in enumerate(classes) for name in _of(names, f"{split}/{one}/", each)]
    pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name, _ in chosen]
    return np.stack(pictures), np.array([label for _, label in chosen])


def _of(names: list[str], folder: str, each: int) -> list[str]:
    return [name for name in names if name.startswith(folder)][:each]


def main() -> int:
    path, count, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with zipfile.ZipFile(path) as archive:
        classes = sorted({name.split("/")[1] for name in archive.namelist() if name.startswith("train/")} - {""})[
            :count
        ]
        arrays = (*decoded(archive, "train", classes, each), *decoded(archive, "test", classes, each // 2))
    facts = replace(datasets.facts("cifar10"), title="Five folders", classes=tuple(classes))
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).data for array in arrays)).hexdigest()
    few = Dataset(facts, *arrays, fingerprint=digest)
    datasets.open_dataset = lambda name: few
    run = runs.create(Config(data="cifar10", model="transfer", epochs=30, flip=True), run_id="first")
    jobs.claim(run)
    return 0 if Trainer(run, in_turn=False).train()["outcome"] == "finished" else 1


if __name__ == "__main__":
    sys.exit(main())
