"""One rule for what a field of a table means, for every reader of tables.

`1.0`, `1.000e+00` and `1` are the same value, and so are an empty field and `nan`: a number that a program wrote as
float after it had read a column with missing values. Spreadsheets write `#N/A`, and people `n/a`, for the same.
"""

import itertools
import re
from collections.abc import Iterable

from imgcls.datasets.importing import class_names

_FLOAT = re.compile(r"[+-]?\d+\.\d*(?:[eE][+-]?\d+)?")
_MISSING = frozenset(("", "nan", "<na>", "n/a", "#n/a", "#nv", "null"))
_DECIMAL_COMMA = re.compile(r"^([+-]?\d+),(\d+)$")
_NEVER_NUMBERS = re.compile(r"[^0-9.eE+-]")


def canonical(field: str) -> str:
    """The value of a field as text: stripped, displayable, whole floats as integers, and "" if there is none."""
    text = class_names.visible(field.strip())
    if text.casefold() in _MISSING:
        return ""
    if not _NEVER_NUMBERS.search(text) and _FLOAT.fullmatch(text):
        number = float(text)
        if number.is_integer() and abs(number) < 1e15:
            return str(int(number))
    return text


def is_integer(field: str) -> bool:
    """Whether a canonical value is an integer."""
    return field.removeprefix("-").isascii() and field.removeprefix("-").isdigit()


def is_number(field: str) -> bool:
    """Whether a field is any number, also one with the decimal comma of many languages."""
    try:
        float(_DECIMAL_COMMA.sub(r"\1.\2", field))
        return True
    except ValueError:
        return False


def is_counter(fields: Iterable[str]) -> bool:
    """Whether fields count the rows: consecutive integers from 0 or 1."""
    numbers = [canonical(field) for field in fields]
    if not numbers or not all(map(is_integer, numbers)):
        return False
    values = list(map(int, numbers))
    return values[0] in (0, 1) and all(after == before + 1 for before, after in itertools.pairwise(values))
