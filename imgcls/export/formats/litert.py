"""LiteRT: The float32 model, as the app itself runs it. For phones, small computers and servers."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "LiteRT"
HELP = "The float32 model, as the app itself runs it. For phones, small computers and servers."
ORDER = 10
SUFFIX = ".tflite"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.litert(path)


def load(path: Path) -> runtimes.Runtime:
    return runtimes.LiteRT(path)


describe = metadata.append_to_archive
