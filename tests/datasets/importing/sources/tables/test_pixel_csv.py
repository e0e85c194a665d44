"""Tables with a label and the pixels of an image per row: accepted formats, and what is refused."""

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets import importing
from imgcls.errors import SourceError
from tests.support.uploads import csv, digits, image, imported, table


def header(side: int = 4, channels: int = 1) -> list[str]:
    return ["label", *[f"pixel{place}" for place in range(side * side * channels)]]


def last(rows: list[list]) -> list[list]:
    return [[*row[1:], row[0]] for row in rows]


ROWS = digits(12)
FORMS = {
    "Kaggle format": csv([header(), *ROWS]),
    "without a header": csv(ROWS),
    "label last": csv([[*header()[1:], "class"], *last(ROWS)]),
    "label last, without a header": csv(last(ROWS)),
    "semicolons": csv([header(), *ROWS], ";"),
    "tabs": csv([header(), *ROWS], "\t"),
    "Windows lines": csv([header(), *ROWS], end="\r\n"),
    "byte order mark": "\ufeff" + csv([header(), *ROWS]),
    "labels as floats": csv([header(), *[[f"{row[0]}.0", *row[1:]] for row in ROWS]]),
    "pixels as floats": csv([header(), *[[row[0], *[f"{value}.0" for value in row[1:]]] for row in ROWS]]),
    "quoted": csv([header(), *[[f'"{value}"' for value in row] for row in ROWS]]),
    "empty lines": csv([header(), *ROWS]).replace("\n", "\n\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_in_any_csv_dialect(form, tmp_path):
    order = table(tmp_path / "digits.csv", FORMS[form])
    assert importing.make_preview(order).counts == [("0", 0, 0, 6), ("1", 0, 0, 6)]
    name = imported(order, channels=1)
    data = datasets.open_dataset(name)
    assert data.facts.classes == ("0", "1") and data.facts.shape == (28, 28, 1)
    means = sorted(round(float(array.mean())) for array in (*data.x_train, *data.x_test))
    expected = sorted(np.mean(row[1:]) for row in ROWS)
    assert np.allclose(means, expected, atol=8)  # enlarged from 4 x 4


def test_pixels_are_stored_exactly_at_their_native_size(tmp_path):
    rows = digits(20, side=28)
    data = datasets.open_dataset(imported(table(tmp_path / "digits.csv", csv(rows)), channels=1))
    there = {array.tobytes() for array in (*data.x_train, *data.x_test)}
    assert there == {bytes(row[1:]) for row in rows}


@pytest.mark.parametrize("planar", [False, True])
def test_colours_are_read_interleaved_or_planar(planar, tmp_path):
    smooth = np.linspace(0, 255, 32 * 32).reshape(32, 32).astype(np.uint8)
    images = [np.stack([smooth, 255 - smooth, np.full_like(smooth, 20 * number)], 2) for number in range(8)]
    rows = [
        [number % 2, *(pixels.transpose(2, 0, 1) if planar else pixels).reshape(-1).tolist()]
        for number, pixels in enumerate(images)
    ]
    order = table(tmp_path / "colours.csv", csv(rows))
    assert importing.make_preview(order).channels == 3
    data = datasets.open_dataset(imported(order, side=32))
    assert {array.tobytes() for array in (*data.x_train, *data.x_test)} == {pixels.tobytes() for pixels in images}


def test_text_labels_are_read_and_spellings_merged(tmp_path):
    rows = [[("Cat", "cat", "dog")[place % 3], *row[1:]] for place, row in enumerate(digits(12))]
    order = table(tmp_path / "pets.csv", csv(rows))
    assert importing.make_preview(order).counts == [("cat", 0, 0, 8), ("dog", 0, 0, 4)]
    assert datasets.facts(imported(order)).classes == ("cat", "dog")


def changed(row: int, column: int, value) -> str:
    rows = [header(), *[list(row) for row in ROWS]]
    rows[row - 1][column] = value
    return csv(rows)


@pytest.mark.parametrize("value", ["NaN", "inf", "1e999", "256", "-1", "dog", "", "0.5", "1e25", "0x", "=1+1", "١"])
def test_an_invalid_pixel_is_named_by_row_and_column(value, tmp_path):
    order = table(tmp_path / "digits.csv", changed(7, 3, value))
    for attempt in (importing.make_preview, imported):
        with pytest.raises(SourceError) as caught:
            attempt(order)
        assert str(caught.value).startswith(
            f"'digits.csv', row 7, column 'pixel2' holds '{value}'. Expected an integer from 0 to 255."
        )


@pytest.mark.parametrize("value", ["", "NaN", '""', "  "])
def test_a_row_without_a_label_is_named(value, tmp_path):
    with pytest.raises(SourceError, match=r"'digits.csv', row 5, column 'label' has no label"):
        importing.make_preview(table(tmp_path / "digits.csv", changed(5, 0, value)))


def test_without_a_header_the_column_is_named_by_its_number(tmp_path):
    rows = [list(row) for row in ROWS]
    rows[3][16] = 300
    with pytest.raises(SourceError, match=r"row 4, column 17 holds '300'"):
        importing.make_preview(table(tmp_path / "digits.csv", csv(rows)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "has no row"),
        (csv([header()]), "has a header but no rows below it"),
        (csv([header(), *ROWS, ROWS[0][:-1]]), "row 14 has 16 fields. Expected 17, as in the first row"),
        (csv([header(), *ROWS, [*ROWS[0], 1]]), "row 14 has 18 fields. Expected 17"),
        (csv([header()[:-1], *ROWS]), "row 2 has 17 fields. Expected 16"),
        (csv([row[:-1] for row in ROWS]), "15 pixels, which is not a square image"),
        ("," * 400_000, "row 1 has 400,001 fields. Expected a label and at most 150,528 pixels"),
        ("1,2,3\n4,5,6\n", "3 columns: too few for a label and pixels. If it lists image files"),
        (image(1), "is a PNG image. Expected a plain-text table"),
        (b"PK\x03\x04" + bytes(600), "is a zip archive.*Excel files are zip archives, too"),
        (csv([header(), *ROWS]).encode() + b"\xb1\xff,0\n", "row 14 is not UTF-8 text"),
        ('"' + csv(ROWS), "row|pixel"),
        (csv([header(), *[[1, *row[1:]] for row in ROWS]]), "Found class '1' with images"),
        (csv([[place, *[0] * 16] for place in range(1001)]), "1,001 classes"),
        (csv([header(), *ROWS]).encode()[:40] + b"\0" + csv(ROWS).encode(), "is not a text file"),
    ],
)
def test_an_invalid_pixel_table_gives_the_reason(content, said, tmp_path):
    with pytest.raises(SourceError, match=said):
        importing.make_preview(table(tmp_path / "digits.csv", content))


def test_an_error_beyond_the_previewed_rows_is_found_by_the_import(tmp_path):
    from imgcls.datasets.importing import preview

    rows = [header(), *digits(400)]
    rows[390][5] = 999
    order = table(tmp_path / "digits.csv", csv(rows))
    assert not preview.make_preview(order, seconds=0).is_complete
    with pytest.raises(SourceError, match=r"row 391, column 'pixel4' holds '999'"):
        imported(order)
