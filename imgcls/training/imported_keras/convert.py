"""The sandbox's child that converts .keras files: python -m imgcls.training.imported_keras.convert.

    {"do": "convert"} with the file  ->  {"texts"} with the LiteRT model

TensorFlow is imported after the file has passed the checks that need no TensorFlow.
"""

import sys
from typing import Any

import numpy as np

from imgcls.errors import RunError
from imgcls.inference.sandbox import limits, messages, serving
from imgcls.training.imported_keras import archive, layers

CHECK_MEMORY, MEMORY = 1_000_000_000, 6_000_000_000
"""Bytes of address space beyond that in use: for the checks, and for TensorFlow, which reserves more than it uses."""
WRITTEN = 500_000_000
"""TensorFlow's converter writes the model to a temporary file."""
SAMPLE = 2
MOST_DIFFERENCE = 1e-3
TRIED_SIDE = 96


def main() -> int:
    """Isolates the process, applies limits, and serves."""
    limits.isolate()
    return serving.serve(answer)


def answer(request: dict[str, Any], content: bytes) -> messages.Reply:
    """Checks and converts one file."""
    limits.apply(CHECK_MEMORY, WRITTEN, is_final=False)
    config, weights, texts = archive.read(content)
    layers.check_all(config)
    if config["class_name"] not in layers.MODELS:
        raise RunError("The file config.json does not describe a model. Save the model again.")
    with archive.open_weights(weights) as file:
        archive.check_layers(file, layers.weighted(config))
        limits.apply(MEMORY, WRITTEN)
        return {"texts": texts}, _converted(config, file)


def _converted(config: dict[str, Any], file: Any) -> bytes:
    import tensorflow as tf

    from imgcls.training.imported_keras.rebuild import Rebuilt

    rebuilt = Rebuilt(config)
    rebuilt.read_weights(file)
    try:
        found = tf.lite.TFLiteConverter.from_keras_model(rebuilt.model).convert()
    except Exception as error:  # the converter raises anything about layers that it does not support
        raise RunError(f"The model cannot be converted: {serving.shortened(str(error))}") from error
    _check_same(rebuilt.model, found)
    return found


def _check_same(model: Any, content: bytes) -> None:
    """Compares the converted model with the rebuilt one on random images."""
    from imgcls.inference.sandbox.runtimes import LiteRT

    (given,) = model.inputs
    shape = [length or TRIED_SIDE for length in given.shape[1:]]
    images = np.random.default_rng(0).integers(0, 256, (SAMPLE, *shape))
    images = images.astype(np.uint8) if given.dtype == "uint8" else (images / 255).astype(given.dtype)
    expected = np.asarray(model.predict_on_batch(images), np.float32)
    difference = np.abs(LiteRT(content).run(images) - expected).max() / max(1.0, float(np.abs(expected).max()))
    if not difference <= MOST_DIFFERENCE:
        raise RunError(f"The converted model returns other scores than the Keras model (difference {difference:.2g}).")


if __name__ == "__main__":
    sys.exit(main())
