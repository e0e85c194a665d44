"""Networks of which the next run only replaces the arrays of the head: its model.keras is written without Keras.

    <cache>/networks/<digest>.npz    named by a digest of everything that the files depend on, except for the weights
                                     of the head
        model      model.keras as Keras wrote it for the first run
        starts     where in its weights each array of the head begins
        sample     Keras's features of the first test images, with which cached features are compared
        about      JSON as bytes, see `KnownNetwork`

Only for frozen backbones that ship with the project: their LiteRT models are written without TensorFlow as well.
"""

import contextlib
import datetime
import hashlib
import importlib.metadata
import io
import itertools
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcls import models
from imgcls.config import Config
from imgcls.datasets import Dataset
from imgcls.errors import DamagedFile
from imgcls.inference.predictor import Predictor
from imgcls.models import backbones
from imgcls.models.shipped import weights_of
from imgcls.models.shipped.litert_model import CHANNELS, Head, classifier
from imgcls.runs import backbone_facts
from imgcls.system import atomic, paths
from imgcls.system.arrays import INTEGERS, NUMBERS, Array, read_npz
from imgcls.training.transfer.head_solver import EPSILON

VERSION = 1
MOST = 4
"""Networks that are kept, about 14 MB each; the least recently used one makes room."""
WEIGHTS, METADATA = "model.weights.h5", "metadata.json"
SPEC = {
    "model": Array(INTEGERS, (None,), np.uint8),
    "starts": Array(INTEGERS, (None,), np.int64),
    "sample": Array(NUMBERS, (None, None), np.float32),
    "about": Array(INTEGERS, (None,), np.uint8),
}
UNREADABLE = (OSError, DamagedFile, ValueError, KeyError, TypeError, zipfile.BadZipFile)


class Template:
    """The content of a file in which arrays can be replaced. `starts` are their positions."""

    def __init__(self, content: bytes, starts: Sequence[int]):
        self._content, self.starts = content, list(starts)

    @classmethod
    def of(cls, content: bytes, arrays: Sequence[np.ndarray]) -> "Template":
        """Finds the arrays.

        Raises:
            ValueError: one of them is not there exactly once, so it is not known which bytes to replace.
        """
        starts = []
        for array in arrays:
            wanted = array.tobytes()
            start = content.find(wanted) if wanted else -1
            if start < 0 or content.find(wanted, start + 1) >= 0:
                raise ValueError("the array is not unique")
            starts.append(start)
        return cls(content, starts)

    def filled(self, arrays: Sequence[np.ndarray]) -> bytes:
        """The content with these arrays, of the same sizes, in place of the first ones."""
        content = bytearray(self._content)
        for start, array in zip(self.starts, arrays, strict=True):
            content[start : start + array.nbytes] = array.tobytes()
        return bytes(content)


@dataclass(frozen=True, eq=False)
class KnownNetwork:
    """A network that an earlier run has trained with another head.

    Attributes:
        entries: The files in model.keras.
        weights: One of them, to be filled with the weights of a head.
        sample: Features of the first test images, float32 (n, features), by Keras.
        about: "backbone", "input_size", "head_units", "shape", "classes" and "is_multilabel" as in the settings and the
            dataset; "parameters", their number; "ink", see `imgcls.inference.input_quality.statistics`, or None.
    """

    entries: Mapping[str, bytes]
    weights: Template
    sample: np.ndarray
    about: Mapping[str, Any]

    @cached_property
    def litert(self) -> Template:
        """Its LiteRT model, to be filled with the arrays of a `Head`."""
        about, units = self.about, self.about["head_units"]
        sizes = [self.sample.shape[1], *([units] if units else []), about["classes"]]
        draw = np.random.default_rng(0)  # numbers that are nowhere else in the file
        layers = [
            (draw.standard_normal((before, after), np.float32), draw.standard_normal(after, np.float32))
            for before, after in itertools.pairwise(sizes)
        ]
        head, title = Head(tuple(layers), about["is_multilabel"]), about["backbone"]
        content = classifier(title, about["input_size"], tuple(about["shape"]), weights_of(title), head)
        return Template.of(content, head.arrays)


