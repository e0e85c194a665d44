"""Handwriting as strokes: rendering, variation, parsing, and the dataset built from it."""

import gzip
import json

import numpy as np
import pytest

from imgcls import datasets
from imgcls.datasets.catalog import drawn_digits
from imgcls.errors import DatasetError
from imgcls.images.strokes import CANVAS, as_digit, from_points, rendered, varied

ONE = [np.array([[50.0, 0.0], [50.0, 100.0]])]
SEVEN = [np.array([[0.0, 0.0], [60.0, 0.0], [30.0, 100.0]]), np.array([[10.0, 50.0], [50.0, 50.0]])]


# ---- strokes


def test_a_vertical_stroke_is_a_vertical_bar_of_the_pens_width():
    image = rendered(ONE, 0.1)
    assert image.dtype == np.uint8
    assert set(np.unique(image)) == {0, 255}
    pen = round(0.1 * CANVAS)
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert CANVAS <= len(rows) <= CANVAS + pen + 2
    assert abs(len(columns) - pen) <= 1
    assert rows[0] > 0
    assert rows[-1] < len(image) - 1


def test_points_may_have_any_unit_and_origin():
    moved = [stroke * 7.5 - 1000 for stroke in SEVEN]
    assert np.array_equal(rendered(SEVEN, 0.08), rendered(moved, 0.08))


def test_a_wider_pen_leaves_more_ink():
    assert (rendered(SEVEN, 0.05) > 0).mean() < (rendered(SEVEN, 0.15) > 0).mean()


@pytest.mark.parametrize("points", [[[3.0, 4.0]], [[3.0, 4.0], [3.0, 4.0]]])
def test_a_single_point_is_a_dot(points):
    strokes = from_points([points])
    image = rendered(strokes, 0.1)
    assert 0.5 < (image > 0).sum() / (np.pi / 4 * (0.1 * CANVAS) ** 2) < 1.5
    assert as_digit(strokes, 0.1).max() == 255
    assert np.isfinite(np.concatenate(varied(strokes, np.random.default_rng(0)))).all()


def test_the_thinnest_pen_still_draws():
    assert rendered(SEVEN, 0.0).max() == 255


def test_a_digit_is_centred_ink_on_black():
    digit = as_digit(SEVEN, 0.1)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() == 255
    assert digit[0].max() == digit[-1].max() == digit[:, 0].max() == digit[:, -1].max() == 0
    y, x = np.indices(digit.shape)
    mass = digit.astype(float)
    assert abs((mass * y).sum() / mass.sum() - 14) < 1
    assert abs((mass * x).sum() / mass.sum() - 14) < 1
    assert as_digit(SEVEN, 0.1, side=8).shape == (8, 8)


def test_thin_strokes_are_thickened_as_on_the_page():
    assert as_digit(SEVEN, 0.03).astype(int).sum() > 1.2 * as_digit(SEVEN, 0.03, like_the_page=False).astype(int).sum()


def test_a_variant_has_another_handwriting_but_the_same_digit():
    first, second = (varied(SEVEN, np.random.default_rng(seed)) for seed in (0, 1))
    again = varied(SEVEN, np.random.default_rng(0))
    assert [stroke.shape for stroke in first] == [stroke.shape for stroke in SEVEN]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.allclose(first[0], second[0])
    # Scaled to about one unit, and not flipped.
    assert 0.5 < np.ptp(np.concatenate(first), 0).max() < 2
    assert first[0][0, 1] < first[0][-1, 1]


def test_points_become_arrays_and_empty_strokes_are_dropped():
    strokes = from_points([[], [[1, 2], [3, 4]], []])
    assert len(strokes) == 1
    assert strokes[0].tolist() == [[1, 2], [3, 4]]
    assert from_points([[[1, 2]]], y_upwards=True)[0].tolist() == [[1, -2]]


@pytest.mark.parametrize(
    "points",
    [
        [],
        [[]],
        [[[float("nan"), 1]]],
        [[[1, 2]], [[float("inf"), 1]]],
        [[[1, 2, 3], [4, 5, 6]]],
        [[["a", "b"]]],
        [[1, 2]],
    ],
    ids=["no stroke", "no point", "nan", "infinity", "three numbers", "text", "not pairs"],
)
def test_invalid_strokes_are_refused(points):
    with pytest.raises(ValueError, match=r"."):
        from_points(points)


# ---- the dataset built from strokes


