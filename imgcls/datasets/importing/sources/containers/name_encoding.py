"""The encoding of file names in a zip archive, which programs of Windows do not store: they write that of the system.

Bytes decode in several encodings, but in wrong ones to box-drawing characters, or to words of mixed alphabets. If more
than one gives readable names, only the user can tell.
"""

import itertools
import re
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from zipfile import ZipInfo

from imgcls.datasets.importing.class_names import short
from imgcls.datasets.importing.findings import Findings, Option

QUESTION = "encoding"
WESTERN = "cp437"
"""What `zipfile` assumes."""
ENCODINGS = {
    WESTERN: "Western European",
    "cp850": "Western European (850)",
    "cp852": "Central European",
    "cp866": "Cyrillic",
    "gb18030": "Chinese (simplified)",
    "big5": "Chinese (traditional)",
    "cp932": "Japanese",
    "cp949": "Korean",
}
_MULTI_BYTE = ("gb18030", "big5", "cp932", "cp949")
MOST_NAMES = 2_000
_ALPHABETS = frozenset(("LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC"))
_PUNCTUATION = frozenset("·—–’“”«»（）【】「」『』、。！，：；・～°№ºª\xa0\u3000")
_UNICODE_PATH = 0x7075
_WORD = re.compile(r"[^\W\d_]+")

Choice = Callable[[Sequence[bytes]], str]
"""From names in an unknown encoding to that encoding."""


def unknown_name(info: ZipInfo) -> bytes:
    """The name as it is stored, if its encoding is not known; empty if it is."""
    if info.flag_bits & 0x800 or info.filename.isascii() or unicode_path(info):
        return b""
    stored = info.filename.encode(WESTERN)
    try:
        stored.decode("utf-8")  # written without the flag, as macOS does
    except UnicodeDecodeError:
        return stored
    return b""


def unicode_path(info: ZipInfo) -> str:
    """The name in UTF-8 that some programs store beside it (Info-ZIP's field 0x7075), or ""."""
    extra, place = info.extra, 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        content = extra[place + 4 : place + 4 + size]
        place += 4 + size
        if kind == _UNICODE_PATH and len(content) > 5 and content[0] == 1:
            (checksum,) = struct.unpack_from("<I", content, 1)
            if checksum == zlib.crc32(info.orig_filename.encode(WESTERN, "replace")):
                return content[5:].decode("utf-8", "replace")
    return ""


def ask(names: Sequence[bytes], findings: Findings) -> str:
    """The encoding of these names, after asking the user if several are possible."""
    found = possible(names)
    if len(found) == 1:
        return next(iter(found))
    if not found:
        findings.notes.append("File names are in an unknown encoding, so some characters are wrong.")
        return WESTERN
    options = [Option(encoding, ENCODINGS[encoding], examples(decoded)) for encoding, decoded in found.items()]
    return findings.ask(
        QUESTION, "The archive does not store the encoding of its file names. Which one is right?", options
    )


def most_likely(names: Sequence[bytes]) -> str:
    """The encoding of these names, if no one can be asked."""
    return next(iter(possible(names)), WESTERN)


def possible(names: Sequence[bytes], encodings: Iterable[str] = tuple(ENCODINGS)) -> dict[str, tuple[str, ...]]:
    """The encodings that give readable names, with these; of those that give the same, the first."""
    found: dict[tuple[str, ...], str] = {}
    for encoding in encodings:
        try:
            decoded = tuple(name.decode(encoding) for name in names[:MOST_NAMES])
        except UnicodeDecodeError:
            continue
        if all(map(_is_readable, decoded)):
            found.setdefault(decoded, encoding)
    names_by = {encoding: decoded for decoded, encoding in found.items()}
    single = {encoding: decoded for encoding, decoded in names_by.items() if encoding not in _MULTI_BYTE}
    are_accented = any(all(map(is_mostly_ascii, decoded)) for decoded in single.values())
    return single if are_accented else names_by


def is_mostly_ascii(name: str) -> bool:
    """Whether words have a few accented letters, such as `Größe`, rather than none without."""
    return all(sum(map(str.isascii, word)) > len(word) / 2 for word in _WORD.findall(name))


def _is_readable(name: str) -> bool:
    """Whether all characters are letters or usual punctuation, and no word mixes alphabets or holds rare letters."""
    others = [letter for letter in name if not letter.isascii()]
    if not all(letter.isalnum() or letter in _PUNCTUATION for letter in others):
        return False
    if any("\uff61" <= letter <= "\uff9f" or "\ue000" <= letter <= "\uf8ff" for letter in others):
        return False  # half-width katakana and private letters
    return all(map(_is_word, _WORD.findall(name)))


def _is_word(letters: str) -> bool:
    """Whether letters are of one alphabet, and no accented capital follows a small letter."""
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    has_late_capital = any(
        before.islower() and after.isupper() and not after.isascii() for before, after in itertools.pairwise(letters)
    )
    return len(alphabets & _ALPHABETS) < 2 and not has_late_capital


def examples(names: Sequence[str]) -> str:
    """A few words beyond ASCII, for an option of a question."""
    parts = dict.fromkeys(
        part for name in names for part in name.replace("\\", "/").split("/") if part and not part.isascii()
    )
    return f"such as {', '.join(map(short, list(parts)[:3]))}"
