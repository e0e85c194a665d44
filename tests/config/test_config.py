"""Settings: round trip, the error for each invalid value, and files from older and newer versions or truncated ones."""

import dataclasses
import json
import math
from typing import get_origin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imgcls import models
from imgcls.config import PARAMS, VERSION, Config, differences
from imgcls.config.older_versions import RENAMED
from imgcls.errors import SettingError, UserError
from imgcls.params import Choice, Range
from imgcls.system import paths

CHANGED = {
    "data": "digits",
    "train_images": 500,
    "validation_fraction": 0.2,
    "validation_minimum": 50,
    "folds": 5,
    "model": "ann",
    "model_settings": {"units": 64},
    "normalisation": "standardised",
    "rotation": 10,
    "shift": 2,
    "zoom": 0.1,
    "flip": True,
    "brightness": 0.1,
    "contrast": 0.2,
    "blur": 0.5,
    "noise": 8,
    "cutout": 4,
    "class_weights": True,
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "batch_size": 32,
    "epochs": 3,
    "loss": "sparse_categorical_crossentropy",
    "monitor": "accuracy",
    "early_stopping": False,
    "patience": 9,
    "schedule": "one_cycle",
    "plateau_patience": 4,
    "plateau_factor": 0.3,
    "step_epochs": 7,
    "step_factor": 0.25,
    "warmup_fraction": 0.35,
    "weight_decay": 0.001,
    "ema_decay": 0.99,
    "precision": "float32",
    "deterministic": True,
    "test_time_augmentation": True,
    "seed": 7,
}


def error_for(values) -> str:
    with pytest.raises(SettingError) as error:
        Config.from_dict(values)
    return str(error.value)


def test_settings_survive_a_json_round_trip(tmp_path):
    config = Config(**CHANGED)
    (tmp_path / "config.json").write_text(json.dumps(config.as_dict()))
    assert Config.load(tmp_path / "config.json") == config
    assert {name: getattr(config, name) for name in CHANGED if name != "model_settings"} == {
        name: value for name, value in CHANGED.items() if name != "model_settings"
    }
    assert dict(config.model_settings) == {"units": 64, "hidden_layers": 2, "dropout": 0.2, "activation": "relu"}


def test_the_round_trip_test_covers_every_setting():
    assert set(CHANGED) == {entry.name for entry in dataclasses.fields(Config)} - {"label_smoothing"}
    default = Config()
    assert all(getattr(default, name) != value for name, value in CHANGED.items())


def test_settings_contain_their_version_and_only_json_types():
    text = json.dumps(Config().as_dict(), allow_nan=False)
    assert json.loads(text)["version"] == VERSION


def test_the_default_settings_are_valid():
    assert Config() == Config.from_dict({})
    assert set(Config().model_settings) == {param.name for param in models.params("cnn")}


def test_settings_are_immutable():
    config = Config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.epochs = 3
    with pytest.raises(TypeError):
        config.model_settings["filters"] = 3
    assert config.changed(epochs=3).epochs == 3
    assert config.epochs == 10


def test_every_setting_is_a_param_with_help_text():
    names = [entry.name for entry in dataclasses.fields(Config) if entry.name != "model_settings"]
    assert [param.name for param in PARAMS] == names
    for param in PARAMS:
        assert param.help.endswith("."), param.name
        assert param.checked(param.default) == param.default
        assert param.kind in (int, float, bool, str)
        assert get_origin(param.kind) is None


@pytest.mark.parametrize(
    "param", [param for param in PARAMS if isinstance(param.limits, Range)], ids=lambda param: param.name
)
def test_every_number_is_refused_above_and_below_its_range(param):
    for value in (param.limits.low, param.limits.high):
        assert getattr(Config(**{param.name: value}), param.name) == value
    for value in (param.limits.low - 1, param.limits.high + 1):
        assert error_for({param.name: value}).startswith(f"{param.label} must be between ")
    assert error_for({param.name: "3"}) == f"{param.label} must be a number, not '3'."


@pytest.mark.parametrize(
    "param", [param for param in PARAMS if isinstance(param.limits, Choice)], ids=lambda param: param.name
)
def test_every_choice_lists_its_options(param):
    options = ", ".join(param.limits.options)
    assert error_for({param.name: "x"}) == f"{param.label} cannot be 'x'. Choose one of: {options}."


def test_an_unknown_setting_is_refused():
    said = error_for({"learning_rat": 0.1})
    assert said.startswith("Unknown setting 'learning_rat'. Available settings: data, train_images,")


