"""Pen path features, and scribble detection."""

import numpy as np
import pytest

from imgcls.images.canvas_strokes import Handwriting
from imgcls.inference.rejection import multiple_digits
from tests.support.images.drawings import FIVE, FOUR, ONE, SEVEN, drawing


def circle(turns: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi * turns, int(40 * turns))
    return list(zip(50 + 40 * np.cos(angles), 50 + 40 * np.sin(angles), strict=True))


def test_turns_and_length_are_counted():
    way = multiple_digits.path(drawing(circle(2)))
    assert way.turns == pytest.approx(2, abs=0.2)
    assert way.length == pytest.approx(2 * np.pi * 2 * 40 / np.hypot(80, 80), rel=0.02)
    line = multiple_digits.path(drawing(ONE))
    assert (line.turns, line.length) == (pytest.approx(0), pytest.approx(1))


def test_turns_do_not_depend_on_size():
    small, large = (multiple_digits.path(drawing(circle(2), at=(0, 0), scale=scale)) for scale in (0.5, 2))
    assert small.length == pytest.approx(large.length, rel=0.02)
    assert small.turns == pytest.approx(large.turns, abs=0.1)


def test_scribbles_are_recognised_and_digits_are_not_scribbles():
    zigzag = [(10 + 5 * i, 10 if i % 2 else 90) for i in range(17)]
    assert multiple_digits.is_scribble(drawing(zigzag))
    assert multiple_digits.is_scribble(drawing(circle(8)))
    assert not any(
        multiple_digits.is_scribble(drawing(*digit)) for digit in ([ONE], [SEVEN], FOUR, FIVE, [circle(1.2)])
    )
    assert not multiple_digits.is_scribble(drawing([(50, 50)]))


def test_digits_stay_well_below_the_scribble_limits():
    def loops(count: float) -> Handwriting:
        along = np.linspace(0, 1, int(40 * count))
        angle = 2 * np.pi * count * along
        return drawing(list(zip(180 * along + 12 * np.cos(angle), 12 * np.sin(angle), strict=True)), at=(30, 60))

    assert multiple_digits.path(loops(7)).length < multiple_digits.FAR
    assert multiple_digits.is_scribble(loops(7)) and not multiple_digits.is_scribble(loops(5))
    there_and_back = [(50, 10), (50, 90)] * 4
    assert multiple_digits.is_scribble(drawing(there_and_back)) and not multiple_digits.is_scribble(
        drawing(there_and_back[:6])
    )
