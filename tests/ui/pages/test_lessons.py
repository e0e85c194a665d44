"""Lessons: the page, the bar on the other pages, and how the visitor's place is kept."""

import json
from dataclasses import replace

import pytest

from imgcls import jobs, lessons, runs
from imgcls.config import Config
from imgcls.export import records
from imgcls.export.records import Record
from imgcls.lessons import Situation
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Standing
from imgcls.sharing.visitors import SERVER
from imgcls.ui.app.lessons import bar, stored
from imgcls.ui.app.lessons.standing import JUST_FINISHED
from imgcls.ui.components import canvas
from tests.support.pages import button, html_of, is_intact, opened, prepared, shipped, text_of

THREE = [100, 70, 20, 140, 50, 20, 180, 80, 20, 165, 118, 20, 130, 134, 20, 175, 155, 20, 187, 196, 20, 140, 230, 20]
THREE += [92, 210, 20]


@pytest.fixture(autouse=True)
def same_browser(monkeypatch):
    """Each page is opened in the browser in which the lesson was begun."""
    monkeypatch.setattr(stored, "of_browser", lambda: lesson_progress.read(SERVER).current)


def begin(name: str) -> None:
    lesson_progress.write(SERVER, lesson_progress.read(SERVER).begun(name))


def standing(name: str):
    return lesson_progress.read(SERVER).of(name)


def draw(app, *strokes, number: int = 1) -> None:
    """What the canvas sends: the first run of the script takes the drawing, the second one reads it."""
    drawing = {"edition": 0, "number": number, "pen": 12, "isDone": True, "strokes": list(strokes)}
    app.session_state["canvas"] = {"drawing": drawing}
    app.run()
    app.run()


def test_the_page_lists_every_lesson_and_a_link_opens_one():
    app = opened("lessons")
    assert is_intact(app)
    assert all(lessons.find(name).TITLE in html_of(app).replace("&#x27;", "'") for name in lessons.names())
    one = opened("lessons", lesson="draw")
    assert is_intact(one) and "Draw, and see it recognised" in text_of(one)
    assert "Teacher's sheet" in [found.label for found in one.get("download_button")]


def test_a_link_to_an_unknown_lesson_says_so_and_shows_the_list():
    app = opened("lessons", lesson="<img src=x>")
    assert is_intact(app) and "no lesson" in text_of(app) and "Draw, and see it recognised" in html_of(app)


def test_without_a_lesson_there_is_no_bar():
    assert "lesson-head" not in html_of(opened("predict"))


def test_the_question_comes_first_then_the_task_then_what_happened():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    step = lessons.find("draw").STEPS[0]
    assert step.question.text in text_of(app) and step.do not in html_of(app)
    assert "outline" not in html_of(app), "nothing is marked before the guess"
    button(app, step.question.choices[2]).click().run()
    assert step.do in html_of(app) and ".st-key-canvas{outline" in html_of(app)
    draw(app, THREE)
    assert "It reads a **3**" in text_of(app).replace("\\", "") and "✗ No, it does not know" in html_of(app)
    assert standing("draw").done == {0} and is_intact(app)


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
    assert f"with a confidence of {confidence}" in text_of(app)
    assert f"with a confidence of {confidence}" in text_of(opened("predict", run="digits")), "and after F5"


def test_a_step_can_be_skipped_and_the_place_is_kept_for_the_next_visit():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    button(app, "Skip").click().run()
    assert standing("draw").step == 1
    assert "Step 2 of" in html_of(opened("predict", run="digits"))
    button(app, "Leave").click().run()
    assert "lesson-head" not in html_of(opened("predict", run="digits"))
    assert button(opened("lessons", lesson="draw"), "Continue")
    assert standing("draw").step == 1


def test_a_click_for_a_step_that_is_no_longer_the_current_one_is_ignored():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    late = button(app, "Skip")
    late.click().run()
    assert standing("draw").step == 1 and late.key != button(app, "Skip").key, "a click carries its step"
    bar._move("draw", 0, 1, "predict")
    bar._move("draw", 4, 5, "predict")
    assert standing("draw").step == 1 and not standing("draw").is_finished


