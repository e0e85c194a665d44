"""Lessons: the page, the bar on the other pages, and how the visitor's place is kept."""

import json
from dataclasses import replace

from imgcls import lessons
from imgcls.config import Config
from imgcls.export import records
from imgcls.export.records import Record
from imgcls.lessons import Situation
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Standing
from imgcls.sharing.visitors import SERVER
from imgcls.ui.app.lessons import bar, stored
from imgcls.ui.app.lessons.standing import JUST_FINISHED
from tests.support.lessons import THREE, begin, draw, standing
from tests.support.pages import button, html_of, is_intact, opened, prepared, shipped, text_of


def test_the_page_lists_every_lesson_and_a_link_opens_one():
    app = opened("lessons")
    assert is_intact(app)
    assert all(lessons.find(name).TITLE in html_of(app).replace("&#x27;", "'") for name in lessons.names())
    one = opened("lessons", lesson="draw")
    assert is_intact(one) and "Draw, and see it recognised" in text_of(one)
    assert "Download the sheet" in [found.label for found in one.get("download_button")]
    assert [found.proto.url for found in one.get("link_button")] == ["/teacher-sheet/draw"]


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
    assert "It reads a **3**" in text_of(app).replace("\\", "") and 'aria-label="Wrong"' in html_of(app)
    assert standing("draw").done == {0} and is_intact(app)


def test_a_step_can_be_skipped_and_the_place_is_kept_for_the_next_visit():
    shipped("digits")
    begin("draw")
    app = opened("predict", run="digits")
    button(app, "Skip").click().run()
    assert standing("draw").step == 1
    assert "Step 2 of" in html_of(opened("predict", run="digits"))
    assert not app.toast
    button(app, "Leave").click().run()
    assert "Resume it under Lessons" in app.toast[0].value
    app.run()
    assert not app.toast, "it says so once"
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
    app = opened("data")
    assert "lesson-folded lesson-away" in html_of(app), "one line on a page that the step is not about"
    button(app, "Show the step").click().run()
    assert "lesson-folded" not in html_of(app)


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


def test_the_formats_open_for_the_step_about_them():
    shipped("digits")
    begin("deployment")
    folded = opened("evaluate", run="digits", view="Export")
    assert not folded.session_state["export-programmers"]
    begun = lesson_progress.read(SERVER).begun("deployment")
    lesson_progress.write(SERVER, begun.changed("deployment", Standing(2, 1.0)))
    assert opened("evaluate", run="digits", view="Export").session_state["export-programmers"]


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
    assert "lesson-head" not in html_of(again.run())


def test_a_reload_keeps_the_lesson_of_a_browser_whatever_another_one_does(monkeypatch):
    shipped("digits")
    monkeypatch.setattr(stored, "of_browser", lambda: "")
    here, there = opened("lessons", lesson="draw"), opened("lessons", lesson="pixels")
    button(here, "Start the lesson").click().run()
    button(here, "Skip").click().run()
    button(there, "Start the lesson").click().run()
    assert lesson_progress.read(SERVER).current == "pixels"
    monkeypatch.setattr(stored, "of_browser", lambda: "draw")
    assert "Draw, and see it" in html_of(opened("data")), "another lesson was started elsewhere"
    button(there, "Leave").click().run()
    assert "Draw, and see it" in html_of(opened("data")), "and left there"
    finished = replace(standing("draw"), is_finished=True)
    lesson_progress.write(SERVER, lesson_progress.read(SERVER).changed("draw", finished, current=""))
    assert "Draw, and see it" in html_of(opened("data")), "and the same one was finished there"
    monkeypatch.setattr(stored, "of_browser", lambda: "convolution")
    assert "lesson-head" not in html_of(opened("data")), "a lesson that was never begun"


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


def test_a_finished_run_leaves_the_blue_button_to_an_open_lesson(finished_run):
    def kind() -> str:
        app = opened("train", run=finished_run.id)
        return next(found.proto.type for found in app.button if found.key == "finish-try")

    assert kind() == "primary"
    begin("draw")
    assert kind() == "secondary"


def test_the_front_of_a_lesson_says_what_one_will_do():
    app = opened("lessons", lesson="shuffled")
    assert "You shuffle the pixels until nobody can read a digit." in text_of(app) and "Your goal" not in text_of(app)
    assert "the same nine pixels in places that show nothing" in html_of(app)
