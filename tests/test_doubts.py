"""Two digits in one drawing, and scribbles."""

import numpy as np
import pytest

from imgcls import doubts
from imgcls.handwriting import Handwriting, from_message

ONE = [(50, 10), (50, 90)]
SEVEN = [(20, 10), (80, 10), (40, 90)]
FOUR = [[(30, 10), (20, 55), (80, 55)], [(65, 10), (65, 90)]]
FIVE = [[(35, 15), (30, 45), (70, 55), (60, 90), (25, 85)], [(37, 8), (75, 8)]]


def drawing(*strokes, at=(60, 60), scale=1.0, pen=12) -> Handwriting:
    lists = [[float(v) for x, y in stroke for v in (at[0] + scale * x, at[1] + scale * y, pen)] for stroke in strokes]
    return from_message({"strokes": lists})


def joined(*drawings: Handwriting) -> Handwriting:
    return Handwriting(tuple(stroke for drawn in drawings for stroke in drawn.strokes))


def certain(drawings):
    """Whatever it is shown is surely a 1, or a 7 if it is wide."""
    wide = [drawn.box[2] - drawn.box[0] > 40 for drawn in drawings]
    return np.array([[0, 0, 1.0] if one else [0, 1.0, 0] for one in wide])


def unsure(drawings):
    return np.full((len(drawings), 3), 1 / 3)


def test_two_digits_beside_each_other_are_two_from_left_to_right():
    pair = joined(drawing(SEVEN, at=(160, 60)), drawing(ONE, at=(20, 60)))
    assert doubts.side_by_side(pair, certain) == [1, 2]


def test_they_are_not_two_if_the_model_reads_neither():
    pair = joined(drawing(SEVEN, at=(160, 60)), drawing(ONE, at=(20, 60)))
    assert doubts.side_by_side(pair, unsure) == []


@pytest.mark.parametrize("digit", [[ONE], [SEVEN], FOUR, FIVE], ids=["1", "7", "4", "5"])
@pytest.mark.parametrize("scale", [0.5, 1, 1.8])
def test_a_digit_of_one_or_two_strokes_is_one(digit, scale):
    def ask(drawings):
        raise AssertionError("its strokes belong together")

    assert doubts.side_by_side(drawing(*digit, at=(20, 20), scale=scale, pen=12 * scale), ask) == []


def test_the_parts_of_a_drawing_are_sorted_and_whole():
    pair = joined(drawing(*FOUR, at=(160, 60)), drawing(*FIVE, at=(10, 60)))
    first, second = doubts.parts(pair)
    assert len(first.strokes) == len(second.strokes) == 2
    assert first.box[2] < second.box[0]


def circle(turns: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi * turns, int(40 * turns))
    return list(zip(50 + 40 * np.cos(angles), 50 + 40 * np.sin(angles), strict=True))


def test_turns_and_length_are_counted():
    way = doubts.path(drawing(circle(2)))
    assert way.turns == pytest.approx(2, abs=0.2)
    assert way.length == pytest.approx(2 * np.pi * 2 * 40 / np.hypot(80, 80), rel=0.02)
    line = doubts.path(drawing(ONE))
    assert (line.turns, line.length) == (pytest.approx(0), pytest.approx(1))


def test_size_does_not_change_how_the_pen_went():
    small, large = (doubts.path(drawing(circle(2), at=(0, 0), scale=scale)) for scale in (0.5, 2))
    assert small.length == pytest.approx(large.length, rel=0.02)
    assert small.turns == pytest.approx(large.turns, abs=0.1)


def test_a_scribble_is_one_and_digits_are_none():
    zigzag = [(10 + 5 * i, 10 if i % 2 else 90) for i in range(17)]
    assert doubts.is_scribble(drawing(zigzag))
    assert doubts.is_scribble(drawing(circle(8)))
    assert not any(doubts.is_scribble(drawing(*digit)) for digit in ([ONE], [SEVEN], FOUR, FIVE, [circle(1.2)]))
    assert not doubts.is_scribble(drawing([(50, 50)]))


def test_two_digits_in_a_picture_are_found_by_their_ink():
    picture = np.zeros((28, 28, 1), np.uint8)
    picture[4:24, 5:8] = 255

    def ask(pieces):
        assert all(piece.any() for piece in pieces)
        return np.array([[0.0, 0.9, 0.1]] * len(pieces))

    assert doubts.side_by_side_in(picture, ask) == []
    picture[5:23, 18:21] = 200
    assert doubts.side_by_side_in(picture, ask) == [1, 1]
    picture[5:23, 18:21] = 0
    picture[5:9, 18:21] = 255
    assert doubts.side_by_side_in(picture, ask) == [], "the cap of a five is no digit"
    assert doubts.side_by_side_in(np.zeros((28, 28, 1), np.uint8), ask) == []


def test_groups_of_touching_pixels_have_one_number_each():
    there = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]], bool)
    part = doubts.connected(there)
    assert (part > 0).tolist() == there.tolist()
    assert part[0, 0] == part[1, 1]
    assert part[0, 3] == part[1, 3]
    assert len(np.unique(part)) == 4
