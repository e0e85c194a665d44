"""Canvas messages: validated, as strokes, and as ink."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcls.errors import ImageError
from imgcls.images import canvas_strokes
from imgcls.images.canvas_strokes import SIDE, Handwriting, from_message
from imgcls.images.loading import prepare_ink
from imgcls.system import paths

SEVEN = [[60, 60, 18, 200, 60, 18, 120, 220, 18]]
DIGIT = (28, 28, 1)


def drawn(strokes=SEVEN) -> Handwriting:
    return from_message({"strokes": strokes})


def pixels(strokes=SEVEN) -> np.ndarray:
    return prepare_ink(drawn(strokes).ink(), DIGIT).pixels[..., 0].astype(int)


def test_a_message_becomes_strokes_with_a_width_at_each_point():
    (stroke,) = drawn().strokes
    assert stroke.tolist() == [[60, 60, 18], [200, 60, 18], [120, 220, 18]]
    assert drawn().as_lists() == SEVEN


def test_an_empty_drawing_is_falsy():
    assert not drawn([])
    assert not drawn([[]])


@pytest.mark.parametrize("message", [None, 7, "strokes", [], {}, {"raw": {}, "data": "data:"}, {"strokes": "none"}])
def test_a_foreign_message_is_ignored(message):
    assert from_message(message) is None


@pytest.mark.parametrize(
    "stroke",
    [
        [1, 2],
        [1, 2, 3, 4],
        [1, 2, float("nan")],
        [float("inf"), 2, 3],
        [1, 2, None],
        ["1", 2, 3],
        [True, 2, 3],
        [[1, 2, 3]],
        [1, 2, 10**400],
        [1e300, 2, 3],
        {"x": 1},
        7,
    ],
)
def test_invalid_coordinates_give_one_clear_error(stroke):
    with pytest.raises(ImageError, match="arrived damaged"):
        from_message({"strokes": [[60, 60, 18], stroke]})


def test_ten_thousand_strokes_are_refused_with_their_count():
    with pytest.raises(ImageError, match=r"10,000 strokes.*400"):
        from_message({"strokes": [[1, 2, 3]] * 10_000})


def test_an_endless_stroke_is_refused():
    with pytest.raises(ImageError, match="20,000 points"):
        from_message({"strokes": [[1, 2, 3] * 20_001]})


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.just("strokes"), inner),
    )
)
@settings(max_examples=200)
def test_any_message_is_a_drawing_or_nothing_or_a_clear_error(message):
    try:
        found = from_message({"strokes": message})
    except ImageError:
        return
    assert found is None or all(np.isfinite(stroke).all() and stroke.shape[1] == 3 for stroke in found.strokes)


def test_points_outside_the_canvas_are_clipped_to_its_border():
    (stroke,) = drawn([[-500, 100, 18, 400, 100, 18]]).strokes
    assert stroke[:, 0].tolist() == [0, SIDE]
    assert pixels([[-500, 100, 18, 400, 100, 18]]).any()


def test_size_and_position_on_the_canvas_do_not_change_the_image():
    large = np.array(SEVEN[0]).reshape(-1, 3)
    small = large * (0.4, 0.4, 0.4) + (150, 20, 0)
    assert np.abs(pixels() - pixels([small.ravel().tolist()])).max() <= 60
    assert np.abs(pixels() - pixels([small.ravel().tolist()])).mean() < 3


def test_a_dot_stays_a_dot():
    rows, columns = np.nonzero(pixels([[140, 140, 8]]) > 25)
    assert np.ptp(rows) < 10
    assert np.ptp(columns) < 10


def test_pen_pressure_changes_the_stroke_width():
    thin, thick = (drawn([[60, 100, a, 200, 100, b]]).ink() > 0 for a, b in ((10, 10), (10, 30)))
    assert thick.sum() > 1.3 * thin.sum()
    column = [mask[:, mask.shape[1] // 8].sum() for mask in (thin, thick)]
    assert column[1] >= column[0]


def test_small_writing_is_redrawn_with_a_thinner_pen():
    small = drawn([[100, 100, 30, 140, 100, 30, 120, 150, 30]])
    narrowed = small.narrowed()
    assert narrowed.strokes[0][:, 2].tolist() == pytest.approx([canvas_strokes.BROADEST * 50] * 3)
    assert (narrowed.strokes[0][:, :2] == small.strokes[0][:, :2]).all()
    large = drawn()
    assert large.narrowed() is large
    blob = drawn([[100, 100, 30, 110, 100, 30]])
    assert blob.narrowed() is blob


def test_the_canvas_is_downscaled_unchanged():
    field = drawn([[20, 20, 20, 20, 120, 20]]).on_field(28)
    assert field.shape == (28, 28, 1)
    rows, columns = np.nonzero(field[..., 0] > 127)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 12, 1, 2)


def test_normalising_matches_the_size_and_position_of_training_images():
    small = drawn([[10, 20, 4, 50, 20, 4, 30, 70, 4]])
    right = small.normalised(20, 20 / 28)
    left, top, edge, bottom = right.box
    assert max(edge - left, bottom - top) == pytest.approx(200, abs=2)
    ink = right.on_field(56)[..., 0].astype(float)
    middle = [ink.sum(axis) @ (np.arange(56) + 0.5) / ink.sum() for axis in (0, 1)]
    assert middle == pytest.approx([28, 28], abs=0.5)
    assert len(right.strokes[0]) == 3
    dot = drawn([[10, 20, 4]]).normalised(20, 20 / 28)
    assert dot.strokes[0][0] == pytest.approx([140, 140, 20], abs=1)


def test_a_stroke_can_be_removed():
    two = drawn([*SEVEN, [80, 140, 18, 180, 140, 18]])
    assert two.without(1).as_lists() == SEVEN
    assert two.without(0).as_lists() == [[80, 140, 18, 180, 140, 18]]


def test_browser_and_server_use_the_same_canvas_size():
    code = paths.repository_folder() / "imgcls" / "ui" / "components" / "canvas" / "canvas.js"
    assert f"SIDE = {SIDE};" in code.read_text("utf-8")