def test_an_unknown_model_is_refused_with_the_choices():
    assert (
        error_for({"model": "resnet5"})
        == "There is no model 'resnet5'. Choose one of: ann, cnn, deep_cnn, resnet, transfer."
    )


def test_an_unknown_model_setting_is_refused():
    said = error_for({"model": "ann", "model_settings": {"filters": 8}})
    assert said.startswith("The model 'ann' has no setting 'filters'. Available settings: units, hidden_layers, ")


def test_an_invalid_model_setting_is_refused():
    said = error_for({"model": "ann", "model_settings": {"units": 7}})
    assert said == "Units must be between 8 and 1024, not 7."


@pytest.mark.parametrize("values", [None, 3, "text", [["epochs", 3]]])
def test_model_settings_must_be_a_mapping(values):
    assert error_for({"model_settings": values}).startswith("The model's settings must be a JSON object of names")


def test_label_smoothing_needs_one_hot_labels():
    said = error_for({"loss": "sparse_categorical_crossentropy", "label_smoothing": 0.1})
    assert said.startswith("Label smoothing needs one-hot labels: choose the loss 'categorical_crossentropy'")
    assert Config(loss="sparse_categorical_crossentropy").label_smoothing == 0
    assert Config(label_smoothing=0.1).label_smoothing == 0.1


@pytest.mark.parametrize("version", [6, 99, "1", None, 1.5])
def test_settings_from_a_newer_version_are_refused_with_an_explanation(version):
    said = error_for({"version": version})
    assert (
        said == f"These settings have version {version}, but this program reads versions up to 5. Update the program."
    )


# ---- settings of version 1


@pytest.mark.parametrize(("switch", "schedule"), [(True, "plateau"), (False, "constant")])
def test_the_plateau_switch_of_version_1_becomes_a_schedule(switch, schedule):
    values = {"version": 1, "epochs": 3, "reduce_on_plateau": switch, "plateau_factor": 0.4, "plateau_patience": 1}
    given = dict(values)
    config = Config.from_dict(values)
    expected = Config(epochs=3, schedule=schedule, plateau_factor=0.4, plateau_patience=1, precision="float32")
    assert config == expected.changed(validation_minimum=0)
    assert values == given  # the input is not modified
    assert config.as_dict()["version"] == VERSION
    assert Config.from_dict(config.as_dict()) == config


def test_minimal_version_1_settings_keep_their_meaning():
    assert Config.from_dict({"version": 1}) == Config(precision="float32", validation_minimum=0)


@pytest.mark.parametrize(("optimizer", "decay"), [("adamw", 0.004), ("adam", 0.0), ("sgd", 0.0)])
def test_adamw_from_version_1_keeps_its_weight_decay(optimizer, decay):
    assert Config.from_dict({"version": 1, "optimizer": optimizer}).weight_decay == decay
    assert Config.from_dict({"version": 2, "optimizer": optimizer}).weight_decay == 0


@pytest.mark.parametrize("switch", ["yes", 1, None, [True], {}])
def test_an_invalid_version_1_switch_is_refused(switch):
    said = error_for({"version": 1, "reduce_on_plateau": switch})
    assert said == f"Reduce on plateau must be true or false, not {switch!r}."


def test_the_version_1_switch_is_not_a_version_2_setting():
    assert error_for({"version": 2, "reduce_on_plateau": True}).startswith("Unknown setting 'reduce_on_plateau'.")
    assert error_for({"reduce_on_plateau": True}).startswith("Unknown setting 'reduce_on_plateau'.")


@pytest.mark.parametrize("version", [1, 2])
def test_the_former_deep_cnn_is_read_as_the_residual_network(version):
    params = {"filters": 24, "stages": 3, "blocks": 1, "dropout": 0.1, "activation": "relu"}
    config = Config.from_dict({"version": version, "model": "deep_cnn", "model_settings": params})
    assert (config.model, dict(config.model_settings)) == ("resnet", params)
    assert Config.from_dict({"version": 3, "model": "deep_cnn"}).model == "deep_cnn"


