"""The verification record of an exported file: a JSON file next to it, in the run's folder `exports/`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imgcls.export import formats
from imgcls.runs import Run
from imgcls.system import atomic, file_times, json_files

VERSION = 2
"""Since 2, `sha256` is that of the file as it is delivered. A record of version 1 is read as one of version 2."""
FOLDER = "exports"
CHUNK = 1 << 20
OUTSIDE = ("file", "bytes", "sha256")


@dataclass(frozen=True)
class Record:
    """What was found out about one file.

    `problem` says why the file is not offered; empty if it matches. All other fields but the first three are then
    None or empty if the comparison was not reached. `software` maps names to versions; `changed` lists images whose
    prediction differs, as {"image", "true", "stored", "exported"}. `sha256` is what `sha256sum` prints for the file,
    `sha256_before_metadata` is that of the file as it was compared, before labels and this record were added to it, and
    `model_keras_sha256` that of the run's model.keras. `file` is the name under which the file is delivered.
    """

    format: str
    title: str
    created: str
    problem: str = ""
    run: str = ""
    label: str = ""
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    sha256_before_metadata: str = ""
    model_keras_sha256: str = ""
    dataset: str = ""
    test_set: str = ""
    images: int = 0
    software: Mapping[str, str] | None = None
    runtime: str = ""
    accuracy: Mapping[str, float] | None = None
    stored_accuracy: Mapping[str, float] | None = None
    identical: float | None = None
    largest_difference: float | None = None
    changed: tuple[Mapping[str, Any], ...] = ()
    changed_count: int = 0
    only_stored_right: int = 0
    only_exported_right: int = 0
    p_value: float | None = None
    milliseconds: float | None = None
    version: int = VERSION

    @property
    def is_offered(self) -> bool:
        """Whether the file matches the run's predictions, or was made for a system that cannot be tried here."""
        return not self.problem and bool(self.file)

    @property
    def is_compared(self) -> bool:
        """Whether the file was run and compared."""
        return self.images > 0

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)

    def text(self) -> str:
        """The record as a JSON text, to lie next to the file."""
        return _text(self.as_json())

    def text_inside(self) -> str:
        """The record as a JSON text to carry inside the file, which cannot know its own digest, size and name."""
        return _text({name: value for name, value in self.as_json().items() if name not in OUTSIDE})


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)


def folder_of(run: Run) -> Path:
    """The folder of a run's exported files."""
    return run.folder / FOLDER


def file_of(run: Run, name: str) -> Path:
    """The exported file of a format."""
    return folder_of(run) / f"{name}{formats.find(name).SUFFIX}"


def write(run: Run, record: Record) -> None:
    """Stores the record with the run."""
    atomic.write_json(folder_of(run) / f"{record.format}.json", record.as_json())


def read(run: Run, name: str) -> Record | None:
    """The record of a format; None if there is none, if it is damaged, or if the model has changed since."""
    path = folder_of(run) / f"{name}.json"
    made, model = file_times.modified(path), file_times.modified(run.folder / "model.keras")
    if made is None or (model is not None and model > made):
        return None
    try:
        content = json_files.read_object(path)
        if content["version"] == 1:
            content = _of_version_1(content, file_of(run, name))
        if content["version"] != VERSION or content["format"] != name or not _is_sound(content):
            return None
        record = Record(**content | {"changed": tuple(content["changed"])})
        if not record.problem and file_of(run, name).stat().st_size != record.bytes:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record


def all_of(run: Run) -> dict[str, Record]:
    """The records that a run has, in the order of the formats."""
    found = {name: read(run, name) for name in formats.names()}
    return {name: record for name, record in found.items() if record is not None}


def _of_version_1(content: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """A record whose `sha256` was that of the file before its metadata, as one of this version."""
    return {
        **{name: value for name, value in content.items() if name != "model_sha256"},
        "version": VERSION,
        "sha256": "" if content["problem"] else digest(file),
        "sha256_before_metadata": content["sha256"],
        "model_keras_sha256": content["model_sha256"],
    }


def _is_sound(content: Mapping[str, Any]) -> bool:
    """Whether all values that pages calculate with, or show, have the right type."""
    counts = ("bytes", "images", "changed_count", "only_stored_right", "only_exported_right")
    measures = ("identical", "largest_difference", "p_value", "milliseconds")
    intervals = [content[name] for name in ("accuracy", "stored_accuracy") if content[name] is not None]
    return (
        all(isinstance(content[name], str) for name in ("title", "problem", "file", "sha256"))
        and all(type(content[name]) is int for name in counts)
        and all(content[name] is None or json_files.is_number(content[name]) for name in measures)
        and all(json_files.is_number(score[part]) for score in intervals for part in ("value", "low", "high"))
        and all(
            type(row["image"]) is int and {"true", "stored", "exported"} <= row.keys() for row in content["changed"]
        )
    )


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
