"""Pixel tables as other programs write them: sorted, numbered, indexed, in one field, or in an archive."""

import numpy as np
import pytest

from imgcls.datasets import importing
from imgcls.datasets.importing.sources import opened
from imgcls.errors import SourceError
from tests.support.importing.label_tables import counts, questions, rows_of, skipped, zipped
from tests.support.uploads import csv, digits, imported, smooth, table

SIDE = 8
PARTS = ("train", "test")
COUNT = 600
PIXELS = smooth(COUNT, side=SIDE, channels=1)[..., 0]
SORTED = np.arange(COUNT) // (COUNT // 3)
PIXEL_NAMES = [f"pixel{number}" for number in range(SIDE * SIDE)]


def rows(labels=SORTED, pixels=PIXELS) -> list[list]:
    return [[label, *image.reshape(-1).tolist()] for label, image in zip(labels, pixels, strict=True)]


def label_last(content: list[list]) -> list[list]:
    return [[*row[1:], row[0]] for row in content]


def stored(request) -> np.ndarray:
    with opened(request) as source:
        return np.stack([pixels for *_, pixels in source.table.rows()])[..., 0]


def check(request, labels=SORTED) -> None:
    """All images and labels are as they should be, and the preview counts them."""
    names, numbers = np.unique([str(label) for label in labels], return_counts=True)
    preview = importing.make_preview(request, seconds=30)
    assert counts(preview) == {name: (0, 0, number) for name, number in zip(names, numbers.tolist(), strict=True)}
    assert np.array_equal(stored(request), PIXELS)
    with opened(request) as source:
        assert [label for _, label, *_ in source.table.rows()] == [str(label) for label in labels]


@pytest.mark.parametrize("place", [lambda content: content, label_last], ids=["first", "last"])
def test_a_sorted_table_without_a_header_keeps_its_classes(place, tmp_path):
    check(table(tmp_path / "sorted.csv", csv(place(rows()))))


def test_sorted_labels_with_gaps_are_not_mistaken_for_row_numbers(tmp_path):
    labels = SORTED * 30 + 17
    check(table(tmp_path / "sorted.csv", csv(rows(labels))), labels)


@pytest.mark.parametrize(
    "content",
    [
        [["label", *range(64)], *rows()],
        [[*range(64), "label"], *label_last(rows())],
        [[*range(65)], *rows()],
        [["", "label", *range(64)], *([number, *row] for number, row in enumerate(rows()))],
        [["", *range(65)], *([number, *row] for number, row in enumerate(rows()))],
        [["Unnamed: 0", "label", *PIXEL_NAMES], *([number, *row] for number, row in enumerate(rows()))],
        [[number, *row] for number, row in enumerate(rows())],
        [["id", "label", *PIXEL_NAMES], *([f"x{number}", *row] for number, row in enumerate(rows()))],
        [["0", "0.1", "0.2", *[f"0.{n}" for n in range(3, 65)]], *rows()],
        [["label", *[f"{y}x{x}" for y in range(1, 9) for x in range(1, 9)]], *rows()],
    ],
    ids=["pandas", "pandas, last", "numbers only", "index", "index, numbers only", "Unnamed", "index without header",
         "id", "data mistaken for names", "1x1"],
)  # fmt: skip
def test_headers_and_indices_written_by_pandas_are_not_data(content, tmp_path):
    check(table(tmp_path / "digits.csv", csv(content)))


def test_a_label_written_by_numpy_is_the_same_class(tmp_path):
    content = "".join(" ".join(f"{value:.18e}" for value in row) + "\n" for row in rows())
    check(table(tmp_path / "digits.csv", content))


def test_fractions_from_0_to_1_are_multiplied_by_255(tmp_path):
    content = csv(
        [["label", *PIXEL_NAMES], *([row[0], *(f"{value / 255:.6f}" for value in row[1:])] for row in rows())]
    )
    request = table(tmp_path / "digits.csv", content)
    check(request)
    assert "Values from 0 to 1 are multiplied by 255." in importing.make_preview(request).notes


def test_if_the_first_and_last_column_could_be_the_label_the_user_decides(tmp_path):
    noise = np.random.default_rng(0).integers(0, 2, (90, SIDE, SIDE)) * 255
    content = rows(np.arange(90) % 2 * 255, noise)
    request = table(tmp_path / "noise.csv", csv(content))
    question = questions(request)["label_column"]
    assert question.answer == "" and {option.value for option in question.options} == {"first", "last"}
    assert "2 values in a sample" in question.options[0].detail


