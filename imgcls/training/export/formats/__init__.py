"""Export formats: one file each, found by its name. A new format touches no registry.

A format is a module with

    TITLE               what a person reads, such as "ONNX"
    SUFFIX              the file extension, such as ".onnx"
    write(model, path)  converts a Keras model to a file
    load(path)          opens that file and returns a function from uint8 images (n, height, width, channels) to
                        probabilities (n, classes)

`export` writes a file and checks it against Keras, so every format gets the same parity check.
"""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import keras
import numpy as np

from imgcls.errors import SettingError

MAX_DIFFERENCE = 1e-3
"""The largest difference between two probabilities that counts as rounding."""


def names() -> tuple[str, ...]:
    """The names of all formats."""
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(__path__)))


def find(name: str) -> ModuleType:
    """The module of a format.

    Raises:
        SettingError: there is no such format.
    """
    if name not in names():
        raise SettingError(f"There is no export format '{name}'. Choose one of: {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}")


def export(name: str, model: keras.Model, path: Path, sample: np.ndarray) -> float:
    """Writes `model` to `path` in a format, loads the file again and compares its predictions for `sample` with Keras.

    Returns:
        The largest difference between the two models' probabilities.

    Raises:
        SettingError: there is no such format.
        RuntimeError: the predictions differ by more than `MAX_DIFFERENCE`, so the file must not be used.
    """
    chosen = find(name)
    chosen.write(model, path)
    difference = float(np.abs(chosen.load(path)(sample) - model.predict_on_batch(sample)).max())
    if not difference <= MAX_DIFFERENCE:  # also true for NaN
        raise RuntimeError(
            f"The exported {chosen.TITLE} model predicts differently: the probabilities of {len(sample)} images differ "
            f"by up to {difference:.4f}."
        )
    return difference
