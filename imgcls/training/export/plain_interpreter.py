"""Runs a .keras file, a zipped SavedModel or a training script as somebody else's program would.

    python -m imgcls.training.export.plain_interpreter keras|saved_model|script|notebook FILE

Prints "ready NAME", then for each line "IMAGES.npy<tab>RESULT.npy" on stdin writes the probabilities and prints "done
SECONDS". It imports nothing of this package, so that a layer that only exists here would be noticed.
"""

import json
import runpy
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH = 64
DATA_CELL = "Data"
"""The cell after that of the network: training starts to need images there."""


def main(kind: str, path: str) -> None:
    """Serves until stdin is closed."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "saved_model":
            predict, name = _saved_model(path, folder)
        else:
            predict, name = _keras(path) if kind == "keras" else _script(Path(path), Path(folder))
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


def _script(path: Path, folder: Path) -> tuple[Callable[[np.ndarray], np.ndarray], str]:
    """The network of a script or notebook, with the weights of the run whose folder `exports` it is in."""
    import keras

    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        parts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
        end = parts.index(("markdown", f"## {DATA_CELL}"))
        text = "\n\n".join(source for kind, source in parts[:end] if kind == "code")
    else:
        text = text.partition(f"# %% {DATA_CELL}\n")[0]
    start = folder / "network.py"
    start.write_text(text, "utf-8")
    model = runpy.run_path(str(start))["model"]
    trained = keras.models.load_model(path.parent.parent / "model.keras", compile=False, safe_mode=True)
    model.set_weights(trained.get_weights())
    return (
        lambda images: np.asarray(model.predict_on_batch(images))
    ), f"the script's network in Keras {keras.__version__}"


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
