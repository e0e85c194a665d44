"""ONNX: for ONNX Runtime and many other engines, in any language."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "ONNX"
HELP = "For ONNX Runtime and many other engines, in any language. Input “images”, output “probabilities”."
ORDER = 60
SUFFIX = ".onnx"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("onnx", ("onnx", "onnxruntime", "tf2onnx"))


def write(convert: Converter, path: Path) -> None:
    convert.onnx(path)


def load(path: Path) -> runtimes.Runtime:
    return runtimes.OnnxRuntime(path)


describe = metadata.add_onnx_metadata