class KnownModel:
    """A known network with a head: results are computed from it and written by it in place of a `keras.Model`."""

    def __init__(self, network: KnownNetwork, head: Sequence[np.ndarray]):
        """`head`: the weights of the head, as its `get_weights` gives them."""
        self.network, self._head = network, list(head)

    def save(self, path: Path) -> None:
        """As `keras.Model.save`."""
        metadata = json.loads(self.network.entries[METADATA])
        metadata["date_saved"] = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
        changed = {METADATA: json.dumps(metadata).encode(), WEIGHTS: self.network.weights.filled(self._head)}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in self.network.entries.items():
                archive.writestr(name, changed.get(name, content))
        path.write_bytes(file.getbuffer())

    def litert(self) -> bytes:
        """The content of its .tflite file."""
        head = Head.of_weights(self._head, EPSILON, is_multilabel=self.network.about["is_multilabel"])
        return self.network.litert.filled(head.arrays)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), of uint8 images, by LiteRT."""
        return self._predictor.probabilities(x)

    def count_params(self) -> int:
        """The number of parameters."""
        return int(self.network.about["parameters"])

    @cached_property
    def _predictor(self) -> Predictor:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.tflite")
            path.write_bytes(self.litert())
            return Predictor(path)


def find(config: Config, dataset: Dataset) -> KnownNetwork | None:
    """The network of a run with these settings, if its files are known."""
    with contextlib.suppress(*UNREADABLE):
        if _is_kept(config, dataset):
            path = _path(_about(config, dataset))
            stamp = path.stat()
            found = _read(path, stamp.st_ino, stamp.st_size)
            os.utime(path)
            return found
    return None


def store(
    config: Config,
    dataset: Dataset,
    file: Path,
    head: Sequence[np.ndarray],
    sample: np.ndarray,
    parameters: int,
    ink: dict[str, Any] | None,
) -> None:
    """Keeps the network of a run for later ones; a failure leaves it to Keras.

    Args:
        file: model.keras, written by Keras.
        head: The weights of the head in it.
        sample, parameters, ink: See `KnownNetwork`.
    """
    if not _is_kept(config, dataset):
        return
    with contextlib.suppress(OSError, ValueError, KeyError):
        content = file.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            starts = Template.of(archive.read(WEIGHTS), head).starts
        about = _about(config, dataset)
        path = _path(about)
        path.parent.mkdir(parents=True, exist_ok=True)
        described = json.dumps({**about, "parameters": parameters, "ink": ink}).encode()
        with atomic.replacing(path) as aside:
            np.savez(
                aside,
                model=np.frombuffer(content, np.uint8),
                starts=np.array(starts, np.int64),
                sample=sample,
                about=np.frombuffer(described, np.uint8),
            )
        _make_room(path.parent)


@lru_cache(1)
def _read(path: Path, _inode: int, _size: int) -> KnownNetwork:
    stored = read_npz(path, SPEC)
    with zipfile.ZipFile(io.BytesIO(stored["model"].tobytes())) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    weights = Template(entries[WEIGHTS], stored["starts"].tolist())
    return KnownNetwork(entries, weights, stored["sample"], json.loads(stored["about"].tobytes()))


def _is_kept(config: Config, dataset: Dataset) -> bool:
    """Whether the backbone ships with the project and remains as it is, and the model consists of it and the head."""
    return (
        models.has_backbone(config.model)
        and config.model_settings["backbone"] in backbones.SHIPPED
        and not models.more_epochs(config.model, config.model_settings)
        and not config.test_time_augmentation
        and dataset.facts.shape[-1] in CHANNELS
    )


def _about(config: Config, dataset: Dataset) -> dict[str, Any]:
    """Everything that the files depend on."""
    facts = dataset.facts
    names = ("backbone", "input_size", "head_units", "dropout")
    return {
        "version": VERSION,
        "keras": importlib.metadata.version("keras"),
        "data": dataset.fingerprint,
        "model": config.model,
        **{name: config.model_settings[name] for name in names},
        "weights": backbone_facts.digest(config.model_settings),
        "shape": list(facts.shape),
        "classes": facts.num_classes,
        "is_multilabel": facts.is_multilabel,
    }


def _path(about: Mapping[str, Any]) -> Path:
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
    return paths.cache_folder() / "networks" / f"{name}.npz"


def _make_room(folder: Path) -> None:
    """Removes the least recently used networks beyond `MOST`, and what killed processes have left."""
    atomic.remove_leftovers(folder.iterdir())
    known = sorted(folder.glob("[!.]*.npz"), key=lambda path: path.stat().st_mtime)
    for path in known[: len(known) - MOST]:
        path.unlink(missing_ok=True)
