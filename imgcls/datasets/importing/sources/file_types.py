"""Recognise the type of a file by its first bytes, whatever its name."""

from typing import IO, Literal, Protocol

from imgcls.datasets.importing.sources import items
from imgcls.errors import SourceError

KINDS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x07\x08", "one part of a split zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image or another RIFF file"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xff\xff\xff", "an Arrow stream"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"MZ", "a Windows executable"),
    (b"\x7fELF", "an executable"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of what Excel calls Unicode text."""
TABLE_HINTS = {
    "UTF-16 text": 'Save it as "CSV UTF-8".',
    "a zip archive": 'Excel files are zip archives, too: save the sheet as "CSV UTF-8".',
    "an old Office document": 'Open it in Excel and save the sheet as "CSV UTF-8".',
}
UNPACK = "Unpack it and import the folder, or pack it as zip."
SOURCE_HINTS = {
    **dict.fromkeys(("a 7-Zip archive", "a RAR archive", "a Zstandard archive"), UNPACK),
    **dict.fromkeys(
        ("an HDF5 file",),
        "Save the arrays as NPZ: numpy.savez('data.npz', x_train=..., y_train=..., x_test=..., y_test=...).",
    ),
    **dict.fromkeys(
        ("an Arrow file", "an Arrow stream"), "Save the dataset as Parquet: dataset.to_parquet('data.parquet')."
    ),
    **dict.fromkeys(("a PNG image", "a JPEG image"), "Add single images on the page, class by class."),
}


class Openable(Protocol):
    """A file to read: a path, or a part of a larger file that is opened like one."""

    def open(self, mode: Literal["rb"]) -> IO[bytes]: ...


def kind_of(start: bytes) -> str:
    """The type of a file with these first bytes (300 or more), as text; empty if unknown."""
    for magic, kind in KINDS:
        if start.startswith(magic):
            return kind
    if start[257:262] == b"ustar":
        return "a tar archive"
    return "UTF-16 text" if b"\0" in start[:64] and start[:64].count(b"\0") >= len(start[:64]) // 3 else ""


def check_zip(path: Openable, name: str) -> None:
    """Raises SourceError unless the file is a non-empty zip archive."""
    kind = kind_of(start_of(path, name))
    if kind == "a zip archive":
        return
    why = "" if kind else items.why_unread(name.strip("'"))
    what = f"is {kind or why}" if kind or why else "is not a zip archive"
    hint = SOURCE_HINTS.get(kind, "")
    raise SourceError(f"{name} {what}. Expected a zip archive with one folder per class. {hint}".strip())


def check_table(path: Openable, name: str) -> None:
    """Raises SourceError unless the file is plain text."""
    start = start_of(path, name)
    kind = kind_of(start)
    if kind or b"\0" in start:
        kind = kind or "not a text file"
        hint = TABLE_HINTS.get(kind, "Export the table as CSV.")
        raise SourceError(f"{name} is {kind}. Expected a plain-text table (CSV, UTF-8). {hint}")


def start_of(path: Openable, name: str) -> bytes:
    """The first 512 bytes. Raises SourceError if the file is empty or cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}. Select it again.") from error
    if not start:
        raise SourceError(f"{name} is empty. Choose another file.")
    return start
