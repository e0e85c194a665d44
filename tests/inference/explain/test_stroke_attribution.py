"""Stroke attribution: the prediction with each stroke removed."""

import numpy as np
import pytest

from imgcls.images.canvas_strokes import Handwriting, from_message
from imgcls.inference.explain import stroke_attribution

BAR, STEM, DOT = [60, 60, 18, 200, 60, 18], [200, 60, 18, 120, 220, 18], [20, 250, 10]


def drawing(*strokes) -> Handwriting:
    return from_message({"strokes": list(strokes)})


def reads_by_strokes(drawings):
    """A model of three classes: "seven" with bar and stem, "one" with the stem alone, else "nothing"."""
    rows = []
    for drawn in drawings:
        has = [any(stroke[0, :2].tolist() == part[:2] for stroke in drawn.strokes) for part in (BAR, STEM)]
        rows.append([0.9, 0.1, 0.0] if all(has) else [0.1, 0.85, 0.05] if has[1] else [0.05, 0.05, 0.9])
    return np.array(rows, np.float32)


def test_removing_the_bar_turns_a_seven_into_a_one():
    bar, stem, dot = stroke_attribution.by_stroke(drawing(BAR, STEM, DOT), 0, 0.9, reads_by_strokes)
    assert (bar.other, stem.other, dot.other) == (1, 2, 0)
    assert [one.weight for one in (bar, stem, dot)] == pytest.approx([0.8, 0.85, 0.0], abs=1e-6)
    assert bar.probability == pytest.approx(0.85)


def test_a_single_stroke_is_split_into_pieces_that_cover_it():
    seven = drawing([60, 60, 18, 200, 60, 18, 120, 220, 18])
    asked = []

    def ask(drawings):
        asked.extend(drawings)
        return np.full((len(drawings), 3), 1 / 3, np.float32)

    pieces = stroke_attribution.by_stroke(seven, 0, 0.9, ask)
    assert len(pieces) == len(asked) == stroke_attribution.PIECES_OF_ONE
    assert all(len(drawn.strokes) == stroke_attribution.PIECES_OF_ONE - 1 for drawn in asked)
    joined = np.concatenate([piece.points for piece in pieces])
    assert joined[0, :2].tolist() == [60, 60]
    assert joined[-1, :2].tolist() == [120, 220]
    assert [200, 60] in joined[:, :2].tolist()
    lengths = [np.hypot(*np.diff(piece.points[:, :2], axis=0).T).sum() for piece in pieces]
    assert lengths == pytest.approx([sum(lengths) / 5] * 5)


@pytest.mark.parametrize("strokes", [[DOT], [[10, 10, 5, 12, 12, 5]], [BAR] * 13])
def test_a_dot_and_too_many_strokes_are_not_attributed(strokes):
    def ask(drawings):
        raise AssertionError("no model should run")

    assert stroke_attribution.by_stroke(drawing(*strokes), 0, 0.9, ask) == []
