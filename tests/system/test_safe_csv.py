"""Exported CSV files: they round-trip, and no cell starts a formula."""

import csv
import io

import numpy as np
import pytest

from imgcls.system import safe_csv


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://evil.example","x")',
        "|cmd",
        "%x",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1",
        "\N{NO-BREAK SPACE}=1",
    ],
)
def test_no_text_starts_a_formula(text):
    assert safe_csv.harmless(text) == f"'{text}"
    rows = read(safe_csv.csv_file({text: [text]}))
    assert all(cell.startswith("'") for row in rows for cell in row)


@pytest.mark.parametrize("text", ["cat", "T-shirt/top", "a=b", "", "'", "1", "Ü ö", "猫"])
def test_other_texts_are_unchanged(text):
    assert safe_csv.harmless(text) == text


def test_numbers_stay_numbers_and_missing_values_are_empty():
    data = safe_csv.csv_file({"a": [-1, 2.5, True], "b": np.array([0.25, np.nan, -3.0]), "c": [None, np.int64(7), "x"]})

    assert read(data) == [["a", "b", "c"], ["-1", "0.25", ""], ["2.5", "", "7"], ["True", "-3.0", "x"]]


def test_commas_quotes_line_breaks_and_lone_surrogates_round_trip():
    names = ['a, "b"', "line\nbreak", "half \ud83d sign"]

    assert read(safe_csv.csv_file({"name": names}))[1:] == [['a, "b"'], ["line\nbreak"], ["half ? sign"]]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError):
        safe_csv.csv_file({"a": [1], "b": [1, 2]})
