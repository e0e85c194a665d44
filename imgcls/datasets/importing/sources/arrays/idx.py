"""IDX files, the format of MNIST and its relatives: `train-images-idx3-ubyte`, plain or .gz, beside their labels."""

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.arrays._pixel_values import image_axes
from imgcls.datasets.importing.sources.arrays._stored import Part, StoredArrays, labels_of, without_validation
from imgcls.datasets.importing.sources.containers import Files
from imgcls.datasets.importing.sources.items import is_clutter
from imgcls.errors import SourceError

QUESTION = "subset"
MAX_BYTES = 2 << 30
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_NAME = re.compile(r"idx\d-?u?(?:byte|int)|-?u?byte", re.IGNORECASE)


def recognises(name: str, start: bytes) -> bool:
    """By its name, or by the first bytes: two zeros, a type, and 1 to 4 dimensions."""
    by_name = _NAME.search(name.removesuffix(".gz")) is not None and not start.startswith(b"PK")
    return by_name or (start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= 4)


def open_array(path: Path, name: str, findings: Findings) -> StoredArrays:
    """Always raises SourceError, because a single IDX file has images or labels, never both."""
    array = _parsed(path.read_bytes(), name)
    what = "labels without images" if array.ndim == 1 else "images without labels"
    raise SourceError(
        f"{name} holds {len(array):,} {what}. Put it into one zip archive with its partner, such as "
        "train-images-idx3-ubyte and train-labels-idx1-ubyte."
    )


def open_inside(files: Files, findings: Findings) -> StoredArrays | None:
    """The pairs of IDX files in a container, or None if there are none.

    Raises:
        SourceError: a file is damaged, or has no partner.
    """
    entries: dict[str, tuple[str, Any]] = {}
    for path, key in files.entries:
        last = path.rpartition("/")[2]
        if not is_clutter(path.split("/")) and _NAME.search(last):
            entries.setdefault(last.lower().removesuffix(".gz").replace(".", "-"), (path, key))
    if not entries:
        return None
    images = {_purpose(last): found for last, found in entries.items() if "image" in last or "idx3" in last}
    labels = {_purpose(last): found for last, found in entries.items() if "label" in last or "idx1" in last}
    pairs = sorted(images.keys() & labels.keys(), key=lambda purpose: (purpose[0], purpose[1] != "train"))
    if not pairs:
        raise SourceError(
            f"{files.name} holds IDX files, but no images with their labels. Expected pairs such as "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte."
        )
    subset = _subset([name for name, _ in pairs], findings)
    names = _names(files, subset)
    if is_turned := "emnist" in subset:
        findings.notes.append("EMNIST stores its images turned; they are shown upright.")
    parts = []
    for purpose in (purpose for purpose in pairs if purpose[0] == subset):
        text = [names.get(label, label) for label in labels_of(_read(files, labels[purpose]), labels[purpose][0])]
        pixels, _ = image_axes(_read(files, images[purpose]), len(text), images[purpose][0])
        parts.append(Part(pixels.swapaxes(1, 2) if is_turned else pixels, text, purpose[1]))
    return StoredArrays(without_validation(parts, findings), files.name, findings)


def _purpose(last: str) -> tuple[str, str]:
    """(set, part) of a file: emnist-letters-train-images-idx3-ubyte -> ("emnist-letters", "train")."""
    words = [word for word in re.split(r"[\W_]+", _NAME.sub("", last)) if word]
    part = "test" if {"t10k", "test", "t10"} & set(words) else "train" if "train" in words else ""
    rest = [
        word for word in words if word not in ("images", "image", "labels", "label", "t10k", "test", "train", "idx")
    ]
    return "-".join(rest), part


def _subset(names: list[str], findings: Findings) -> str:
    """The set to read, after asking if the container holds several, as EMNIST's archive does."""
    names = sorted(set(names))
    if len(names) == 1:
        return names[0]
    options = [Option(name or "unnamed", name or "The files without a name of their own") for name in names]
    answer = findings.ask(QUESTION, "The archive holds several datasets. Which one should be imported?", options)
    return "" if answer == "unnamed" else answer


def _names(files: Files, subset: str) -> Mapping[str, str]:
    """The characters of EMNIST's labels, from its mapping: a line with the label and one or two character codes."""
    for path, key in files.entries:
        if path.lower().endswith(f"{subset}-mapping.txt") and subset:
            rows = [line.split() for line in files.read(key).decode("ascii", "replace").splitlines() if line.strip()]
            if all(len(row) >= 2 and all(field.isdigit() for field in row) for row in rows):
                return {row[0]: "/".join(chr(int(code)) for code in row[1:]) for row in rows}
    return {}


def _read(files: Files, entry: tuple[str, Any]) -> np.ndarray:
    return _parsed(files.read(entry[1], MAX_BYTES), short(entry[0]))


def _parsed(data: bytes, name: str) -> np.ndarray:
    """The array of an IDX file. Its declared size is checked before anything more is unpacked."""
    start = _unpacked(data, 4 + 4 * 4, name)
    if len(start) < 8 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= 4:
        raise SourceError(f"{name} is not an IDX file, or is damaged. Download it again.")
    dimensions = np.frombuffer(start[4 : 4 + 4 * start[3]], ">u4").astype(np.int64).tolist()
    dtype = np.dtype(_TYPES[start[2]])
    offset, size = 4 + 4 * start[3], dtype.itemsize
    for length in dimensions:
        size *= length
    if size > MAX_BYTES:
        raise SourceError(f"{name} declares {size / 1e9:,.0f} GB. Expected at most {MAX_BYTES / 1e9:.0f} GB.")
    whole = _unpacked(data, offset + size, name)
    if len(whole) < offset + size:
        raise SourceError(f"{name} is incomplete: it declares {size:,} bytes of data, but has {len(whole) - offset:,}.")
    return np.frombuffer(whole, dtype, offset=offset, count=size // dtype.itemsize).reshape(dimensions)


def _unpacked(data: bytes, most: int, name: str) -> bytes:
    """The first `most` bytes, decompressed if necessary."""
    if not data.startswith(b"\x1f\x8b"):
        return data[:most]
    try:
        return zlib.decompressobj(31).decompress(data, most)
    except zlib.error as error:
        raise SourceError(f"{name} is damaged: it cannot be decompressed. Download it again.") from error
