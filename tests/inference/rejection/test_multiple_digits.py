"""Several digits in one drawing or image."""

import numpy as np
import pytest

from imgcls import inference
from imgcls.images.canvas_strokes import Handwriting
from imgcls.images.ink import connected_components
from imgcls.inference.rejection import multiple_digits
from imgcls.runs import Run
from imgcls.system import paths
from tests.support.images.drawings import FIVE, FOUR, ONE, SEVEN, drawing

RING = [(50, 10), (20, 50), (50, 90), (80, 50), (50, 10)]


@pytest.fixture(scope="module")
def shipped():
    """Predictions of the shipped digit model for drawings, preprocessed like on the page."""
    run = Run(paths.repository_folder() / "saved_models" / "digits")
    card = run.card
    return lambda some: inference.classify(
        run, card, np.stack([inference.prepare(drawn, card).pixels for drawn in some])
    )


def join(*drawings: Handwriting) -> Handwriting:
    return Handwriting(tuple(stroke for drawn in drawings for stroke in drawn.strokes))


def by_strokes(*digits: tuple[str, Handwriting]):
    """A model that recognises exactly these drawings with certainty, at any position and size."""
    known = {_shape(drawn): digit for digit, drawn in digits}

    def ask(drawings):
        rows = np.full((len(drawings), 10), 0.1)
        for row, drawn in zip(rows, drawings, strict=True):
            if digit := known.get(_shape(drawn)):
                row[:] = 0.01
                row[int(digit)] = 0.9 + 0.01 * len(drawn.strokes)
        return rows

    return ask


def _shape(drawn: Handwriting) -> tuple:
    points = np.concatenate(drawn.strokes)[:, :2]
    extent = max(np.ptp(points, 0).max(), 1)
    return tuple(np.round((points - points.min(0)) / extent, 2).ravel().tolist())


READS = by_strokes(
    ("1", drawing(ONE)), ("7", drawing(SEVEN)), ("4", drawing(*FOUR)), ("5", drawing(*FIVE)), ("0", drawing(RING))
)


def seen(drawn: Handwriting, ask=READS) -> list[str]:
    return multiple_digits.digits_in(drawn, ask, multiple_digits.DIGITS)


def test_two_digits_side_by_side_are_read_left_to_right():
    assert seen(join(drawing(SEVEN, at=(160, 60)), drawing(ONE, at=(20, 60)))) == ["1", "7"]
    assert seen(join(drawing(*FOUR, at=(10, 60)), drawing(*FIVE, at=(150, 60)))) == ["4", "5"]


def test_class_names_keep_their_order():
    pair = join(drawing(ONE, at=(20, 60)), drawing(SEVEN, at=(160, 60)))
    assert multiple_digits.digits_in(pair, READS, list("9876543210")) == ["8", "2"]


def test_each_is_read_with_confidence():
    pair = join(drawing(SEVEN, at=(160, 60)), drawing(ONE, at=(20, 60)))
    for confidence, digits in ((0.8, []), (0.9, ["1", "7"])):
        assert seen(pair, lambda some, least=confidence: np.clip(READS(some), 0, least)) == digits


def test_a_drawing_is_not_split_if_the_model_recognises_only_one_part():
    pair = join(drawing(SEVEN, at=(160, 60)), drawing(ONE, at=(20, 60)))
    assert seen(pair, by_strokes(("1", drawing(ONE)))) == []


@pytest.mark.parametrize("scale", [0.4, 0.7])
def test_digits_may_differ_in_height_and_position(scale):
    for at in ((150, 40), (150, 100)):
        assert seen(join(drawing(SEVEN, at=(20, 40), scale=1.4), drawing(SEVEN, at=at, scale=scale))) == ["7", "7"]
    tiny = drawing(SEVEN, at=(200, 40), scale=0.2, pen=3)
    assert seen(join(drawing(SEVEN, at=(20, 40), scale=1.4), tiny)) == [], "a speck is not a digit"


def test_digits_may_touch_but_not_overlap():
    assert seen(join(drawing(SEVEN, at=(60, 60)), drawing(SEVEN, at=(112, 60)))) == ["7", "7"]
    assert seen(join(drawing(SEVEN, at=(60, 60)), drawing(SEVEN, at=(80, 60)))) == []
    assert seen(join(drawing(SEVEN, at=(60, 60)), drawing(ONE, at=(96, 60)))) == [], "half of the 1 overlaps the 7"


