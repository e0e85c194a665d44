"""Three presets of a model family for a dataset: quick, good and best, with the time and accuracy measured for them.

A family lists them as PRESETS: name -> settings, those of the family itself written as "model.NAME". They are added to
its RECIPE. `measured.json` is written by `python -m benchmarks.presets`; a measurement is used only as long as the
preset still has the settings that were measured.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imgcls import datasets, models
from imgcls.config import Config
from imgcls.datasets.recipes import recipe
from imgcls.params import Value
from imgcls.system import json_files

MEASURED = Path(__file__).with_name("measured.json")
FEW_IMAGES, MORE_EPOCHS = 10_000, 2
"""With fewer training images an epoch has few steps, so there are this many times as many epochs."""
PREFIX = "model."


@dataclass(frozen=True)
class Measured:
    """One training with a preset from start to end: its processor time on that many cores, and its test accuracy."""

    processor_seconds: float
    accuracy: float
    cores: int


@dataclass(frozen=True)
class Preset:
    """The values of every setting that any preset of the family sets; settings of the family as "model.NAME"."""

    name: str
    settings: dict[str, Value]
    measured: Measured | None

    def config(self, model: str, data: str) -> Config:
        """The settings as a configuration."""
        own = {name.removeprefix(PREFIX): value for name, value in self.settings.items() if name.startswith(PREFIX)}
        others: dict[str, Any] = {name: value for name, value in self.settings.items() if not name.startswith(PREFIX)}
        return Config(data=data, model=model, model_settings=own, **others)


def presets(model: str, data: str) -> tuple[Preset, ...]:
    """The presets of a family for a dataset, from quick to best; none if the family has none.

    Flips are off where mirrored images are not valid. Small datasets get more epochs, as their epochs are short.

    Raises:
        SettingError: there is no such family.
        DatasetError: there is no such dataset.
    """
    listed = getattr(models.family(model), "PRESETS", {})
    facts = datasets.facts(data)
    base = recipe(model, data)
    touched = dict.fromkeys(name for values in (base, *listed.values()) for name in values)
    defaults = {param.name: param.default for param in models.params(model)}
    found = []
    for name, values in listed.items():
        settings: dict[str, Any] = {
            one: defaults[one.removeprefix(PREFIX)] if one.startswith(PREFIX) else getattr(Config, one)
            for one in touched
        }
        settings |= base | values
        if "flip" in facts.avoid:
            settings |= {one: False for one in ("flip", "test_time_augmentation") if one in settings}
        if facts.counts[0] < FEW_IMAGES and not models.has_backbone(model):
            settings["epochs"] = MORE_EPOCHS * int(settings["epochs"])
        found.append(Preset(name, settings, _measured(data, model, name, settings)))
    return tuple(found)


def measured() -> tuple[str, ...]:
    """What there are measurements of, each as DATASET/FAMILY/PRESET."""
    return tuple(_records())


def _measured(data: str, model: str, name: str, settings: dict[str, Value]) -> Measured | None:
    record = _records().get(f"{data}/{model}/{name}")
    if record is None or record["settings"] != settings:
        return None
    return Measured(record["processor_seconds"], record["accuracy"], record["cores"])


@cache
def _records() -> dict[str, dict[str, Any]]:
    return json_files.read(MEASURED)["measured"] if MEASURED.exists() else {}