def test_the_end_of_a_lesson_says_what_one_can_do_now_and_leads_to_the_next():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    last = len(lessons.find("draw").STEPS) - 1
    lesson_progress.write(SERVER, begun.changed("draw", Standing(last, 1.0, answers={0: 0, 1: 0})))
    app = opened("predict", run="digits")
    button(app, "Finish").click().run()
    app = opened("lessons", lesson="draw")
    done = html_of(app)
    assert "What you can do now:</b> Explain what a classifier does" in done and "is-new" not in done
    assert f"Right guesses: 1 of 2. 1 of {len(lessons.names())} lessons finished." in done
    assert [found.label for found in app.button if found.proto.type == "primary"] == [
        "Next lesson: Pixels: what a network sees"
    ]
    app.session_state[JUST_FINISHED] = "draw"
    assert "lesson-finish is-new" in html_of(app.run()), "celebrated once"


def test_the_number_of_a_lesson_is_the_one_in_the_course_even_if_others_are_missing(monkeypatch):
    monkeypatch.setattr(lessons, "names", lambda: ("draw", "honest"))
    app = opened("lessons")
    assert "<b>10</b>" in html_of(app) and "<b>2</b>" not in html_of(app)
    assert "10. How good is it" in opened("lessons", lesson="honest").title[0].value


def test_a_narrow_screen_shows_only_the_task_while_it_is_to_be_done_and_a_button_shows_the_rest():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    assert "lesson-folded" not in html_of(app), "first the question"
    button(app, lessons.find("draw").STEPS[0].question.choices[0]).click().run()
    assert "lesson-folded" in html_of(app)
    button(app, "Show the step").click().run()
    assert "lesson-folded" not in html_of(app)
    button(app, "Hide the step").click().run()
    assert "lesson-folded" in html_of(app)
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(0, 1.0, answers={0: 0}, done=frozenset({0}))))
    app.run()
    assert "lesson-folded" not in html_of(app), "the result is shown"


def test_the_next_step_shows_its_section_but_does_not_do_the_task_of_opening_it():
    shipped("digits")
    begin("deployment")
    app = opened("evaluate", run="digits")
    button(app, "Skip").click().run()
    assert standing("deployment").step == 1 and app.session_state["view"] == "Export" and is_intact(app)
    shipped("fashion")
    begun = lesson_progress.read(SERVER).begun("honest")
    lesson_progress.write(SERVER, begun.changed("honest", Standing(1, 1.0)))
    app = opened("evaluate", run="fashion")
    button(app, "Skip").click().run()
    assert standing("honest").step == 2 and app.session_state["view"] == "Errors", "“Per class” is the task"


def test_exporting_the_model_does_the_step_and_says_what_was_found(monkeypatch):
    shipped("digits")
    step = lessons.find("deployment").STEPS[1]
    there = Situation(page="evaluate", query=step.query)
    assert not step.is_done(there)
    found = Record("html", "Take it home", "", file="a.html", bytes=4_500_000, images=2000, identical=0.998)
    monkeypatch.setattr(records, "all_of", lambda run: {"html": found})
    assert step.is_done(there) and not step.is_done(Situation(page="predict"))
    assert step.values(there) == {"size": "4.5 MB", "same": "99.80%", "images": "2,000", "changed": "0"}
    monkeypatch.setattr(records, "all_of", lambda run: {"html": replace(found, problem="It does not match.")})
    assert not step.is_done(there)


def test_the_steps_about_heat_maps_ask_for_both_classes():
    lesson = lessons.find("explanations")
    for step, label in zip(lesson.STEPS, (lesson.DEER, lesson.DOG), strict=False):
        assert step.is_done(Situation(page="evaluate", query=lesson.VIEW, state={lesson.TARGET: label}))
        assert not step.is_done(Situation(page="evaluate", query=lesson.VIEW, state={lesson.TARGET: 9 - label}))
        assert not step.is_done(Situation(page="predict", state={lesson.TARGET: label}))


def test_the_steps_about_corruptions_ask_for_the_control_and_for_both_of_the_own_runs():
    lesson = lessons.find("noise")
    first, *_, own, _ = lesson.STEPS
    chosen = {"corruption": "noise", "strength": 4}
    assert first.is_done(Situation(page="evaluate", query=lesson.FASHION, state=chosen))
    assert not first.is_done(Situation(page="evaluate", query=lesson.DIGITS, state=chosen))
    assert not first.is_done(Situation(page="evaluate", query=lesson.FASHION, state=chosen | {"strength": 3}))
    for name, settings in (("fashion", lesson.PLAIN), ("digits", lesson.NOISY)):
        assert not own.is_done(Situation())
        (shipped(name).folder / "config.json").write_text(json.dumps(Config(**settings).as_dict()))
    assert own.is_done(Situation())
    assert own.values(Situation())["noisy_noise"] == "9.3%"