def test_digits_may_be_stacked_vertically():
    assert seen(join(drawing(SEVEN, at=(60, 130)), drawing(*FIVE, at=(65, 20)))) == ["5", "7"]
    assert seen(join(drawing(SEVEN, at=(60, 90)), drawing(*FIVE, at=(65, 20)))) == [], "they overlap"


def test_three_digits_are_found():
    three = join(drawing(ONE, at=(-20, 60)), drawing(*FOUR, at=(50, 60)), drawing(SEVEN, at=(140, 60)))
    assert seen(three) == ["1", "4", "7"]


def test_two_digits_that_read_as_one_beside_a_third_are_still_split():
    pair = join(drawing(ONE, at=(-20, 60)), drawing(ONE, at=(20, 60)))
    ask = by_strokes(("1", drawing(ONE)), ("7", drawing(SEVEN)), ("5", pair))
    assert seen(join(pair, drawing(SEVEN, at=(140, 60))), ask) == ["1", "1", "7"]


def test_of_two_equally_fine_splits_the_more_confident_wins():
    four, one = drawing(*FOUR, at=(0, 60)), drawing(ONE, at=(100, 60))
    first = drawing(FOUR[0], at=(0, 60))
    rest = Handwriting((four.strokes[1], one.strokes[0]))

    def ask(less: float):
        sure = by_strokes(("4", four), ("1", one), ("6", first), ("5", rest))

        def asked(drawings):
            rows = sure(drawings)
            rows[[_shape(drawn) == _shape(first) for drawn in drawings]] *= less
            return rows

        return asked

    whole = join(four, one)
    assert seen(whole, ask(0.99)) == ["4", "1"]
    assert seen(whole, ask(1.05)) == ["6", "5"]


def test_bars_drawn_last_belong_to_their_digits():
    first, second = drawing(*FIVE, at=(0, 60)), drawing(*FIVE, at=(150, 60))
    late = Handwriting((first.strokes[0], second.strokes[0], first.strokes[1], second.strokes[1]))
    assert seen(late) == ["5", "5"]


OPEN_FOUR = [[(20, 10), (25, 60), (50, 55)], [(60, 5), (60, 95)]]
STEM_FIRST = OPEN_FOUR[::-1]
STEEP_FOUR = [[(40, 10), (30, 60), (50, 62)], [(62, 5), (62, 95)]]
RINGS = [[(30, 5), (10, 28), (30, 50), (50, 28), (30, 5)], [(30, 59), (8, 80), (30, 105), (52, 80), (30, 59)]]
RING_AND_STEM = [[(60, 20), (35, 5), (12, 30), (35, 52), (58, 30)], [(72, 5), (68, 95)]]
FLAG_AND_STEM = [[(25, 45), (52, 8)], [(60, 8), (60, 95)]]
LIFTED_ONE = [[(50, 5), (50, 45)], [(50, 58), (50, 105)]]
SIX = [[(60, 5), (48, 40), (44, 62)], [(67, 50), (95, 70), (75, 95), (63, 70)]]


@pytest.mark.parametrize(
    ("digit", "strokes", "halves", "axis"),
    [
        ("4", OPEN_FOUR, "61", 0),
        ("4", STEM_FIRST, "16", 0),
        ("4", STEEP_FOUR, "11", 0),
        ("8", RINGS, "00", 1),
        ("9", RING_AND_STEM, "01", 0),
        ("1", FLAG_AND_STEM, "11", 0),
        ("1", LIFTED_ONE, "11", 1),
        ("6", SIX, "10", 0),
    ],
)
def test_a_digit_with_digit_like_strokes_is_not_split(digit, strokes, halves, axis):
    whole = drawing(*strokes)
    parts = [(half, drawing(stroke)) for half, stroke in zip(halves, strokes, strict=True)]
    assert seen(whole, by_strokes((digit, whole), *parts)) == []
    assert len(seen(whole, by_strokes(("3", whole), *parts))) == 2, "it is recognised as one digit"
    later = max((0, 1), key=lambda number: parts[number][1].box[axis] + whole.strokes[number][:, axis].min())
    apart = list(whole.strokes)
    apart[later] = apart[later] + np.eye(3)[axis] * 30
    apart = Handwriting(tuple(apart))
    assert len(seen(apart, by_strokes((digit, apart), *parts))) == 2, "with a gap they are two"


