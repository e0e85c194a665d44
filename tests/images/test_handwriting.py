"""Detecting handwriting and the polarity of its ink."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imgcls.images.handwriting import DARK, EITHER, LIGHT, as_in_mnist, polarity
from imgcls.images.ink import ink_box
from tests.support.images.mnist import mnist_digits

SHAPE = (28, 28, 1)


def digits(count: int = 12) -> list[np.ndarray]:
    images, _ = mnist_digits()
    return list(images[np.linspace(0, len(images) - 1, count).astype(int)][..., None])


def scans() -> list[np.ndarray]:
    """Digits written with a pen on paper, somewhere on a larger image."""
    images = []
    for number, digit in enumerate(digits()):
        page = np.full((120, 90, 3), 235, np.uint8)
        large = np.asarray(Image.fromarray(digit[..., 0]).resize((56, 56)))[..., None]
        top = 5 + 4 * number
        page[top : top + 56, 20:76] = page[top : top + 56, 20:76] * (1 - large / 255 * 0.8)
        images.append(page)
    return images


def things() -> list[np.ndarray]:
    """Filled coloured shapes on a uniform background."""
    images = []
    for number in range(10):
        image = Image.new("RGB", (80, 60), (240, 240, 240))
        pencil = ImageDraw.Draw(image)
        (pencil.ellipse if number % 2 else pencil.rectangle)([15, 10, 60, 50], fill=(10 * number, 80, 40))
        images.append(np.asarray(image))
    return images


def photos() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    small = [random.integers(0, 256, (4, 5, 3), dtype=np.uint8) for _ in range(10)]
    return [np.asarray(Image.fromarray(pixels).resize((90, 70), Image.Resampling.BICUBIC)) for pixels in small]


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (digits(), LIGHT),
        ([255 - digit for digit in digits()], DARK),
        (scans(), DARK),
        (things(), ""),
        ([255 - thing for thing in things()], ""),
        (photos(), ""),
        (digits(3), ""),
        ([*digits(), *photos()], ""),
    ],
    ids=["MNIST", "MNIST inverted", "scans", "shapes", "light shapes", "photos", "three images", "half photos"],
)
def test_handwriting_and_its_polarity_are_recognised(images, expected):
    assert polarity(images) == expected


def test_no_more_images_are_read_than_needed():
    read = []

    def images():
        for image in photos() * 10:
            read.append(1)
            yield image

    assert polarity(images()) == ""
    assert len(read) < 10


@pytest.mark.parametrize("ink", [LIGHT, EITHER])
def test_a_digit_placed_as_in_mnist_is_unchanged(ink):
    placed = [digit for digit in digits() if (as_in_mnist(digit, SHAPE, ink) == digit).all()]
    assert len(placed) >= 10


@pytest.mark.parametrize("ink", [DARK, EITHER])
def test_dark_ink_is_inverted(ink):
    for digit in digits():
        seen = as_in_mnist(255 - digit, SHAPE, ink).astype(int)
        assert np.abs(seen - digit).mean() < 6


def test_a_scan_is_cropped_and_placed():
    for page in scans():
        pixels = as_in_mnist(page, SHAPE, DARK)
        assert pixels.shape == SHAPE
        top, bottom, left, right = ink_box(pixels[..., 0])
        assert max(bottom - top, right - left) in (19, 20, 21)
        assert pixels[:2].max() == 0
