"""Runs a .keras file or a zipped SavedModel with plain Keras or TensorFlow, as somebody else's program would.

    python -m imgcls.training.export.plain_interpreter keras|saved_model FILE

Prints "ready NAME", then for each line "IMAGES.npy<tab>RESULT.npy" on stdin writes the probabilities and prints "done
SECONDS". It imports nothing of this package, so that a layer that only exists here would be noticed.
"""

import sys
import tempfile
import time
import zipfile
from collections.abc import Callable

import numpy as np

BATCH = 64


def main(kind: str, path: str) -> None:
    """Serves until stdin is closed."""
    with tempfile.TemporaryDirectory() as folder:
        predict, name = _keras(path) if kind == "keras" else _saved_model(path, folder)
        print("ready", name, flush=True)
        for line in sys.stdin:
            given, result = line.rstrip("\n").split("\t")
            images = np.load(given, allow_pickle=False)
            start = time.perf_counter()
            parts = [predict(images[begin : begin + BATCH]) for begin in range(0, len(images), BATCH)]
            seconds = time.perf_counter() - start
            np.save(result, np.concatenate(parts).astype(np.float32))
            print("done", seconds, flush=True)


def _keras(path: str) -> tuple[Callable[[np.ndarray], np.ndarray], str]:
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)
    return (lambda images: np.asarray(model.predict_on_batch(images))), f"Keras {keras.__version__}"


def _saved_model(path: str, folder: str) -> tuple[Callable[[np.ndarray], np.ndarray], str]:
    import tensorflow as tf

    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    loaded = tf.saved_model.load(folder)
    serve = loaded.signatures["serving_default"]

    def predict(images: np.ndarray, keep_alive: object = loaded) -> np.ndarray:
        return next(iter(serve(images=tf.constant(images)).values())).numpy()

    return predict, f"TensorFlow {tf.__version__}"


if __name__ == "__main__":
    main(*sys.argv[1:])
