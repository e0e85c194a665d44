"""What the Predict page accepts from its canvas, and what it ignores."""

import pytest

from imgcls.errors import ImageError
from imgcls.ui.components.canvas import CanvasState, update

STROKE = [60, 60, 18, 200, 60, 18]


def message(**changes) -> dict:
    return {"edition": 0, "number": 3, "pen": 22, "isDone": False, "strokes": [STROKE]} | changes


def test_a_canvas_message_is_accepted():
    mine = CanvasState()
    update(mine, message())
    assert (mine.drawing.as_lists(), mine.number, mine.pen, mine.is_done) == ([STROKE], 3, 22, False)
    update(mine, message(number=4, isDone=True, strokes=[]))
    assert (mine.drawing.as_lists(), mine.number, mine.is_done) == ([], 4, True)


@pytest.mark.parametrize("foreign", [None, 7, [], "drawing", {}, {"raw": {}, "data": "data:image/png"}])
def test_a_message_from_elsewhere_is_ignored(foreign):
    mine = CanvasState()
    update(mine, message())
    update(mine, foreign)
    assert mine.drawing.as_lists() == [STROKE]


def test_messages_sent_before_the_server_drew_are_ignored():
    mine = CanvasState(edition=1)
    update(mine, message(edition=0))
    assert not mine.drawing
    update(mine, message(edition=1))
    assert mine.drawing


@pytest.mark.parametrize("strokes", [[STROKE] * 10_000, [[1, float("nan"), 3]], [[1, 2]]])
def test_an_invalid_drawing_is_reported_and_the_valid_one_kept(strokes):
    mine = CanvasState()
    update(mine, message())
    with pytest.raises(ImageError):
        update(mine, message(number=4, strokes=strokes))
    assert mine.drawing.as_lists() == [STROKE]


@pytest.mark.parametrize(("pen", "number"), [(float("nan"), None), ("18", "4"), (900, 1.5), (None, True), (-3, [])])
def test_invalid_pens_and_numbers_change_nothing(pen, number):
    mine = CanvasState()
    update(mine, message(pen=pen, number=number))
    assert (mine.pen, mine.number) == (18, 0)
    assert mine.drawing