def test_a_dot_is_not_a_digit():
    dot = drawing([(50, 50), (55, 52)], at=(160, 60), pen=40)
    assert seen(join(drawing(SEVEN, at=(20, 60)), dot), by_strokes(("7", drawing(SEVEN)), ("0", dot))) == []


@pytest.mark.parametrize("digit", [[ONE], [SEVEN], FOUR, FIVE], ids=["1", "7", "4", "5"])
@pytest.mark.parametrize("scale", [0.5, 1, 1.8])
def test_a_digit_of_one_or_two_strokes_is_one_digit(digit, scale, shipped):
    assert seen(drawing(*digit, at=(20, 20), scale=scale, pen=12 * scale), shipped) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"at": (20, 40), "scale": 1.9}, {"at": (180, 120), "scale": 0.75}),
        ({"at": (60, 60), "scale": 1.2}, {"at": (120, 60), "scale": 1.2}),
        ({"at": (60, 10), "scale": 1.1}, {"at": (70, 140), "scale": 1.1}),
    ],
    ids=["different heights", "touching", "stacked"],
)
def test_the_shipped_model_finds_two_sevens(first, second, shipped):
    assert seen(join(drawing(SEVEN, **first), drawing(SEVEN, **second)), shipped) == ["7", "7"]


def test_three_digits_of_two_strokes_each_are_found():
    row = join(*(drawing(*FOUR, at=(10 + 44 * place, 60), scale=0.6, pen=6) for place in range(3)))
    assert len(multiple_digits.parts(row)) == 1, "they touch"
    assert seen(row, by_strokes(("4", drawing(*FOUR)))) == ["4", "4", "4"]


def test_a_drawing_with_many_strokes_is_not_searched():
    def ask(drawings):
        raise AssertionError("so many runs would take long")

    assert seen(Handwriting(drawing(ONE).strokes * (multiple_digits.MOST_UNITS + 1)), ask) == []
    assert seen(drawing(SEVEN), ask) == []
    assert seen(Handwriting(), ask) == []


def test_the_parts_of_a_drawing_are_sorted_and_complete():
    pair = join(drawing(*FOUR, at=(160, 60)), drawing(*FIVE, at=(10, 60)))
    first, second = multiple_digits.parts(pair)
    assert len(first.strokes) == len(second.strokes) == 2
    assert first.box[2] < second.box[0]


def test_two_digits_in_an_image_are_found_by_their_ink():
    image = np.zeros((28, 28, 1), np.uint8)
    image[4:24, 5:8] = 255

    def ask(pieces):
        """Narrow pieces are read as 1, wide ones as 7."""
        assert all(piece.any() for piece in pieces)
        broad = [np.ptp(np.flatnonzero(piece.any(0))) > 4 for piece in pieces]
        return np.array([[0.0, 0.1, 0.9] if one else [0.0, 0.9, 0.1] for one in broad])

    def seen():
        return multiple_digits.digits_in_image(image, ask, ["a", "b", "c"])

    assert seen() == []
    image[8:23, 14:21] = 200
    assert seen() == ["b", "c"]
    image[::6, 24] = 255
    assert seen() == ["b", "c"], "specks are ignored"
    image[8:24, 14:26] = 0
    image[5:14, 18:21] = 255
    assert seen() == [], "a large speck next to a digit, or the bar of a five, is not a digit"
    image[15:24, 18:21] = 255
    assert seen() == [], "neither are two large specks that together resemble a 1"
    image[:] = 0
    image[2:10, 5:13] = image[14:24, 5:13] = image[3:18, 18:21] = 255
    assert seen() == ["c", "b"], "the parts of the left one are neighbours"
    image[:] = 0
    assert seen() == []
    image[4:24, 18:21] = 255
    image[2:22, 5:13] = 255
    assert seen() == ["c", "b"], "the one whose ink starts higher may be on the left"


def test_a_noise_image_is_not_split(monkeypatch):
    noise = np.zeros((64, 64, 1), np.uint8)
    noise[::3, ::3] = 255
    monkeypatch.setattr(multiple_digits, "_Ink", None)  # predicting hundreds of parts would be slow and exhaust memory
    assert multiple_digits.digits_in_image(noise, READS, multiple_digits.DIGITS) == []


def test_connected_components_are_numbered():
    there = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]], bool)
    part, count = connected_components(there)
    assert count == 3
    assert (part > 0).tolist() == there.tolist()
    assert part[0, 0] == part[1, 1]
    assert part[0, 3] == part[1, 3]
    assert len(np.unique(part)) == 4