def test_on_another_page_the_bar_says_where_the_step_is_instead_of_showing_it():
    shipped("digits")
    begin("draw")
    app, step = opened("runs"), lessons.find("draw").STEPS[0]
    assert "This step is on the page “Predict”." in html_of(app)
    assert "On this page you can draw" not in text_of(app) and step.question.text not in text_of(app)
    button(app, "Back to this step's page").click().run()
    assert step.question.text in text_of(app) and is_intact(app)


def test_a_step_about_a_run_of_ones_own_is_not_shown_beside_another_run():
    own, other = shipped("fashion"), shipped("digits")
    (own.folder / "config.json").write_text(json.dumps(Config(**lessons.find("training").FEW).as_dict()))
    begin("training")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 1.0)))
    app = opened("evaluate", run=other.id, view="Training curves")
    assert "These are the curves of your run" not in text_of(app) and button(app, "Back to this step's page")
    assert "These are the curves of your run" in text_of(opened("evaluate", run=own.id, view="Training curves"))


def test_a_lesson_is_open_only_in_the_browser_that_started_it(monkeypatch):
    shipped("digits")
    monkeypatch.setattr(stored, "of_browser", lambda: "")
    here, there = opened("lessons", lesson="draw"), opened("lessons", lesson="pixels")
    button(here, "Start the lesson").click().run()
    assert "lesson-head" in html_of(here) and "lesson-head" not in html_of(opened("data"))
    button(there, "Start the lesson").click().run()
    assert "Pixels" in html_of(there)
    button(here, "Skip").click().run()
    assert standing("draw").step == 1 and "Draw, and see it" in html_of(here)
    button(there, "Leave").click().run()
    assert lesson_progress.read(SERVER).current == "draw", "which is open elsewhere"
    monkeypatch.setattr(stored, "of_browser", lambda: "draw")
    again = opened("data")
    assert "lesson-head" in html_of(again), "the browser that had it open is reloaded"
    button(again, "Leave").click().run()
    assert "lesson-head" not in html_of(opened("data"))


def test_a_finished_lesson_is_continued_while_it_is_repeated():
    shipped("digits")
    last = len(lessons.find("draw").STEPS) - 1
    finished = lesson_progress.read(SERVER).changed("draw", Standing(last, 1.0, is_finished=True))
    lesson_progress.write(SERVER, finished)
    button(opened("lessons", lesson="draw"), "Start again").click().run()
    assert standing("draw").is_finished and standing("draw").step == 0
    lesson_progress.write(SERVER, finished.changed("draw", Standing(2, 1.0, is_finished=True)))
    app = opened("lessons", lesson="draw")
    button(app, "Continue").click().run()
    assert standing("draw").step == 2


def test_home_and_the_list_continue_with_the_same_lesson():
    shipped("digits")
    begun = lesson_progress.read(SERVER).changed("draw", Standing(4, 1.0, is_finished=True))
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 2.0)).changed("shuffled", Standing(1, 1.0)))
    assert button(opened("home"), "Continue lesson 5: Training and overfitting").proto.type == "primary"
    assert button(opened("lessons"), "Continue with lesson 5")


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


def test_any_own_run_with_the_same_data_and_layers_does_for_the_convolution():
    run = shipped("fashion")
    step = lessons.find("convolution").STEPS[0]
    for settings, is_enough in (
        ({**step.settings, "epochs": 3, "seed": 5}, True),
        ({**step.settings, "data": "mnist_shuffled"}, False),
        ({**step.settings, "model_settings": {"blocks": 1}}, False),
    ):
        (run.folder / "config.json").write_text(json.dumps(Config(**settings).as_dict()))
        assert step.is_done(Situation()) == is_enough
        assert (Situation().finished(step.settings, is_alike=True) is not None) == is_enough


def test_a_lesson_that_no_longer_exists_shows_no_bar():
    begin("former")
    app = opened("data")
    assert is_intact(app) and "lesson-head" not in html_of(app)


def test_home_has_a_lesson_to_start_with():
    shipped("digits")
    app = prepared("home").run()
    assert button(app, "New here? Start lesson 1: Draw, and see it recognised")


