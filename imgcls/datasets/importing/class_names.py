"""Names that strangers gave: of classes, of entries in an archive. Shown literally, never used as a path."""

import re
import unicodedata

MOST_LETTERS = 300
"""A longer class name is none."""

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_ODD = re.compile(r"[^ -~]")


def visible(name: str) -> str:
    """The name in one normal form (NFC), with signs in place of letters that would change how others are shown.

    A line break becomes ␊, a mark that turns the direction of writing its number. Nothing is left out.
    """
    if not _ODD.search(name):
        return name.strip()
    return "".join(map(_sign, unicodedata.normalize("NFC", name.strip())))


def key(name: str) -> str:
    """What two names share that mean one class: `Cat` and `cat`, or é written in two ways."""
    return unicodedata.normalize("NFC", name.casefold())


def order(name: str) -> tuple:
    """Sorts names as people count: 2 before 10."""
    parts = re.split(r"(\d{1,18})", name.casefold())
    return tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts if part)


def short(name: str, most: int = 60) -> str:
    """A name fit for a sentence: visible, in quotes, cut in its middle."""
    name = visible(name)
    return f"'{name}'" if len(name) <= most else f"'{name[: most - 23]}...{name[-20:]}'"


def _sign(letter: str) -> str:
    code = ord(letter)
    if code < 32:
        return chr(0x2400 + code)
    if 127 <= code < 160 or letter in _TURNING or unicodedata.category(letter) in ("Zl", "Zp", "Cs", "Cn"):
        return f"\\u{code:04x}"
    return letter