@pytest.fixture
def provided(tmp_path, monkeypatch):
    """A data folder with a tiny MNIST and 12 pen digits, and a test set of 4 of them in 2 variants."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("IMGCLS_DATA", str(folder))
    monkeypatch.setattr(drawn_digits, "PEN_TEST", 4)
    monkeypatch.setattr(drawn_digits, "VARIANTS", 2)
    random = np.random.default_rng(0)
    train, test = np.tile(np.arange(10), 2), np.arange(10)
    arrays = [random.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8) for labels in (train, test)]
    np.savez(folder / "mnist.npz", x_train=arrays[0], y_train=train, x_test=arrays[1], y_test=test)
    write_pen_file(folder)
    return folder


def write_pen_file(folder, content: bytes | None = None) -> None:
    rows = [{"digit": 7, "strokes": [(stroke * (1, -1)).tolist() for stroke in SEVEN]} for _ in range(12)]
    path = folder / drawn_digits.PEN_FILE
    path.write_bytes(gzip.compress(json.dumps(rows).encode()) if content is None else content)


def test_the_drawn_digits_are_mnist_and_variants_of_the_pen_digits(provided):
    datasets.prepare("drawn_digits")
    drawn, mnist = datasets.open_dataset("drawn_digits"), datasets.open_dataset("mnist")
    assert drawn.x_train.shape == (20 + 2 * 8, 28, 28, 1)
    assert drawn.x_test.shape == (10 + 4, 28, 28, 1)
    assert np.array_equal(drawn.x_test[:10], mnist.x_test)
    assert drawn.y_test.tolist() == [*range(10), 7, 7, 7, 7]
    assert np.bincount(drawn.y_train).tolist() == [2, 2, 2, 2, 2, 2, 2, 2 + 16, 2, 2]
    learnt = {image.tobytes() for image in drawn.x_train}
    assert all(image.tobytes() in learnt for image in mnist.x_train)
    assert len(learnt) == 36  # no two variants are equal
    assert not np.array_equal(drawn.y_train, np.sort(drawn.y_train))


def test_the_drawn_digits_are_deterministic(provided, tmp_path, monkeypatch):
    datasets.prepare("drawn_digits")
    first = datasets.open_dataset("drawn_digits").fingerprint
    monkeypatch.setenv("IMGCLS_CACHE", str(tmp_path / "another"))
    datasets.prepare("drawn_digits")
    assert datasets.open_dataset("drawn_digits").fingerprint == first


def test_a_seven_is_drawn_upright(provided):
    ((digit, strokes), *_) = drawn_digits.pen_digits()
    image = as_digit(strokes, 0.1)
    assert digit == 7
    assert np.array_equal(image, as_digit(SEVEN, 0.1))


def test_no_pen_digit_is_in_both_training_and_test():
    test, train = drawn_digits.held_back(7494)
    assert len(test) == drawn_digits.PEN_TEST
    assert not set(test) & set(train)
    assert len(set(test) | set(train)) == 7494


def test_the_drawing_style_depends_only_on_the_generator():
    first, same, other = (drawn_digits.drawn_at_random(SEVEN, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert first.shape == (28, 28)


@pytest.mark.parametrize("missing", ["mnist.npz", drawn_digits.PEN_FILE])
def test_a_missing_file_is_named_with_its_path(provided, missing):
    (provided / missing).unlink()
    assert not datasets.is_available("drawn_digits")
    with pytest.raises(DatasetError, match=r"Put the missing files into the folder set by IMGCLS_DATA"):
        datasets.open_dataset("drawn_digits")


def test_without_the_pen_file_the_error_says_where_to_put_it(monkeypatch, provided):
    (provided / drawn_digits.PEN_FILE).unlink()
    said = f"is built from {drawn_digits.PEN_FILE}. Put it into the folder set by IMGCLS_DATA."
    with pytest.raises(DatasetError) as error:
        datasets.prepare("drawn_digits")
    assert str(error.value).endswith(said)
    monkeypatch.delenv("IMGCLS_DATA")
    with pytest.raises(DatasetError) as error:
        drawn_digits.pen_digits()
    assert str(error.value).endswith(said)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(b'[{"digit": 1}]'),
        gzip.compress(b"[3]"),
        gzip.compress(b"3"),
        gzip.compress(b'[{"digit": 1, "strokes": [[[NaN, 1]]]}]'),
        gzip.compress(b'[{"digit": 1, "strokes": [[[1e999, 1]]]}]'),
        gzip.compress(b'[{"digit": 1, "strokes": []}]'),
        gzip.compress(b'[{"digit": "one", "strokes": [[[1, 2]]]}]'),
        gzip.compress(json.dumps([{"digit": 1, "strokes": [[[1, 2]]]}] * 100).encode())[:-20],
        gzip.compress(b"[" * 100_000),
        gzip.compress(b"[]"),
        b"\x1f\x8b\x08\x00" + b"\xff" * 60,
    ],
    ids=range(13),
)
def test_a_damaged_pen_file_gives_a_clear_error(provided, content):
    write_pen_file(provided, content)
    with pytest.raises(DatasetError, match=r"^pen_digits_train\.json\.gz is damaged: .+\. Replace it with a complete"):
        drawn_digits.pen_digits()


def test_an_invalid_pen_digit_is_refused(provided):
    write_pen_file(provided, gzip.compress(json.dumps([{"digit": 11, "strokes": [[[1, 2], [3, 4]]]}] * 12).encode()))
    with pytest.raises(DatasetError):
        datasets.prepare("drawn_digits")
    assert not datasets.is_ready("drawn_digits")
