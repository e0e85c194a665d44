"""Keras: the model as Keras saves it, to train it further or change it."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "Keras"
HELP = "The model as Keras saves it: to train it further, change it or convert it."
ORDER = 0
SUFFIX = ".keras"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.keras(path)


def load(path: Path) -> runtimes.Runtime:
    return runtimes.FreshInterpreter("keras", path)


describe = metadata.append_to_archive
