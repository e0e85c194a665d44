"""Untrusted names of classes and of files in archives. They are displayed literally and never used as a path."""

import re
import unicodedata

MAX_LENGTH = 300
"""Longer class names are skipped."""

_DIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_UNUSUAL = re.compile(r"[^ -~]")
_DRIVE = re.compile(r"-\d{8}T\d{6}Z(-\d+)*$")


def visible(name: str) -> str:
    """The name in Unicode normal form C, with visible replacements for characters that affect how text is displayed.

    A line break becomes ␊, a mark that changes the text direction its code point. Nothing is left out.
    """
    if not _UNUSUAL.search(name):
        return name.strip()
    return "".join(map(_displayed, unicodedata.normalize("NFC", name.strip())))


def merge_key(name: str) -> str:
    """Equal for names that mean the same class: `Cat` and `cat`, or two encodings of é."""
    return unicodedata.normalize("NFC", name.casefold())


def sort_key(name: str) -> tuple:
    """Sorts names naturally: 2 before 10, and `A` before `a`."""
    parts = re.split(r"(\d{1,18})", name.casefold())
    natural = ((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts if part)
    return (*natural, (-1, 0, name))


def without_time(name: str) -> str:
    """The name without what Google Drive adds when it packs a folder: `oak-20240501T101112Z-001` is `oak`."""
    return _DRIVE.sub("", name) or name


def short(name: str, most: int = 60) -> str:
    """A name for use in a message: visible, in quotes, shortened in the middle."""
    name = visible(name)
    return f"'{name}'" if len(name) <= most else f"'{name[: most - 23]}...{name[-20:]}'"


def _displayed(letter: str) -> str:
    code = ord(letter)
    if code < 32:
        return chr(0x2400 + code)
    if 127 <= code < 160 or letter in _DIRECTIONAL or unicodedata.category(letter) in ("Zl", "Zp", "Cs", "Cn"):
        return f"\\u{code:04x}"
    return letter
