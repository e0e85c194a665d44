"""Tables that leave the program as CSV, so that no cell of them starts a formula in whatever opens it."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

STARTERS = "=+-@|%＝＋－＠"
"""A text that begins with one of these, also after blanks, is a formula or a command to some spreadsheet; the last four
are their full-width forms. Source: OWASP, "CSV Injection"; the package defusedcsv."""


def csv_file(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A table as a CSV file (RFC 4180, UTF-8 with a mark, by which spreadsheets know it): name -> values, all as many.

    Numbers stay numbers; what is none (NaN, None) is left empty. Texts go through `harmless`.

    Raises:
        ValueError: the columns have different lengths.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(str(name)) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    # Half a surrogate pair, as a foreign archive may bring it in a name, cannot be written.
    return text.getvalue().encode("utf-8-sig", "replace")


def harmless(text: str) -> str:
    """The text with an apostrophe before it where it would start a formula; spreadsheets then show it as it is."""
    starts = text.lstrip()[:1]
    is_formula = bool(starts) and starts in STARTERS
    return f"'{text}" if is_formula or text[:1] in ("\t", "\r", "\n") else text


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value != value:
        return ""
    return value if isinstance(value, bool | int | float) else harmless(str(value))
