"""Presets: three for each family, valid everywhere, and measured figures only for the settings that were measured."""

import pytest

from imgcls import models
from imgcls.datasets.recipes import expected, presets
from imgcls.system import json_files

NAMES = ("quick", "good", "best")


@pytest.mark.parametrize("model", models.names())
@pytest.mark.parametrize("data", ["mnist_sample", "cifar10"])
def test_each_family_has_three_presets_with_valid_settings(model, data):
    found = presets.presets(model, data)
    assert tuple(one.name for one in found) == NAMES
    configs = [one.config(model, data) for one in found]
    assert len({str(config.as_dict()) for config in configs}) == 3
    # A preset replaces another one completely: all of them set the same controls.
    assert len({frozenset(one.settings) for one in found}) == 1
    if data == "mnist_sample":
        assert not any(config.flip or config.test_time_augmentation for config in configs)


def test_small_datasets_get_more_epochs():
    (small, *_), (large, *_) = presets.presets("cnn", "mnist_sample"), presets.presets("cnn", "cifar10")
    assert small.settings["epochs"] == presets.MORE_EPOCHS * large.settings["epochs"]


def test_figures_are_shown_only_for_the_settings_that_were_measured(monkeypatch):
    quick = presets.presets("cnn", "mnist_sample")[0]
    record = {"settings": quick.settings, "processor_seconds": 20.0, "accuracy": 0.97, "cores": 2}
    monkeypatch.setattr(presets, "_records", lambda: {"mnist_sample/cnn/quick": record})
    assert presets.presets("cnn", "mnist_sample")[0].measured == presets.Measured(20.0, 0.97, 2)
    assert presets.presets("cnn", "mnist_sample")[1].measured is None
    record["settings"] = quick.settings | {"epochs": 1}
    assert presets.presets("cnn", "mnist_sample")[0].measured is None


def test_the_measured_figures_say_how_they_were_made():
    content = json_files.read(presets.MEASURED)
    assert content["command"] == "python -m benchmarks.presets"
    for name, record in content["measured"].items():
        data, model, preset = name.split("/")
        assert preset in NAMES and model in models.names()
        assert 0 < record["accuracy"] <= 1 and record["processor_seconds"] > 0 and record["cores"] >= 1, (data, record)


def test_the_time_on_another_dataset_is_estimated_from_the_amount_of_work(monkeypatch):
    records = {}
    monkeypatch.setattr(presets, "_records", lambda: records)
    assert expected.seconds("cnn", "fashion_mnist", "quick") is None, "nothing was measured"
    (quick, *_) = presets.presets("cnn", "mnist_sample")
    key = "mnist_sample/cnn/quick"
    records[key] = {"settings": quick.settings, "processor_seconds": 25.5, "accuracy": 0.9, "cores": 2}
    # The same network and images, fifteen times as many of them in half as many epochs: 7.5 times 20 s, and the start.
    assert expected.seconds("cnn", "fashion_mnist", "quick") == pytest.approx((5.5 + 7.5 * 20) / 2)
    few, more = (expected.seconds("cnn", "digits", name) for name in ("quick", "best"))
    assert 2.5 < few < (25.5 / 2) and few < more
    assert expected.seconds("resnet", "digits", "quick") is None, "another family"


def test_the_estimates_are_near_what_was_measured(monkeypatch):
    records = dict(presets._records())
    for key in records:
        monkeypatch.setattr(presets, "_records", lambda key=key: {one: records[one] for one in records if one != key})
        data, model, name = key.split("/")
        guess = expected.seconds(model, data, name)
        if guess is not None:
            assert 1 / 5 < guess * records[key]["cores"] / records[key]["processor_seconds"] < 5, (key, guess)
