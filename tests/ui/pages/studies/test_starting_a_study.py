"""The form on Train starts studies, and runs with several seeds."""

import time

import pytest

from imgcls import jobs, studies
from imgcls.datasets.recipes import presets
from imgcls.ui.cache import curves
from imgcls.ui.train import search
from tests.support.pages import button, is_intact, opened, prepared, text_of

pytestmark = pytest.mark.timeout(240)


def test_several_seeds_are_queued_at_once(digits, no_processes):
    no_processes.acquire()
    app = opened("train", data="Small digits")
    app.number_input(key="seeds").set_value(3)
    next(button for button in app.button if button.label == "Start").click().run()
    queued = jobs.waiting()
    assert [run.config.seed for run in queued] == [0, 1, 2]
    assert [run.label for run in queued] == [f"Convolutional network on Small digits, seed {seed}" for seed in range(3)]
    assert len({str(run.config.changed(seed=0).as_dict()) for run in queued}) == 1


def test_a_study_is_started_from_the_form(digits):
    app = opened("train", data="Small digits")
    app.session_state["vary"] = True
    app.run()
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate", "optimizer", "flip", "weight_decay"]).run()
    app.text_input(key="vary-cnn-learning_rate").set_value("1e-4 .. 0.01")
    app.number_input(key="vary-trials").set_value(7).run()
    labels = [one.label for one in app.button]
    assert "Start study of 7 trials" in labels and "Start" not in labels, "one button"
    button(app, "Start study of 7 trials").click().run()
    assert is_intact(app)
    (study,) = studies.all_studies()
    assert study.plan.trials == 7 and study.plan.base.data == "digits"
    assert {name: str(domain) for name, domain in study.plan.vary.items()} == {
        "learning_rate": "0.0001 to 0.01 (logarithmic)",
        "optimizer": "adam, adamw",
        "flip": "on, off",
        "weight_decay": "0.0001 to 0.1 (logarithmic)",
    }
    assert study.plan.title == "Convolutional network on Small digits", "as a run would be called"


def test_usual_values_are_suggested_and_parallel_trials_if_several_runs_may_train(digits, monkeypatch):
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    app.multiselect(key="vary-names-cnn").set_value(["batch_size"]).run()
    assert app.text_input(key="vary-cnn-batch_size").value == "32, 64, 128"
    assert "Parallel" not in [one.label for one in app.number_input]
    monkeypatch.setenv("IMGCLS_TRAININGS", "3")
    app.run()
    app.number_input(key="vary-parallel").set_value(2).run()
    button(app, "Start study of 20 trials").click().run()
    (study,) = studies.all_studies()
    assert study.plan.parallel == 2


def test_an_invalid_range_in_the_form_is_named(digits):
    app = opened("train", data="Small digits")
    app.session_state["vary"] = True
    app.run()
    app.multiselect(key="vary-names-cnn").set_value(["batch_size"]).run()
    app.text_input(key="vary-cnn-batch_size").set_value("64 .. 32").run()
    assert "must be smaller than" in text_of(app) and button(app, "Start study").disabled
    app.text_input(key="vary-cnn-batch_size").set_value(" ").run()
    assert "An empty text is neither a list" in text_of(app) and is_intact(app)
    app.text_input(key="vary-cnn-batch_size").set_value("32, 64").run()
    assert not button(app, "Start study of 20 trials").disabled


def test_the_switch_turns_start_into_one_button_for_a_study_and_back(digits):
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    assert button(app, "Start study").disabled and "Seeds" not in [one.label for one in app.number_input]
    assert "First choose the settings to vary, and their values." in text_of(app), "why the button is disabled"
    assert not app.multiselect(key="vary-names-cnn").proto.select_all
    app.multiselect(key="vary-names-cnn").set_value(["flip"]).run()
    app.selectbox(key="vary-sampler").set_value("grid").run()
    assert "First choose the settings" not in text_of(app)
    assert button(app, "Start study of 2 trials"), "a grid may have fewer combinations than trials"
    app.toggle(key="vary").set_value(False).run()
    assert not button(app, "Start").disabled and app.number_input(key="seeds").value == 1


