"""Writes the LiteRT file that the pages run, and compares it with the model."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imgcls.inference.predictor import Predictor
from imgcls.training.transfer.known_networks import KnownModel

if TYPE_CHECKING:  # imports TensorFlow
    import keras

MAX_DIFFERENCE = 1e-3
"""The largest difference between two probabilities that counts as rounding."""


def write(model: "keras.Model | KnownModel", path: Path, sample: np.ndarray, expected: np.ndarray) -> float:
    """Writes the file, loads it again and compares its predictions for `sample` with those of the model.

    Returns:
        The largest difference between the two models' probabilities.

    Raises:
        RuntimeError: the predictions differ by more than `MAX_DIFFERENCE`, so the file must not be used.
    """
    if isinstance(model, KnownModel):
        path.write_bytes(model.litert())
    else:
        from imgcls.training.export.converter import KerasConverter

        KerasConverter(model).litert(path)
    found = Predictor(path).probabilities(sample)
    difference = float(np.abs(found - expected).max())
    if not difference <= MAX_DIFFERENCE:  # also true for NaN
        raise RuntimeError(
            f"The exported LiteRT model predicts differently: the probabilities of {len(sample)} images differ "
            f"by up to {difference:.4f}."
        )
    return difference
