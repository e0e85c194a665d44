"""Steps for which something is drawn on Predict."""

from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Standing
from imgcls.sharing.visitors import SERVER
from imgcls.ui.components import canvas
from tests.support.lessons import HALF_A_FOUR, THREE, begin, draw, standing
from tests.support.pages import button, component, html_of, opened, shipped, text_of

FACE = [
    [float(number) for number in stroke.split()]
    for stroke in (
        "140 56 20 189 90 20 210 140 20 189 199 20 140 224 20 91 199 20 70 140 20 91 90 20 140 56 20",
        "112 115 20 118 123 20",
        "165 115 20 171 123 20",
        "109 165 20 140 187 20 171 165 20",
    )
]


def test_a_drawing_from_before_the_step_does_not_do_its_task():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(2, 1.0, {2: 1, 3: 0})))
    app = opened("predict", run="digits")
    face = ([60, 60, 20, 61, 61, 20], [120, 60, 20, 121, 61, 20], THREE)
    draw(app, *face)
    assert standing("draw").done == {2}
    button(app, "Next").click().run()
    app.run()
    assert standing("draw").step == 3 and standing("draw").done == {2}, "the face is no turned 7"
    draw(app, *face, [200, 200, 20, 220, 220, 20], number=2)
    assert standing("draw").done == {2}, "it was not cleared"
    draw(app, THREE, number=3)
    assert standing("draw").done == {2, 3}


def test_the_result_of_a_drawing_stays_whatever_is_drawn_afterwards():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(0, 1.0, {0: 0})))
    app = opened("predict", run="digits")
    draw(app, THREE)
    confidence = standing("draw").found[0]["confidence"]
    assert confidence.endswith("%")
    draw(app, [60, 60, 20, 61, 61, 20], number=2)
    assert f"is {confidence}. Nobody" in text_of(app)
    assert f"is {confidence}. Nobody" in text_of(opened("predict", run="digits")), "and after F5"


def test_a_lesson_begins_with_an_empty_canvas():
    shipped("digits")
    app = opened("predict", run="digits")
    draw(app, THREE)
    app.switch_page("../../../pages/lessons.py")
    app.query_params["lesson"] = "pixels"
    app.run()
    button(app, "Start the lesson").click().run()
    assert not app.session_state["drawn"].drawing


def test_the_first_lessons_paint_nothing_on_the_drawing(monkeypatch):
    shipped("digits")
    painted: list[int] = []
    monkeypatch.setattr(canvas, "mark", lambda marks: painted.append(len(marks)))
    draw(opened("predict", run="digits"), THREE)
    assert painted.pop() > 0
    begin("draw")
    draw(opened("predict", run="digits"), THREE)
    assert painted.pop() == 0


def test_a_drawing_that_does_not_do_the_task_gets_a_hint():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(1, 1.0, {1: 0})))
    app = opened("predict", run="digits")
    assert "lesson-hint" not in html_of(app)
    draw(app, THREE)
    assert "The network says “3”; this step needs a 4." in html_of(app) and standing("draw").done == set()


def test_a_warning_that_is_not_yet_explained_does_not_hide_the_prediction_of_half_a_digit():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    draw(app, HALF_A_FOUR)
    assert "Unlike anything" in component(app, "probability_bars").get("rejection", "")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(1, 1.0, {1: 1})))
    app = opened("predict", run="digits")
    assert component(app, "canvas")["digit"] == "4", "the faint digit is that of the step"
    draw(app, HALF_A_FOUR)
    assert "rejection" not in component(app, "probability_bars")
    hint = "this step needs a 4"
    assert hint in html_of(app) and standing("draw").done == set()


def test_the_result_of_a_face_names_the_network_and_the_extra_check():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(2, 1.0, {2: 1})))
    app = opened("predict", run="digits")
    draw(app, *FACE)
    shown = component(app, "probability_bars")
    title = shown["rejection"].rstrip(".")
    assert f"Network: **{shown['prediction']}**. Extra check: “{title}”" in text_of(app).replace("\\", "")
