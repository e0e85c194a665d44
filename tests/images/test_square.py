"""Squares of an image."""

import numpy as np
import pytest

from imgcls.images import square


@pytest.mark.parametrize(("height", "width"), [(40, 100), (100, 40), (50, 50)])
def test_the_centre_crop_is_the_largest_central_square(height, width):
    pixels = np.arange(height * width).reshape(height, width, 1).astype(np.uint8)
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    expected = pixels[top : top + short, left : left + short]
    assert np.array_equal(square.part(pixels, square.middle_box(width, height)), expected)


def test_a_crop_stays_inside_the_image_and_is_never_too_small():
    pixels = np.zeros((60, 90, 3), np.uint8)
    assert square.part(pixels, (0.9, 0.9, 0.5)).shape == (30, 30, 3)
    assert square.part(pixels, (0.0, 0.0, 0.0)).shape == (8, 8, 3)
    pixels[20:50, 45:75] = 9
    assert (square.part(pixels, (0.5, 1 / 3, 0.5)) == 9).all()
