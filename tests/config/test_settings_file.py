"""Hand-written settings files: YAML or JSON, with the names of the command-line options."""

import json

import pytest

from imgcls.config import Config, settings_file
from imgcls.errors import SettingError


def written(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_yaml_accepts_the_command_line_options(tmp_path):
    text = "data: digits\nmodel: cnn\nfilters: 12\nepochs: 3\nlearning-rate: 1e-3\nflip: on\nlabel_smoothing: '0.1'\n"
    found = settings_file.read(written(tmp_path, "run.yaml", text))
    assert found == Config(
        data="digits", model_settings={"filters": 12}, epochs=3, learning_rate=1e-3, flip=True, label_smoothing=0.1
    )
    nested = "model: resnet\nmodel_settings:\n  stages: 2\n"
    assert settings_file.read(written(tmp_path, "b.yml", nested)).model_settings["stages"] == 2


def test_json_may_be_flat_or_the_settings_of_any_run(tmp_path):
    flat = written(tmp_path, "a.json", '{"model": "ann", "units": 64, "epochs": 2}')
    assert settings_file.read(flat) == Config(model="ann", model_settings={"units": 64}, epochs=2)
    run = written(tmp_path, "config.json", json.dumps(Config(epochs=7).as_dict()))
    assert settings_file.read(run) == Config(epochs=7)
    old = written(tmp_path, "old.json", '{"version": 3, "pictures": 500}')
    assert settings_file.read(old).train_images == 500


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "epochs: [1", r"not valid YAML in line 1|not valid YAML in line 2"),
        ("a.yaml", "- 1", "one entry per setting"),
        ("a.yaml", "epochs: many", "Epochs must be a number"),
        ("a.yaml", "model: nothing", "There is no model 'nothing'"),
        ("a.yaml", "units_of: 3", "Unknown setting 'units_of'"),
        ("a.yaml", "!!python/object/apply:os.abort []", "not valid YAML"),
        ("a.json", "{", "is not valid JSON"),
        ("missing.yaml", None, "cannot be read"),
    ],
)
def test_an_error_gives_one_message(tmp_path, name, text, message):
    path = tmp_path / name if text is None else written(tmp_path, name, text)
    with pytest.raises(SettingError, match=message):
        settings_file.read(path)
