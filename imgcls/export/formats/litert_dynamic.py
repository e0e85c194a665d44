"""LiteRT dynamic range: 8-bit weights: a quarter of the size, and usually several times faster on a CPU."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "LiteRT dynamic range"
HELP = "8-bit weights: a quarter of the size, and usually several times faster on a CPU."
ORDER = 30
SUFFIX = ".tflite"
TOLERANCE = tolerances.QUANTISED
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.litert(path, "dynamic")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.LiteRT(path)


describe = metadata.append_to_archive
