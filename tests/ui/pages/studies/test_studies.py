"""The Studies page."""

import json

import filelock
import pytest
import yaml

from imgcls import jobs, runs, studies
from imgcls.runs import trials
from imgcls.studies import Trial, driver, plan
from imgcls.system import paths
from imgcls.ui.app import links
from imgcls.ui.runs.studies import first_study, page, results, trial_curves
from imgcls.ui.runs.studies.trials_table import ranked
from tests.support import studies as support
from tests.support.pages import button, html_of, is_intact, opened, text_of
from tests.support.studies import planned

pytestmark = pytest.mark.timeout(240)


def test_without_studies_the_page_shows_what_one_is(mnist_sample):
    app = opened("studies")
    assert is_intact(app) and html_of(app).count("data:image/svg+xml") == 3
    assert "imgcls study start search.yaml" in [code.value for code in app.code]


def test_one_click_starts_a_small_study_on_included_data(mnist_sample):
    app = opened("studies")
    button(app, "Try it with digits").click().run()
    assert is_intact(app)
    (study,) = studies.all_studies()
    assert study.plan.trials == 6 and study.plan.base.data == "mnist_sample" and study.plan.base.epochs <= 3
    shown = yaml.safe_load(first_study.FILE)
    assert plan.from_dict(shown).vary.keys() == study.plan.vary.keys(), "the file in the page is valid"


def test_all_studies_are_listed_with_their_state(ended):
    studies.create(planned(title="Another"), study_id="another")
    app = opened("studies")
    assert {button.label for button in app.button} >= {"Search", "Another"}
    assert "Finished" in text_of(app) and "12 of 12 trials" in text_of(app)
    assert button(app, "New study")
    assert "Interrupted" in text_of(app) and "0 of 6 trials" in text_of(app)


def test_a_study_says_what_it_varies_before_a_trial_has_ended(digits):
    study = studies.create(planned(), study_id="mine")
    with filelock.FileLock(study.folder / ".driver.lock"):
        app = opened("studies", study="mine")
        assert is_intact(app)
        assert "Varied: learning rate 0.0001 to 0.1 (logarithmic); batch size 16, 32, 64." in text_of(app)
        driver.Driver(study)._add(study.plan, [])
        assert "0 of 6 trials have ended, 0 in progress, 1 in the queue" in [
            one.proto.text for one in app.run().get("progress")
        ]


def test_the_list_renews_itself_while_a_study_runs(digits, monkeypatch):
    asked, fragment = [], page.st.fragment

    def recorded(*given, run_every=None):
        asked.append(run_every)
        return fragment(*given, run_every=run_every)

    monkeypatch.setattr(page.st, "fragment", recorded)
    study = studies.create(planned(), study_id="mine")
    opened("studies")
    assert page.TICK_SECONDS not in asked, "an interrupted study does not change by itself"
    with filelock.FileLock(study.folder / ".driver.lock"):
        opened("studies")
    assert page.TICK_SECONDS in asked


def test_a_study_shows_its_winner_its_figures_and_its_trials(ended):
    app = opened("studies", study="mine")
    assert is_intact(app)
    winner = studies.best(ended.trials(), ended.plan)
    assert f"Open trial {winner.number}" in [button.label for button in app.button]
    assert "12 configurations were tried" in text_of(app)
    assert f"The winner: learning rate **{winner.params['learning_rate']:.4g}**" in text_of(app)
    table = app.dataframe[0].value
    assert list(table[" "]) == ["★", *[""] * 11] and table["Trial"][0] == winner.number
    scores = [float(value) for value in table["Validation (%)"]]
    assert scores == sorted(scores, reverse=True) and round(scores[0], 6) == round(100 * winner.value, 6)
    assert all(len(curve) == 4 for curve in table["Curve"])
    assert len(app.get("plotly_chart")) == 6, (
        "history, importance, learning curves, parallel coordinates, two slices; all trials cost the same"
    )
    assert "What does accuracy cost?" not in [one.value for one in app.header]
    assert app.get("download_button")[0].proto.label == "Trials (CSV)"


def _renamed(name: str):
    """The page of the study after its dialog was opened and sent with this name."""
    app = opened("studies", study="mine")
    app.button(key="rename-study").click().run()
    app.text_input(key="study-title").set_value(name)
    (send,) = [one for one in app.button if one.label == "Rename" and one.key != "rename-study"]
    app.button(key="rename-study").click()  # keeps the dialog open: the whole page runs here, not only its fragment
    return send.click().run()


def test_a_study_is_renamed_on_its_page_also_while_it_runs(digits):
    study = studies.create(planned(), study_id="mine")
    before = study.created
    with filelock.FileLock(study.folder / ".driver.lock"):
        app = _renamed("Rates\u202e of  a wide network")
        assert is_intact(app) and app.title[0].value == "Rates of a wide network"
        assert "A name needs at least one letter or digit." in text_of(_renamed(" "))
    assert studies.find("mine").title == "Rates of a wide network" and study.created == before
    assert studies.create(planned(), study_id="mine").title == study.title, "its plan is the same"
    driver.Driver(study)._add(study.plan, [])
    assert [run.label for run in study.runs()] == ["Rates of a wide network #0"]


