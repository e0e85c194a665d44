"""Letters, symbols and smileys are not digits, whether drawn or loaded as an image."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.loading import Prepared, prepare_ink
from imgcls.images.strokes import varied
from imgcls.inference.rejection import NOT_A_DIGIT, non_digits, reject
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.images.drawings import FIVE, FOUR, ONE, SEVEN, drawing
from tests.support.images.mnist import mnist_digits

SHAPE = (28, 28, 1)


def ring(x: float, y: float, radius: float, start: float = 0, stop: float = 1) -> list[tuple[float, float]]:
    angle = np.linspace(start, stop, 40) * 2 * np.pi
    return list(zip(x + radius * np.cos(angle), y + radius * np.sin(angle), strict=True))


OTHERS = {
    "a smiley": [ring(50, 50, 45), ring(35, 35, 3), ring(65, 35, 3), ring(50, 50, 25, 0.05, 0.45)],
    "A": [[(10, 95), (50, 5), (90, 95)], [(25, 60), (75, 60)]],
    "K": [[(20, 5), (20, 95)], [(85, 5), (20, 50), (85, 95)]],
    "M": [[(10, 95), (10, 5), (50, 60), (90, 5), (90, 95)]],
    "W": [[(5, 5), (28, 95), (50, 30), (72, 95), (95, 5)]],
    "R": [[(20, 95), (20, 5), (65, 8), (80, 28), (60, 48), (20, 50), (85, 95)]],
    "a star": [[(20, 95), (50, 5), (80, 95), (5, 38), (95, 38), (20, 95)]],
    "an arrow": [[(5, 50), (95, 50)], [(65, 20), (95, 50), (65, 80)]],
    "a zigzag": [[(8 * i, 20 if i % 2 else 70) for i in range(12)]],
    "a square": [[(10, 10), (90, 10), (90, 90), (10, 90), (10, 10)]],
    "a cross": [[(10, 10), (90, 90)], [(90, 10), (10, 90)]],
    "a heart": [[(50, 90), (10, 45), (15, 18), (35, 12), (50, 30), (65, 12), (85, 18), (90, 45), (50, 90)]],
}
DIGITS = {"1": [ONE], "4": FOUR, "5": FIVE, "7": [SEVEN], "0": [ring(50, 50, 40, -0.25, 0.77)]}


def handwritten(lines: list, seed: int) -> Handwriting:
    """The drawing with slanted, shaky handwriting."""
    dense = [np.array(line, float) for line in lines]
    dense = [
        np.concatenate([a + (b - a) * np.linspace(0, 1, 6)[:, None] for a, b in itertools.pairwise(line)])
        for line in dense
    ]
    strokes = varied(dense, np.random.default_rng(seed))
    return drawing(*[[tuple(point) for point in stroke * 100] for stroke in strokes], at=(120, 120))


def pixels_of(drawn: Handwriting) -> np.ndarray:
    return prepare_ink(drawn.narrowed().ink(), SHAPE).pixels


@pytest.fixture(scope="module")
def digits() -> Run:
    return Run(paths.repository_folder() / "saved_models" / "digits")


@pytest.mark.parametrize("name", OTHERS)
def test_drawings_that_are_not_digits_are_rejected(name, digits):
    found = [handwritten(OTHERS[name], seed) for seed in range(5)]
    rejections = [reject(digits, digits.card, drawn, pixels_of(drawn)) for drawn in found]
    assert sum(r is not None and r.for_digits for r in rejections) >= 4


@pytest.mark.parametrize("name", OTHERS)
def test_images_that_are_not_digits_are_rejected(name, digits):
    images = [pixels_of(handwritten(OTHERS[name], seed)) for seed in range(5)]
    rejections = [reject(digits, digits.card, Prepared(image), image) for image in images]
    assert sum(r is not None for r in rejections) >= 4


@pytest.mark.parametrize("name", DIGITS)
def test_a_drawn_digit_is_not_rejected(name, digits):
    for seed in range(5):
        drawn = handwritten(DIGITS[name], seed)
        assert reject(digits, digits.card, drawn, pixels_of(drawn)) is None
        assert not non_digits.is_non_digit(pixels_of(drawn))


def test_mnist_digits_are_not_rejected():
    images = mnist_digits()[0][::10, ..., None]
    rejected = non_digits.scores(images) > non_digits.threshold(has_pen=False)
    assert rejected.mean() <= 0.006


def test_the_reason_says_what_is_expected_for_every_digit_model(digits):
    drawn = drawing(*OTHERS["a star"])
    found = reject(digits, digits.card, drawn, pixels_of(drawn))
    assert (found.title, found.for_digits) == (NOT_A_DIGIT, True)
    assert "Draw a digit from 0 to 9" in found.text


def test_unfinished_drawings_and_other_models_are_not_checked(digits):
    drawn = drawing(*OTHERS["a star"])
    image = pixels_of(drawn)
    assert reject(digits, digits.card, drawn, image, is_complete=False) is None
    letters = replace(digits.card, classes=tuple("abcdefghij"))
    assert reject(digits, letters, drawn, image) is None
    photos = replace(digits.card, is_ink=False)
    assert reject(digits, photos, drawn, image) is None


@pytest.mark.parametrize("shape", [(32, 32, 3), (64, 64, 1), (20, 40, 1)])
def test_model_inputs_of_any_size_are_checked(shape):
    star, seven = drawing(*OTHERS["a star"]), drawing(SEVEN)
    images = [prepare_ink(drawn.narrowed().ink(), shape).pixels for drawn in (star, seven)]
    assert [non_digits.is_non_digit(image) for image in images] == [True, False]
    assert non_digits.is_non_digit(images[0], star.strokes)


def test_pen_path_features_are_invariant_to_size_and_position():
    small = drawing(*FOUR, at=(10, 10), scale=0.5)
    large = drawing(*FOUR, at=(30, 5), scale=2)
    one, other = (non_digits.pen_features(drawn.strokes) for drawn in (small, large))
    assert np.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize(
    "strokes", [[[(5, 5)]], [[(5, 5), (5, 5)]], [[(0, 0), (9, 9)], [(4, 4)]], [[(0, 0), (1, 0)]] * 30]
)
def test_any_pen_path_has_finite_features(strokes):
    found = non_digits.pen_features([np.array(stroke, float) for stroke in strokes])
    assert np.isfinite(found).all() and found.shape == (5 * non_digits.PLACES + 12,)
