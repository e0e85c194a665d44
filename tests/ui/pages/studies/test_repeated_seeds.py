"""Runs that differ only in the seed, on the Runs page."""

import json

import pytest

from imgcls import runs
from imgcls.evaluation import repeated_seeds
from imgcls.runs.index import trained_seeds
from imgcls.ui.app import links
from imgcls.ui.train import settings_form
from tests.support.pages import button, html_of, is_intact, opened, prepared, text_of
from tests.support.runs.repeated import repeated

pytestmark = pytest.mark.timeout(240)


def test_repeated_runs_are_shown_and_compared(finished_run):
    repeated(finished_run, "wide", [0, 2, 4])
    repeated(finished_run, "narrow", [30, 33, 39], epochs=9)
    app = opened("runs")
    assert is_intact(app) and "Repeated seeds" in text_of(app)
    shown = app.dataframe[-1].value
    assert list(shown["Seeds"]) == [3, 3] and shown["Mean test (%)"].is_monotonic_decreasing, "the best first"
    assert "is better than" in text_of(app) and "over 3 seeds and 360 test images" in text_of(app)
    other = app.selectbox(key="seeds-b")
    other.set_value(other.options[0]).run()
    assert is_intact(app) and "Choose two different settings." in text_of(app)
    linked = opened("runs", **{"seeds-a": other.options[1], "seeds-b": other.options[0]})
    assert [linked.selectbox(key=key).value for key in ("seeds-a", "seeds-b")] == [other.options[1], other.options[0]]


def test_two_selected_settings_are_compared_over_their_seeds(finished_run):
    wide = repeated(finished_run, "wide", [0, 2, 4])
    narrow = repeated(finished_run, "narrow", [30, 33, 39], epochs=9)
    selected = [run.id for run in (*wide, *narrow)]
    app = opened("runs", layout="Table", selected=selected)
    button(app, "Which is better?").click().run()
    assert is_intact(app) and "is better than" in text_of(app) and "**B**: narrow (epochs 9), 3 seeds" in text_of(app)
    for others in (selected[:3], selected[:4], selected[2:4] + selected[5:]):
        assert button(opened("runs", layout="Table", selected=others), "Which is better?").disabled


def test_repeated_seeds_follow_the_search(finished_run):
    repeated(finished_run, "wide", [0, 2, 4])
    repeated(finished_run, "narrow", [30, 33, 39], epochs=9)
    app = opened("runs", q="narrow")
    assert is_intact(app) and list(app.dataframe[-1].value["Seeds"]) == [3]
    assert "is better than" not in text_of(app), "there is nothing to compare it with"
    assert "Repeated seeds" not in [found.value for found in opened("runs", q="wide-0").header]


def test_two_selected_runs_within_the_seed_variation_raise_a_warning(finished_run):
    wide = repeated(finished_run, "wide", [0, 12, 24])
    one, other = repeated(finished_run, "narrow", [4, 10], epochs=9)
    (other.folder / "config.json").write_text(json.dumps(other.config.changed(epochs=8).as_dict()))
    assert repeated_seeds.caution(one, other, runs.all_runs())
    app = opened("runs")
    app.session_state["runs-selected"] = [one.id, other.id]
    app.run()
    assert "is within the variation between seeds" in text_of(app)
    compared = opened("evaluate", run=other.id, view="Compare", other=one.id)
    assert "is within the variation between seeds" in text_of(compared), "where the two are compared, too"
    seeds = opened("evaluate", run=wide[2].id, view="Compare", other=wide[0].id)
    assert "These runs differ only in the seed" in text_of(seeds)
    assert "is better than" not in html_of(seeds), "one verdict"


def test_train_skips_seeds_that_are_trained_already(finished_run):
    app = prepared("train")
    app.session_state[links.PRESET] = settings_form.form_of(finished_run.config)
    app.run()
    app.number_input(key="seeds").set_value(3).run()
    assert is_intact(app) and "Seed 0 exists; trains seeds 1–2." in text_of(app)
    app.checkbox(key="skip-seeds").uncheck().run()
    assert "exists" not in text_of(app)
    app.checkbox(key="skip-seeds").check().run()
    button(app, "Start").click().run()
    assert sorted(run.config.seed for run in runs.all_runs()) == [0, 1, 2]


def test_where_all_seeds_are_trained_nothing_starts(finished_run):
    repeated(finished_run, "other", [0, 0])
    app = prepared("train")
    app.session_state[links.PRESET] = settings_form.form_of(finished_run.config)
    app.run()
    assert not button(app, "Start").disabled, "a single run may be trained again"
    app.number_input(key="seeds").set_value(2).run()
    assert is_intact(app) and "Seeds 0–1 exist; nothing to train." in text_of(app) and button(app, "Start").disabled


def test_a_seed_counts_as_trained_only_with_the_same_settings_and_data(finished_run):
    version = finished_run.result["data"]["state"]
    trained = trained_seeds.trained(finished_run.config, version)
    assert trained == {finished_run.config.seed: finished_run.id}
    assert trained_seeds.trained(finished_run.config.changed(epochs=9), version) == {}
    assert trained_seeds.trained(finished_run.config, "other") == {}
    assert trained_seeds.numbers([0, 2, 3, 4, 9]) == "0, 2–4, 9"


def test_the_selected_run_has_a_ring_among_all_runs(finished_run):
    repeated(finished_run, "wide", [0, 2])
    rings = [
        [name in one.proto.spec for one in app.get("plotly_chart") if "parameters" in one.proto.spec]
        for name in ['"name":"selected"']
        for app in (opened("runs", layout="Table"), opened("runs", layout="Table", selected="wide-1"))
    ]
    assert rings == [[False], [True]]