def test_two_label_columns_raise_a_question_and_a_split_column_is_used(tmp_path):
    header = ["fruit", "colour", "Usage", *PIXEL_NAMES]
    content = [
        [
            ("fig", "kiwi")[n % 2],
            ("red", "green", "blue")[n % 3],
            ("Training", "PublicTest", "PrivateTest")[n % 3],
            *row[1:],
        ]
        for n, row in enumerate(rows())
    ]
    request = table(tmp_path / "fruit.csv", csv([header, *content]))
    assert [option.value for option in questions(request)["label_column"].options] == ["fruit", "colour"]
    with opened(request) as source:
        assert rows_of(source) == {
            ("fig", "train"): 200,
            ("kiwi", "train"): 200,
            ("fig", "test"): 100,
            ("kiwi", "test"): 100,
        }


def test_a_column_of_yes_and_no_divides_a_pixel_table(tmp_path):
    header = ["label", "is_test", *PIXEL_NAMES]
    content = [[row[0], n % 4 == 0, *row[1:]] for n, row in enumerate(rows())]
    with opened(table(tmp_path / "signs.csv", csv([header, *content]))) as source:
        assert rows_of(source) == {(str(n), part): 50 if part == "test" else 150 for n in range(3) for part in PARTS}


def test_pixels_in_one_field_are_read_as_in_fer2013(tmp_path):
    content = "emotion,pixels,Usage\n" + "".join(
        f"{row[0]},{' '.join(map(str, row[1:]))},{'Training' if n % 4 else 'PrivateTest'}\n"
        for n, row in enumerate(rows())
    )
    request = table(tmp_path / "fer2013.csv", content)
    assert counts(importing.make_preview(request, seconds=30)) == {str(n): (150, 50, 0) for n in range(3)}
    assert np.array_equal(stored(request), PIXELS)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("start", ["", "sep={}\n"])
def test_pixels_in_one_field_may_have_any_delimiter_and_labels_with_it(delimiter, start, tmp_path):
    rows = [
        ["emotion", "pixels"],
        *([f'"so, so {row[0]}"', " ".join(map(str, row[1:]))] for row in digits(12, 5)),
    ]
    request = table(tmp_path / "faces.csv", start.format(delimiter) + csv(rows, delimiter))
    assert counts(importing.make_preview(request)) == {f"so, so {label}": (0, 0, 6) for label in (0, 1)}


@pytest.mark.parametrize("start", ["sep=;\r\n", "\ufeffsep=;\r\n", '"sep=;"\n', "\n\n"])
def test_lines_before_the_header_are_no_rows(start, tmp_path):
    header = ["label", *(f"pixel{place}" for place in range(25))]
    request = table(tmp_path / "digits.csv", start + csv([header, *digits(12, 5)], ";"))
    assert counts(importing.make_preview(request)) == {"0": (0, 0, 6), "1": (0, 0, 6)}
    assert imported(request)


def test_rows_with_an_alpha_value_per_pixel_are_no_grey_images_of_twice_the_side(tmp_path):
    pixels = np.concatenate([smooth(12, side=5), np.full((12, 5, 5, 1), 255, np.uint8)], 3)
    rows = [[number % 2, *image.reshape(-1).tolist()] for number, image in enumerate(pixels)]
    with pytest.raises(SourceError, match="has red, green, blue and alpha values for each pixel"):
        importing.make_preview(table(tmp_path / "icons.csv", csv(rows)))


def test_emnist_tables_are_rotated_unless_the_user_says_otherwise(tmp_path):
    turned = PIXELS.swapaxes(1, 2)
    request = table(tmp_path / "emnist-letters-train.csv", csv(rows(pixels=turned)))
    assert questions(request)["orientation"].answer == "turned"
    check(request)


def test_pixel_tables_in_kaggle_archives_are_read_without_unpacking(tmp_path):
    extra = {
        "train.csv": [["label", *PIXEL_NAMES], *rows()],
        "test.csv": [PIXEL_NAMES, *(row[1:] for row in rows())],
        "sample_submission.csv": [["ImageId", "Label"], [1, 0], [2, 0]],
    }
    request = zipped(tmp_path, [], extra)
    check(request)
    assert skipped(request) == {"a table without labels, or without images": 1}


def test_train_and_test_pixel_tables_divide_the_images(tmp_path):
    extra = {"mnist_train.csv": rows(), "mnist_test.csv": rows()[::4]}
    assert counts(importing.make_preview(zipped(tmp_path, [], extra), seconds=30)) == {
        str(number): (200, 50, 0) for number in range(3)
    }


def test_an_unlabelled_test_table_is_reported(tmp_path):
    for content in ([PIXEL_NAMES, *(row[1:] for row in rows())], [row[1:] for row in rows()]):
        with pytest.raises(SourceError, match="Choose the table with the training images"):
            importing.make_preview(table(tmp_path / "test.csv", csv(content)))
