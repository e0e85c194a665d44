"""LiteRT float16: Half the size; the predictions are practically the same."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "LiteRT float16"
HELP = "Half the size; the predictions are practically the same."
ORDER = 20
SUFFIX = ".tflite"
TOLERANCE = tolerances.HALF_PRECISION
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.litert(path, "float16")


def load(path: Path) -> runtimes.Runtime:
    return runtimes.LiteRT(path)


describe = metadata.append_to_archive
