"""LiteRT for microcontrollers: Integers only: uint8 input and output, one image at a time."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "LiteRT for microcontrollers"
HELP = "Integers only: uint8 input and output, one image at a time."
ORDER = 50
SUFFIX = ".tflite"
TOLERANCE = tolerances.QUANTISED
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.litert(path, "int8", is_microcontroller=True)


def load(path: Path) -> runtimes.Runtime:
    return runtimes.LiteRT(path)


describe = metadata.append_to_archive
