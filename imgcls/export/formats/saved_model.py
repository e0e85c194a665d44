"""SavedModel: for TensorFlow Serving and TensorFlow programs, as a zip archive of its folder."""

from pathlib import Path

from imgcls.export import metadata, runtimes, tolerances
from imgcls.export.formats import Converter

TITLE = "SavedModel"
HELP = "A TensorFlow SavedModel, zipped. Signatures: serving_default (pixels) and encoded_images (PNG or JPEG bytes)."
ORDER = 70
SUFFIX = ".zip"
TOLERANCE = tolerances.SAME_NUMBERS
EXTRA = ("", ())


def write(convert: Converter, path: Path) -> None:
    convert.saved_model(path)


def load(path: Path) -> runtimes.Runtime:
    return runtimes.FreshInterpreter("saved_model", path)


describe = metadata.append_to_archive