def test_the_time_of_a_study_is_estimated_from_that_of_one_run(digits, monkeypatch):
    times, written = [60.0], "Estimated time of the study: about "
    monkeypatch.setattr(search.curves, "whole_seconds", lambda config: times[0])
    monkeypatch.setenv("IMGCLS_TRAININGS", "2")
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    assert written not in text_of(app), "no setting is chosen"
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate"]).run()
    assert f"{written}20 min." in text_of(app)
    app.number_input(key="vary-parallel").set_value(2).run()
    assert f"{written}10 min." in text_of(app)
    app.number_input(key="vary-hours").set_value(0.1).run()
    assert f"{written}6 min." in text_of(app), "it ends then"
    times[0] = None
    assert written not in text_of(app.run())
    times[0] = 60.0
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate", "epochs"]).run()
    assert written not in text_of(app), "runs of one epoch and of many have no common time"


def test_the_time_of_one_run_is_that_of_earlier_ones_or_of_its_preset(own_folders, monkeypatch):
    monkeypatch.setattr(curves, "_paces", lambda now: {})
    (quick, *_) = presets.presets("cnn", "mnist_sample")
    config = quick.config("cnn", "mnist_sample")
    measured = quick.measured.processor_seconds / quick.measured.cores
    assert curves.whole_seconds(config) == curves.whole_seconds(config.changed(seed=3)) == measured
    assert curves.whole_seconds(config.changed(epochs=77)) is None
    monkeypatch.setattr(curves, "_paces", lambda now: {("mnist_sample", "cnn"): 0.001})
    assert curves.whole_seconds(config) == pytest.approx(6 + 0.001 * 3400 * config.epochs)


def test_controls_of_varied_settings_are_disabled_with_their_values(digits):
    app = opened("train", data="Small digits", learning_rate="0.002")
    app.toggle(key="vary").set_value(True).run()
    app.multiselect(key="vary-names-cnn").set_value(["learning_rate", "filters"]).run()
    rate, filters = app.number_input(key="learning_rate"), app.slider(key="cnn.filters")
    assert rate.disabled and filters.disabled and rate.help.startswith("Varied by the study.")
    assert rate.value == 0.002 and app.query_params["learning_rate"] == "0.002"
    assert not app.slider(key="cnn.blocks").disabled and not app.number_input(key="epochs").disabled
    app.toggle(key="vary").set_value(False).run()
    rate = app.number_input(key="learning_rate")
    assert not rate.disabled and "Varied" not in rate.help and rate.value == 0.002


def grids(app, *keys: str) -> list[int]:
    """For each of these fields, the block that it is in, numbered in the order of the page."""
    places: dict[str, int] = {}

    def visit(block) -> None:
        for child in block.children.values():
            if hasattr(child, "children"):
                visit(child)
            else:
                places[getattr(child, "key", None)] = id(block)

    visit(app.main)
    found = [places[key] for key in keys]
    return [list(dict.fromkeys(found)).index(one) for one in found]


def test_the_fields_of_a_study_leave_no_holes_in_their_rows(digits, monkeypatch):
    app = opened("train", data="Small digits")
    app.toggle(key="vary").set_value(True).run()
    fields = ("vary-trials", "vary-sampler", "vary-pruner")
    ends = ("vary-until", "vary-hours", "vary-energy")
    assert grids(app, *fields, *ends) == [0] * 6, "six fields in rows of three, or of two on a phone"
    monkeypatch.setenv("IMGCLS_TRAININGS", "3")
    app.run()
    assert grids(app, *fields, "vary-parallel", *ends) == [0] * 4 + [1] * 3, "rows of two, and one of three"


def test_a_study_wanted_elsewhere_opens_the_section_with_its_controls(digits, monkeypatch):
    gone = []
    monkeypatch.setattr(search.links, "go", lambda page, **query: gone.append(page))
    app = opened("studies")
    button(app, "Choose your own settings").click().run()
    assert gone == ["train.py"] and app.session_state["vary"] and app.session_state["detailed-opened"]
    form = prepared("train", data="Small digits")
    for key, value in {"vary": True, "detailed-opened": True, "reveal-study": time.time()}.items():
        form.session_state[key] = value
    form.run()
    assert is_intact(form) and form.toggle(key="vary").value and form.session_state["detailed"]
    assert any("st-key-vary-panel" in str(one.proto) for one in form.get("bidi_component")), "and scrolls to them"