def test_with_few_trials_the_scores_by_value_stand_in_for_importances(few):
    app = opened("studies", study="mine")
    assert is_intact(app)
    assert "Importances need 8 complete trials; 3 more are missing." in text_of(app).splitlines()
    table = app.dataframe[0].value
    assert list(table["Setting"].unique()) == ["learning rate", "batch size"]
    assert table["Trials"].sum() == 10, "each trial counts once for each setting"
    best = max(100 * trial.value for trial in few.trials())
    assert round(table["Best (%)"].max(), 6) == round(best, 6)


def test_a_study_that_has_ended_goes_on_with_as_many_trials_as_importances_miss(few):
    app = opened("studies", study="mine")
    assert app.number_input(key="more-trials-mine").value == 3
    assert [one.label for one in app.button if "Add" in one.label] == ["Add 3 trials"], "one control"
    app.button(key="add-trials").click().run()
    assert is_intact(app) and few.plan.budget == 8 and few.result is None


def test_ten_trials_are_added_unless_another_number_is_typed(ended):
    app = opened("studies", study="mine")
    assert button(app, "Add 10 trials")
    app.number_input(key="more-trials-mine").set_value(1).run()
    button(app, "Add 1 trial").click().run()
    assert is_intact(app) and ended.plan.budget == 13
    with filelock.FileLock(ended.folder / driver.LOCK):
        assert not [one for one in opened("studies", study="mine").button if one.key == "add-trials"]


def test_with_few_trials_neither_a_selection_bias_nor_another_night_is_estimated(few):
    result = json.loads((few.folder / "result.json").read_text())
    bias = {"bias": 0.0, "accuracy": 0.84, "trials": 5, "images": 400}
    (few.folder / "result.json").write_text(json.dumps(result | {"bias": bias}))
    app = opened("studies", study="mine")
    assert "Selection bias" not in html_of(app)
    assert "Selection bias: too few trials to estimate it; 8 are needed." in text_of(app)
    assert "8 trials with a score: 3 more are needed" in text_of(app)


@pytest.mark.parametrize(("test", "differ"), [(0.8422, False), (0.8421, False), (0.8412, True)])
def test_only_different_estimates_need_an_explanation(test, differ):
    bias = {"bias": 0.005, "accuracy": 0.8422, "trials": 12, "images": 400}
    scores = {"accuracy": test, "low": 0.8, "high": 0.9, "images": 360}
    assert ("differs from this estimate" in " ".join(studies.sentences({"bias": bias, "test": scores}))) is differ


def test_the_page_rounds_scores_in_one_way_and_says_why_two_of_them_differ(few):
    result = json.loads((few.folder / "result.json").read_text())
    facts = {"value": 0.8475, "bias": {"bias": 0.0053, "accuracy": 0.8422, "trials": 12, "images": 400}}
    test = {"test": {"accuracy": 0.81944, "low": 0.77, "high": 0.86, "images": 360}}
    (few.folder / "result.json").write_text(json.dumps(result | facts | test))
    winner = studies.best(few.trials(), few.plan)
    ended = json.loads((winner.run.folder / "result.json").read_text())
    (winner.run.folder / "result.json").write_text(json.dumps(ended | {"val_accuracy": 0.99478}))
    app = opened("studies", study="mine")
    text, numbers = text_of(app), html_of(app)
    assert "84.8%" in numbers and "0.53" in numbers and "81.9%" in numbers and "95% CI 77.0–86.0%" in numbers
    specs = [one.proto.spec for one in app.get("plotly_chart")]
    assert any("99.5%" in spec and "colorbar" in spec for spec in specs), "as the page would say it"
    assert "without it, 84.2% of the validation images would be correct" in text.replace("\\", "")
    assert "The test accuracy differs from this estimate because it was measured on other images" in text


def test_a_selected_trial_stays_selected_when_another_becomes_the_best(ended):
    app = opened("studies", study="mine")
    app.session_state["trial-of-mine"] = 3
    app.run()
    assert "Open the run of trial 3" in [one.label for one in app.button]


def test_trials_are_ranked_by_their_score_and_those_without_one_come_last():
    def trial(number, value):
        return Trial(runs.Run(paths.runs_folder() / f"t-{number:04}"), number, {}, "finished", value)

    trials = [trial(0, None), trial(1, 0.2), trial(2, 0.9), trial(3, 0.9), trial(4, None)]
    assert [one.number for one in ranked(trials, planned())] == [2, 3, 1, 0, 4]
    assert [one.number for one in ranked(trials, planned(metric="val_loss"))] == [1, 2, 3, 0, 4]


def test_the_form_is_filled_with_the_settings_of_the_winner(ended, monkeypatch):
    gone = {}
    monkeypatch.setattr(links, "train", lambda query, **form: gone.update(form))
    button(opened("studies", study="mine"), "Train with these settings").click().run()
    best = studies.best(ended.trials(), ended.plan)
    assert {name: gone[name] for name in ("learning_rate", "batch_size")} == dict(best.params)