def test_each_switch_of_the_seven_ways_shows_both_scores_and_does_its_step(mnist_sample):
    begin("worthless_scores")
    app = opened("lessons", lesson="worthless_scores")
    step = lessons.find("worthless_scores").STEPS[0]
    button(app, step.question.choices[1]).click().run()
    app.toggle(key="way-0").set_value(True).run()
    assert "100.0%</b> reported" in html_of(app) and "honest" in html_of(app)
    app.run()
    assert standing("worthless_scores").done == {0} and is_intact(app)


def test_a_summary_says_what_the_learner_reached():
    begin("shuffled")
    lesson = lessons.find("shuffled")
    lesson_progress.write(
        SERVER, lesson_progress.read(SERVER).changed("shuffled", Standing(len(lesson.STEPS) - 1, 1.0))
    )
    app = opened("runs")
    assert "Your four networks: dense –" in text_of(app) and is_intact(app)


def test_a_step_about_a_run_opens_the_latest_one_that_is_finished():
    finished = shipped("fashion")
    settings = {"data": "mnist_sample", "model": "cnn", "epochs": 8}
    (finished.folder / "config.json").write_text(json.dumps(Config(**settings).as_dict()))
    runs.create(Config(**settings), run_id="unfinished")
    assert {run.id for run in Situation().started(settings, earlier=True)} == {"fashion", "unfinished"}
    assert Situation().finished(settings) == finished


def test_during_a_training_the_task_is_to_wait_and_after_a_failure_to_start_again():
    step = lessons.find("shuffled").STEPS[0]
    begin("shuffled")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("shuffled", Standing(0, 1.0, {0: 2})))
    run = runs.create(Config(**step.settings))
    waiting = html_of(opened("train"))
    assert "Training has started" in waiting and step.do not in waiting
    (run.folder / "result.json").write_text(json.dumps({"version": 1, "outcome": "failed", "message": "It broke."}))
    app = opened("train")
    assert step.do in html_of(app) and "ended without a result" in text_of(app) and is_intact(app)
    assert button(app, "Fill in the form again")


def test_a_run_in_the_queue_is_said_to_wait_and_can_be_watched_from_other_pages(monkeypatch):
    step = lessons.find("shuffled").STEPS[0]
    begin("shuffled")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("shuffled", Standing(0, 1.0, {0: 2})))
    monkeypatch.setattr(jobs, "wake", lambda: None)
    run = runs.create(Config(**step.settings))
    jobs.start(run)
    app = opened("train")
    assert "waits for other runs" in html_of(app) and button(app, "Watch the training") and is_intact(app)
    there = opened("train", run=run.id)
    assert "Watch the training" not in [found.label for found in there.button] and is_intact(there)


def test_a_run_with_other_settings_is_said_not_to_count_and_the_form_is_one_click_away():
    step = lessons.find("shuffled").STEPS[0]
    other = shipped("digits")
    begin("shuffled")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("shuffled", Standing(0, 1.0, {0: 2})))
    app = opened("train", run=other.id)
    assert step.do in html_of(app) and "does not count" in html_of(app) and is_intact(app)
    assert button(app, "Open Train")


def test_a_drawing_that_does_not_do_the_task_gets_a_hint():
    shipped("digits")
    begin("draw")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("draw", Standing(1, 1.0, {1: 0})))
    app = opened("predict", run="digits")
    assert "lesson-hint" not in html_of(app)
    draw(app, THREE)
    assert "The app says “3”. If your 4 is complete" in html_of(app) and standing("draw").done == set()


def test_a_step_about_a_run_that_was_skipped_says_that_it_is_missing():
    run = shipped("fashion")
    begin("training")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 1.0)))
    missing = "a run that you have not trained yet"
    app = opened("evaluate", run=run.id, view="Training curves")
    assert missing in html_of(app) and "the curves of your run" not in text_of(app)
    button(app, "Train it now").click().run()
    assert standing("training").step == 0 and is_intact(app)
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 1.0)))
    begin("convolution")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("convolution", Standing(1, 1.0, {1: 1})))
    assert missing in html_of(opened("evaluate", run=run.id, view="Activations")) and not standing("convolution").done
    begin("training")
    (run.folder / "config.json").write_text(json.dumps(Config(**lessons.find("training").FEW).as_dict()))
    assert missing not in html_of(opened("evaluate", run=run.id, view="Training curves"))
