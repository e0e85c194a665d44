"""The encoding of tables, which do not store it: UTF-8, the UTF-16 of Excel's "Unicode text", or that of a language.

Excel for Windows writes CSV in the encoding of the system. It is chosen like that of file names, see `name_encoding`:
by which one gives readable words. File names of the container that occur in the table settle it.
"""

import codecs
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.containers import name_encoding

QUESTION = "table_encoding"
UTF8 = "utf-8"
ENCODINGS = {
    "cp1252": "Western European (Windows)",
    "cp1250": "Central European",
    "cp1254": "Turkish",
    "cp1251": "Cyrillic",
    "cp1253": "Greek",
    "cp1255": "Hebrew",
    "cp1256": "Arabic",
    "mac_roman": "Western European (Mac)",
    "gb18030": "Chinese (simplified)",
    "big5": "Chinese (traditional)",
    "cp932": "Japanese",
    "cp949": "Korean",
}
LATIN = ("cp1252", "cp1250", "cp1254", "mac_roman")
MOST_FIELDS = 2_000
_SEPARATORS = re.compile(rb"[,;\t\"\r\n]+")
_TEXT = re.compile(r"[^\x00-\x08\x0e-\x1f\ufffd\ud800-\udfff]*")


@dataclass(frozen=True)
class Guess:
    """The encoding of a table. With several `candidates`, which give different words, the first is but a guess."""

    encoding: str
    candidates: dict[str, tuple[str, ...]]


def utf16_of(start: bytes) -> str:
    """ "utf-16", "utf-16-le" or "utf-16-be" if a file that begins so is such text, else ""."""
    start = start[: len(start) // 2 * 2]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif start[1:64:2].count(0) >= 2 * len(start[1:64:2]) // 3 > 0:
        encoding = "utf-16-le"
    elif start[:64:2].count(0) >= 2 * len(start[:64:2]) // 3 > 0:
        encoding = "utf-16-be"
    else:
        return ""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)  # may end within a character
    return encoding if _TEXT.fullmatch(text) else ""


def guess(fields: Sequence[bytes], names: Collection[str] = ()) -> Guess | None:
    """The encoding of these fields of a table that is not UTF-8; None if they are readable in none.

    `names`: those of files that the table may list.
    """
    found = name_encoding.possible(fields, ENCODINGS)
    if not found:
        return None
    there = {name for name in names if not name.isascii()}
    matches = {
        encoding: sum(one in there for text in texts for one in (text, text.rpartition("/")[2]))
        for encoding, texts in found.items()
    }
    best = max(matches.values())
    if best:
        found = {encoding: texts for encoding, texts in found.items() if matches[encoding] == best}
    # Latin words that consist of accents alone are unlikely.
    found = dict(
        sorted(
            found.items(), key=lambda entry: entry[0] in LATIN and not all(map(name_encoding.is_mostly_ascii, entry[1]))
        )
    )
    return Guess(next(iter(found)), found)


def fields_of(chunks: Iterator[bytes] | Sequence[bytes]) -> list[bytes]:
    """Different fields with characters beyond ASCII."""
    found: dict[bytes, None] = {}
    for chunk in chunks:
        if not chunk.isascii():
            found.update((field.strip(), None) for field in _SEPARATORS.split(chunk) if not field.isascii())
        if len(found) > MOST_FIELDS:
            break
    return list(found)[:MOST_FIELDS]


def ask(guesses: Collection[Guess], findings: Findings) -> None:
    """Asks for the encoding, if it is but guessed."""
    options: dict[str, dict[str, None]] = {}
    for one in guesses:
        for encoding, texts in one.candidates.items():
            options.setdefault(encoding, {}).update(dict.fromkeys(texts))
    if len(options) < 2:
        return
    findings.ask(
        QUESTION,
        "The table does not say in which encoding it is. Which words are right?",
        [Option(name, ENCODINGS[name], name_encoding.examples(list(texts))) for name, texts in options.items()],
    )
