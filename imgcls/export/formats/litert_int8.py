"""LiteRT int8: 8-bit weights and activations, calibrated on training images. For edge accelerators."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "LiteRT int8"
HELP = "8-bit weights and activations, calibrated on training images. For edge accelerators."
ORDER = 40
SUFFIX = ".tflite"
TOLERANCE = tolerances.QUANTISED
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.litert(path, "int8")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.LiteRT(path)


describe = metadata.append_to_archive