SHIPPED = sorted((paths.repository_folder() / "saved_models").glob("*/config.json"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_settings_of_the_shipped_models_can_be_read(path):
    written = json.loads(path.read_text())
    config = Config.load(path)
    switch = written.pop("reduce_on_plateau", None)
    version = written.pop("version")
    if version == 1:
        assert (config.schedule, config.precision) == ("plateau" if switch else "constant", "float32")
    if version < 3 and written["model"] == "deep_cnn":
        written["model"] = "resnet"
    written = {RENAMED.get(name, name): value for name, value in written.items()}
    assert {name: config.as_dict()[name] for name in written} == written


OLD = {
    "version": 3,
    "pictures": 500,
    "validation_share": 0.2,
    "cut_out": 3,
    "mirrored_answers": True,
    "warmup_share": 0.3,
    "averaging": 0.9,
    "model": "transfer",
    "model_settings": {"base": "A finished run", "base_run": "digits", "copies": 6},
}


def test_version_3_settings_are_read_under_their_new_names():
    config = Config.from_dict(OLD)
    assert config == Config(
        train_images=500,
        validation_fraction=0.2,
        validation_minimum=0,
        cutout=3,
        test_time_augmentation=True,
        warmup_fraction=0.3,
        ema_decay=0.9,
        model="transfer",
        model_settings={"backbone": "One of your runs", "backbone_run": "digits", "augmented_copies": 6},
    )
    assert Config.from_dict(config.as_dict()) == config


@pytest.mark.parametrize("name", [name for name in OLD if name not in ("version", "model", "model_settings")])
def test_old_names_are_not_version_4_settings(name):
    assert error_for({"version": 4, name: OLD[name]}).startswith(f"Unknown setting '{name}'.")


@pytest.mark.parametrize("settings", [None, 3, "text", [], {"base": []}, {"base": {}}, {"copies": "many"}])
def test_damaged_settings_of_an_older_model_are_refused(settings):
    assert error_for({"version": 3, "model": "transfer", "model_settings": settings})


def test_three_models_ship():
    assert [path.parent.name for path in SHIPPED] == ["cifar10", "digits", "fashion"]


@pytest.mark.parametrize("values", [None, 3, "text", [], [{"epochs": 3}]])
def test_settings_that_are_not_a_mapping_are_refused(values):
    assert error_for(values) == "The settings must be a JSON object with one entry per setting."


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"epochs": 3', b"\xff\xfe\x00", b"[" * 100_000, b'{"epochs": ' + b"[" * 50 + b"]" * 50 + b"}"],
)
def test_a_truncated_file_is_refused(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(SettingError, match=r"^The settings file config\.json is not valid JSON\.$"):
        Config.load(tmp_path / "config.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r"^The settings file config\.json cannot be read: No such file"):
        Config.load(tmp_path / "config.json")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "1e999", "9" * 5000])
def test_a_file_with_nan_or_infinity_is_refused(tmp_path, word):
    (tmp_path / "config.json").write_text(f'{{"learning_rate": {word}}}')
    with pytest.raises(SettingError, match=r"^Learning rate must be a finite number\.$"):
        Config.load(tmp_path / "config.json")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**500)
    | st.floats()
    | st.text()
    | st.sampled_from([word for param in PARAMS if isinstance(param.limits, Choice) for word in param.limits.options]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELD = st.sampled_from([entry.name for entry in dataclasses.fields(Config)] + ["version", "reduce_on_plateau"])


@settings(max_examples=500)
@given(st.one_of(ANYTHING, st.dictionaries(FIELD | st.text() | st.integers(), ANYTHING, max_size=4)))
@example({"epochs": 10**400})
@example({"version": 1, "reduce_on_plateau": [], "optimizer": []})
@example({"model_settings": {1: 2, "x": 3}})
def test_any_input_becomes_valid_settings_or_a_clear_error(values):
    try:
        config = Config.from_dict(values)
    except UserError as error:
        assert isinstance(error, SettingError)
        assert str(error)
        return
    assert Config.from_dict(config.as_dict()) == config
    assert all(math.isfinite(value) for value in config.as_dict().values() if isinstance(value, float))


def test_differences_lists_settings_that_vary_between_runs():
    first = Config(data="digits", model="ann", model_settings={"units": 64})
    second = first.changed(epochs=3, model_settings={"units": 128})
    assert differences([first, second]) == {"epochs": [10, 3], "units": [64, 128]}
    third = Config(data="digits", model="cnn")
    different = differences([first, third])
    assert different["model"] == ["ann", "cnn"]
    assert different["filters"] == ["", 16]
    assert different["hidden_layers"] == [2, ""]
    assert "data" not in different


def test_zero_or_one_runs_have_no_differences():
    assert differences([]) == {}
    assert differences([Config()]) == {}
