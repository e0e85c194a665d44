"""The scale of values beyond 8 bits: measured, stored, read back from a damaged file, applied."""

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
def test_what_makes_no_sense_in_a_file_is_left_out(content):
    assert from_json(content) == NO_SCALE


def test_the_range_of_many_images_is_that_of_their_known_values():
    found = ValueRange()
    found.add(np.array([[5, 900]], np.uint16))
    found.add(np.array([[-9999.0, np.nan, np.inf, 2.0]], np.float32), no_data=-9999)
    assert found.scale((1, 2, 3)) == PixelScale(2.0, 900.0, (1, 2, 3))


def test_a_range_of_nothing_and_of_one_value_is_none():
    assert not ValueRange().scale().has_range
    found = ValueRange()
    found.add(np.full((4, 4), 7, np.uint16))
    assert not found.scale().has_range


@pytest.mark.parametrize(
    ("highest", "expected"), [(200, 255), (1000, 1023), (4000, 4095), (16000, 16383), (65000, 65535)]
)
def test_an_image_of_its_own_is_scaled_by_the_depth_of_its_sensor(highest, expected):
    assert own_range(np.array([[0, highest]], np.uint16)) == (0, expected)


def test_signed_values_and_fractions_have_ranges_of_their_own():
    assert own_range(np.array([[-1000, 3000]], np.int16)) == (-1000, 3000)
    assert own_range(np.array([[0.1, 0.9]], np.float32)) == (0, 1)
    assert own_range(np.full((2, 2), -3.0, np.float32)) == (-3, -2)
    assert own_range(np.full((2, 2), np.nan, np.float32)) == (0, 1)


def test_values_beyond_the_range_are_clipped_and_missing_ones_are_black():
    values = np.array([[[-5.0], [0.0], [60.0], [100.0], [900.0], [np.nan]]], np.float32)
    assert to_8_bit(values, 0, 100)[0, :, 0].tolist() == [0, 0, 153, 255, 255, 0]
