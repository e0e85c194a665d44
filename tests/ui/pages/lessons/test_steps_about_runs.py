"""Steps about runs of the visitor: which run counts, and what the bar says while there is none."""

import json

import pytest

from imgcls import datasets, jobs, lessons, runs
from imgcls.config import Config
from imgcls.lessons import Situation
from imgcls.sharing import lesson_progress
from imgcls.sharing.lesson_progress import Standing
from imgcls.sharing.visitors import SERVER
from imgcls.ui.app import links
from imgcls.ui.app.lessons import standing as standings
from imgcls.ui.runs.table_columns import DEFAULT
from tests.support.lessons import begin, standing
from tests.support.pages import button, html_of, is_intact, opened, prepared, shipped, text_of


def test_a_step_about_a_run_of_ones_own_is_not_shown_beside_another_run():
    own, other = shipped("fashion"), shipped("digits")
    (own.folder / "config.json").write_text(json.dumps(Config(**lessons.find("training").FEW).as_dict()))
    begin("training")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("training", Standing(1, 1.0)))
    app = opened("evaluate", run=other.id, view="Training curves")
    assert "These are the curves of your run" not in text_of(app) and button(app, "Back to this step's page")
    assert "These are the curves of your run" in text_of(opened("evaluate", run=own.id, view="Training curves"))


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


def test_a_step_about_a_run_that_is_still_training_says_so_and_leads_to_it():
    other = shipped("digits")
    begun = runs.create(Config(**lessons.find("training").FEW), label="Mine", run_id="unfinished")
    begin("training")
    progress = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, progress.changed("training", Standing(1, 1.0)))
    app = opened("evaluate", run=other.id, view="Training curves")
    assert not begun.has_ended
    assert "“Mine”, which is still training" in html_of(app) and "not trained yet" not in html_of(app)
    assert ".st-key-curve-loss{outline" not in html_of(app), "these are the curves of another run"
    assert button(app, "Watch the training")


def test_while_the_run_of_a_step_trains_the_way_to_it_is_marked_instead_of_start():
    begin("training")
    progress = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, progress.changed("training", Standing(0, 1.0, {0: 2})))
    app = opened("train")
    assert ".st-key-start{outline" in html_of(app) and ".st-key-lesson-open button{outline" not in html_of(app)
    runs.create(Config(**lessons.find("training").FEW), run_id="unfinished")
    app = opened("train")
    assert ".st-key-start{outline" not in html_of(app) and ".st-key-lesson-open button{outline" in html_of(app)


def test_the_summary_of_a_lesson_offers_the_runs_that_are_missing():
    begin("training")
    lesson = lessons.find("training")
    run = shipped("fashion")
    (run.folder / "config.json").write_text(json.dumps(Config(**lesson.DROPOUT).as_dict()))
    runs.create(Config(**lesson.ALL), run_id="unfinished")
    progress = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, progress.changed("training", Standing(len(lesson.STEPS) - 1, 1.0)))
    app = opened("runs")
    assert "a run that has no result yet" in html_of(app)
    labels = [one.label for one in app.button if str(one.key).startswith("lesson-missing-")]
    assert labels == ["300 images", "with augmentation", "all images: still training"]
    button(app, "with augmentation").click().run()
    assert lesson.STEPS[standing("training").step].run_name == "with augmentation"


def test_a_form_that_a_lesson_has_filled_in_has_no_presets():
    assert "Quick" in " ".join(one.label for one in opened("train").button)
    begin("training")
    assert "Quick" not in " ".join(one.label for one in opened("train").button)


def test_a_run_of_a_lesson_is_named_after_it_unless_the_form_has_other_settings():
    begin("training")
    begun = lesson_progress.read(SERVER)
    lesson_progress.write(SERVER, begun.changed("training", Standing(2, 1.0)))
    app = prepared("train")
    app.session_state[links.PRESET] = lessons.form_of(lessons.find("training").STEPS[2])
    app.run()
    assert usual_name(app) == "Lesson 5: with dropout" and is_intact(app)
    app.number_input(key="epochs").set_value(3).run()
    assert usual_name(app) == "Dense network on MNIST sample"


def test_a_run_started_in_a_lesson_has_its_name(monkeypatch):
    names: list[str] = []
    datasets.prepare("mnist_sample")
    begun = runs.create(Config(), run_id="begun")
    monkeypatch.setattr(jobs, "begin", lambda config, name, **_: names.append(name) or begun)
    begin("training")
    app = prepared("train")
    app.session_state[links.PRESET] = lessons.form_of(lessons.find("training").STEPS[0])
    button(app.run(), "Start").click().run()
    assert names == ["Lesson 5: 300 images"]


def usual_name(app) -> str:
    return next(found.placeholder for found in app.text_input if found.label == "Run name")


def test_a_step_whose_dataset_is_not_prepared_says_what_to_do_first(monkeypatch):
    begin("clothing")
    at = next(at for at, step in enumerate(lessons.find("clothing").STEPS) if step.settings)
    lesson_progress.write(SERVER, lesson_progress.read(SERVER).changed("clothing", Standing(at, 1.0, answers={at: 0})))
    monkeypatch.setattr(datasets, "is_ready", lambda name: name != "fashion_mnist")
    for is_available, text in ((True, "First press “Prepare”"), (False, "the lesson continues without it")):
        monkeypatch.setattr(datasets, "is_available", lambda name, found=is_available: found)
        app = opened("train", data="Fashion-MNIST")
        assert text in html_of(app) and "press Start.</p>" not in html_of(app).replace("Then press Start.", "")
        assert ".st-key-get-fashion_mnist{" in html_of(app), "the button is marked"


def test_a_step_about_an_included_model_that_is_missing_says_so():
    begin("honest")
    app = opened("evaluate")
    assert "needs the included model “fashion”" in html_of(app) and is_intact(app)
    shipped("fashion")
    assert "needs the included model" not in html_of(opened("evaluate", run="fashion"))


def test_the_columns_that_a_step_shows_are_those_of_before_after_it(finished_run):
    begin("transfer")
    lesson_progress.write(SERVER, lesson_progress.read(SERVER).changed("transfer", Standing(2, 1.0)))
    app = opened("runs", layout="Table", columns="Parameters")
    assert list(app.session_state["columns"]) == ["Parameters"]
    app.button(key="lesson-leave").click().run()
    assert is_intact(app) and tuple(app.session_state["columns"]) == DEFAULT, "what was before is not known"


@pytest.mark.parametrize("key", ["lesson-leave", "lesson-next-2"])
def test_columns_that_the_visitor_chose_come_back_after_a_step(finished_run, key, monkeypatch):
    begin("transfer")
    lesson_progress.write(SERVER, lesson_progress.read(SERVER).changed("transfer", Standing(2, 1.0)))
    app = prepared("runs", layout="Table", columns="Parameters")
    app.session_state[standings.REMEMBERED] = {"layout": "Cards", "columns": ["State"]}
    app.run()
    monkeypatch.setattr(links, "train", lambda **settings: None)  # the next step's page
    app.button(key=key).click().run()
    assert is_intact(app) and app.session_state["columns"] == ["State"]
    assert app.session_state["layout"] == "Cards"
