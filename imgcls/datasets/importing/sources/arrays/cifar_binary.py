"""The binary version of CIFAR-10 and CIFAR-100: .bin files with a label and the pixels of each image.

data_batch_1.bin …, test_batch.bin, batches.meta.txt          CIFAR-10
train.bin, test.bin, coarse_label_names.txt, fine_label_names.txt       CIFAR-100
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets.importing.class_names import short, visible
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.arrays import ArrayTable
from imgcls.datasets.importing.sources.arrays._stored import Part, StoredArrays
from imgcls.datasets.importing.sources.containers import Files
from imgcls.errors import SourceError

QUESTION = "label_array"
MAX_BYTES = 1 << 30
PIXELS = 32 * 32 * 3
_FILE = re.compile(r"(data_batch_\d|test_batch|train|test)\.bin")


def recognises(name: str, start: bytes) -> bool:
    return _FILE.fullmatch(name.rpartition("/")[2]) is not None


def open_array(path: Path, name: str, findings: Findings) -> ArrayTable:
    """Always raises SourceError, because a single file has a part of the images and no names of classes."""
    raise SourceError(f"{name} is one file of CIFAR. Choose the whole archive, such as cifar-10-binary.tar.gz.")


def open_inside(files: Files, findings: Findings) -> StoredArrays | None:
    """The images of CIFAR's files, or None if there are none.

    Raises:
        SourceError: a file is damaged.
    """
    entries = sorted(entry for entry in files.entries if _FILE.fullmatch(entry[0].rpartition("/")[2]))
    if not entries:
        return None
    is_fine = any(path.endswith("fine_label_names.txt") for path, _ in files.entries)
    column, names_file = (0, "batches.meta.txt")
    if is_fine:
        options = [
            Option("fine", "The fine classes", "100 classes"),
            Option("coarse", "The superclasses", "20 classes"),
        ]
        answer = findings.ask(QUESTION, "Which classes should be learned?", options, "fine")
        column, names_file = (1, "fine_label_names.txt") if answer == "fine" else (0, "coarse_label_names.txt")
    names = _names(files, names_file)
    parts = []
    for path, key in entries:
        images, labels = _read(files, path, key, 2 if is_fine else 1)
        text = [names[label] if label < len(names) else str(label) for label in labels[:, column].tolist()]
        part = "test" if "test" in path.rpartition("/")[2] else "train"
        parts.append(Part(images, text, part))
    return StoredArrays(parts, files.name, findings)


def _read(files: Files, path: str, key: Any, labels: int) -> tuple[np.ndarray, np.ndarray]:
    data = np.frombuffer(files.read(key, MAX_BYTES), np.uint8)
    if len(data) % (labels + PIXELS):
        raise SourceError(
            f"{short(path)} is incomplete: its size is not a multiple of {labels + PIXELS:,} bytes, as for CIFAR. "
            "Download it again."
        )
    rows = data.reshape(-1, labels + PIXELS)
    return rows[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, :labels]


def _names(files: Files, wanted: str) -> list[str]:
    for path, key in files.entries:
        if path.rpartition("/")[2] == wanted:
            return [visible(line) for line in files.read(key).decode("utf-8", "replace").splitlines() if line.strip()]
    return []
