"""Files of a model that are written again with another head.

Runs on the same backbone that differ only in their seed have the same network except for the arrays of the head.
Writing the whole files again takes longer than training the head, so the arrays are found in the first file and
replaced in later ones.
"""

import contextlib
import datetime
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from imgcls.datasets import Dataset
from imgcls.inference import input_quality
from imgcls.training.export import shipped_classifier

WEIGHTS, METADATA = "model.weights.h5", "metadata.json"


class Template:
    """The content of a file in which some arrays can be replaced.

    Raises:
        ValueError: one of the arrays is not there exactly once, so it is not known which bytes to replace.
    """

    def __init__(self, content: bytes, arrays: Sequence[np.ndarray]):
        self._content, self._sizes, self._starts = content, [array.nbytes for array in arrays], list[int]()
        for array in arrays:
            wanted = array.tobytes()
            start = content.find(wanted) if wanted else -1
            if start < 0 or content.find(wanted, start + 1) >= 0:
                raise ValueError("the array is not unique")
            self._starts.append(start)

    def filled(self, arrays: Sequence[np.ndarray]) -> bytes:
        """The content with these arrays, of the same sizes, in place of the first ones."""
        content = bytearray(self._content)
        for start, size, array in zip(self._starts, self._sizes, arrays, strict=True):
            if array.nbytes != size:
                raise ValueError("the array has another size")
            content[start : start + size] = array.tobytes()
        return bytes(content)


class ModelFiles:
    """Writes the .keras and .tflite files of a model. If it has a head that gets other weights from time to time, only
    the first ones are written by Keras."""

    def __init__(self) -> None:
        self._model: keras.Model | None = None
        self._head: keras.Model | None = None
        self._entries: dict[str, bytes] = {}
        self._weights: Template | None = None
        self._litert: Template | None = None
        self._statistics: tuple[str, dict] | None = None

    def of(self, model: keras.Model, head: keras.Model | None = None) -> "ModelFiles":
        """For this model from now on. Between calls, only the weights of `head` may change."""
        if model is not self._model:
            self._weights = self._litert = None
        self._model, self._head = model, head
        return self

    @property
    def model(self) -> keras.Model:
        """The model whose files are written."""
        if self._model is None:
            raise RuntimeError("No model was given.")
        return self._model

    @property
    def knows_network(self) -> bool:
        """Whether the next .tflite file differs only in the head from one that was written before."""
        return self._litert is not None

    def save(self, path: Path) -> None:
        """The same as `model.save(path)`."""
        arrays = [] if self._head is None else self._head.get_weights()
        if self._weights is not None:
            _write_keras(path, self._entries, self._weights.filled(arrays))
            return
        self.model.save(path)
        if arrays:
            with zipfile.ZipFile(path) as archive:
                self._entries = {name: archive.read(name) for name in archive.namelist()}
            with contextlib.suppress(KeyError, ValueError):  # each file is written by Keras
                self._weights = Template(self._entries[WEIGHTS], arrays)

    def litert(self) -> bytes | None:
        """The same as `shipped_classifier.litert`."""
        if self._litert is not None:
            return self._litert.filled(shipped_classifier.stored_head(self.model))
        content = shipped_classifier.litert(self.model)
        if content is not None and self._head is not None:
            with contextlib.suppress(ValueError):
                self._litert = Template(content, shipped_classifier.stored_head(self.model))
        return content

    def ink_statistics(self, dataset: Dataset) -> dict:
        """The measurements of the training images for the input check, which depend on the dataset alone."""
        if self._statistics is None or self._statistics[0] != dataset.fingerprint:
            self._statistics = dataset.fingerprint, input_quality.statistics(dataset.x_train)
        return self._statistics[1]


def _write_keras(path: Path, entries: dict[str, bytes], weights: bytes) -> None:
    metadata = json.loads(entries[METADATA])
    metadata["date_saved"] = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    changed = {METADATA: json.dumps(metadata).encode(), WEIGHTS: weights}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, changed.get(name, content))
    path.write_bytes(file.getbuffer())
