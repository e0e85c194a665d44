"""ONNX int8: 8-bit weights and activations for ONNX Runtime, calibrated on training images."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "ONNX int8"
HELP = "8-bit weights and activations for ONNX Runtime, calibrated on training images. Same input and output as ONNX."
ORDER = 65
SUFFIX = ".onnx"
TOLERANCE = tolerances.QUANTISED
EXTRA = ("onnx", ("onnx", "onnxruntime", "tf2onnx"))


def write(convert: Converter, path: Path) -> None:
    convert.onnx(path, "int8")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.OnnxRuntime(path)


describe = metadata.add_onnx_metadata
