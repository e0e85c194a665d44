"""Digits cropped to their ink, so that brightness alone does not distinguish ink from background."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.support.photographed_digits import ENLARGEMENTS, cropped
from imgcls.images.loading import prepare_photo
from imgcls.images.tight_crop import separate_crop
from imgcls.inference.predictor import classify
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.images.mnist import mnist_digits

MNIST = (28, 28, 1)
SAMPLE = 60


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Evenly sampled digits of MNIST and their labels."""
    images, labels = mnist_digits()
    rows = np.linspace(0, len(labels) - 1, SAMPLE).astype(int)
    return images[rows], labels[rows]


def read(images: list[np.ndarray]) -> np.ndarray:
    run = Run(paths.repository_folder() / "saved_models" / "digits")
    inputs = np.stack([prepare_photo(image, MNIST, ink=True).pixels for image in images])
    return classify(run, run.card, inputs).argmax(1)


@pytest.mark.parametrize("is_dark", [False, True], ids=["white on black", "black on white"])
@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_digits_cropped_to_their_ink_are_read(factor, is_dark):
    images, labels = digits()
    crops = [
        cropped(image, factor, is_dark=is_dark, resampling=ENLARGEMENTS[number % 3])
        for number, image in enumerate(images)
    ]
    assert (read(crops) == labels).sum() >= 0.97 * SAMPLE


def test_a_crop_keeps_the_grey_levels_of_the_digit():
    (image, *_), _ = digits()
    ink, is_dark = separate_crop(cropped(image, 1, is_dark=True, resampling=ENLARGEMENTS[0]))
    assert is_dark
    original = cropped(image, 1, is_dark=False, resampling=ENLARGEMENTS[0]).astype(int)
    assert np.abs(ink - original).mean() < 8


def test_a_known_polarity_is_not_guessed():
    ring = Image.new("L", (100, 140), 30)
    ImageDraw.Draw(ring).ellipse([-4, -4, 104, 144], outline=220, width=26)
    assert separate_crop(np.asarray(ring))[1] is False
    assert separate_crop(np.asarray(ring), known_dark=False)[1] is False
    assert separate_crop(255 - np.asarray(ring))[1] is True


def page(draw) -> np.ndarray:
    image = Image.new("L", (400, 300), 225)
    draw(ImageDraw.Draw(image))
    return np.asarray(image)


@pytest.mark.parametrize(
    "draw",
    [
        lambda pencil: pencil.line([(150, 80), (250, 80), (200, 220)], fill=40, width=12),
        lambda pencil: [pencil.line([(0, y), (400, y)], fill=90, width=2) for y in range(10, 300, 40)],
        lambda pencil: [
            pencil.line(line, fill=90, width=4)
            for at in range(15, 400, 30)
            for line in ([(0, at), (400, at)], [(at, 0), (at, 300)])
        ],
        lambda pencil: pencil.polygon([(0, 300), (400, 300), (400, 0)], fill=120),
        lambda pencil: pencil.rectangle([0, 0, 400, 300], outline=60, width=40),
        lambda pencil: None,
    ],
    ids=["a margin", "ruled paper", "squared paper", "a shadow", "a table around a sheet", "nothing"],
)
def test_a_page_is_not_mistaken_for_a_crop(draw):
    assert separate_crop(page(draw)) == (None, False)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20), (3, 3), (20, 2), (2, 300)])
def test_a_crop_of_any_size_is_examined(shape):
    ink, _ = separate_crop(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert ink is None or ink.shape == shape
