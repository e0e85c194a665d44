"""The form opens with the preset "Quick" where it was measured, and never changes what somebody chose."""

import re

import pytest

from imgcls.config import Config
from imgcls.datasets.recipes import presets
from imgcls.ui.app import links
from imgcls.ui.train import settings_form
from tests.support.pages import html_of, is_intact, opened, prepared, text_of

MEASURED = ("mnist_sample/cnn/quick", "mnist_sample/ann/quick")


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Quick is measured for two families, whatever the present records are."""
    records = {}
    monkeypatch.setattr(presets, "_records", lambda: records)
    for key in MEASURED:
        data, model, _ = key.split("/")
        settings = presets.presets(model, data)[0].settings
        records[key] = {"settings": settings, "processor_seconds": 20.0, "accuracy": 0.9, "cores": 2}


def quick(model: str) -> int:
    return int(presets.presets(model, "mnist_sample")[0].settings["epochs"])


def epochs(app) -> int:
    assert is_intact(app), text_of(app)
    return int(app.number_input(key="epochs").value)


def applied(app) -> list[str]:
    found = [app.button(key=f"preset-{name}") for name in ("quick", "good", "best")]
    return [one.key for one in found if "check" in one.icon]


def test_the_form_opens_with_quick_also_for_another_model(digits):
    app = opened("train")
    assert epochs(app) == quick("cnn") != Config.epochs and applied(app) == ["preset-quick"]
    app.selectbox(key="model").set_value("ann").run()
    assert epochs(app) == quick("ann") and applied(app) == ["preset-quick"]
    assert app.number_input(key="learning_rate").value == Config.learning_rate  # that of the other preset is gone
    app.selectbox(key="model").set_value("resnet").run()  # not measured
    assert epochs(app) == Config.epochs


def test_what_was_changed_by_hand_stays_when_the_model_changes(digits):
    app = opened("train")
    app.number_input(key="epochs").set_value(9).run()
    app.selectbox(key="model").set_value("ann").run()
    assert epochs(app) == 9


@pytest.mark.parametrize("query", [{"epochs": "5"}, {"shift": "1"}, {"preset": "plain"}])
def test_a_link_with_settings_keeps_exactly_its_values(query, digits):
    app = opened("train", model="ann", **query)
    assert epochs(app) == int(query.get("epochs", Config.epochs)) and not applied(app)


def test_a_run_with_the_defaults_is_trained_again_with_the_defaults(digits):
    app = prepared("train")
    app.session_state[links.PRESET] = settings_form.form_of(Config(data="mnist_sample", model="ann"))
    app.run()
    assert epochs(app) == Config.epochs and app.query_params["preset"] == "plain"  # for a reload
    app.selectbox(key="model").set_value("cnn").run()
    assert epochs(app) == Config.epochs


def test_a_dataset_passed_from_its_page_is_opened_with_quick(digits):
    app = prepared("train")
    app.session_state[links.PRESET] = {"data": "mnist_sample"}
    assert epochs(app.run()) == quick("cnn")


def test_the_time_of_a_preset_is_estimated_for_idle_cores_and_says_so(digits):
    app = opened("train", model="ann")
    assert (
        "about 10\N{NO-BREAK SPACE}s\n90% right" in app.button(key="preset-quick").label
    )  # 20 s of processor time on two cores
    assert "Training time and test accuracy, measured once on 2 cores. The first few seconds are" in text_of(app)
    assert not app.button(key="preset-quick").help, "it would cover what is below"


def test_the_form_says_what_start_does_shows_the_images_and_what_each_part_is_for(digits):
    app = opened("train", data="Small digits")
    assert "Press **Start** and watch a network learn" in text_of(app)
    samples = next(part for part in html_of(app).split("<div") if 'class="samples"' in part)
    assert samples.count("<img") == 10, "one of each class"
    validation, total = re.search(r"(\d+) of the ([\d,]+) training images are set aside", html_of(app)).groups()
    assert total == "1,437" and f"<b>{validation}</b> validation" in html_of(app)
    assert "never used to choose anything" in html_of(app) and html_of(app).count("flex-grow:") == 3


def test_a_run_is_named_and_repeated_beside_start(digits):
    app = opened("train")
    assert app.get("popover")[0].proto.popover.label == "Name, seeds"
    app.number_input(key="seeds").set_value(3).run()
    assert app.get("popover")[0].proto.popover.label == "× 3 seeds"


def test_presets_that_were_not_measured_on_a_dataset_have_an_estimated_time(digits):
    app = opened("train", data="Small digits")
    labels = [app.button(key=f"preset-{name}").label for name in ("quick", "good", "best")]
    assert is_intact(app) and all(re.fullmatch(r"\*\*\w+\*\*\nabout \d+\s(s|min)\nestimate", one) for one in labels), (
        labels
    )
    assert "estimated from other datasets; not measured on this one" in text_of(app)
    assert (
        app.selectbox(key="model").set_value("resnet").run() and "not measured" in app.button(key="preset-good").label
    )
