"""“Train again with changes” and links: the form has every setting of a run, even from the link alone, as after F5."""

import re

import pytest

from imgcls import jobs, models, runs
from imgcls.config import PARAMS, Config
from imgcls.datasets.recipes import MIRRORED
from imgcls.params import Choice, Param, Range, Value
from imgcls.ui.app import links
from imgcls.ui.train import settings_form
from tests.support.pages import button, html_of, is_intact, opened, prepared, text_of

ELSEWHERE = ("data", "model", "train_images", "label_smoothing", "loss", "folds", *MIRRORED)
"""Set by the test, valid only with some values of others, or never used for digits."""


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda: None)


def another(param: Param) -> Value:
    """A value that is not the default, nor on the steps of a slider."""
    limits = param.limits
    if param.name in ("shift", "cutout"):
        return 2
    if isinstance(limits, Choice):
        return next(option for option in limits.options if option != param.default)
    if param.kind is bool:
        return not param.default
    if isinstance(limits, Range):
        value = param.kind(limits.low + 0.37 * (min(limits.high, 50 * float(limits.low or 1)) - limits.low))
        return value if value != param.default else param.kind(limits.high)
    return param.default


def started(app) -> Config:
    """The settings with which Start trains."""
    assert is_intact(app), text_of(app)
    button(app, "Start").click().run()
    assert is_intact(app), text_of(app)
    (run,) = runs.all_runs()
    return run.config


def test_the_button_passes_the_settings_in_the_link_too(finished_run, monkeypatch):
    passed = []
    monkeypatch.setattr(links, "train", lambda query, **settings: passed.append((query, settings)))
    button(opened("train", run=finished_run.id), "Train again with changes").click().run()
    form = settings_form.form_of(finished_run.config)
    assert passed == [(settings_form.query_of(form), form)]


@pytest.mark.parametrize("model", ["ann", "cnn", "deep_cnn", "resnet"])
def test_the_link_holds_every_setting(model, digits):
    values = {param.name: another(param) for param in PARAMS if param.name not in ELSEWHERE}
    settings = {param.name: another(param) for param in models.params(model)}
    config = Config(data="digits", model=model, model_settings=settings, train_images=1234, **values)
    found = started(opened("train", **settings_form.query_of(settings_form.form_of(config)))).as_dict()
    unused = {
        name for kind, names in settings_form.SCHEDULE_PARAMS.items() if kind != config.schedule for name in names
    }
    assert {name: value for name, value in found.items() if value != config.as_dict()[name]}.keys() <= unused


def test_the_link_of_a_run_names_its_backbone_even_where_another_is_suggested(digits):
    config = Config(data="cifar10", model="transfer")
    app = opened("train", **settings_form.query_of(settings_form.form_of(config)))
    (shown,) = [box.value for box in app.selectbox if box.label == "Backbone"]
    assert shown == config.model_settings["backbone"]


@pytest.mark.parametrize("way", ["again", "a link", "another dataset"])
def test_augmentation_beyond_what_the_images_allow_is_reduced_and_reported(way, digits, mnist_sample):
    large = Config(data="mnist_sample", model="ann", rotation=30, shift=7, cutout=14)
    form = settings_form.form_of(large.changed(data="digits", rotation=44))
    if way == "again":
        app = prepared("train")
        app.session_state[links.PRESET] = form
        app.run()
    elif way == "a link":
        app = opened("train", **settings_form.query_of(form))
    else:
        app = opened("train", **settings_form.query_of(settings_form.form_of(large)))
        assert app.slider(key="shift").value == 7
        app.selectbox(key="data").select("digits").run()
    assert is_intact(app), text_of(app)
    assert "Shift was reduced to 2, the most for these images." in text_of(app)
    config = started(app)
    assert (config.data, config.rotation, config.shift, config.cutout) == ("digits", 30, 2, 4)


def test_the_terms_of_the_form_are_explained_in_one_section(digits):
    app = opened("train", model="cnn")
    app.session_state["terms"] = True
    app.run()
    assert is_intact(app)
    terms = re.findall("<summary>(.*?)</summary>.*?<span>(.*?)</span>", html_of(app))
    assert dict(terms).keys() >= {"Filter", "Epoch", "Split"} and all(text for _, text in terms)


def test_a_finished_run_shows_its_memory_and_processor_time_on_demand(finished_run):
    app = opened("train", run=finished_run.id)
    before = len(app.get("plotly_chart"))
    app.toggle(key="small-curves").set_value(True).run()
    assert is_intact(app) and len(app.get("plotly_chart")) > before + 2


def test_the_form_takes_over_all_settings_of_a_run(digits):
    """Using what a button of another page sends, including an image count that is not in the list."""
    config = Config(
        data="digits", train_images=333, model_settings={"filters": 8}, epochs=3, rotation=7, schedule="cosine", seed=5
    )
    app = opened("train", patience="9", zoom="0.2", optimizer="sgd")
    assert in_form(app)["patience"] == 9
    app.session_state[links.PRESET] = settings_form.form_of(config)
    app.run()

    assert is_intact(app)
    shown, wanted = in_form(app), settings_form.form_of(config)
    assert {name: shown[name] for name in wanted if name in shown} == {
        name: value for name, value in wanted.items() if name in shown
    }
    assert {"data", "train_images", "epochs", "rotation", "schedule", "cnn.filters"} <= shown.keys()
    in_url = {name: text if isinstance(text, str) else text[0] for name, text in dict(app.query_params).items()}
    assert in_url == settings_form.query_of(wanted), "a reload must show the same form"

    button(app, "Start").click().run()
    assert runs.all_runs()[0].config == config


def in_form(app) -> dict:
    """The value of each rendered control by its key."""
    return {widget.key: widget.value for kind in (app.selectbox, app.number_input, app.slider) for widget in kind}
