"""Photos of paper with long thin digits, printed lines, and faint pencil."""

import numpy as np
import pytest

from benchmarks.support.photographed_digits import PAPERS, photo, thin_digit
from imgcls.errors import ImageError
from imgcls.images.loading import TOO_FAINT, prepare_photo
from imgcls.images.strokes import as_digit
from imgcls.inference.predictor import classify
from imgcls.runs import Run
from imgcls.system import paths

MNIST = (28, 28, 1)
THREE = [np.array([(0, 0.1), (0.35, 0), (0.6, 0.2), (0.3, 0.45), (0.65, 0.7), (0.4, 1), (0, 0.9)])]


def read(grey: np.ndarray) -> str:
    run = Run(paths.repository_folder() / "saved_models" / "digits")
    pixels = prepare_photo(grey, MNIST, ink=True).pixels
    return run.card.classes[int(classify(run, run.card, pixels[None])[0].argmax())]


@pytest.mark.parametrize("digit", ["1", "7"])
@pytest.mark.parametrize("size", [0.3, 0.5, 0.7, 0.9])
def test_a_long_thin_digit_on_grainy_paper_is_read(digit, size):
    generator = np.random.default_rng(round(100 * size))
    pages = [photo(thin_digit(digit, generator), size, generator, pen=0.005, grain=6) for _ in range(3)]
    assert [read(page) for page in pages] == [digit] * 3


@pytest.mark.parametrize("paper", ["ruled", "squared", "dotted"])
def test_ruled_lines_are_not_handwriting(paper):
    generator = np.random.default_rng(3)
    for size in (0.2, 0.4):
        assert read(photo(THREE, size, generator, paper=paper, pen=0.01)) == "3"


def test_a_printed_line_next_to_a_digit_is_not_handwriting():
    generator = np.random.default_rng(4)
    line = np.array([(-1.5, -1.2), (-1.5, 2.3)])
    assert read(photo([*THREE, line], 0.8, generator, pen=0.008)) == "3"


def test_faint_pencil_is_read():
    generator = np.random.default_rng(5)
    for size in (0.2, 0.4, 0.6):
        assert read(photo(THREE, size, generator, contrast=24, grain=3)) == "3"


def test_unreadably_faint_writing_is_reported_as_faint():
    generator = np.random.default_rng(6)
    with pytest.raises(ImageError) as caught:
        prepare_photo(photo(THREE, 0.5, generator, pen=0.008, contrast=11, grain=2), MNIST, ink=True)
    assert str(caught.value) == TOO_FAINT


@pytest.mark.parametrize("grain", [0, 3, 8])
@pytest.mark.parametrize("paper", PAPERS)
def test_blank_paper_has_no_handwriting(paper, grain):
    page = photo([], 0.5, np.random.default_rng(7), grain=grain, paper=paper)
    with pytest.raises(ImageError) as caught:
        prepare_photo(page, MNIST, ink=True)
    assert str(caught.value).startswith("No handwriting found.")


def test_a_long_digit_keeps_its_shape():
    generator = np.random.default_rng(8)
    strokes = thin_digit("7", generator)
    seen = prepare_photo(photo(strokes, 0.7, generator, pen=0.006), MNIST, ink=True).pixels[..., 0].astype(int)
    drawn = as_digit(strokes, 0.01).astype(int)
    moved = [np.roll(seen, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    assert max(2 * np.minimum(one, drawn).sum() / (one.sum() + drawn.sum()) for one in moved) > 0.7
