"""The scale of values beyond 8 bits: measured, stored, read from a damaged file, applied."""

import numpy as np
import pytest

from imgcls.images.files.pixel_scale import (
    NO_SCALE,
    PixelScale,
    ValueRange,
    from_json,
    own_range,
    to_8_bit,
)


def test_a_scale_survives_json():
    scale = PixelScale(3.5, 4000.0, (8, 4, 3))
    assert from_json(scale.as_json()) == scale
    assert NO_SCALE.as_json() == {}
    assert from_json({}) == NO_SCALE


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "0-4095",
        {"low": 5, "high": 5},
        {"low": "0", "high": 10},
        {"low": float("nan"), "high": 10},
        {"low": 0, "high": float("inf")},
        {"low": 0, "high": 10**400},
        {"bands": [1, 2]},
        {"bands": [0, 1, 2]},
        {"bands": [1.0, 2, 3]},
        {"bands": [1, 2, True]},
        {"bands": [1, 2, 10**9]},
    ],
)
def test_invalid_values_in_a_file_are_ignored(content):
    assert from_json(content) == NO_SCALE


def test_the_range_of_several_images_ignores_missing_values():
    found = ValueRange()
    found.add(np.array([[5, 900]], np.uint16))
    found.add(np.array([[-9999.0, np.nan, np.inf, 2.0]], np.float32), no_data=-9999)
    assert found.scale((1, 2, 3)) == PixelScale(2.0, 900.0, (1, 2, 3))


def test_an_empty_or_constant_range_gives_no_scale():
    assert not ValueRange().scale().has_range
    found = ValueRange()
    found.add(np.full((4, 4), 7, np.uint16))
    assert not found.scale().has_range


@pytest.mark.parametrize(
    ("highest", "expected"), [(200, 255), (1000, 1023), (4000, 4095), (16000, 16383), (65000, 65535)]
)
def test_a_single_image_is_scaled_by_its_bit_depth(highest, expected):
    assert own_range(np.array([[0, highest]], np.uint16)) == (0, expected)


def test_signed_and_fractional_values_have_their_own_ranges():
    assert own_range(np.array([[-1000, 3000]], np.int16)) == (-1000, 3000)
    assert own_range(np.array([[0.1, 0.9]], np.float32)) == (0, 1)
    assert own_range(np.full((2, 2), -3.0, np.float32)) == (-3, -2)
    assert own_range(np.full((2, 2), np.nan, np.float32)) == (0, 1)


def test_values_beyond_the_range_are_clipped_and_missing_ones_are_black():
    values = np.array([[[-5.0], [0.0], [60.0], [100.0], [900.0], [np.nan]]], np.float32)
    assert to_8_bit(values, 0, 100)[0, :, 0].tolist() == [0, 0, 153, 255, 255, 0]
