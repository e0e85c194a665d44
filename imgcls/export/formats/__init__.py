"""Export formats: one file each, found by its name. A new format touches no registry.

A format is a module with

    TITLE, HELP             what a person reads
    ORDER                   its place in lists, ascending
    SUFFIX                  the file extension, such as ".onnx"
    TOLERANCE               how closely it must match, see `imgcls.export.tolerances`
    EXTRA                   the extra of this package that installs what it needs, and the import names of that
    write(convert, path)    writes the file; `convert` is a `Converter`, because only the trainer's package has Keras
    assemble(run, path)     optional: makes the file from what was written, where that takes more than the model; a
                            format that does not need Keras has only this
    load(path)              opens the file and returns a `Runtime`; None if it cannot be run here, so that its record
                            says that it was not compared
    describe(path, texts)   stores texts, by name, inside the file
"""

import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol

from imgcls.errors import SettingError

Weights = Literal["float32", "float16", "dynamic", "int8"]


class Converter(Protocol):
    """A trained model that can be written in the basic file types. Implemented with Keras by the trainer's package."""

    def keras(self, path: Path) -> None:
        """Writes Keras's own format."""

    def litert(
        self,
        path: Path,
        weights: Weights = "float32",
        *,
        is_microcontroller: bool = False,
        is_single: bool = False,
        has_features: bool = False,
    ) -> None:
        """Writes a LiteRT file with the input `images` and the output `probabilities`, both with a free batch size.

        With int8, activations are calibrated on training images.

        `is_microcontroller`: integers only, uint8 input and output, and a fixed batch of 1. `is_single`: a fixed batch
        of 1 only. `has_features`: a second output, the `features` of the last hidden layer.
        """

    def onnx(self, path: Path, weights: Literal["float32", "int8"] = "float32") -> None:
        """Writes an ONNX file with the input `images` and the output `probabilities`, both with a free batch size.

        With int8, activations are calibrated on training images.
        """

    def core_ml(self, path: Path) -> None:
        """Writes a zip archive of a Core ML package with the same input (as float32) and output."""

    def saved_model(self, path: Path) -> None:
        """Writes a zip archive of a TensorFlow SavedModel."""


def names() -> tuple[str, ...]:
    """The names of all formats, in the order of lists."""
    found = [entry.name for entry in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda name: (find_module(name).ORDER, name)))


def find(name: str) -> ModuleType:
    """The module of a format; "litert-float16" and "litert_float16" are the same.

    Raises:
        SettingError: there is no such format.
    """
    plain = name.strip().lower().replace("-", "_")
    if plain not in {entry.name for entry in pkgutil.iter_modules(__path__)}:
        known = ", ".join(one.replace("_", "-") for one in names())
        raise SettingError(f"There is no export format '{name[:40]}'. Choose one of: {known}.")
    return find_module(plain)


def find_module(name: str) -> ModuleType:
    """The module of a format that is known to exist."""
    return importlib.import_module(f"{__name__}.{name}")


def what_is_missing(chosen: ModuleType) -> str:
    """How to install the optional packages of a format; empty if they are there."""
    extra, packages = chosen.EXTRA
    if all(find_spec(package) for package in packages):
        return ""
    return f'{chosen.TITLE} needs more packages. Install them with: pip install "imgcls[{extra}]"'
