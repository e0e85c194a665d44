"""The confusion matrix and the confidence histogram: the data they draw, and the messages they accept."""

import json

import numpy as np
import pytest

from imgcls.ui.components import confidence_histogram, confusion_matrix

MATRIX = np.array([[9, 1, 0], [0, 8, 2], [3, 0, 7]])
NAMES = ["cat", "dog", "car"]


def drawn(*arguments, **options) -> dict:
    """What the browser gets, checked to be strict JSON."""
    sent = confusion_matrix.drawn(*arguments, **options)
    content = json.loads(sent.content.encode("utf-8"), parse_constant=pytest.fail)
    assert sent.classes == len(content["names"])
    return content


def cells(sent: dict) -> dict[tuple[str, str], int]:
    """(true, predicted) -> count."""
    names, flat = sent["names"], sent["cells"]
    return {(names[flat[at]], names[flat[at + 1]]): flat[at + 2] for at in range(0, len(flat), 3)}


def test_only_cells_with_images_are_drawn_and_rows_have_totals():
    sent = drawn(MATRIX, NAMES)
    assert cells(sent) == {
        ("cat", "cat"): 9,
        ("cat", "dog"): 1,
        ("dog", "dog"): 8,
        ("dog", "car"): 2,
        ("car", "cat"): 3,
        ("car", "car"): 7,
    }
    assert sent["sums"] == [10, 10, 10]


def test_reordered_classes_keep_their_numbers_and_counts():
    sent = drawn(MATRIX, NAMES, order=[2, 0, 1])
    assert (sent["names"], sent["order"]) == (["car", "cat", "dog"], [2, 0, 1])
    assert cells(sent) == cells(drawn(MATRIX, NAMES))


def test_label_error_pairs_have_their_own_totals():
    sent = drawn(MATRIX, NAMES, sums=np.array([11, 12, 13]))
    assert sent["sums"] == [11, 12, 13] and sent["isMultilabel"]
    assert sent["axes"] == ["missing label", "predicted label"]
    assert drawn(MATRIX, NAMES)["axes"] == ["true class", "predicted class"]


def test_a_matrix_leaves_room_for_the_names_of_its_columns():
    """Long names are slanted and need more of the window; with many classes, rows stay high enough for their names."""
    short, long = (confusion_matrix.room([name] * 10) for name in ("7", "Ankle boot"))
    assert short == ("clamp(220px, 100dvh - 350px - 1.6rem - 2.25rem, 340px)", "1.6rem")
    assert long == ("clamp(220px, 100dvh - 350px - 4.40rem - 2.25rem, 340px)", "4.40rem")
    assert confusion_matrix.room(["class"] * 100)[0].startswith("clamp(600px")
    assert drawn(MATRIX, NAMES)["room"][1] == "1.6rem"


@pytest.mark.parametrize("size", [0, 1, 100])
def test_any_number_of_classes_with_any_names_can_be_sent(size):
    sent = drawn(np.eye(size, dtype=np.int64), ["<b>x</b> $y$ \n\ud800"] * size, as_fractions=True)
    assert len(sent["names"]) == size


@pytest.mark.parametrize("foreign", [None, 3, "1-2", [1], [1, 2, 3], [1, "2"], [True, 1], [0, 3], [-1, 0], [0.0, 1.0]])
def test_messages_without_a_valid_cell_are_ignored(foreign):
    assert not confusion_matrix.is_cell(foreign, 3)
    assert confusion_matrix.is_cell([0, 2], 3)


def test_the_confidence_histogram_counts_every_prediction_once():
    sure = np.array([0.9, 0.949, 0.95, 1.0, 0.05, 0.0], np.float32)
    is_right = np.array([True, False, True, True, True, False])
    counts = confidence_histogram.counted(sure, is_right)
    assert sum(counts["correct"]) + sum(counts["incorrect"]) == 6
    assert [counts["correct"][18], counts["correct"][19], counts["correct"][1]] == [1, 2, 1]
    assert [counts["incorrect"][18], counts["incorrect"][0]] == [1, 1]


@pytest.mark.parametrize("foreign", [None, 5, [0], [0, 10], [3, 8], [100, 105], [-5, 0], [0, 5.0], ["0", "5"]])
def test_messages_without_a_valid_bar_are_ignored(foreign):
    assert not confidence_histogram.is_bar(foreign)
    assert confidence_histogram.is_bar([95, 100])