def test_an_interrupted_study_can_be_resumed_or_stopped(digits):
    studies.create(planned(), study_id="mine")
    app = opened("studies", study="mine")
    labels = [button.label for button in app.button]
    assert {"Resume", "Stop and keep the best"} <= set(labels)
    app.button[labels.index("Stop and keep the best")].click().run()
    assert studies.find("mine").is_stop_requested


def test_a_running_study_shows_its_progress(digits):
    study = studies.create(planned(), study_id="mine")
    run = jobs.runs.create(study.plan.base, run_id=study.run_id(0), trial=runs.trials.TrialRecord("mine", 0, {}))
    support.end(run)
    with filelock.FileLock(study.folder / driver.LOCK):
        app = opened("studies", study="mine")
        assert is_intact(app) and "Running" in text_of(app)
        assert "Resume" not in [button.label for button in app.button]


def test_parallel_trials_are_offered_by_what_the_backend_takes(digits, monkeypatch):
    monkeypatch.setenv("IMGCLS_BACKEND", "local,slurm,workers")
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    app.multiselect(key="vary-names-cnn").set_value(["batch_size"]).run()
    assert "Parallel" not in [one.label for one in app.number_input], "this machine trains one run at a time"
    app.selectbox(key="backend").set_value("workers").run()
    assert app.number_input(key="vary-parallel").max == 64
    app.number_input(key="vary-parallel").set_value(40).run()
    app.selectbox(key="backend").set_value("slurm").run()
    assert is_intact(app)
    assert app.number_input(key="vary-parallel").value == 16, "no more than are handed to a cluster at a time"
    app.number_input(key="vary-parallel").set_value(4).run()
    button(app, "Start study of 20 trials").click().run()
    (study,) = studies.all_studies()
    assert (study.plan.parallel, study.plan.backend) == (4, "slurm")
    monkeypatch.setenv("IMGCLS_BACKEND", "moon")
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    assert text_of(app).count("there is no such backend") == 1


def test_cards_say_what_was_searched_and_what_came_out(few):
    result = json.loads((few.folder / "result.json").read_text())
    test = {"accuracy": 0.8194, "low": 0.77, "high": 0.86, "images": 360}
    (few.folder / "result.json").write_text(json.dumps(result | {"test": test}))
    studies.create(planned(title="Another"), study_id="another")
    app = opened("studies")
    assert "Small digits · " in html_of(app) and "Test accuracy of the winner: 81.9%" in html_of(app)
    assert len(app.get("progress")) == 1, "only of the study that has not ended"
    assert "Finds good settings for you" in text_of(app)


def test_two_running_studies_say_that_they_take_turns(digits):
    found = [studies.create(planned(), study_id=name) for name in ("mine", "yours")]
    with filelock.FileLock(found[0].folder / driver.LOCK), filelock.FileLock(found[1].folder / driver.LOCK):
        assert "2 studies are running. Their trials take turns" in text_of(opened("studies", study="mine"))
    with filelock.FileLock(found[0].folder / driver.LOCK):
        assert "take turns" not in text_of(opened("studies", study="mine"))


def test_a_cost_that_hardly_differs_has_no_axis():
    assert results._varies([100, 100, 50, None]) and not results._varies([100, 100])
    assert not results._varies([13_705, 13_706]) and not results._varies([None]) and not results._varies([])


def test_a_study_is_deleted_after_a_question_and_restored(digits):
    studies.create(planned(), study_id="mine")
    app = opened("studies", study="mine")
    next(found for found in app.button if found.label == "Delete this study").click().run()
    assert is_intact(app) and studies.find("mine")
    app.button(key="delete-study").click().run()
    assert studies.all_studies() == []
    app = opened("studies")
    next(found for found in app.button if found.label == "Restore").click().run()
    assert is_intact(app) and studies.find("mine")


def test_learning_curves_are_drawn_from_the_first_epoch_on(digits):
    study = studies.create(planned(), study_id="mine")
    record = trials.TrialRecord("mine", 0, {"learning_rate": 0.01, "batch_size": 32})
    run = runs.create(study.plan.base, run_id="mine-0000", trial=record, place=1.0)
    app = opened("studies", study="mine")
    assert is_intact(app) and "Learning curves" not in [one.value for one in app.header]
    assert "Dense network" in text_of(app), "the model as it is called elsewhere"
    lines = [
        {"kind": "epoch", "epoch": epoch, "val_accuracy": score} for epoch, score in ((1, 0.5), (2, None), (3, 0.75))
    ]
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    app = opened("studies", study="mine")
    assert is_intact(app) and "Learning curves" in [one.value for one in app.header]
    (chart,) = app.get("plotly_chart")
    (line,) = json.loads(chart.proto.spec)["data"]
    assert line["line"]["dash"] == "dot", "it has not ended"
    assert "no score yet" in html_of(opened("studies"))


def test_many_learning_curves_are_those_of_the_best_and_of_what_trains(ended, monkeypatch):
    monkeypatch.setattr(trial_curves, "MOST_CURVES", 3)
    app = opened("studies", study="mine")
    assert is_intact(app) and "The best 3 of 12 trials." in text_of(app)
