"""The parts of a .keras archive, checked before Keras is imported: no foreign file names, no bombs, no links."""

import io
import stat
import zipfile
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np

from imgcls.errors import RunError
from imgcls.inference.sandbox.runtimes import TEXTS, texts_of_archive
from imgcls.system import json_files

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MOST_ENTRIES = 64
MOST_CONFIG = 8 << 20
MOST_WEIGHTS = 400_000_000
"""Bytes of all weights, as they are in memory: 100 million numbers in single precision."""
MOST_OBJECTS = 20_000
FILTERS = (1, 2, 3)
"""Deflate, shuffle and Fletcher checksum: those built into HDF5. Others would load a library."""
CHUNK = 1 << 20
DAMAGED = "The .keras file is damaged or incomplete. Save the model again."


def read(content: bytes) -> tuple[dict[str, Any], bytes, dict[str, str]]:
    """The config, the content of the weights file, and the texts that our export adds.

    Raises:
        RunError: the archive is damaged, or contains what no .keras file has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise RunError(f"The archive has {len(entries):,} files; a .keras file has three. It is not a model.")
            for entry in entries:
                _check_entry(entry)
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names):
                raise RunError("The archive contains a file twice, so it is not clear which one counts.")
            if missing := next((name for name in (CONFIG, WEIGHTS) if name not in names), ""):
                raise RunError(f"The archive has no file {missing}. Save the model with model.save(“NAME.keras”).")
            config = json_files.parse(_content(archive, CONFIG, MOST_CONFIG))
            weights = _content(archive, WEIGHTS, MOST_WEIGHTS)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError) as error:
        raise RunError(DAMAGED) from error
    if not isinstance(config, dict):
        raise RunError(DAMAGED)
    return config, weights, texts_of_archive(content)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)[:60]
    if name.startswith(("/", "\\")) or ".." in name or "\\" in name or ":" in name:
        raise RunError(f"The archive contains the path “{shown}”, which leads out of it. It is not a model.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RunError(f"The archive contains the link “{shown}”. It is not a model.")
    if name not in (CONFIG, METADATA, WEIGHTS, *TEXTS) and name != "assets/":
        raise RunError(f"The archive contains the file “{shown}”, which no .keras file has. It was not opened.")
    if entry.flag_bits & 1:
        raise RunError("The archive is encrypted. Save the model without a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RunError("The archive is compressed in a way that Keras does not use. Save the model again.")


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of a file, read in pieces, so that a wrong length in the archive cannot fill the memory."""
    declared = archive.getinfo(name).file_size
    parts, size = [], 0
    with archive.open(name) as file:
        while part := file.read(CHUNK):
            size += len(part)
            if size > min(most, declared) or declared > most:
                raise RunError(f"The file {name} in the archive unpacks to more than {most / 1e6:,.0f} MB.")
            parts.append(part)
    return b"".join(parts)


def open_weights(content: bytes) -> h5py.File:
    """The weights file, if all of it is in this file and small enough.

    Raises:
        RunError: it is damaged, links to other files, or is too large in memory.
    """
    try:
        file = h5py.File(io.BytesIO(content), "r")
        _check(file)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise RunError("The weights of the model (model.weights.h5) are damaged. Save the model again.") from error
    return file


def check_layers(file: h5py.File, expected: Iterable[tuple[str, Any]]) -> None:
    """Checks that dense and convolutional layers have weights, of the right number of outputs: before they are built.

    Args:
        expected: The path of each layer, and its number of outputs.

    Raises:
        RunError: weights are missing, or are those of another layer.
    """
    for path, outputs in expected:
        found = file.get(f"{path}vars/0")
        if not isinstance(found, h5py.Dataset) or found.shape[-1:] != (outputs,):
            raise RunError(
                f"The weights of the layer {path[:60]} are missing or do not fit it. Save the model again with a "
                "current Keras."
            )


def _check(file: h5py.File) -> None:
    groups, count, size = [file], 0, 0
    while groups:
        group = groups.pop()
        for name in group:
            count += 1
            if count > MOST_OBJECTS:
                raise RunError(f"The weights file has more than {MOST_OBJECTS:,} entries. It is not a model.")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise RunError("The weights of the model link to other files or places, which is not allowed.")
            found = group[name]
            if isinstance(found, h5py.Group):
                groups.append(found)
                continue
            size += _checked_size(found)
            if size > MOST_WEIGHTS:
                raise RunError(
                    f"The weights of the model take more than {MOST_WEIGHTS / 1e6:,.0f} MB in memory. Use a smaller "
                    "model."
                )


def _checked_size(found: Any) -> int:
    """The bytes of one array of weights in memory."""
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu" or found.shape is None:
        raise RunError("The weights of the model contain something that is not an array of numbers.")
    plan = found.id.get_create_plist()
    filters = [plan.get_filter(position)[0] for position in range(plan.get_nfilters())]
    if found.external or found.is_virtual or not set(filters) <= set(FILTERS):
        raise RunError("The weights of the model are stored in other files, or packed in a way Keras does not use.")
    return int(np.prod([float(side) for side in found.shape])) * max(found.dtype.itemsize, 4)
