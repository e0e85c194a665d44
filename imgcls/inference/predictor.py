"""Answers from a trained model without Keras: LiteRT, in a page or wherever TensorFlow is too heavy."""

import threading
from pathlib import Path

import numpy as np

from imgcls.errors import RunError

BATCH = 64


class Predictor:
    """A loaded `model.tflite`. May be shared by threads: an interpreter is not safe for that, so a lock guards it.

    Raises:
        RunError: the file is missing or is no model.
    """

    def __init__(self, path: Path):
        from ai_edge_litert.interpreter import Interpreter

        self._lock = threading.Lock()
        try:
            # From memory: deleting or replacing the file does not disturb a model in use.
            self._interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
            self._input = self._interpreter.get_input_details()[0]
            self._output = self._interpreter.get_output_details()[0]
            self._shape = tuple(self._input["shape_signature"][1:].tolist())
            self._batch = 0
        except FileNotFoundError as error:
            raise RunError("This run has no trained model. Pick another run, or train one.") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise RunError("The trained model of this run is damaged. Train it again, or pick another run.") from error

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (n, classes), for uint8 pictures (n, height, width, channels).

        Raises:
            RunError: the pictures have another size than those the model was trained on.
        """
        if images.shape[1:] != self._shape:
            raise RunError(
                f"This model reads pictures of {_size(self._shape)}; these are of {_size(images.shape[1:])}."
            )
        if not len(images):
            return np.empty((0, self._output["shape"][-1]), np.float32)
        with self._lock:
            parts = [self._answer(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        return np.concatenate(parts)

    def _answer(self, images: np.ndarray) -> np.ndarray:
        if len(images) != self._batch:
            self._interpreter.resize_tensor_input(self._input["index"], images.shape)
            self._interpreter.allocate_tensors()
            self._batch = len(images)
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(images, dtype=np.uint8))
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"]).copy()


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) + " values"
