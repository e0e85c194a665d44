"""Settings of a run in a file that a person writes: YAML or JSON, with the names of the options of `imgcls train`.

    data: mnist_sample
    model: cnn
    filters: 32          # a setting of the model, here or below model_settings
    epochs: 10
    learning-rate: 1e-3

A run's own config.json is such a file, too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imgcls import models
from imgcls.config import PARAMS, VERSION, Config
from imgcls.errors import SettingError
from imgcls.params import Param
from imgcls.system import json_files

YAML = (".yaml", ".yml")
MOST_BYTES = 1_000_000


def read(path: Path) -> Config:
    """The settings in a file; what is missing has its default.

    Raises:
        SettingError: the file is missing or unreadable, or has an unknown or invalid setting.
    """
    values = values_in(path)
    if not isinstance(values, dict):
        raise SettingError(f"The settings file {path.name} must have one entry per setting, such as “epochs: 10”.")
    return config_of(values)


def values_in(path: Path, what: str = "settings file") -> Any:
    """What a YAML or JSON file holds; `what` it is called in messages.

    Raises:
        SettingError: the file is missing, unreadable or too large, or is neither YAML nor JSON.
    """
    return _yaml(path, what) if path.suffix.lower() in YAML else _json(path, what)


def config_of(values: Any) -> Config:
    """The settings in a dictionary as a person writes it; what is missing has its default.

    Raises:
        SettingError: it has an unknown or invalid setting.
    """
    if not isinstance(values, Mapping) or values.get("version", VERSION) != VERSION:
        return Config.from_dict(values)  # a run of an earlier version, whose settings had other names
    return Config.from_dict(_arranged({str(key).replace("-", "_"): value for key, value in values.items()}))


def _json(path: Path, what: str) -> Any:
    try:
        return json_files.read(path)
    except OSError as error:
        raise SettingError(f"The {what} {path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingError(f"The {what} {path.name} is not valid JSON.") from error


def _yaml(path: Path, what: str) -> Any:
    import yaml

    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingError(f"The {what} {path.name} is too large: it has more than {MOST_BYTES:,} bytes.")
        return yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SettingError(f"The {what} {path.name} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise SettingError(f"The {what} {path.name} is not valid YAML{where}.") from error


def _arranged(values: dict[str, Any]) -> dict[str, Any]:
    """Settings of the model below `model_settings`, and texts as values: YAML reads 1e-3 as a text."""
    model = values.get("model", Config().model)
    nested = values.pop("model_settings", {})
    if not isinstance(model, str) or not isinstance(nested, Mapping):
        return values | {"model_settings": nested}
    general = {param.name: param for param in PARAMS}
    family = {param.name: param for param in models.params(model)}
    settings = {str(name).replace("-", "_"): value for name, value in nested.items()}
    for name in [name for name in values if name in family and name not in general]:
        settings[name] = values.pop(name)
    return {name: _value(general.get(name), value) for name, value in values.items()} | {
        "model_settings": {name: _value(family.get(name), value) for name, value in settings.items()}
    }


def _value(param: Param | None, value: Any) -> Any:
    return param.parsed(value) if param is not None and isinstance(value, str) else value
