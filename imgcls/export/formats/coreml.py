"""Core ML: for apps on Apple's systems, as a zip archive of the .mlpackage folder."""

from pathlib import Path

from imgcls.export import metadata, tolerances
from imgcls.export.formats import Converter

TITLE = "Core ML"
HELP = "For apps on iPhone, iPad and Mac, as a zipped .mlpackage. Parity not checked on this platform."
ORDER = 80
SUFFIX = ".mlpackage.zip"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("coreml", ("coremltools",))


def write(convert: Converter, path: Path) -> None:
    convert.core_ml(path)


def load(path: Path) -> None:
    """Nothing: only Apple's systems run Core ML, so the record says that the file was not compared."""


describe = metadata.append_to_archive
