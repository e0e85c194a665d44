"""LiteRT (formerly TensorFlow Lite): the format that the pages run, without TensorFlow."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from imgcls.inference.predictor import Predictor

TITLE = "LiteRT"
SUFFIX = ".tflite"


def write(model: keras.Model, path: Path) -> None:
    """Converts the model."""
    with contextlib.redirect_stdout(sys.stderr):  # the converter prints progress
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


def load(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """The predictions that a page will get."""
    return Predictor(path).probabilities
