"""The runtimes of model files from elsewhere, as the sandbox's child uses them: load, describe, run."""

import io
import math
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from imgcls.errors import RunError

TEXTS = ("labels.txt", "labelmap.txt", "input.txt", "preprocessing.txt", "verification.json")
"""What files written by our export carry about themselves, and the class names of TensorFlow's metadata."""
MOST_TEXT = 1 << 20
KINDS = {"float16", "float32", "float64", "uint8", "int8"}
"""Types of inputs and outputs that can be images and scores."""


class Model:
    """A loaded model. `inputs` and `outputs` are lists of (shape, type), where None stands for a free length.

    `scale` is how much an integer input counts for 1; 0 if it is not quantised. `texts` are those that the file
    carries, by name; `parameters` is the number of its weights, 0 if not known.
    """

    inputs: list[tuple[list[int | None], str]]
    outputs: list[tuple[list[int | None], str]]
    texts: Mapping[str, str]
    parameters: int
    scale = 0.0

    def run(self, images: np.ndarray) -> np.ndarray:
        """The first output, float32 (n, k), for inputs (n, ...) that may be float32 or uint8."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """All facts as plain values."""
        return {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "texts": dict(self.texts),
            "parameters": self.parameters,
            "scale": self.scale,
        }


class LiteRT(Model):
    """A .tflite file in the LiteRT interpreter."""

    def __init__(self, content: bytes):
        from ai_edge_litert.interpreter import Interpreter

        if content[4:8] != b"TFL3":
            raise RunError("This is not a LiteRT (.tflite) model: its first bytes are those of another file type.")
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self.inputs, self.outputs = [_declared(one) for one in inputs], [_declared(one) for one in outputs]
        self._input, self._output = inputs[0], outputs[0]
        self.texts = texts_of_archive(content)
        self.scale = float(self._input["quantization"][0]) if self._input["dtype"] in (np.uint8, np.int8) else 0.0
        self.parameters = 0

    def run(self, images: np.ndarray) -> np.ndarray:
        interpreter, given = self._interpreter, self._input
        if tuple(given["shape"]) != images.shape:
            interpreter.resize_tensor_input(given["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], _typed(images, np.dtype(given["dtype"]), *given["quantization"]))
        interpreter.invoke()
        values = interpreter.get_tensor(self._output["index"])
        scale, zero = self._output["quantization"]
        values = np.asarray(values, np.float32)
        return (values - zero) * np.float32(scale) if scale else values


class Onnx(Model):
    """An .onnx file in ONNX Runtime."""

    def __init__(self, content: bytes):
        import onnx
        import onnxruntime

        try:
            parsed = onnx.load_model_from_string(content)
        except Exception as error:  # protobuf raises several types, depending on its implementation
            raise RunError("This is not an ONNX model, or the file is damaged or incomplete.") from error
        if not parsed.graph.node:
            raise RunError("This is not an ONNX model, or the file is damaged or incomplete.")
        _check_is_complete(parsed.graph)
        self.texts = {entry.key: entry.value for entry in parsed.metadata_props if entry.key in TEXTS}
        self.parameters = sum(math.prod(tensor.dims) for tensor in parsed.graph.initializer)
        del parsed
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.inputs = [_described(one) for one in self._session.get_inputs()]
        self.outputs = [_described(one) for one in self._session.get_outputs()]
        self._name = self._session.get_inputs()[0].name

    def run(self, images: np.ndarray) -> np.ndarray:
        name = self.outputs[0][1]
        if name not in KINDS:
            raise RunError(f"The model's output has the type {name}. Scores are numbers: export it with probabilities.")
        given = _typed(images, np.dtype(self.inputs[0][1]))
        found = self._session.run([self._session.get_outputs()[0].name], {self._name: given})[0]
        return np.asarray(found, np.float32)


FORMATS: dict[str, Callable[[bytes], Model]] = {"onnx": Onnx, "tflite": LiteRT}


def texts_of_archive(content: bytes) -> dict[str, str]:
    """The texts in a zip archive, or in one at the end of a file; none if there is no archive."""
    found = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist()[:100]:
                if entry.filename in TEXTS and entry.file_size <= MOST_TEXT:
                    with archive.open(entry) as file:
                        found[entry.filename] = file.read(MOST_TEXT).decode("utf-8", "replace")
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return {}
    return found


def _declared(details: Mapping[str, Any]) -> tuple[list[int | None], str]:
    shape = details["shape_signature"] if len(details["shape_signature"]) else details["shape"]
    return [None if length < 0 else int(length) for length in shape], np.dtype(details["dtype"]).name


def _described(value: Any) -> tuple[list[int | None], str]:
    names = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}
    name = names.get(value.type, value.type.removeprefix("tensor(").removesuffix(")"))
    shape = value.shape or []
    return [length if isinstance(length, int) and length >= 0 else None for length in shape], name


def _typed(images: np.ndarray, dtype: np.dtype, scale: float = 0.0, zero: int = 0) -> np.ndarray:
    """The images in the type of the model's input, quantised if that is an integer with a scale."""
    if dtype.kind in "iu":
        values = images.astype(np.float32)
        if scale:
            values = values / np.float32(scale) + zero
        bounds = np.iinfo(dtype)
        images = np.clip(np.rint(values), bounds.min, bounds.max)
    return np.ascontiguousarray(images, dtype)


def _check_is_complete(graph: Any) -> None:
    """Refuses weights in other files: nothing but this file may be read."""
    import onnx

    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise RunError(
                "The weights of this ONNX model are in another file. Save it again with all weights in one file."
            )
    for node in graph.node:
        for attribute in node.attribute:
            tensors: Iterable[Any] = [attribute.t, *attribute.tensors]
            if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
                raise RunError(
                    "The weights of this ONNX model are in another file. Save it again with all weights in one file."
                )
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    _check_is_complete(inner)
