"""CSV files in which no cell can start a formula when a spreadsheet opens them."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

STARTERS = "=+-@|%＝＋－＠"
"""Spreadsheets take a text that begins with one of these, even after spaces, for a formula or a command. The last four
are full-width forms. Source: OWASP, "CSV Injection"; the package defusedcsv."""


def csv_file(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A table as a CSV file: RFC 4180, in UTF-8 with a byte-order mark, which spreadsheets need.

    Numbers stay numbers, NaN and None become empty cells, and texts are made harmless.

    Args:
        columns: Column name -> values.

    Raises:
        ValueError: The columns have different lengths.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(str(name)) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    # A lone surrogate, which a name in a foreign archive may contain, cannot be encoded.
    return text.getvalue().encode("utf-8-sig", "replace")


def harmless(text: str) -> str:
    """The text, with an apostrophe in front if it would start a formula; spreadsheets then show it unchanged."""
    starts = text.lstrip()[:1]
    is_formula = bool(starts) and starts in STARTERS
    return f"'{text}" if is_formula or text[:1] in ("\t", "\r", "\n") else text


def original(text: str) -> str:
    """The text before `harmless`, for files that are read again."""
    return text[1:] if text[:1] == "'" and harmless(text[1:]) == text else text


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value != value:
        return ""
    return value if isinstance(value, bool | int | float) else harmless(str(value))
